import ArgumentParser
import HubwatchConfiguration
import HubwatchRuntime
import StateStore

/// `hubwatch sinks`.
struct SinksCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sinks", abstract: "Where findings go: look, try, and send again what was given up.",
        discussion: """
            list and deadletters work beside a running hubwatch; resend needs it stopped; test needs no state at all. What each \
            type takes: `hubwatch config settings`. How receivers verify what comes: docs/sinks.md.
            """,
        subcommands: [List.self, Test.self, DeadLetters.self, Resend.self])

    /// `hubwatch sinks list`.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List the configured sinks, and how far each has come.",
            discussion: "How far they have come is read from the state file, where there is one (state.path).")
        @OptionGroup var options: ConfigurationOptions
        @Flag(help: "One JSON object a sink.") var json = false

        func run() async throws {
            let layers = try options.layers()
            var rows = try options.sinks().map { SinkRow($0) }
            if let path = layers.values["findings.file"]?.texts.first ?? Setting.named("findings.file")?.defaultText,
                !path.isEmpty
            {
                rows.insert(SinkRow(name: "file", type: "file", destination: path), at: 0)
            }
            try await addProgress(to: &rows)
            if json {
                for row in rows { Terminal.output(row.json) }
            } else {
                Terminal.output(SinkRow.table(rows))
            }
        }

        private func addProgress(to rows: inout [SinkRow]) async throws {
            // A state file that is not there yet, or that a newer hubwatch wrote, is no reason not to list.
            guard let store = try? StateAccess.reading(options.statePath()) else { return }
            let (usage, letters) = try await StateAccess.with(store) { store in
                (try await store.journalUsage(), try await store.sinkLetterCounts())
            }
            for index in rows.indices {
                rows[index].owed = usage.owed[rows[index].name]
                rows[index].letters = letters[rows[index].name].map { $0.stored - $0.resent }
                rows[index].notKept = letters[rows[index].name]?.overflowed
            }
        }
    }

    /// `hubwatch sinks test`.
    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "test", abstract: "Send a finding marked as a test to sinks, and say what came back.",
            discussion: """
                Its title says that nothing has happened; its rule is hubwatch.test, its severity informational. One attempt a sink, \
                whatever its filter. Files are only looked at. Status 0 when every sink took it, 69 when one did not.

                  hubwatch sinks test --config Config/hubwatch.yaml
                  hubwatch sinks test soc --config Config/hubwatch.yaml
                """)
        @OptionGroup var options: ConfigurationOptions
        @Argument(help: "Names of sinks; default: all.") var names: [String] = []
        @Flag(help: "One JSON object a sink.") var json = false

        func run() async throws {
            let sinks = try options.sinks(named: names)
            if sinks.isEmpty { Terminal.output("No sinks are configured below 'sinks'.") }
            var failed = 0
            let trial = try SinkTrial(options)
            for sink in sinks {
                let outcome = await trial.test(sink)
                if outcome.failure != nil { failed += 1 }
                Terminal.output(json ? outcome.json : outcome.text)
            }
            await trial.close()
            if failed > 0 {
                throw CommandFailure(.unavailable, "\(failed) of \(sinks.count) sinks did not take the test finding")
            }
        }
    }

    /// `hubwatch sinks deadletters`.
    struct DeadLetters: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "deadletters", abstract: "List findings that sinks gave up on, oldest first.")
        @OptionGroup var options: ConfigurationOptions
        @Option(help: "Only those of this sink.") var sink: String?
        @Option(help: "List those after this id.") var after: Int64 = 0
        @Option(help: "Most to list.") var limit = 100
        @Flag(help: "Also those that were sent again.") var resent = false
        @Flag(help: "One JSON object a finding.") var json = false

        func run() async throws {
            try await StateAccess.with(StateAccess.reading(options.statePath())) { store in
                let letters = try await store.sinkLetters(
                    of: sink, after: after, limit: limit, includingResent: resent)
                if json {
                    for letter in letters { Terminal.output(SinkLetterText.json(letter)) }
                    return
                }
                Terminal.output(letters.isEmpty ? "No sink has given up on a finding." : SinkLetterText.table(letters))
                let lost = try await store.sinkLetterCounts().sorted { $0.key < $1.key }.filter {
                    $0.value.overflowed > 0
                }
                for (name, counts) in lost {
                    Terminal.output(
                        "\(counts.overflowed) more of \(name) were counted and not kept: the table was full.")
                }
            }
        }
    }

    /// `hubwatch sinks resend`.
    struct Resend: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "resend", abstract: "Send findings again that sinks gave up on; needs a stopped hubwatch.",
            discussion: """
                In their old order, each with the id it always had. Those that are taken are marked and not sent again. One attempt \
                each: a sink whose receiver cannot be reached keeps the rest.

                  hubwatch sinks resend --config Config/hubwatch.yaml
                  hubwatch sinks resend 17 18 --config Config/hubwatch.yaml
                """)
        @OptionGroup var options: ConfigurationOptions
        @Argument(help: "Ids, as `sinks deadletters` shows them; default: all.") var ids: [Int64] = []
        @Option(help: "Only those of this sink.") var sink: String?
        @Flag(help: "The outcome as one JSON object.") var json = false

        func run() async throws {
            let sinks = try options.sinks(named: sink.map { [$0] } ?? [])
            let trial = try SinkTrial(options)
            let outcome = try await StateAccess.with(StateAccess.changing(options.statePath())) { store in
                try await SinkResending(store: store, sinks: sinks, trial: trial).run(of: sink, ids: Set(ids))
            }
            await trial.close()
            Terminal.output(json ? outcome.json : outcome.text)
            if outcome.failed > 0 { throw CommandFailure(.unavailable, "\(outcome.failed) findings were not taken") }
        }
    }
}

extension ConfigurationOptions {
    /// The configured sinks, all or those of some names; no source is needed.
    func sinks(named names: [String] = []) throws -> [SinkConfiguration] {
        let all: [SinkConfiguration]
        do {
            all = try Configuration.sinks(layers()) { (path) throws(ConfigurationProblem) in
                do throws(CommandFailure) { return try readText(path) } catch {
                    throw ConfigurationProblem(place: path, message: error.message)
                }
            }
        } catch let error as ConfigurationError {
            throw CommandFailure(error)
        }
        for name in names where !all.contains(where: { $0.name == name }) {
            let known = all.map(\.name).joined(separator: ", ")
            throw CommandFailure(.usage, "there is no sink '\(name)'; configured: \(known.isEmpty ? "none" : known)")
        }
        return names.isEmpty ? all : all.filter { names.contains($0.name) }
    }
}
