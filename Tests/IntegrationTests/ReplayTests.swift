import AMQPTypes
import Detection
import DevBroker
import DiagnosticLogs
import Foundation
import HubwatchConfiguration
import HubwatchRuntime
import Logging
import NIOPosix
import SampleLogs
import StateStore
import Testing

/// Goal: live and replayed, from the hub or from files, the same messages give the same closed findings, and a replay leaves
/// the live run as it was.
///
/// Method: a sample in a dev broker, read live with windows of two seconds; the same bodies in a file with their places.
@Suite(.timeLimit(.minutes(3))) struct ReplayTests {
    @Test func liveAndReplayGiveTheSameClosedFindings() async throws {
        try await HubFixture.with { hub in
            let last = try hub.appendSampleAndFile(seed: 11)
            let settings = try hub.rulesWithShortWindows()
            try await hub.whileRunning(settings) { hubwatch in
                // Every window that holds a message is over then.
                try await hub.eventually("the windows are over") {
                    hubwatch.status.snapshot.watermark.map { $0 > last.plus(seconds: 4) } ?? false
                }
            }
            let live = try hub.closedFindings("findings.ndjson")
            #expect(live.values.contains { $0.contains("window") })
            #expect(live.values.contains { !$0.contains("window") })
            let positions = try await hub.state { try await $0.positions() }

            let fromHub = try await hub.replay(
                .hub(from: PartitionBounds(.earliest), to: PartitionBounds(.latest)), settings, findings: "hub.ndjson")
            #expect(try hub.closedFindings("hub.ndjson") == live)
            #expect(fromHub.openWindows == 0 && fromHub.cutAtStart == 0 && !fromHub.wasStopped)

            let fromFiles = try await hub.replay(
                .files([hub.path("sample.ndjson")], from: nil, before: nil, enqueued: nil), settings,
                closesWindows: true, findings: "files.ndjson")
            #expect(try hub.closedFindings("files.ndjson") == live)
            #expect(fromFiles.counters.messages == fromHub.counters.messages)
            #expect(fromFiles.closedAtEnd > 0)
            #expect(try await hub.state { try await $0.positions() } == positions)
        }
    }

    @Test func aReplayWithAStateOfItsOwnGoesOn() async throws {
        try await HubFixture.with(partitions: 2) { hub in
            try hub.appendSampleAndFile(seed: 12)
            let settings = try hub.rulesWithShortWindows()
            let whole = try await hub.replay(
                .hub(from: PartitionBounds(.earliest), to: PartitionBounds(.latest)), settings,
                closesWindows: true, findings: "whole.ndjson")
            let state = hub.path("replay.db")
            let first = try await hub.replay(
                .hub(
                    from: PartitionBounds(.earliest), to: PartitionBounds(.sequence(4), byPartition: [1: .sequence(9)])),
                settings, state: state, findings: "parts.ndjson")
            #expect(first.counters.messages == 15)
            let rest = try await hub.replay(
                .hub(from: PartitionBounds(.earliest), to: PartitionBounds(.latest)), settings, state: state,
                closesWindows: true, findings: "parts.ndjson")
            #expect(first.counters.messages + rest.counters.messages == whole.counters.messages)
            #expect(try hub.closedFindings("parts.ndjson") == hub.closedFindings("whole.ndjson"))
            await #expect("another start is another replay") {
                try await hub.replay(
                    .hub(from: PartitionBounds(.sequence(3)), to: PartitionBounds(.latest)), settings, state: state)
            } throws: { "\($0)".contains("belongs to another replay") }
        }
    }

    @Test func aReplayFromTheCheckpointContinuesTheLiveRun() async throws {
        try await HubFixture.with(partitions: 1) { hub in
            try hub.append((0..<5).map { Records.keyListing(correlation: "old-\($0)") }, partition: 0)
            try await hub.runToEnd()
            try hub.append((0..<3).map { Records.keyListing(correlation: "new-\($0)") }, partition: 0)
            let report = try await hub.replay(
                .hub(from: PartitionBounds(.checkpoint), to: PartitionBounds(.latest)), findings: "new.ndjson")
            #expect(report.counters.messages == 3 && report.findings == 3)
            #expect(try hub.closedFindings("new.ndjson").count == 3)
            let none = try await hub.replay(
                .hub(from: PartitionBounds(.sequence(100)), to: PartitionBounds(.latest)))
            #expect(none.counters.messages == 0)
        }
    }

    @Test func aReplayTakesNothingFromALiveRun() async throws {
        try await HubFixture.with(partitions: 1) { hub in
            try hub.append([Records.keyListing(correlation: "one")], partition: 0)
            try await hub.whileRunning { hubwatch in
                try await hub.eventually("the finding is shown") { hub.shown == 1 }
                let source = Replay.Source.hub(from: PartitionBounds(.earliest), to: PartitionBounds(.latest))
                await #expect("the state file is held") {
                    try await hub.replay(source, state: hub.path("state.db"))
                } throws: { "\($0)".contains("state.db") && "\($0)".contains("use") }
                await #expect("the group is read with an owner level") {
                    try await hub.replay(source, ["source.owner_level": "none"])
                } throws: { "\($0)".contains("--consumer-group") }
                #expect(hubwatch.status.snapshot.partitions[0]?.isAttached == true)
            }
            await #expect("a live run's state is not a replay's") {
                try await hub.replay(
                    .hub(from: PartitionBounds(.earliest), to: PartitionBounds(.latest)), state: hub.path("state.db"))
            } throws: { "\($0)".contains("the state of a live run") }
        }
    }

    @Test func linesOutOfTimeAreRefusedAndFilesOfTheirOwnAreNot() async throws {
        try await HubFixture.with(partitions: 1) { hub in
            let settings = ["source.clock_skew": "0s"]
            func line(_ partition: Int, _ second: Int, pad: Int = 0) -> [UInt8] {
                let body = Records.padded(bytes: pad, correlation: "p\(partition)-\(second)")
                return WrappedMessage(
                    partition: partition, sequence: Int64(second), offset: "",
                    enqueued: Timestamp(milliseconds: 1_769_860_800_000 + Int64(second) * 60_000), body: body
                ).line(isJSON: true) + [0x0A]
            }
            // More than is folded between two posts lies in front of the line that goes back.
            let first = (0..<4).flatMap { line(0, $0, pad: 400_000) }
            let second = (0..<2).flatMap { line(1, $0) }
            try Data(first + second).write(to: URL(filePath: hub.path("joined.ndjson")))
            try Data(first).write(to: URL(filePath: hub.path("first.ndjson")))
            try Data(second).write(to: URL(filePath: hub.path("second.ndjson")))
            await #expect("time runs back") {
                try await hub.replay(
                    .files([hub.path("joined.ndjson")], from: nil, before: nil, enqueued: nil), settings)
            } throws: { "\($0)".contains("Sort the lines by time") }
            let apart = try await hub.replay(
                .files(
                    [hub.path("first.ndjson"), hub.path("second.ndjson")], from: nil, before: nil, enqueued: nil),
                settings)
            #expect(apart.counters.messages == 6 && apart.findings == 6)
        }
    }

    @Test func aShadowRuleIsCountedAndSendsNothing() async throws {
        try await HubFixture.with(partitions: 1) { hub in
            try hub.append(
                (0..<4).map { Records.keyListing(correlation: "op-\($0)") } + [Records.auditListKey(account: "a")],
                partition: 0)
            let settings = ["rules.shadow": "azure ai keys listed outside*,no such rule"]
            let status = try await hub.runToEnd(settings)
            #expect(status.shadowFindings == 4)
            #expect(status.alerts == 0)
            #expect(try hub.findings().isEmpty)
            #expect(hub.shown == 0)
            #expect(hub.log.contains("no such rule"))
            let rows = try await hub.state { try await $0.journal(after: 0, limit: 100) }
            #expect(rows.count == 4 && rows.allSatisfy { $0.draft.status == .shadow })
            // The sinks have passed them: what comes later is sent.
            try hub.append([Records.keyListing(correlation: "later")], partition: 0)
            try await hub.runToEnd()
            #expect(try hub.findings().count == 1)
        }
    }

    @Test func deadLettersAreJudgedAgainOnce() async throws {
        try await HubFixture.with(partitions: 1) { hub in
            let torn = Array(Records.keyListing(correlation: "torn").dropLast(9))
            try hub.append(
                [torn] + (0..<3).map { Records.padded(bytes: 100_000, correlation: "large-\($0)") }, partition: 0)
            try await hub.runToEnd(["limits.message_bytes": "64KiB"])
            #expect(try hub.findings().isEmpty)
            let dry = try await hub.judgeDeadLetters(DeadLetterReplay.Choice(), recording: false)
            #expect(dry == .init(letters: 4, decoded: 3, records: 3, findings: 3))
            let chosen = try await hub.judgeDeadLetters(.init(reasons: ["truncated"]))
            #expect(chosen.letters == 1 && chosen.decoded == 0)
            let done = try await hub.judgeDeadLetters(DeadLetterReplay.Choice())
            #expect(done == dry)
            let again = try await hub.judgeDeadLetters(DeadLetterReplay.Choice())
            #expect(again == .init(letters: 1, decoded: 0, records: 0, findings: 0))
            try await hub.runToEnd()
            #expect(try hub.closedFindings("findings.ndjson").count == 3)
        }
    }
}

extension Timestamp {
    fileprivate func plus(seconds: Int64) -> Timestamp { Timestamp(nanoseconds: nanoseconds + seconds * 1_000_000_000) }
}

extension HubFixture {
    /// Appends a sample, writes the same messages with their places to `sample.ndjson`; the last enqueued time.
    @discardableResult
    func appendSampleAndFile(seed: UInt64) throws -> Timestamp {
        let now = Date().timeIntervalSince1970
        var configuration = LogGenerator.Configuration(
            seed: seed, records: 3000, start: EventTime(seconds: Int64(now) - 3000))
        configuration.span = .seconds(2900)
        var generator = try LogGenerator(configuration)
        let partitions = broker.hubs.first { $0.name == hub }?.partitions.count ?? 1
        var lines: [UInt8] = []
        var last = Timestamp(nanoseconds: 0)
        while let message = generator.next() {
            let events = try broker.append(
                [AMQPMessage(body: .data([message.body]))], hub: hub,
                partition: "\(message.facts.index % partitions)")
            for event in events {
                last = max(last, Timestamp(milliseconds: event.enqueuedTime))
                let wrapped = WrappedMessage(
                    partition: Int(event.partition) ?? 0, sequence: event.sequenceNumber, offset: event.offset,
                    enqueued: Timestamp(milliseconds: event.enqueuedTime), body: message.body)
                lines += wrapped.line(isJSON: message.facts.index.isMultiple(of: 2)) + [0x0A]
            }
        }
        try Data(lines).write(to: URL(filePath: path("sample.ndjson")))
        return last
    }

    /// Settings with the pack's match rules and a rule whose windows last two seconds.
    func rulesWithShortWindows() throws -> [String: String] {
        let rule = """
            [rule]
            name = "Audit records of a resource within two seconds"
            rule_id = "00000000-0000-4000-8000-00000000beef"
            type = "esql"
            language = "esql"
            from = "now-2s"
            interval = "1s"
            timestamp_override = "event.ingested"
            severity = "low"
            risk_score = 10
            query = '''
            FROM logs-azure_openai.logs-*
            | WHERE azure.open_ai.category == "Audit"
            | STATS n = COUNT(*) BY azure.resource.name
            | WHERE n >= 2
            '''
            """
        try Data(rule.utf8).write(to: URL(filePath: path("short.toml")))
        let pack = Self.root.appending(path: "Config/rules")
        let paths = [
            pack.appending(path: "azure_ai_keys_listed_outside_portals.yml").path,
            pack.appending(path: "azure_ai_key_listing_refused.yml").path, path("short.toml"),
        ]
        return ["rules.paths": paths.joined(separator: ","), "source.clock_skew": "0s"]
    }

    /// Runs a replay to its end.
    @discardableResult
    func replay(
        _ source: Replay.Source, _ settings: [String: String] = [:], state: String? = nil,
        closesWindows: Bool = false, findings: String = "replay.ndjson"
    ) async throws -> ReplayReport {
        var given = ["source.owner_level": "none", "findings.file": path(findings)]
        given.merge(settings) { $1 }
        let log = self.log
        let replay = Replay(
            source, Replay.Options(stateFile: state, closesWindows: closesWindows), try configuration(given),
            Hubwatch.Surroundings(
                group: MultiThreadedEventLoopGroup.singleton, logger: Logger(label: "replay") { _ in log },
                hostName: "test", productVersion: "0"))
        return try await replay.run { await neverStopped() }
    }

    func judgeDeadLetters(
        _ choice: DeadLetterReplay.Choice, recording: Bool = true
    ) async throws -> DeadLetterReplay.Report {
        let rules = try #require(RuleSelection(loading: try configuration().rules).compiled)
        let store = try SQLiteStateStore(path: path("state.db"), mode: recording ? .exclusive : .readOnly)
        let report = try await DeadLetterReplay(rules: rules, store: store, clock: .system)
            .run(choice, recording: recording)
        try await store.close()
        return report
    }

    /// What is final in a findings file, by its id: all but the times of processing.
    func closedFindings(_ name: String) throws -> [String: String] {
        let text = (try? String(contentsOfFile: path(name), encoding: .utf8)) ?? ""
        var found: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let object = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            let unmapped = object["unmapped"] as? [String: Any] ?? [:]
            guard unmapped["final"] as? Bool == true else { continue }
            let isWindow = (unmapped["group"] as? [String: Any])?.isEmpty == false
            let info = try #require(object["finding_info"] as? [String: Any])
            let id = try #require(info["uid"] as? String)
            let kept: [String: Any] = [
                "kind": isWindow ? "window" : "record", "start": object["start_time"] ?? "",
                "end": object["end_time"] ?? "",
                "count": object["count"] ?? "", "message": object["message"] ?? "", "group": unmapped["group"] ?? "",
                "values": unmapped["values"] ?? "", "first": unmapped["first_position"] ?? "",
                "last": unmapped["last_position"] ?? "",
            ]
            let data = try JSONSerialization.data(withJSONObject: kept, options: .sortedKeys)
            found[id] = String(decoding: data, as: UTF8.self)
        }
        return found
    }
}
