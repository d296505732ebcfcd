import ArgumentParser

/// The kill test's program: driver, publisher and the process that is killed.
@main struct KillDrillCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kill-drill", abstract: "hubwatch is killed at any instant and must find the same.",
        subcommands: [RunCommand.self, TimingCommand.self, DetectorCommand.self, PublisherCommand.self],
        defaultSubcommand: RunCommand.self)
}
