import AzureTokens
import EventHubs
import Foundation
import Synchronization

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

    /// What a running program has written; says once how it ended.
    private final class Record: Sendable {
        private struct State {
            var output: [UInt8] = []
            var message: [UInt8] = []
            var openPipes = 2
            var status: Int32?
            var isLate = false
            var ending: CheckedContinuation<Ended, Never>?
        }

        private let state = Mutex(State())

        func wait(_ continuation: CheckedContinuation<Ended, Never>) {
            state.withLock { $0.ending = continuation }
            check()
        }

        /// Takes bytes; an empty piece is the end of a pipe.
        func add(_ bytes: [UInt8], isOutput: Bool) {
            state.withLock { state in
                if bytes.isEmpty {
                    state.openPipes -= 1
                } else if isOutput {
                    state.output += bytes
                } else if state.message.count < outputBytesMax {
                    state.message += bytes
                }
            }
            check()
        }

        func exited(_ status: Int32) {
            state.withLock { $0.status = status }
            check()
        }

        func timePassed() {
            state.withLock { $0.isLate = true }
            check()
        }

        private func check() {
            finish { state in
                if state.output.count > outputBytesMax { return .tooMuch }
                guard state.openPipes <= 0, let status = state.status else { return state.isLate ? .tooLate : nil }
                return .status(
                    status, output: Secret(String(decoding: state.output, as: UTF8.self)),
                    message: Secret(String(decoding: state.message, as: UTF8.self)))
            }
        }

        private func finish(_ end: (State) -> Ended?) {
            let (continuation, ended) = state.withLock { state -> (CheckedContinuation<Ended, Never>?, Ended?) in
                guard state.ending != nil, let ended = end(state) else { return (nil, nil) }
                defer { state.ending = nil }
                return (state.ending, ended)
            }
            if let continuation, let ended { continuation.resume(returning: ended) }
        }
    }

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
        let record = Record()
        for (pipe, isOutput) in [(output, true), (message, false)] {
            pipe.fileHandleForReading.readabilityHandler = { handle in
                let data = handle.availableData
                if data.isEmpty { handle.readabilityHandler = nil }
                record.add(Array(data), isOutput: isOutput)
            }
        }
        process.terminationHandler = { record.exited($0.terminationStatus) }
        defer {
            output.fileHandleForReading.readabilityHandler = nil
            message.fileHandleForReading.readabilityHandler = nil
        }
        try process.run()
        let clock = Task {
            try await Task.sleep(for: limit)
            record.timePassed()
        }
        let ended = await withCheckedContinuation { record.wait($0) }
        clock.cancel()
        if process.isRunning { Self.end(process.processIdentifier) }
        return ended
    }

    /// Ends the program with what it has started: the CLI is a script around an interpreter.
    private static func end(_ id: Int32) {
        guard id > 1 else { return }
        if getpgid(id) == id { kill(-id, SIGKILL) } else { kill(id, SIGKILL) }
    }
}
