import DiagnosticLogs
import EventHubs
import FindingFormats
import HubwatchConfiguration
import StateStore

/// A line of `hubwatch sinks list`.
struct SinkRow {
    var name: String
    var type: String
    var destination: String
    var sends = "all"
    var owed: Int64?
    var letters: Int64?
    var notKept: Int64?

    init(name: String, type: String, destination: String) {
        self.name = name
        self.type = type
        self.destination = destination
    }

    init(_ sink: SinkConfiguration) {
        self.init(name: sink.name, type: sink.type, destination: sink.shownDestination)
        let severities = ["informational", "low", "medium", "high", "critical"]
        sends = sink.filter.alertsOnly ? "alerts" : "all"
        if sink.filter.severityMin > 1 { sends += " from \(severities[min(sink.filter.severityMin, 5) - 1])" }
    }

    static func table(_ rows: [SinkRow]) -> String {
        TextTable.write(
            ["name", "type", "to", "sends", "owed", "dead letters"],
            rows.map { row in
                [
                    row.name, row.type, row.destination, row.sends, row.owed.map(String.init) ?? "-",
                    (row.letters.map(String.init) ?? "0")
                        + (row.notKept.map { $0 > 0 ? " (+\($0) not kept)" : "" } ?? ""),
                ]
            })
    }

    var json: String {
        JSONText.object([
            ("name", .text(name)), ("type", .text(type)), ("to", .text(destination)), ("sends", .text(sends)),
            ("owed", owed.map { .number($0) } ?? .null), ("deadLetters", .number(letters ?? 0)),
            ("deadLettersNotKept", .number(notKept ?? 0)),
        ])
    }
}

extension SinkConfiguration {
    /// Where findings go, without what may be a secret: of an address only scheme, host and port.
    var shownDestination: String {
        let receiver =
            switch target {
            case .webhook(let webhook): Self.origin(webhook.url.revealed)
            case .slack(let url, _), .teams(let url, _): Self.origin(url.revealed)
            case .eventHub(let string, let hub, _, _): "\(string.host)/\(hub)"
            case .syslog(let syslog): "\(syslog.usesTLS ? "tls" : "tcp")://\(syslog.host):\(syslog.port)"
            case .file(let path, _): path
            }
        return proxy.map { "\(receiver) through \($0)" } ?? receiver
    }

    private static func origin(_ url: String) -> String {
        let parts = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        return parts.count > 2 ? "\(parts[0])//\(parts[2])" : ""
    }
}

/// Findings that sinks gave up on, as text and JSON.
enum SinkLetterText {
    static func table(_ letters: [StoredSinkLetter]) -> String {
        TextTable.write(
            ["id", "sink", "finding", "rule", "decided", "given up", "attempts", "reason", ""],
            letters.map { stored in
                let (letter, key) = (stored.letter, stored.letter.row.draft.key)
                return [
                    String(stored.id), letter.sink, "\(key.findingID.prefix(12)) \(key.activity)",
                    TerminalText.escaped(letter.row.draft.ruleID, columns: 40),
                    Timestamp(nanoseconds: letter.row.draft.decidedNs).iso8601,
                    Timestamp(nanoseconds: letter.givenUpNs).iso8601, String(letter.attempts),
                    TerminalText.escaped(letter.reason, columns: 100), stored.resentNs == nil ? "" : "sent again",
                ]
            })
    }

    static func json(_ stored: StoredSinkLetter) -> String {
        let (letter, key) = (stored.letter, stored.letter.row.draft.key)
        return JSONText.object([
            ("id", .number(stored.id)), ("sink", .text(letter.sink)), ("finding", .text(key.findingID)),
            ("activity", .text("\(key.activity)")), ("revision", .number(Int64(key.revision))),
            ("rule", .text(letter.row.draft.ruleID)),
            ("decided", .text(Timestamp(nanoseconds: letter.row.draft.decidedNs).iso8601)),
            ("givenUp", .text(Timestamp(nanoseconds: letter.givenUpNs).iso8601)),
            ("attempts", .number(Int64(letter.attempts))), ("reason", .text(letter.reason)),
            ("resent", stored.resentNs.map { .text(Timestamp(nanoseconds: $0).iso8601) } ?? .null),
        ])
    }
}
