import AzureTokens
import EventHubs
import Foundation
import Subprocess

#if canImport(System)
    import System
#else
    import SystemPackage
#endif

/// Runs the Azure CLI for a developer's token.
///
/// **Bounds**: its time, and the bytes of its output. Its messages are read for what is known and never repeated.
struct AzureCommand: Sendable {
    /// The folders that are searched for `az`, as in `PATH`.
    let searchPath: String
    /// How long it may take; it starts a Python program.
    var limit: Duration = .seconds(30)
    /// The most bytes of its output.
    static let outputBytesMax = 64 << 10
    /// The most bytes of its messages, which are many where it is told to log.
    static let messageBytesMax = 1 << 20

    /// The output of `az account get-access-token`.
    @concurrent
    func token(_ scope: TokenScope, tenant: String?) async throws(CredentialFailure) -> Secret {
        guard let program = program else {
            throw .unavailable(
                EventHubsError(
                    .unauthorized, "the Azure CLI is not installed",
                    remedy: "Install it and run `az login`, or choose another source.credential"))
        }
        var arguments = ["account", "get-access-token", "--output", "json", "--resource", scope.resource]
        if let tenant { arguments += ["--tenant", tenant] }
        let ended: Ended
        do {
            ended = try await run(program, arguments)
        } catch is SubprocessError {
            throw .unavailable(
                EventHubsError(.unauthorized, "'\(program)' cannot be run", remedy: "Check its rights"))
        } catch {
            // The time has passed, or nobody waits any more.
            throw .unavailable(
                EventHubsError(
                    .timedOut, "the Azure CLI did not answer within \(limit)",
                    remedy: "Run `az account get-access-token` by hand and look", isRetriable: true,
                    scope: .connection))
        }
        switch ended {
        case .tooMuch:
            throw .failed(
                EventHubsError(
                    .protocolViolation, "The Azure CLI wrote more than any token or message has",
                    remedy: "Check which program '\(program)' is"))
        case .status(0, let output, _): return output
        case .status(_, _, let message): throw Self.refusal(message.revealed)
        }
    }

    private static func refusal(_ message: String) -> CredentialFailure {
        if let code = IssuerRefusal.code(in: message) {
            return .failed(
                EventHubsError(
                    .unauthorized, "The Azure CLI gave no token: AADSTS\(code)",
                    remedy: "Run `az login` again, with --tenant where there are several"))
        }
        let isSignedOut = message.contains("az login") || message.contains("az account set")
        return .unavailable(
            EventHubsError(
                .unauthorized,
                isSignedOut ? "nobody is signed in with the Azure CLI" : "the Azure CLI ended with an error",
                remedy: isSignedOut
                    ? "Run `az login`" : "Run `az account get-access-token` by hand and look"))
    }

    /// The first `az` of the path that can be run.
    private var program: String? {
        for folder in searchPath.split(separator: ":") where folder.first == "/" {
            let path = "\(folder)/az"
            if FileManager.default.isExecutableFile(atPath: path) { return path }
        }
        return nil
    }

    private enum Ended: Sendable {
        /// A status of nil is a signal's.
        case status(Int32?, output: Secret, message: Secret)
        case tooMuch
    }

    /// Runs a program until it ends, has run for too long or has written too much.
    ///
    /// Its end counts, not the end of its pipes: what it has started may hold those open for longer.
    private func run(_ program: String, _ arguments: [String]) async throws -> Ended {
        var options = PlatformOptions()
        // A group of its own, which ends as a whole: the CLI is a script around an interpreter.
        options.processGroupID = 0
        options.teardownSequence = [.send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .zero)]
        let configuration = Subprocess.Configuration(
            executable: .path(FilePath(program)), arguments: Arguments(arguments),
            // A folder that nobody but the system writes to: the CLI reads settings of the folder it is started in.
            workingDirectory: "/", platformOptions: options)
        return try await Deadline.run(within: limit) {
            do {
                let ended = try await Subprocess.run(
                    configuration, output: .bytes(limit: Self.outputBytesMax),
                    error: .bytes(limit: Self.messageBytesMax))
                let status: Int32? = if case .exited(let code) = ended.terminationStatus { code } else { nil }
                return .status(
                    status, output: Secret(String(decoding: ended.standardOutput, as: UTF8.self)),
                    message: Secret(String(decoding: ended.standardError, as: UTF8.self)))
            } catch let error as SubprocessError where error.code == .outputLimitExceeded {
                return .tooMuch
            }
        }
    }
}
