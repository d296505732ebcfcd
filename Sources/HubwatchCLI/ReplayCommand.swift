import ArgumentParser
import HubwatchConfiguration
import HubwatchRuntime

/// `hubwatch replay`.
struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Run the rules over what was: a span of a hub, files, or the dead letters.",
        discussion: """
            The same engine as `hubwatch run`, so that the findings are the same, with the same ids. Nothing of the live run is \
            touched: neither its positions, nor its state, nor its findings file.

              hubwatch replay files export/ --rules new-rule.yml
              zcat logs.gz | hubwatch replay files - --findings found.ndjson
              hubwatch replay hub --from time:2026-01-31T00:00:00Z --to time:2026-02-01T00:00:00Z
              hubwatch replay hub --from checkpoint --consumer-group replay --json
              hubwatch replay deadletters --reason truncated --dry-run
            """,
        subcommands: [Hub.self, Files.self, DeadLetters.self])

    /// `hubwatch replay hub`.
    struct Hub: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "hub", abstract: "Replay a span of an event hub.",
            discussion: """
                Reads without an owner level. A hub lets such a reader into a consumer group only while nobody reads the same \
                partitions there with one, as `run` does by default: give the replay a consumer group of its own.

                Bounds hold for all partitions, and others may be given for some: --from earliest,3=sequence:1200. The replay ends \
                with the last message that a partition held when it began, or earlier with --to. Windows that the span cuts are \
                counted in the summary and not decided, except with --close-windows.

                With --state FILE the replay can be stopped, and goes on where it was with the same command.

                  hubwatch replay hub --consumer-group replay --from time:2026-01-31T00:00:00Z
                  hubwatch replay hub --partitions 3 --from sequence:1200 --to sequence:1300 --rule 3f0e… --allow-partial
                  hubwatch replay hub --from checkpoint --rules candidate.toml
                """)
        @OptionGroup var options: ReplayOptions
        @Option(
            help:
                "earliest; checkpoint (positions and open windows of the live run's state file); offset:…, sequence:…, time:…"
        )
        var from = "earliest"
        @Option(help: "latest; sequence:… (with it), time:… (before it)") var to = "latest"
        @Option(help: "Event hub (source.hub).") var hub: String?
        @Option(help: "Consumer group (source.consumer_group).") var consumerGroup: String?
        @Option(help: "Partitions to read: all, or a list such as 0-3,7 (source.partitions).") var partitions: String?
        @Option(help: "Owner level (epoch): takes the partitions away from readers with a lower one. Default: none.")
        var ownerLevel = "none"
        @Option(help: "File with the Event Hubs connection string (source.connection_string_file).")
        var connectionStringFile: String?
        @Option(help: "PEM file of certificate authorities to trust besides the system's (source.ca_file).")
        var caFile: String?
        @Flag(help: "Run rules that need all partitions on a part of them (rules.allow_partial).")
        var allowPartial = false
        @Option(help: "Keep the replay's state in this file and go on from it. Default: a temporary one.")
        var state: String?

        func run() async throws {
            var flags = ["--owner-level", ownerLevel]
            for (flag, value) in [
                ("--hub", hub), ("--consumer-group", consumerGroup), ("--partitions", partitions),
                ("--connection-string-file", connectionStringFile), ("--ca-file", caFile),
            ] {
                if let value { flags += [flag, value] }
            }
            if allowPartial { flags.append("--allow-partial") }
            let source: Replay.Source
            do throws(ReplayError) {
                source = .hub(
                    from: try PartitionBounds(parsing: from, default: .earliest) { text throws(ReplayError) in
                        try ReplayStart(parsing: text)
                    },
                    to: try PartitionBounds(parsing: to, default: .latest) { text throws(ReplayError) in
                        try ReplayEnd(parsing: text)
                    })
            } catch {
                throw CommandFailure(error)
            }
            let settings = try options.configuration(needsSource: true, flags: flags)
            let kept = Replay.Options(stateFile: state, closesWindows: options.closeWindows ?? false)
            try await ReplayRun(options: options, settings: settings).run(source, kept)
        }
    }

    /// `hubwatch replay files`.
    struct Files: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "files", abstract: "Replay files of message bodies, plain or packed with gzip.",
            discussion: """
                A file holds one message body a line, as `generate` writes and `publish` sends them; or JSON documents that span \
                lines; packed or not, whatever its name. Of folders, files that end in .ndjson, .jsonl, .json or .gz are read.

                Each file counts as a partition. Its lines are numbered from 1, and a message counts as enqueued at the time of its \
                newest record, or with the message before it if that is later. Files are read side by side in the order of these \
                times, so pieces of one log are joined.

                Lines that begin with their place in a hub keep it, and findings get the ids that they have there:
                  {"partition":3,"sequence":17,"offset":"4312","enqueued":"2026-01-31T12:00:00.123Z","body":{"records":[…]}}
                In place of body, text holds a string, and base64 bytes. Sort such lines by time, or give each partition a file.

                  hubwatch generate --records 100000 --expected expected.json | hubwatch replay files - --findings found.ndjson
                  hubwatch compare --expected expected.json --findings found.ndjson
                """)
        @Argument(help: "Files and folders; - is standard input.") var paths: [String]
        @OptionGroup var options: ReplayOptions
        @Option(help: "Only messages enqueued at this time or later.") var from: String?
        @Option(help: "Only messages enqueued before this time.") var to: String?
        @Option(help: "All messages count as enqueued at this time. Default: record, the time of their newest record.")
        var enqueued = "record"
        @Option(help: "Keep the replay's state in this file and go on from it when the files have grown.")
        var state: String?

        func run() async throws {
            guard paths.filter({ $0 == "-" }).count <= 1 else {
                throw CommandFailure(.usage, "standard input can be read once")
            }
            let source = Replay.Source.files(
                paths, from: try ReplayOptions.time(from, "--from"), before: try ReplayOptions.time(to, "--to"),
                enqueued: enqueued == "record" ? nil : try ReplayOptions.time(enqueued, "--enqueued"))
            let settings = try options.configuration(needsSource: false)
            let closes = options.closeWindows ?? (state == nil && to == nil)
            try await ReplayRun(options: options, settings: settings)
                .run(source, Replay.Options(stateFile: state, closesWindows: closes))
        }
    }
}
