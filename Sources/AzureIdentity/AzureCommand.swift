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

    /// Runs a program until it ends, has run for too long or has written too much.
    ///
    /// Its end counts, not the end of its pipes: what it has started may hold those open for longer.
    private func run(_ program: String, _ arguments: [String]) async throws -> Ended {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        // A folder that nobody but the system writes to: the CLI reads settings of the folder it is started in.
        process.currentDirectoryURL = URL(fileURLWithPath: "/")
        process.standardInput = FileHandle.nullDevice
        let output = Pipe()
        let message = Pipe()
        process.standardOutput = output
        process.standardError = message
        let descriptors = (output.fileHandleForReading.fileDescriptor, message.fileHandleForReading.fileDescriptor)
        for descriptor in [descriptors.0, descriptors.1] {
            _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        }
        try process.run()
        let end = ContinuousClock.now + limit
        var written: [UInt8] = []
        var said: [UInt8] = []
        while true {
            // Asked first: what was written before the end is in the pipes by then.
            let hasEnded = !process.isRunning
            Self.drain(descriptors.0, into: &written)
            Self.drain(descriptors.1, into: &said)
            if written.count > Self.outputBytesMax {
                Self.end(process)
                return .tooMuch
            }
            if hasEnded {
                return .status(
                    process.terminationStatus, output: Secret(String(decoding: written, as: UTF8.self)),
                    message: Secret(String(decoding: said, as: UTF8.self)))
            }
            if ContinuousClock.now >= end || Task.isCancelled {
                Self.end(process)
                return .tooLate
            }
            // Messages beyond the bound are read and dropped, so that the program is not held up.
            if said.count > Self.outputBytesMax { said.removeLast(said.count - Self.outputBytesMax) }
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Takes what is in a pipe, up to a little more than the bound.
    private static func drain(_ descriptor: Int32, into bytes: inout [UInt8]) {
        var piece = [UInt8](repeating: 0, count: 16_384)
        while bytes.count <= outputBytesMax {
            let count = piece.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            bytes += piece[..<count]
        }
    }

    /// Ends the program with what it has started: the CLI is a script around an interpreter.
    private static func end(_ process: Process) {
        let id = process.processIdentifier
        guard process.isRunning, id > 1 else { return }
        if getpgid(id) == id { kill(-id, SIGKILL) } else { kill(id, SIGKILL) }
    }
}
