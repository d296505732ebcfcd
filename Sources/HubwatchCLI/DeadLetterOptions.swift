import ArgumentParser
import HubwatchConfiguration
import HubwatchRuntime
import StateStore

/// Which dead letters are judged again: the same for `replay deadletters` and `deadletters replay`.
struct DeadLetterOptions: ParsableArguments {
    @OptionGroup var options: ConfigurationOptions
    @Argument(help: "Ids, as `deadletters list` shows them; default: all.") var ids: [Int64] = []
    @Option(help: "Only those with this reason, such as truncated; may be given several times.")
    var reason: [String] = []
    @Flag(help: "Only say what would come of it: nothing is recorded, and hubwatch may run meanwhile.") var dryRun =
        false
    @Flag(help: "The outcome as one JSON object.") var json = false

    func replay() async throws {
        let rules = RuleSelection(loading: try options.rules())
        guard let compiled = rules.compiled else { throw CommandFailure(.badInput, "no rule can run") }
        let path = try options.statePath()
        let choice = DeadLetterReplay.Choice(ids: ids.isEmpty ? nil : ids, reasons: Set(reason))
        try await StateAccess.with(dryRun ? StateAccess.reading(path) : StateAccess.changing(path)) { store in
            let line = StatusLine()
            let report = try await DeadLetterReplay(rules: compiled, store: store, clock: .system)
                .run(choice, recording: !dryRun) { done, total in
                    line.show(ProgressBar.text("judging", done, total, "\(done) dead letters"))
                }
            line.end()
            Terminal.output(json ? text(asJSON: report) : text(report))
        }
    }

    private func text(_ report: DeadLetterReplay.Report) -> String {
        let outcome =
            "\(report.letters) dead letters: \(report.decoded) decode now (\(report.records) records, \(report.findings) new findings), \(report.letters - report.decoded) still fail."
        if report.letters == 0 { return "No dead letters to judge." }
        if dryRun { return outcome + " Nothing was recorded." }
        return report.findings > 0 ? outcome + " The next `hubwatch run` sends the findings." : outcome
    }

    private func text(asJSON report: DeadLetterReplay.Report) -> String {
        JSONText.object([
            ("letters", .number(Int64(report.letters))), ("decoded", .number(Int64(report.decoded))),
            ("records", .number(report.records)), ("findings", .number(Int64(report.findings))),
            ("failed", .number(Int64(report.letters - report.decoded))), ("recorded", .boolean(!dryRun)),
        ])
    }
}

extension ReplayCommand {
    /// `hubwatch replay deadletters`.
    struct DeadLetters: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "deadletters",
            abstract: "Decode and judge dead letters again, for example after an update of hubwatch.",
            discussion: """
                They are judged with the state file that they lie in (--state), so that groups count on: hubwatch must not run \
                meanwhile, except with --dry-run. What decodes is marked and not judged again; what still fails stays. Their time \
                has no part in any watermark. Same as `hubwatch deadletters replay`.

                  hubwatch replay deadletters --state hubwatch.db --dry-run
                  hubwatch replay deadletters --state hubwatch.db --reason truncated --reason malformed
                """)
        @OptionGroup var letters: DeadLetterOptions

        func run() async throws { try await letters.replay() }
    }
}
