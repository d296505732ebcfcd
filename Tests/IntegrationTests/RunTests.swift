import Detection
import DevBroker
import Foundation
import HubwatchRuntime
import ProgramRuns
import SampleLogs
import StateStore
import Testing

/// Goal: the main job over real sockets: sample logs in a hub become exactly the planted findings, once, across
/// restarts.
///
/// Method: dev broker and hubwatch in one process; facts are read from the findings file and the state file.
@Suite(.timeLimit(.minutes(3))) struct RunTests {
    @Test func theSampleGivesExactlyThePlantedFindings() async throws {
        try await HubFixture.with { hub in
            let expected = try hub.appendSample(seed: 7)
            let status = try await hub.runToEnd()
            #expect(status.counters.records + status.counters.skipped == Int64(expected.records))
            try hub.expectFindings(expected)
            let attributes = try FileManager.default.attributesOfItem(atPath: hub.path("findings.ndjson"))
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            let state = try FileManager.default.attributesOfItem(atPath: hub.path("state.db"))
            #expect(state[.posixPermissions] as? Int == 0o600)
        }
    }

    @Test func aSecondRunResumesAndRepeatsNothing() async throws {
        try await HubFixture.with { hub in
            let first = try hub.appendSample(seed: 1)
            try await hub.runToEnd()
            let lines = try hub.findings().count
            let idle = try await hub.runToEnd()
            #expect(idle.messages == 0)
            #expect(try hub.findings().count == lines)
            #expect(hub.log.contains("Resuming from the checkpoint"))
            #expect(hub.log.contains("0 new messages since then"))

            let second = try hub.appendSample(seed: 2)
            let more = try await hub.runToEnd()
            #expect(more.messages == Int64(second.messages))
            #expect(hub.log.contains("\(second.messages) new messages since then"))
            try hub.expectFindings(first, second)
            let ids = try hub.findings().filter { $0["activity_id"] as? Int == 1 }.compactMap {
                ($0["finding_info"] as? [String: Any])?["uid"] as? String
            }
            #expect(Set(ids).count == ids.count)
        }
    }

    @Test func anAlertLeavesWhileTheHubGoesOn() async throws {
        try await HubFixture.with(partitions: 2) { hub in
            try await hub.whileRunning { hubwatch in
                try await hub.eventually("attached") {
                    hubwatch.status.snapshot.partitions.values.allSatisfy(\.isAttached)
                }
                try hub.append([Records.keyListing(correlation: "live-1")], partition: 1)
                try await hub.eventually("the finding is shown") { hub.shown == 1 }
            }
            #expect(try hub.findings().count == 1)
            let finding = try #require(try hub.findings().first)
            #expect((finding["metadata"] as? [String: Any])?["correlation_uid"] as? String == "live-1")
            #expect(finding["is_alert"] as? Bool == true)
        }
    }

    @Test func partitionsThatAppearLaterAreRead() async throws {
        try await HubFixture.with(partitions: 2) { hub in
            try await hub.whileRunning { hubwatch in
                try await hub.eventually("attached") {
                    hubwatch.status.snapshot.partitions.values.allSatisfy(\.isAttached)
                }
                try hub.broker.put(.init(name: hub.hub, partitionCount: 3))
                try hub.append([Records.keyListing(correlation: "late-partition")], partition: 2)
                try await hub.eventually("the new partition's finding") { hub.shown == 1 }
            }
        }
    }

    @Test func anExplicitStartOverridesTheCheckpoint() async throws {
        try await HubFixture.with(partitions: 1) { hub in
            try hub.append((0..<10).map { Records.keyListing(correlation: "op-\($0)") }, partition: 0)
            try await hub.runToEnd(["source.from": "4"])
            #expect(try hub.findings().count == 6)
            let again = try await hub.runToEnd(["source.from": "earliest"])
            #expect(again.messages == 10)
            #expect(try hub.findings().count == 10, "the six that were journaled are not repeated")
        }
    }

    @Test func whatCannotBeDecodedIsKeptAndCanBeReplayed() async throws {
        try await HubFixture.with(partitions: 1) { hub in
            let torn = Array(Records.keyListing(correlation: "torn").dropLast(9))
            try hub.append(
                [torn, [], [0xFF, 0xFE, 0x00], Array("plain text".utf8), Records.keyListing(correlation: "sound")],
                partition: 0)
            try hub.append([Records.nested(depth: 65)], partition: 0)
            try hub.append([Records.padded(bytes: 1_000_000, correlation: "large")], partition: 0)
            let status = try await hub.runToEnd()
            let operations = try hub.findings().compactMap {
                ($0["metadata"] as? [String: Any])?["correlation_uid"] as? String
            }
            #expect(Set(operations).isSuperset(of: ["sound", "large"]))
            let letters = try await hub.state {
                try await $0.deadLetters(after: 0, limit: 100, includingReplayed: true)
            }
            #expect(Int64(letters.count) == status.counters.deadLetters)
            #expect(Set(letters.map(\.letter.reason)).isSuperset(of: ["truncated", "notAnObject", "tooDeep"]))
            #expect(letters.allSatisfy { $0.letter.partition == 0 && $0.bytesCount > 0 })
        }
    }

    @Test func theFindingsAreValidOCSF() async throws {
        guard PythonPeers.areWanted else { return }
        try await HubFixture.with { hub in
            try hub.appendSample(seed: 3)
            try await hub.runToEnd()
            let validated = try PythonPeers.validate(findings: hub.path("findings.ndjson"))
            #expect(validated.status == 0, "\(validated.output)")
        }
    }
}
