import ArgumentParser
import DiagnosticLogs
import HubwatchRuntime
import StateStore

/// `hubwatch gaps`.
struct GapsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gaps", abstract: "List the events that were missed, with exact ranges and causes.",
        discussion: """
            Event Hubs numbers the events of a partition without holes, so hubwatch knows what it did not get. Each gap is \
            recorded in the same transaction as the position behind it, and raises one finding (rule hubwatch.gap).

            Causes:
              retention      the hub no longer kept the events when reading went on: hubwatch was stopped or held back for
                             longer than the hub's retention (source.on_overrun says what happens then)
              recreated      the hub was deleted and made again; what it held after the last event read is gone, and nobody
                             knows how much that was: the end is shown as ? (source.on_recreated)
              rewound        the hub's numbers end before the position, as after a failover to a copy that lags; refused: the
                             broker refused a position that it has (both source.on_refused)
              discontinuity  the hub jumped over numbers while it was being read

            First and last are both missing themselves. Policy says where reading went on: earliest, the oldest event that \
            there was, or latest, behind the newest one. Times are UTC.

            Examples:
              hubwatch gaps --state hubwatch.db
              hubwatch gaps --partition 3 --json | jq .missing

            Works beside a running hubwatch. Status 0 also when there are gaps; 66 when there is no state file.
            """)
    @OptionGroup var options: ConfigurationOptions
    @Option(help: "Only gaps of this partition.") var partition: Int?
    @Option(help: "Most to list.") var limit = 1000
    @Flag(help: "One JSON object a gap.") var json = false

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit takes a number above 0") }
        guard partition ?? 0 >= 0 else { throw ValidationError("--partition takes a partition's number, from 0") }
    }

    func run() async throws {
        try await StateAccess.with(StateAccess.reading(options.statePath())) { store in
            let gaps = try await store.gaps(of: partition, limit: limit)
            if json {
                for gap in gaps { Terminal.output(GapLines.json(gap)) }
            } else if gaps.isEmpty {
                Terminal.output("No gaps: every event behind the first one read was seen.")
            } else {
                Terminal.output(GapLines.table(gaps))
            }
        }
    }
}

/// Gaps as text and JSON.
enum GapLines {
    static func table(_ gaps: [SequenceGap]) -> String {
        let rows = gaps.map { gap in
            [
                String(gap.partition), String(gap.firstMissing), gap.lastMissing.map(String.init) ?? "?",
                gap.count.map(String.init) ?? "?", gap.cause.rawValue, gap.policy.rawValue,
                Timestamp(nanoseconds: gap.detectedNs).iso8601, time(gap.createdMs) ?? "-",
                time(gap.recreatedMs) ?? "-",
            ]
        }
        return TextTable.write(
            [
                "partition", "first", "last", "missing", "cause", "policy", "detected", "hub created", "hub recreated",
            ], rows)
    }

    static func json(_ gap: SequenceGap) -> String {
        JSONText.object([
            ("partition", .number(Int64(gap.partition))), ("firstMissing", .number(gap.firstMissing)),
            ("lastMissing", gap.lastMissing.map { .number($0) } ?? .null),
            ("missing", gap.count.map { .number($0) } ?? .null), ("cause", .text(gap.cause.rawValue)),
            ("policy", .text(gap.policy.rawValue)),
            ("detected", .text(Timestamp(nanoseconds: gap.detectedNs).iso8601)),
            ("hubCreated", time(gap.createdMs).map { .text($0) } ?? .null),
            ("hubRecreated", time(gap.recreatedMs).map { .text($0) } ?? .null),
            ("text", .text(GapText.sentence(gap))),
        ])
    }

    private static func time(_ milliseconds: Int64?) -> String? {
        milliseconds.map { Timestamp(milliseconds: $0).iso8601 }
    }
}
