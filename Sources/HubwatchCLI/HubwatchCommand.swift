public import ArgumentParser

/// The `hubwatch` command.
public struct HubwatchCommand: AsyncParsableCommand {
    /// Name, help and subcommands.
    public static let configuration = CommandConfiguration(
        commandName: "hubwatch",
        abstract: "Security findings from the logs that Azure streams to an Event Hub, within a second of the event.",
        discussion: """
            Start here:
              hubwatch run --config Config/hubwatch.yaml     read the hub, judge every record, raise findings
              hubwatch top                                   watch it in another terminal
              hubwatch replay files logs.ndjson.gz           try rules on what was, without touching what is
              hubwatch config check                          name every mistake in the configuration at once
              hubwatch doctor                                find out why it does not work, and what to do
              hubwatch rules check Config/rules              do the same for rule files (Sigma, Elastic ES|QL)
              hubwatch devbroker --hub logs:4                an Event Hub on your own machine

            Settings come from the file, then HUBWATCH_… variables, then flags; the later wins.

            Exit codes: 0 done; 64 wrong usage; 65 bad input (file, rule, state file of another kind); 66 input not found;
            69 the hub or broker refuses or is gone for good; 70 a fault of hubwatch; 73 or 74 a file cannot be written;
            75 busy, try again (state file in use); 77 not allowed (key, token, file rights); 78 bad configuration.
            """,
        version: BuildInfo.version,
        subcommands: [
            RunCommand.self, TopCommand.self, DoctorCommand.self, ReplayCommand.self, ConfigCommand.self,
            RulesCommand.self,
            CheckpointsCommand.self,
            GapsCommand.self,
            DeadLettersCommand.self, SinksCommand.self,
            PublishCommand.self, GenerateCommand.self, CompareCommand.self, DevBrokerCommand.self, BenchCommand.self,
            VersionCommand.self,
        ])

    /// Makes the command.
    public init() {}

    /// Runs the command line; every error ends with its exit code and one clear text.
    public static func main() async {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let failure as CommandFailure {
            Terminal.error("hubwatch: \(failure.shown)")
            exit(withError: ExitCode(failure.status.rawValue))
        } catch {
            // What the parser says quotes the arguments, and somebody may have given a key as one; what a library says may
            // quote a peer.
            let text = fullMessage(for: error)
            let shown = CommandFailure(.internalFault, text).shown
            if shown == text { exit(withError: error) }
            Terminal.error(shown)
            exit(withError: exitCode(for: error))
        }
    }
}
