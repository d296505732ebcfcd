import AzureTokens
import Diagnosis
import EventHubs
import FindingFormats
import HubwatchConfiguration

/// Results for people: a line for each thing seen, and below it what to do.
struct DoctorText {
    private let colour: Bool
    private let width: Int
    private let secrets: [String]
    private static let markColumns = 10
    private static let titleColumns = 16
    private static let columnsMin = 40

    init(colour: Bool, width: Int, secrets: [String]) {
        self.colour = colour
        self.width = width
        self.secrets = secrets
    }

    /// The lines of one result.
    func lines(of result: CheckResult) -> String {
        let title = PlannedCheck.title(of: result.check)
        let first = head(result.verdict, title)
        guard !result.sightings.isEmpty else { return first + shown(result.reason ?? "not tried") }
        var blocks: [String] = []
        for (index, sighting) in result.sightings.enumerated() {
            let start = index == 0 ? first : head(sighting.symptom.verdict, "")
            let tried = index == 0 ? result.tried + ": " : ""
            blocks.append(start + shown(tried + sighting.seen))
            if !sighting.remedy.isEmpty {
                blocks.append(indent + (colour ? "\u{1B}[1m" : "") + "-> " + shown(sighting.remedy, by: 3) + reset)
            }
        }
        return blocks.joined(separator: "\n")
    }

    /// The last line.
    func summary(of report: Report) -> String {
        var parts: [String] = []
        for (verdict, word) in [
            (Verdict.failed, "failed"), (.warning, "to look at"), (.unknown, "unknown"), (.notTried, "not tried"),
            (.ok, "ok"),
        ] where report.count(verdict) > 0 {
            parts.append("\(report.count(verdict)) \(word)")
        }
        let sum = "\n\(report.results.count) checks: \(parts.joined(separator: ", "))."
        guard let failure = report.firstFailure else { return sum }
        return sum + " Begin with \(PlannedCheck.title(of: failure.check)): what follows may be its consequence."
    }

    private var indent: String { String(repeating: " ", count: Self.markColumns + Self.titleColumns) }
    private var reset: String { colour ? "\u{1B}[0m" : "" }

    private func head(_ verdict: Verdict, _ title: String) -> String {
        let (word, code) =
            switch verdict {
            case .ok: ("ok", "32")
            case .notNeeded: ("-", "2")
            case .unknown: ("unknown", "33")
            case .notTried: ("not tried", "2")
            case .warning: ("warning", "33")
            case .failed: ("FAILED", "1;31")
            }
        let mark = word + String(repeating: " ", count: max(1, Self.markColumns - word.count))
        let name = title + String(repeating: " ", count: max(1, Self.titleColumns - title.count))
        return colour ? "\u{1B}[\(code)m\(mark)\u{1B}[0m\(name)" : mark + name
    }

    /// Harmless for a terminal, without secrets, wrapped at blanks.
    private func shown(_ text: String, by extra: Int = 0) -> String {
        let safe = TerminalText.escaped(DoctorSecrets.hide(secrets, in: text))
        let room = max(Self.columnsMin, width - Self.markColumns - Self.titleColumns - extra)
        var lines: [String] = []
        var line = ""
        for word in safe.split(separator: " ") {
            if !line.isEmpty, TerminalText.width(line) + 1 + TerminalText.width(String(word)) > room {
                lines.append(line)
                line = ""
            }
            line += line.isEmpty ? String(word) : " \(word)"
        }
        lines.append(line)
        return lines.joined(separator: "\n" + indent + String(repeating: " ", count: extra))
    }
}

/// Results for programs: one object.
struct DoctorJSON {
    private let secrets: [String]

    init(secrets: [String]) { self.secrets = secrets }

    func object(_ report: Report, exit code: Int32) -> String {
        JSONText.object([
            ("exit", .number(Int64(code))),
            ("firstFailure", report.firstFailure.map { .text($0.check.rawValue) } ?? .null),
            ("failed", .number(Int64(report.count(.failed)))), ("warnings", .number(Int64(report.count(.warning)))),
            ("checks", .objects(report.results.map(check))),
        ])
    }

    private func check(_ result: CheckResult) -> String {
        JSONText.object([
            ("check", .text(result.check.rawValue)), ("title", .text(PlannedCheck.title(of: result.check))),
            ("verdict", .text(result.verdict.rawValue)), ("tried", .text(hidden(result.tried))),
            ("neededCheck", result.obstacle.map { .text($0.rawValue) } ?? .null),
            (
                "milliseconds",
                result.took.map {
                    .number($0.components.seconds * 1000 + $0.components.attoseconds / 1_000_000_000_000_000)
                } ?? .null
            ),
            ("seen", .objects(result.sightings.map(sighting))),
        ])
    }

    private func sighting(_ sighting: Sighting) -> String {
        let words = JSONText.object([
            ("symptom", .text(sighting.symptom.name)), ("verdict", .text(sighting.symptom.verdict.rawValue)),
            ("seen", .text(hidden(sighting.seen))), ("do", .text(hidden(sighting.remedy))),
        ])
        return words.dropLast() + ",\"figures\":\(figures(sighting.figures))}"
    }

    /// Spans in milliseconds, sizes in bytes, times as ISO 8601.
    private func figures(_ figures: [Figure]) -> String {
        JSONText.object(
            figures.map { figure in
                switch figure.value {
                case .number(let number): (figure.name, .number(number))
                case .bytes(let bytes): (figure.name + "Bytes", .number(bytes))
                case .span(let milliseconds): (figure.name + "Milliseconds", .number(milliseconds))
                case .list(let members): (figure.name, .objects(members.map { JSONText.quoted(hidden($0)) }))
                case .text, .time: (figure.name, .text(hidden(figure.text)))
                }
            })
    }

    private func hidden(_ text: String) -> String { DoctorSecrets.hide(secrets, in: text) }
}

/// The secrets among the settings.
///
/// No wording names one; this keeps also what a peer may repeat of them off the screen.
struct DoctorSecrets {
    private(set) var texts: [String] = []
    /// Shorter ones would blot out ordinary words, and protect nothing.
    private static let lengthMin = 6

    init(_ layers: ConfigurationLayers) {
        for (path, given) in layers.values where Setting.named(path)?.isSecret == true {
            for text in given.texts { add(text) }
        }
    }

    /// Notes what is secret in a connection string, or a whole text that is none.
    mutating func add(_ text: String) {
        let whole = text.split(whereSeparator: \.isNewline).joined()
        if whole.contains("SharedAccess") || whole.contains("@") { note(whole) }
        for part in whole.split(separator: ";") {
            guard let sign = part.firstIndex(of: "=") else { continue }
            let name = part[..<sign].lowercased()
            guard name.hasSuffix("sharedaccesskey") || name.hasSuffix("sharedaccesssignature") else { continue }
            let value = String(part[part.index(after: sign)...])
            note(value)
            if let signature = value.split(separator: "&").first(where: { $0.contains("sig=") }) {
                note(String(signature))
            }
        }
        if let at = whole.lastIndex(of: "@"), let colon = whole[..<at].lastIndex(of: ":") {
            note(String(whole[whole.index(after: colon)..<at]))
        }
    }

    /// Notes what an identity signs in with, as far as it is no file's.
    mutating func add(_ identity: CredentialSettings) {
        if case .text(let secret)? = identity.clientSecret { note(secret.revealed) }
        if case .text(let signature)? = identity.signature { note(signature.revealed) }
        let environment = identity.environment
        for secret in [identity.certificatePassword, environment.identityHeader, environment.msiSecret] {
            if let secret { note(secret.revealed) }
        }
    }

    private mutating func note(_ text: String) {
        if text.count >= Self.lengthMin { texts.append(text) }
    }

    static func hide(_ secrets: [String], in text: String) -> String {
        secrets.reduce(text) { $0.replacing($1, with: "(hidden)") }
    }
}
