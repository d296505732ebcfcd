import AMQPTypes
import DevBroker
import EventHubs
import EventHubsClient
import Foundation
import HubwatchRuntime
import StateStore
import Testing

/// Goal: each of the ten field reports, in the setting in which it was made: what is read, what is left alone, what is said.
///
/// Method: dev broker and one or two hubwatches over real sockets; the numbers are those of ``FieldReport``.
@Suite(.timeLimit(.minutes(2)), .serialized) struct FieldReportRowTests {
    /// As ``QuickTimes``, but stalled links are left alone.
    private static let patient: @Sendable (inout EventHubsConfiguration) -> Void = { client in
        QuickTimes.stolenForLong(&client)
        client.stallDeadline = .seconds(600)
    }

    private func attached(_ hubwatch: Hubwatch, _ hub: HubFixture) async throws {
        try await hub.eventually("attached") {
            !hubwatch.status.snapshot.partitions.isEmpty
                && hubwatch.status.snapshot.partitions.values.allSatisfy(\.isAttached)
        }
    }

    @Test func report1APartitionThatIsTakenIsLeftToItsNewReader() async throws {
        try await HubFixture.with(partitions: 1) { hub in
            hub.broker.install(try FaultScript(parsing: "on delivery nth=30 do stall"))
            let ids = try hub.appendListings(60, partition: 0)
            try await hub.whileRunning(adjust: Self.patient) { first in
                try await hub.findingsShown(29)
                let other = ["state.path": hub.path("other.db"), "findings.file": hub.path("other.ndjson")]
                try await hub.whileRunning(other, adjust: Self.patient) { second in
                    try await hub.eventually("the second has read everything") { second.status.snapshot.messages == 60 }
                    try await hub.eventually("the first has lost it") {
                        first.status.snapshot.partitions[0]?.isAttached == false
                    }
                }
                #expect(hub.log.contains("Another reader has taken this partition; trying again in 10 min"))
                #expect(first.status.snapshot.messages == 29, "nothing is folded that the new reader has")
                #expect(hub.seen.attaches(of: 0) == 2, "it is not stolen back")
            }
            // Restarting it is the operator's order to try again.
            try await hub.runToEnd()
            try await hub.expectEachOnce(ids)
            let others = try hub.openedFindings(in: "other.ndjson")
            #expect(Set(others) == ids && others.count == ids.count)
        }
    }

    @Test func report2AReaderWithoutAnOwnerLevelDoesNotJoinOneThatHasIt() async throws {
        try await HubFixture.with(partitions: 1) { hub in
            var ids = try hub.appendListings(20, partition: 0)
            try await hub.whileRunning(adjust: QuickTimes.stolenForLong) { first in
                try await hub.findingsShown(20)
                let other = [
                    "state.path": hub.path("other.db"), "findings.file": hub.path("other.ndjson"),
                    "source.owner_level": "none",
                ]
                try await hub.whileRunning(other, adjust: QuickTimes.stolenForLong) { second in
                    try await hub.eventually("the second is refused") {
                        hub.log.contains("non-epoch receiver is not allowed")
                    }
                    ids.formUnion(try hub.appendListings(20, partition: 0, from: 20))
                    try await hub.findingsShown(40)
                    #expect(second.status.snapshot.messages == 0)
                }
                #expect(first.status.snapshot.messages == 40)
            }
            try await hub.expectEachOnce(ids)
            #expect(hub.seen.attaches(of: 0) == 2)
        }
    }

    @Test func report3APartitionWithoutAnswersDoesNotHoldUpTheOthers() async throws {
        try await HubFixture.with(partitions: 2) { hub in
            hub.broker.install(try FaultScript(parsing: "on attach partition=0 nth=1..3 do silence"))
            let first = try hub.appendListings(10, partition: 0)
            let second = try hub.appendListings(10, partition: 1)
            let impatient: @Sendable (inout EventHubsConfiguration) -> Void = { client in
                QuickTimes.all(&client)
                client.receiverTiming.attachTimeout = .milliseconds(400)
            }
            try await hub.whileRunning(adjust: impatient) { hubwatch in
                try await hub.findingsShown(10)
                #expect(hubwatch.status.snapshot.partitions[1]?.messages == 10)
                try await hub.findingsShown(20)
            }
            try await hub.expectEachOnce(first.union(second))
            #expect(hub.seen.attaches(of: 1) == 1)
            #expect(hub.log.contains("did not answer the attach"))
        }
    }

    @Test func report4IdleClosesAreOutlivedAndSeenInTheStatus() async throws {
        try await HubFixture.with(partitions: 2) { hub in
            var ids: Set<String> = []
            try await hub.whileRunning(adjust: QuickTimes.all) { hubwatch in
                for round in 1...3 {
                    try await attached(hubwatch, hub)
                    hub.broker.closeConnections(
                        AMQPCondition(
                            name: ErrorCondition.connectionForced,
                            description:
                                "The connection was inactive for more than the allowed 300000 milliseconds and is "
                                + "closed by container 'LinkTracker'."))
                    try await hub.eventually("attached once more") { hub.seen.count(.attach) >= 2 * (round + 1) }
                    ids.formUnion(try hub.appendListings(1, partition: round % 2, from: round))
                    try await hub.findingsShown(round)
                }
            }
            try await hub.expectEachOnce(ids)
            #expect(hub.log.contains("LinkTracker"))
        }
    }

    @Test func report5AStalledPartitionIsFoundByTheServicesOwnWord() async throws {
        try await HubFixture.with(partitions: 2) { hub in
            hub.broker.install(try FaultScript(parsing: "on delivery partition=0 nth=1 do stall"))
            try await hub.whileRunning(adjust: QuickTimes.all) { hubwatch in
                try await attached(hubwatch, hub)
                let ids = try hub.appendListings(10, partition: 0)
                try await hub.findingsShown(ids.count)
                try await hub.eventually("the other is at its end") {
                    hubwatch.status.snapshot.partitions[1]?.isCaughtUp == true
                }
            }
            #expect(hub.log.contains("The link brought nothing although"))
            #expect(hub.seen.attaches(of: 0) == 2)
            #expect(hub.seen.attaches(of: 1) == 1, "a quiet partition is no stalled one")
        }
    }

    @Test func report6ARefusalNamesItsConditionAndNeedsNoStateRemoved() async throws {
        try await HubFixture.with(partitions: 1) { hub in
            var ids = try hub.appendListings(10, partition: 0)
            try await hub.runToEnd()
            ids.formUnion(try hub.appendListings(10, partition: 0, from: 10))
            hub.broker.install(
                try FaultScript(
                    parsing: "on attach do refuse amqp:not-found \"The messaging entity could not be found\""))
            await #expect {
                try await hub.runToEnd()
            } throws: { error in
                guard case .eventHubs(let refusal)? = error as? HubwatchError else { return false }
                return refusal.code == .notFound && "\(refusal)".contains("could not be found")
            }
            hub.broker.removeFaults()
            try await hub.runToEnd()
            try await hub.expectEachOnce(ids)
        }
    }

    @Test func report7AStateThatCannotBeReadIsNotAFirstRun() async throws {
        try await HubFixture.with(partitions: 1) { hub in
            var ids = try hub.appendListings(10, partition: 0)
            try await hub.runToEnd()
            let attaches = hub.seen.count(.attach)
            ids.formUnion(try hub.appendListings(5, partition: 0, from: 10))
            let holder = try SQLiteStateStore(path: hub.path("state.db"))
            await #expect(throws: HubwatchError.self) { try await hub.runToEnd() }
            try await holder.close()
            #expect(hub.seen.count(.attach) == attaches, "nothing is read from anywhere")
            let status = try await hub.runToEnd()
            #expect(status.messages == 5)
            try await hub.expectEachOnce(ids)
        }
    }

    @Test func report8APositionAtTheEndIsGoodAndARefusedOneIsSaidAndKept() async throws {
        try await HubFixture.with(partitions: 1) { hub in
            var ids = try hub.appendListings(10, partition: 0)
            try await hub.runToEnd()
            let idle = try await hub.runToEnd()
            #expect(idle.messages == 0, "one after the last would be refused; after the last is not")
            ids.formUnion(try hub.appendListings(5, partition: 0, from: 10))
            hub.broker.install(
                try FaultScript(
                    parsing: "on attach position=offset do refuse com.microsoft:georeplication:invalid-offset"))
            // The number still says where it was: nothing is lost by leaving the offset out.
            try await hub.runToEnd()
            #expect(hub.log.contains("The offset of partition 0 is refused; going on by sequence number."))
            try await hub.expectEachOnce(ids)
            let more = try hub.appendListings(5, partition: 0, from: 15)
            hub.broker.install(
                try FaultScript(parsing: "on attach do refuse com.microsoft:georeplication:invalid-offset"))
            await #expect {
                try await hub.runToEnd()
            } throws: { error in
                guard case .eventsMissing(let partition, let after, _, _)? = error as? HubwatchError else {
                    return false
                }
                return partition == 0 && after == 14
            }
            #expect(try await hub.state { try await $0.positions().map(\.sequence) } == [14])
            hub.broker.removeFaults()
            try await hub.runToEnd()
            try await hub.expectEachOnce(ids.union(more))
        }
    }

    @Test func report9ReadingNeedsNoAnswersOfTheManagementNode() async throws {
        try await HubFixture.with(partitions: 4) { hub in
            try await hub.whileRunning(adjust: QuickTimes.all) { hubwatch in
                try await attached(hubwatch, hub)
                hub.broker.install(try FaultScript(parsing: "on request do silence"))
                let asked = hub.seen.count(.request)
                for round in 0..<3 {
                    for partition in 0..<4 { try hub.appendListings(5, partition: partition, from: 5 * round) }
                    try await hub.findingsShown(20 * (round + 1))
                    try await hub.eventually("asked in vain") { hub.seen.count(.request) > asked + round }
                }
                #expect(hub.seen.count(.attach) == 4, "no partition is given up or taken anew")
            }
        }
    }

    @Test func report10NoLinkIsLeftBehindAndEachSaysWhoseItIs() async throws {
        try await HubFixture.with(partitions: 1) { hub in
            hub.broker.install(
                try FaultScript(
                    parsing: """
                        on delivery every=8 do detach amqp:link:detach-forced
                        on attach nth=2 do delay 300ms
                        on attach nth=4 do silence
                        on delivery nth=35 do stall
                        """))
            let ids = try hub.appendListings(60, partition: 0)
            try await hub.whileRunning(["source.owner_level": "none"], adjust: QuickTimes.all) { _ in
                try await hub.findingsShown(60)
            }
            try await hub.expectEachOnce(ids)
            #expect(hub.seen.attaches.count > 8)
            for case .attach(_, _, _, let name, let receivers) in hub.seen.attaches {
                #expect(receivers == 0, "an old link is still there")
                #expect(name == "hubwatch@test")
            }
        }
    }
}
