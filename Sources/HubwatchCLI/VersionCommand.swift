import ArgumentParser
import DiagnosticLogs

/// What this build is.
enum BuildInfo {
    /// Version of hubwatch.
    static let version = "0.1.0"
}

/// `hubwatch version`.
struct VersionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Show the version, and what the fast paths run on.")

    func run() async throws {
        Terminal.output("hubwatch \(BuildInfo.version)")
        Terminal.output("JSON kernel: \(EnvelopeDecoder.kernelName)")
    }
}
