import Foundation
import GRDB
import ProgramRuns
import Synchronization
import Testing

/// How much is read, at least.
private let backlogMegabytes =
    ProcessInfo.processInfo.environment["HUBWATCH_TEST_BACKLOG_MB"].flatMap(Int.init).map { max(0, $0) } ?? 300

/// Goal: no backlog raises memory beyond the configured bound.
///
/// Method: `hubwatch` as a process of its own, reading 32 partitions that never end, 1 MB an event, over real frames; its
/// peak of resident memory as the kernel counts it. A debug build judges slower than the hub sends, so that the bound on
/// bytes in flight is the only brake; then the state file is locked, and nothing is committed at all.
/// HUBWATCH_TEST_BACKLOG_MB makes it longer.
@Suite(.timeLimit(.minutes(5 + backlogMegabytes / 1000))) struct BacklogTests {
    private static let partitions = 32
    private static let creditBytes = 64 << 20
    /// Beside the bound: a message in assembly for each partition, events under judgement, and what any process needs that
    /// reads this fast (socket buffers, free memory that the allocator keeps).
    private static let overhead = 32 * (1 << 20) + (64 << 20)

    @Test func anEndlessBacklogStaysWithinTheBound() async throws {
        let facts = FactSignal()
        let pad = String(repeating: "x", count: 1_000_000)
        let body =
            "{\"records\":[{\"time\":\"2026-01-01T00:00:00Z\",\"category\":\"Noise\",\"properties\":{\"pad\":\"\(pad)\"}}]}"
        let hub = try await EndlessHub.start(partitions: Self.partitions, body: Array(body.utf8), facts: facts)
        let folder = FileManager.default.temporaryDirectory.appending(path: "hubwatch-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let reader = try Reader(hub, folder: folder, creditBytes: Self.creditBytes, facts: facts)
        do {
            try await measure(hub, reader, facts, folder)
        } catch {
            reader.kill()
            await hub.stop()
            Issue.record("the log was:\n\(reader.log)")
            throw error
        }
        #expect(reader.stop() == 0, "\(reader.log)")
        await hub.stop()
    }

    private func measure(_ hub: EndlessHub, _ reader: Reader, _ facts: FactSignal, _ folder: URL) async throws {
        try await facts.wait { hub.progress.attached == Self.partitions }
        let before = try reader.memory("VmRSS")
        try await hub.open()
        try await facts.wait { hub.progress.bytes >= Int64(backlogMegabytes) << 20 }
        let judging = try reader.memory("VmHWM")
        // Somebody holds the state file: nothing is committed, nothing is merged, credit runs out.
        var sharing = GRDB.Configuration()
        sharing.allowsUnsafeTransactions = true
        sharing.busyMode = .timeout(10)
        let queue = try DatabaseQueue(path: folder.appending(path: "state.db").path, configuration: sharing)
        try await queue.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        try await facts.wait { reader.log.contains("Commit failed, trying again") }
        // What may be folded without a commit, and most of what may be in flight behind it.
        let stopped = hub.progress.bytes
        try await facts.wait { hub.progress.bytes >= stopped + Int64(Self.creditBytes) * 9 / 4 }
        try await queue.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        try queue.close()
        try await facts.wait { reader.log.contains("takes commits again") }
        let after = hub.progress.bytes
        try await facts.wait { hub.progress.bytes >= after + (32 << 20) }
        let peak = try reader.memory("VmHWM")
        let figures =
            "\(hub.progress.bytes >> 20) MiB read; resident \(before >> 20) MiB idle, \(judging >> 20) MiB at most while "
            + "judging, \(peak >> 20) MiB with a locked state file; bound \(Self.creditBytes >> 20) MiB"
        print("backlog: \(figures)")
        #expect(peak - before <= Self.creditBytes + Self.overhead, "\(figures)")
    }
}

/// `hubwatch run` as a process.
private final class Reader: Sendable {
    private struct State {
        var process: Process
        var log = ""
    }

    private let state: Mutex<State>
    private let identifier: Int32

    var log: String { state.withLock { $0.log } }

    init(_ hub: EndlessHub, folder: URL, creditBytes: Int, facts: FactSignal) throws {
        let process = Process()
        process.executableURL = BuiltCommand.program
        process.arguments = ["run"]
        let key = "SharedAccessKeyName=a;SharedAccessKey=b;UseDevelopmentEmulator=true"
        process.environment = BuiltCommand.environment([
            "HUBWATCH_CONNECTION_STRING": "Endpoint=sb://127.0.0.1:\(hub.port);\(key);EntityPath=\(EndlessHub.name)",
            "HUBWATCH_STATE_PATH": folder.appending(path: "state.db").path,
            "HUBWATCH_FINDINGS_FILE": folder.appending(path: "findings.ndjson").path,
            "HUBWATCH_RULES_PATHS": HubFixture.root.appending(path: "Config/rules").path,
            "HUBWATCH_CREDIT_BYTES": "\(creditBytes)", "HUBWATCH_LOG_LEVEL": "notice",
        ])
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        let pipe = Pipe()
        process.standardError = pipe
        try process.run()
        identifier = process.processIdentifier
        state = Mutex(State(process: process))
        pipe.fileHandleForReading.readabilityHandler = { [weak self] handle in
            let data = handle.availableData
            guard !data.isEmpty else {
                handle.readabilityHandler = nil
                return
            }
            self?.state.withLock { $0.log += String(decoding: data, as: UTF8.self) }
            facts.changed()
        }
    }

    /// A line of the kernel's account of the process, in bytes.
    func memory(_ name: String) throws -> Int {
        let text = try String(contentsOfFile: "/proc/\(identifier)/status", encoding: .utf8)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(name + ":") })
        let fields = line.split(whereSeparator: \.isWhitespace)
        return try #require(fields.count > 1 ? Int(fields[1]) : nil) * 1024
    }

    /// Asks it to end; its status.
    func stop() -> Int32 {
        let process = state.withLock { $0.process }
        process.terminate()
        process.waitUntilExit()
        return process.terminationStatus
    }

    func kill() {
        let process = state.withLock { $0.process }
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
