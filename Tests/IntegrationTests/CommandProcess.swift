import Foundation
import ProgramRuns
import Synchronization

/// The built `hubwatch` as a process.
///
/// It gets no setting, and no way to sign in, from the environment of the tests.
final class CommandProcess: Sendable {
    /// Runs to the end.
    @concurrent
    static func run(_ arguments: [String], environment: [String: String] = [:]) async throws -> ProgramRun {
        try BuiltCommand.run(arguments, environment: environment)
    }

    private struct Streams {
        var output = ""
        var log = ""
    }

    private let process: Mutex<Process>
    private let streams = Mutex(Streams())
    private let facts: FactSignal

    /// Starts a process that goes on beside the test; what it writes, and its end, are announced.
    init(_ arguments: [String], environment: [String: String] = [:], facts: FactSignal) throws {
        let prepared = Process()
        prepared.executableURL = BuiltCommand.program
        prepared.arguments = arguments
        prepared.environment = BuiltCommand.environment(environment)
        prepared.standardInput = FileHandle.nullDevice
        let (output, log) = (Pipe(), Pipe())
        prepared.standardOutput = output
        prepared.standardError = log
        prepared.terminationHandler = { _ in facts.changed() }
        try prepared.run()
        process = Mutex(prepared)
        self.facts = facts
        listen(to: output, \.output)
        listen(to: log, \.log)
    }

    /// What it has written to standard output so far.
    var output: String { streams.withLock { $0.output } }
    /// What it has written to standard error so far.
    var log: String { streams.withLock { $0.log } }
    /// Findings that it has shown so far.
    var shown: Int { output.split(separator: "\n").count { $0.hasPrefix("  finding ") } }
    /// Whether it has not ended yet.
    var isRunning: Bool { process.withLock { $0.isRunning } }

    /// Sends it a signal while it runs.
    func signal(_ number: Int32) { process.withLock { if $0.isRunning { kill($0.processIdentifier, number) } } }

    /// Sends it a signal and waits for its end.
    @discardableResult
    func end(_ number: Int32 = SIGTERM) async throws -> Int32 {
        signal(number)
        try await facts.wait { !self.isRunning }
        return process.withLock { $0.terminationStatus }
    }

    private func listen(to pipe: Pipe, _ stream: any WritableKeyPath<Streams, String> & Sendable) {
        pipe.fileHandleForReading.readabilityHandler = { [weak self] handle in
            let data = handle.availableData
            guard let self, !data.isEmpty else {
                handle.readabilityHandler = nil
                return
            }
            streams.withLock { $0[keyPath: stream] += String(decoding: data, as: UTF8.self) }
            facts.changed()
        }
    }
}

extension HubFixture {
    /// Where a process finds the hub.
    var variables: [String: String] {
        let key = "SharedAccessKeyName=a;SharedAccessKey=b;UseDevelopmentEmulator=true"
        return ["HUBWATCH_CONNECTION_STRING": "Endpoint=sb://127.0.0.1:\(port);\(key);EntityPath=\(hub)"]
    }

    /// Starts `hubwatch run` on the hub, with the fixture's files.
    func startRun(
        rules: String = HubFixture.root.appending(path: "Config/rules").path, _ more: [String] = [],
        environment: [String: String] = [:]
    ) throws -> CommandProcess {
        try CommandProcess(
            [
                "run", "--state", path("state.db"), "--findings", path("findings.ndjson"), "--rules", rules,
                "--terminal", "always", "--set", "http.listen=none",
            ] + more, environment: variables.merging(environment) { $1 }, facts: facts)
    }
}
