import AMQPTypes
import DevBroker
import Foundation
import HubwatchRuntime
import ProgramRuns
import StateStore
import Synchronization
import Testing

/// Goal: what was missed is in the ledger with its exact range, raises one finding, and nothing that can be read is passed
/// over.
///
/// Method: a dev broker whose hub is made anew, or whose clock runs past its retention, stopped and running.
@Suite(.timeLimit(.minutes(3))) struct GapTests {
    /// One finding a record, with an id of partition and sequence number.
    static func rules(_ hub: HubFixture) throws -> [String: String] {
        let rule = """
            title: Any audit record
            id: 5b8f6f0e-8f4b-4a5e-9f39-0f6f1f0b7c11
            status: test
            logsource:
                product: azure
            detection:
                selection:
                    category: Audit
                condition: selection
            level: low
            """
        let path = hub.path("audit.yml")
        try rule.write(toFile: path, atomically: true, encoding: .utf8)
        return ["rules.paths": path]
    }

    static func audit(_ count: Int) -> [[UInt8]] { (0..<count).map { _ in Records.auditListKey(account: "a") } }

    private func gaps(_ hub: HubFixture) async throws -> [SequenceGap] {
        try await hub.state { try await $0.gaps(of: nil, limit: 100) }
    }

    private func findings(_ hub: HubFixture, of rule: String) throws -> [[String: Any]] {
        try hub.findings().filter { finding in
            let info = finding["finding_info"] as? [String: Any]
            return (info?["analytic"] as? [String: Any])?["uid"] as? String == rule
        }
    }

    private func auditFindings(_ hub: HubFixture) throws -> Int {
        try findings(hub, of: "5b8f6f0e-8f4b-4a5e-9f39-0f6f1f0b7c11").count
    }

    @Test func aHubThatWasMadeAnewIsReadFromItsStart() async throws {
        try await HubFixture.with(partitions: 1) { hub in
            let settings = try Self.rules(hub)
            try hub.append(Self.audit(2), partition: 0)
            try await hub.runToEnd(settings)
            let before = try await hub.state { try await $0.positions().first?.createdMs }
            try hub.broker.deleteHub(hub.hub)
            try hub.broker.put(HubDefinition(name: hub.hub, partitionCount: 1))
            // More than the old hub had: the new one would accept the old position.
            try hub.append(Self.audit(4), partition: 0)
            let status = try await hub.runToEnd(settings)
            #expect(status.messages == 4)
            #expect(try auditFindings(hub) == 6, "events of the new hub are not taken for those of the old one")
            let after = try await hub.state { try await $0.positions().first }
            #expect(after?.sequence == 3)
            #expect(after?.createdMs != before)
            let found = try await gaps(hub)
            #expect(found.count == 1)
            #expect(found.first?.firstMissing == 2 && found.first?.lastMissing == nil)
            #expect(found.first?.cause == .recreated && found.first?.policy == .earliest)
            #expect(found.first?.createdMs == before && found.first?.recreatedMs == after?.createdMs)
            #expect(try findings(hub, of: "hubwatch.gap").count == 1)
            // It is settled: the next run resumes.
            #expect(try await hub.runToEnd(settings).messages == 0)
            #expect(try await gaps(hub).count == 1)
            #expect(try auditFindings(hub) == 6)
        }
    }

    @Test func aHubThatIsMadeAnewWhileItIsReadIsReadFromItsStart() async throws {
        try await HubFixture.with(partitions: 2) { hub in
            let settings = try Self.rules(hub)
            try hub.append(Self.audit(3), partition: 0)
            try hub.append(Self.audit(1), partition: 1)
            try await hub.whileRunning(settings) { hubwatch in
                try await hub.eventually("the old hub is read") { try auditFindings(hub) == 4 }
                try hub.broker.deleteHub(hub.hub)
                try hub.broker.put(HubDefinition(name: hub.hub, partitionCount: 2))
                try hub.append(Self.audit(5), partition: 0)
                try hub.append(Self.audit(2), partition: 1)
                try await hub.eventually("the new hub is read from its start") { try auditFindings(hub) == 11 }
            }
            let found = try await gaps(hub).sorted { $0.partition < $1.partition }
            #expect(found.map(\.partition) == [0, 1])
            #expect(found.map(\.firstMissing) == [3, 1])
            #expect(found.allSatisfy { $0.cause == .recreated && $0.lastMissing == nil })
            #expect(try await hub.state { try await $0.positions().map(\.sequence) } == [4, 1])
            #expect(try findings(hub, of: "hubwatch.gap").count == 2)
        }
    }

    /// A broker whose clock is stepped, keeping events for 100 s.
    private static func withRetention(_ body: (HubFixture, BrokerClock) async throws -> Void) async throws {
        let clock = BrokerClock()
        try await HubFixture.with(
            partitions: 1,
            adjusting: { configuration in
                configuration.retention = .seconds(100)
                configuration.clock = { clock.now }
            }
        ) { hub in try await body(hub, clock) }
    }

    @Test(arguments: ["earliest", "latest", "stop"]) func anOverrunFollowsThePolicy(policy: String) async throws {
        try await Self.withRetention { hub, clock in
            var settings = try Self.rules(hub)
            settings["source.on_overrun"] = policy
            try hub.append(Self.audit(3), partition: 0)
            try await hub.runToEnd(settings)
            try hub.append(Self.audit(5), partition: 0)
            clock.step(seconds: 200)
            try hub.append(Self.audit(2), partition: 0)
            if policy == "stop" {
                await #expect(throws: HubwatchError.self) { try await hub.runToEnd(settings) }
                #expect(try await hub.state { try await $0.positions().map(\.sequence) } == [2])
                #expect(try await gaps(hub).isEmpty)
                return
            }
            let status = try await hub.runToEnd(settings)
            #expect(status.messages == (policy == "earliest" ? 2 : 0))
            let found = try await gaps(hub)
            #expect(found.map(\.firstMissing) == [3])
            #expect(found.map(\.lastMissing) == [policy == "earliest" ? 7 : 9])
            #expect(found.first?.cause == .retention && found.first?.policy.rawValue == policy)
            #expect(try findings(hub, of: "hubwatch.gap").map { $0["count"] as? Int } == [policy == "earliest" ? 5 : 7])
            #expect(try await hub.state { try await $0.positions().map(\.sequence) } == [9])
        }
    }

    @Test(arguments: ["earliest", "latest"]) func anOverrunOfARunningReaderIsExact(policy: String) async throws {
        try await Self.withRetention { hub, clock in
            var settings = try Self.rules(hub)
            settings["source.on_overrun"] = policy
            try hub.append(Self.audit(3), partition: 0)
            try await hub.whileRunning(settings) { hubwatch in
                try await hub.eventually("the first events are read") { try auditFindings(hub) == 3 }
                try hub.broker.pauseDelivery(hub: hub.hub)
                try hub.append(Self.audit(5), partition: 0)
                clock.step(seconds: 200)
                try hub.append(Self.audit(2), partition: 0)
                try hub.broker.detachLinks(
                    hub: hub.hub, AMQPCondition(name: "amqp:link:detach-forced", description: "moved"))
                // On the old link the next event would only show that some are missing, not why.
                try await hub.eventually("the link is attached anew") { hub.seen.attaches(of: 0) == 2 }
                try hub.broker.resumeDelivery(hub: hub.hub)
                let seen = policy == "earliest" ? 5 : 3
                try await hub.eventually("the gap is known") { try findings(hub, of: "hubwatch.gap").count == 1 }
                try await hub.eventually("what is left is read") { try auditFindings(hub) == seen }
                try await hub.eventually("the link is back") {
                    hubwatch.status.snapshot.partitions[0]?.isAttached == true
                        && hubwatch.status.snapshot.partitions[0]?.folded == 9
                }
                try hub.append(Self.audit(1), partition: 0)
                try await hub.eventually("reading goes on") { try auditFindings(hub) == seen + 1 }
            }
            let found = try await gaps(hub)
            #expect(found.map(\.firstMissing) == [3])
            #expect(found.map(\.lastMissing) == [policy == "earliest" ? 7 : 9])
            #expect(found.first?.cause == .retention)
            #expect(try await hub.state { try await $0.positions().map(\.sequence) } == [10])
        }
    }

    @Test func aPositionBehindTheEndIsAQuestionForAPerson() async throws {
        try await HubFixture.with(partitions: 1) { hub in
            var settings = try Self.rules(hub)
            try hub.append(Self.audit(2), partition: 0)
            try await hub.runToEnd(settings)
            let store = try SQLiteStateStore(path: hub.path("state.db"))
            var position = try #require(try await store.positions().first)
            position.sequence = 50
            position.offset = "99999999"
            try await store.setPosition(position, keepingState: true)
            try await store.close()
            do {
                try await hub.runToEnd(settings)
                Issue.record("it went on")
            } catch let error as HubwatchError {
                guard case .eventsMissing(partition: 0, after: 50, cause: .rewound, missing: nil) = error else {
                    throw error
                }
            }
            settings["source.on_refused"] = "earliest"
            #expect(try await hub.runToEnd(settings).messages == 2)
            // The numbers may belong to other events now, so their findings are told apart.
            #expect(try auditFindings(hub) == 4)
            #expect(try await gaps(hub).map(\.cause) == [.rewound])
            #expect(try await gaps(hub).map(\.firstMissing) == [51])
        }
    }

    @Test func operationalFindingsAreValidOCSF() async throws {
        guard PythonPeers.areWanted else { return }
        try await HubFixture.with(partitions: 1) { hub in
            try hub.append([Array("no JSON".utf8)] + Self.audit(3), partition: 0)
            try await hub.runToEnd(["state.dead_letters": "0", "limits.groups_per_rule": "1"])
            try hub.broker.deleteHub(hub.hub)
            try hub.broker.put(HubDefinition(name: hub.hub, partitionCount: 1))
            try await hub.runToEnd()
            #expect(try findings(hub, of: "hubwatch.gap").count == 1)
            let validated = try PythonPeers.validate(findings: hub.path("findings.ndjson"))
            #expect(validated.status == 0, "\(validated.output)")
        }
    }

    @Test func aTakenPartitionIsAFinding() async throws {
        try await HubFixture.with(partitions: 1) { hub in
            let settings = try Self.rules(hub)
            try await hub.whileRunning(settings) { first in
                try await hub.eventually("first is attached") {
                    first.status.snapshot.partitions[0]?.isAttached == true
                }
                let other = settings.merging([
                    "state.path": hub.path("other.db"), "findings.file": hub.path("other.ndjson"),
                ]) { $1 }
                try await hub.whileRunning(other) { _ in
                    try await hub.eventually("it is told") {
                        try findings(hub, of: "hubwatch.stolen-partition").count == 1
                    }
                }
            }
        }
    }
}

/// Goal: what hubwatch keeps is bounded, and what does not fit is counted and told.
@Suite(.timeLimit(.minutes(3))) struct BoundTests {
    private func told(_ hub: HubFixture, _ rule: String) throws -> [[String: Any]] {
        try hub.findings().filter { finding in
            let info = finding["finding_info"] as? [String: Any]
            return (info?["analytic"] as? [String: Any])?["uid"] as? String == rule
        }
    }

    @Test func deadLettersBeyondTheBoundAreCountedAndTold() async throws {
        try await HubFixture.with(partitions: 1) { hub in
            try hub.append((0..<7).map { _ in Array("no JSON".utf8) }, partition: 0)
            try await hub.runToEnd(["state.dead_letters": "2"])
            let counts = try await hub.state { try await $0.deadLetterCounts() }
            #expect(counts.stored == 2 && counts.overflowed == 5)
            #expect(try told(hub, "hubwatch.dead-letters-overflow").map { $0["count"] as? Int } == [5])
        }
    }

    @Test func groupsBeyondTheBoundAreRefusedAndTold() async throws {
        try await HubFixture.with(partitions: 1) { hub in
            try hub.append((0..<9).map { Records.auditListKey(account: "account-\($0)") }, partition: 0)
            try await hub.runToEnd(["limits.groups_per_rule": "4"])
            #expect(try told(hub, "hubwatch.groups-refused").map { $0["count"] as? Int } == [5])
        }
    }

    @Test(arguments: ["stop", "drop"]) func aFullJournalFollowsThePolicy(policy: String) async throws {
        try await HubFixture.with(partitions: 1) { hub in
            var settings = try GapTests.rules(hub)
            settings["state.journal_max"] = "1MiB"
            settings["state.journal_full"] = policy
            // A sink that cannot start: its folder does not exist yet.
            let folder = hub.folder.appending(path: "later")
            settings["findings.file"] = folder.appending(path: "findings.ndjson").path
            let first = 1500
            try hub.append(GapTests.audit(first), partition: 0)
            try await hub.whileRunning(settings) { hubwatch in
                try await hub.eventually("the journal is full") { hubwatch.status.snapshot.journalIsFull }
                try hub.append(GapTests.audit(500), partition: 0)
                if policy == "drop" {
                    try await hub.eventually("reading goes on") { hubwatch.status.snapshot.messages == 2000 }
                }
                try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
                try await hub.eventually("the sink has caught up") { !hubwatch.status.snapshot.journalIsFull }
                try await hub.eventually("all is read") { hubwatch.status.snapshot.messages == 2000 }
            }
            let text = try String(contentsOf: folder.appending(path: "findings.ndjson"), encoding: .utf8)
            let audits = text.split(separator: "\n").count { $0.contains("5b8f6f0e-8f4b-4a5e-9f39-0f6f1f0b7c11") }
            if policy == "stop" {
                #expect(audits == 2000, "nothing is lost")
                #expect(text.contains("hubwatch.journal-full"))
            } else {
                #expect(audits < 2000)
                #expect(text.contains("hubwatch.journal-dropped"))
            }
        }
    }
}

/// A broker's clock that a test moves.
final class BrokerClock: Sendable {
    private let milliseconds = Mutex(Int64(Date().timeIntervalSince1970 * 1000))

    var now: Int64 { milliseconds.withLock { $0 } }

    func step(seconds: Int64) { milliseconds.withLock { $0 += seconds * 1000 } }
}
