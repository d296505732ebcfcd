import ArgumentParser
import Foundation

/// What is measured inside one process.
///
/// `make bench` runs it beside its peers and compares; figures come out as JSON, one object a line.
struct MeasureCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "measure", abstract: "Measures parts of hubwatch; `make bench` compares what it says.",
        subcommands: [
            DecodeCommand.self, WindowsCommand.self, ReadCommand.self, PublishCommand.self, DetectCommand.self,
            RisingHubCommand.self, GateCommand.self,
        ])
}

@main enum Measure {
    static func main() {
        // The gate runs without Swift's threads: valgrind ends programs whose main thread is handed to Dispatch.
        if CommandLine.arguments.dropFirst().first == "gate" {
            return GateCommand.main(Array(CommandLine.arguments.dropFirst(2)))
        }
        Task {
            await MeasureCommand.main()
            Foundation.exit(0)
        }
        dispatchMain()
    }
}
