import ArgumentParser
import DiagnosticLogs
import HubwatchRuntime
import StateStore

/// `hubwatch checkpoints`.
struct CheckpointsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "checkpoints", abstract: "Show and change how far each partition has been read.",
        discussion: "list and show work beside a running hubwatch; reset and set need it stopped.",
        subcommands: [List.self, Show.self, Reset.self, SetPosition.self])

    /// `hubwatch checkpoints list`.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List the position of every partition.")
        @OptionGroup var options: ConfigurationOptions
        @Flag(help: "One JSON object a partition.") var json = false

        func run() async throws {
            try await StateAccess.with(StateAccess.reading(options.statePath())) { store in
                let positions = try await store.positions()
                if json {
                    for position in positions { Terminal.output(CheckpointText.json(position)) }
                } else if positions.isEmpty {
                    Terminal.output("No checkpoint yet: nothing has been read and committed.")
                } else {
                    Terminal.output(CheckpointText.table(positions))
                }
            }
        }
    }

    /// `hubwatch checkpoints show`.
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Show what the state file holds: hub, positions, partials, journal, gaps.")
        @OptionGroup var options: ConfigurationOptions
        @Flag(help: "As one JSON object.") var json = false

        func run() async throws {
            try await StateAccess.with(StateAccess.reading(options.statePath())) { store in
                let state = try await store.load()
                let journal = try await store.journalUsage()
                let gaps = try await store.gaps(of: nil, limit: .max)
                let members: [(String, JSONText.Value)] = [
                    ("namespace", state.source.map { .text($0.namespace) } ?? .null),
                    ("hub", state.source.map { .text($0.hub) } ?? .null),
                    ("consumerGroup", state.source.map { .text($0.consumerGroup) } ?? .null),
                    ("partitions", .number(Int64(state.positions.count))),
                    ("snapshotBytes", .number(Int64(state.snapshot?.count ?? 0))),
                    ("deltas", .number(Int64(state.deltas.count))),
                    ("deltaBytes", .number(Int64(state.deltas.reduce(0) { $0 + $1.bytes.count }))),
                    ("journalRows", .number(Int64(journal.rows))), ("journalBytes", .number(Int64(journal.bytes))),
                    ("deadLetters", .number(Int64(state.deadLetters.stored))), ("gaps", .number(Int64(gaps.count))),
                ]
                if json {
                    Terminal.output(JSONText.object(members))
                } else {
                    for (name, value) in members { Terminal.output("\(name): \(CheckpointText.plain(value))") }
                    if !state.positions.isEmpty { Terminal.output("\n" + CheckpointText.table(state.positions)) }
                }
            }
        }
    }

    /// `hubwatch checkpoints reset`.
    struct Reset: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "reset",
            abstract: "Forget positions: the next run starts these partitions as a first run does.",
            discussion: """
                Open windows are forgotten for all partitions, because they hold events of the partitions that are read anew. \
                The journal and the dead letters stay: a finding that is found again is not recorded twice.
                """)
        @OptionGroup var options: ConfigurationOptions
        @Option(help: "Partition number; may be given several times. Default: all.") var partition: [Int] = []
        @Flag(help: "Do it without asking.") var yes = false

        func run() async throws {
            try confirm(
                "Forget the position of \(partition.isEmpty ? "every partition" : "partition \(partition.map(String.init).joined(separator: ", "))")?",
                yes)
            try await StateAccess.with(StateAccess.changing(options.statePath())) { store in
                try await store.resetPositions(of: partition.isEmpty ? nil : partition)
            }
            Terminal.output("Done.")
        }
    }

    /// `hubwatch checkpoints set`.
    struct SetPosition: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set", abstract: "Set the position of a partition: the next run reads what comes after it.",
            discussion: """
                Forward keeps the open windows and skips events for good. Backward forgets the open windows of all partitions, \
                so that no event is counted twice.
                """)
        @OptionGroup var options: ConfigurationOptions
        @Option(help: "Partition number.") var partition: Int
        @Option(help: "Sequence number of the last event that counts as read.") var sequence: Int64
        @Flag(help: "Do it without asking.") var yes = false

        func run() async throws {
            guard sequence >= 0 else {
                throw CommandFailure(.usage, "--sequence takes a number from 0; reset starts from the beginning")
            }
            try confirm("Set partition \(partition) to sequence number \(sequence)?", yes)
            try await StateAccess.with(StateAccess.changing(options.statePath())) { store in
                let now = WallClock.system.now()
                let old = try await store.positions().first { $0.partition == partition }
                let position = PartitionPosition(
                    partition: partition, sequence: sequence, offset: "", enqueuedMs: old?.enqueuedMs ?? 0,
                    watermarkNs: old?.watermarkNs ?? 0, updatedNs: now.nanoseconds)
                try await store.setPosition(position, keepingState: sequence >= old?.sequence ?? -1)
            }
            Terminal.output("Done.")
        }
    }
}

/// Asks before something that cannot be undone; without a terminal, `--yes` is needed.
func confirm(_ question: String, _ yes: Bool) throws {
    if yes { return }
    guard Terminal.outputIsTerminal else {
        throw CommandFailure(.usage, "\(question) Give --yes to do it without a terminal.")
    }
    Terminal.write(Array("\(question) [y/N] ".utf8), to: 1)
    guard ["y", "yes"].contains(readLine()?.lowercased() ?? "") else {
        throw CommandFailure(.usage, "nothing was changed")
    }
}

/// Positions as text and JSON.
enum CheckpointText {
    static func table(_ positions: [PartitionPosition]) -> String {
        let rows = positions.map {
            [
                String($0.partition), String($0.sequence), $0.offset.isEmpty ? "-" : $0.offset,
                Timestamp(milliseconds: $0.enqueuedMs).iso8601, Timestamp(nanoseconds: $0.watermarkNs).iso8601,
                Timestamp(nanoseconds: $0.updatedNs).iso8601,
            ]
        }
        return TextTable.write(["partition", "sequence", "offset", "enqueued", "watermark", "committed"], rows)
    }

    static func json(_ position: PartitionPosition) -> String {
        JSONText.object([
            ("partition", .number(Int64(position.partition))), ("sequence", .number(position.sequence)),
            ("offset", .text(position.offset)),
            ("enqueued", .text(Timestamp(milliseconds: position.enqueuedMs).iso8601)),
            ("watermark", .text(Timestamp(nanoseconds: position.watermarkNs).iso8601)),
            ("committed", .text(Timestamp(nanoseconds: position.updatedNs).iso8601)),
        ])
    }

    static func plain(_ value: JSONText.Value) -> String {
        switch value {
        case .text(let text): text
        case .number(let number): String(number)
        case .boolean(let flag): flag ? "yes" : "no"
        case .null: "-"
        case .objects(let items): "\(items.count)"
        }
    }
}

/// Columns of text.
enum TextTable {
    static func write(_ header: [String], _ rows: [[String]]) -> String {
        let widths = header.indices.map { column in ([header] + rows).map { $0[column].count }.max() ?? 0 }
        return ([header] + rows).map { row in
            row.enumerated().map { column, cell in
                column == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[column] - cell.count)
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}
