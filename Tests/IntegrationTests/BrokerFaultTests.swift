import AMQPTypes
import Detection
import DevBroker
import EventHubs
import Foundation
import HubwatchRuntime
import StateStore
import Testing

/// Goal: a broker that goes away, throttles, loses events or takes a partition leaves nothing out and nothing twice, and says so.
///
/// Method: dev broker and hubwatch over real sockets; the broker is stopped and started again over its data folder.
@Suite(.timeLimit(.minutes(2)), .serialized) struct BrokerFaultTests {
    @Test func aBrokerThatRestartsInTheMiddleOfAStreamLosesNothing() async throws {
        try await HubFixture.with(partitions: 2, data: "hubs") { hub in
            var ids = try hub.appendListings(50, partition: 0).union(try hub.appendListings(50, partition: 1))
            hub.broker.install(try FaultScript(parsing: "on delivery nth=40 do stall\non delivery nth=60 do stall"))
            try await hub.whileRunning(adjust: QuickTimes.all) { hubwatch in
                try await hub.findingsShown(20)
                await hub.broker.shutdown()
                try await hub.eventually("the loss is seen") {
                    hubwatch.status.snapshot.partitions.values.allSatisfy { !$0.isAttached }
                }
                let second = try await hub.restartedBroker(data: "hubs")
                for number in 50..<60 {
                    ids.insert("p1-\(number)")
                    let body = AMQPMessage(body: .data([Records.keyListing(correlation: "p1-\(number)")]))
                    try second.append([body], hub: hub.hub, partition: "1")
                }
                do {
                    try await hub.findingsShown(ids.count)
                } catch {
                    await second.shutdown()
                    throw error
                }
                await second.shutdown()
            }
            try await hub.expectEachOnce(ids)
        }
    }

    @Test func aBusyServiceIsLeftAloneForAsLongAsItAsks() async throws {
        try await HubFixture.with(partitions: 1) { hub in
            hub.broker.install(try FaultScript(parsing: "on attach nth=1 do throttle"))
            let ids = try hub.appendListings(5, partition: 0)
            try await hub.whileRunning(adjust: QuickTimes.all) { _ in try await hub.findingsShown(5) }
            try await hub.expectEachOnce(ids)
            #expect(hub.log.contains("attaching again in 4.0 s"))
            #expect(hub.seen.count(.attach) == 2)
        }
    }

    @Test func eventsThatTheBrokerPassesOverAreAGapWithItsRange() async throws {
        try await HubFixture.with(partitions: 1) { hub in
            hub.broker.install(try FaultScript(parsing: "on delivery nth=11 do skip 5"))
            let ids = try hub.appendListings(30, partition: 0)
            try await hub.runToEnd()
            try await hub.expectEachOnce(ids.subtracting((10..<15).map { "p0-\($0)" }))
            let gaps = try await hub.state { try await $0.gaps(of: nil, limit: 10) }
            #expect(gaps.map(\.firstMissing) == [10] && gaps.map(\.lastMissing) == [14])
            #expect(try hub.operational("hubwatch.gap") == 1)
        }
    }

    @Test func aDeliveryWithoutANumberDoesNotMoveThePosition() async throws {
        try await HubFixture.with(partitions: 1) { hub in
            hub.broker.install(
                try FaultScript(
                    parsing: "on delivery nth=1 do garbage\non delivery nth=1 do detach amqp:link:detach-forced"))
            let ids = try hub.appendListings(20, partition: 0)
            let status = try await hub.runToEnd(["source.from": "5"])
            try await hub.expectEachOnce(ids.subtracting((0..<5).map { "p0-\($0)" }))
            #expect(status.counters.deadLetters == 1)
            #expect(hub.seen.count(.attach) == 2)
        }
    }

    @Test func twoReadersDoNotTakeAPartitionFromEachOtherInTurns() async throws {
        try await HubFixture.with(partitions: 1) { hub in
            let ids = try hub.appendListings(10, partition: 0)
            try await hub.whileRunning(adjust: QuickTimes.stolenForLong) { first in
                try await hub.findingsShown(10)
                hub.broker.install(try FaultScript(parsing: "on time at=0s do detach amqp:link:stolen"))
                try await hub.eventually("stolen") { first.status.snapshot.partitions[0]?.isAttached == false }
                // Neither a lost connection nor new events bring it back.
                hub.broker.cutConnections()
                try hub.appendListings(5, partition: 0, from: 10)
                try await hub.eventually("the connection is back") {
                    hub.log.lines.count { $0.contains("info connected") } >= 2
                }
                #expect(hub.seen.attaches(of: 0) == 1)
                #expect(first.status.snapshot.messages == 10)
            }
            try await hub.expectEachOnce(ids)
        }
    }

    @Test func aThrottledStartIsWaitedFor() async throws {
        try await HubFixture.with(partitions: 1) { hub in
            hub.broker.install(
                try FaultScript(
                    parsing: """
                        on open nth=1 do cut
                        on token nth=1 do refuse com.microsoft:timeout
                        on request subject=hub nth=1 do refuse amqp:internal-error
                        """))
            let ids = try hub.appendListings(5, partition: 0)
            try await hub.whileRunning(adjust: QuickTimes.all) { _ in try await hub.findingsShown(5) }
            try await hub.expectEachOnce(ids)
        }
    }
}
