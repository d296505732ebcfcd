import AzureTokens
import EventHubs
import Foundation

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
        } catch {
            throw .unavailable(
                EventHubsError(.unauthorized, "'\(program)' cannot be run", remedy: "Check its rights"))
        }
        switch ended {
        case .tooLate:
            throw .unavailable(
                EventHubsError(
                    .timedOut, "the Azure CLI did not answer within \(limit)",
                    remedy: "Run `az account get-access-token` by hand and look", isRetriable: true,
                    scope: .connection))
        case .tooMuch:
            throw .failed(
                EventHubsError(
                    .protocolViolation, "The Azure CLI wrote more than \(Self.outputBytesMax) bytes",
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
        case status(Int32, output: Secret, message: Secret)
        case tooLate
        case tooMuch
    }

    /// What ends the wait for a program.
    private enum Event: Sendable {
        case exited
        case tooMuchWritten
        case timePassed
    }

    /// Runs a program until it ends, has run for too long or has written too much.
    ///
    /// Its end counts, not the end of its pipes: what it has started, with no more than these, may hold them open for longer.
    private func run(_ program: String, _ arguments: [String]) async throws -> Ended {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        // A folder that nobody but the system writes to: the CLI reads settings of the folder it is started in.
        process.currentDirectoryURL = URL(fileURLWithPath: "/")
        process.standardInput = FileHandle.nullDevice
        let (events, happened) = AsyncStream.makeStream(of: Event.self, bufferingPolicy: .bufferingOldest(1))
        let output = PipeCollector(bytesMax: Self.outputBytesMax) { happened.yield(.tooMuchWritten) }
        let message = PipeCollector(bytesMax: Self.outputBytesMax) {}
        process.standardOutput = output.pipe
        process.standardError = message.pipe
        process.terminationHandler = { _ in happened.yield(.exited) }
        try process.run()
        output.start()
        message.start()
        let timer = Task {
            try await Task.sleep(for: limit)
            happened.yield(.timePassed)
        }
        defer {
            timer.cancel()
            output.stop()
            message.stop()
        }
        // The stream of a task that is cancelled ends: nobody waits any more.
        switch await events.first(where: { _ in true }) {
        case .exited:
            // What was written before the end is in the pipes by now.
            let (written, said) = (output.collected(), message.collected())
            guard written.count <= Self.outputBytesMax else { return .tooMuch }
            return .status(
                process.terminationStatus, output: Secret(String(decoding: written, as: UTF8.self)),
                message: Secret(String(decoding: said, as: UTF8.self)))
        case .tooMuchWritten:
            Self.end(process)
            return .tooMuch
        case .timePassed, nil:
            Self.end(process)
            return .tooLate
        }
    }

    /// Ends the program with what it has started: the CLI is a script around an interpreter.
    private static func end(_ process: Process) {
        let id = process.processIdentifier
        guard process.isRunning, id > 1 else { return }
        if getpgid(id) == id { kill(-id, SIGKILL) } else { kill(id, SIGKILL) }
    }
}
