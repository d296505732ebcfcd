import AMQPTypes
import DiagnosticLogs
import EventHubs
import Sinks
import StateStore
import StatusReport
import Testing

@testable import HubwatchRuntime

/// Goal: health says what is wrong as soon as it is, and never restarts what heals by waiting.
///
/// Method: a status as it would be, a time, and the reasons.
@Suite struct ReadinessTests {
    private func at(_ seconds: Int64) -> Timestamp { Timestamp(milliseconds: seconds * 1000) }

    private func judge(_ status: RunStatus.Snapshot, at seconds: Int64) -> StatusReport.Readiness {
        ReadinessJudge(status: status, now: at(seconds)).readiness
    }

    /// Reads two partitions, with a sink that keeps up.
    private func running() -> RunStatus.Snapshot {
        var status = RunStatus.Snapshot()
        status.phase = .running
        status.beatAt = at(100)
        for number in 0..<2 {
            status.partitions[number] = RunStatus.Partition()
            status.partitions[number]?.isAttached = true
        }
        status.sinks["file"] = SinkProgress()
        status.sinks["file"]?.take(.started(through: 0), newest: 0, now: at(100))
        return status
    }

    @Test func whatRunsIsReady() {
        let readiness = judge(running(), at: 101)
        #expect(readiness.isReady && readiness.isAlive)
        #expect(readiness.reasons == [])
    }

    @Test func startingAndStoppingAreNotReadyButAlive() {
        var status = RunStatus.Snapshot()
        #expect(judge(status, at: 1_000_000).reasons.map(\.code) == [.starting])
        status.startError = EventHubsError(.unreachable, "No route to ns.example.net")
        #expect(judge(status, at: 1_000_000).reasons.map(\.code) == [.hubUnreachable])
        #expect(judge(status, at: 1_000_000).reasons.first?.message.contains("ns.example.net") == true)
        #expect(judge(status, at: 1_000_000).isAlive, "a hub that is away all day is no reason to restart")
        status.phase = .running
        #expect(judge(status, at: 1).reasons.map(\.code) == [.starting], "no partition is known")
        status = running()
        status.phase = .stopping
        let stopping = judge(status, at: 101)
        #expect(stopping.reasons.map(\.code) == [.stopping])
        #expect(!stopping.isReady && stopping.isAlive)
    }

    @Test func partitionsWithoutALinkAreNamed() {
        var status = running()
        status.partitions[1]?.isAttached = false
        status.partitions[1]?.lastError = EventHubsError(.stolen, "Another receiver took it")
        let readiness = judge(status, at: 101)
        #expect(readiness.reasons.map(\.code) == [.linksDetached])
        #expect(readiness.reasons.first?.subject == "1")
        #expect(readiness.reasons.first?.message.contains("Another receiver took it") == true)
        for number in 2..<100 { status.partitions[number] = RunStatus.Partition() }
        #expect(judge(status, at: 101).reasons.first?.subject.hasSuffix("20, …") == true)
    }

    @Test func commitsThatFailAreSaidAndAreNotStuck() {
        var status = running()
        status.commit.failingSince = at(200)
        status.commit.lastError = StateStoreError(.diskFull, path: "/var/lib/hubwatch.db")
        let readiness = judge(status, at: 100_000)
        #expect(readiness.reasons.map(\.code) == [.stateNotWritable])
        #expect(readiness.reasons.first?.message.contains("disk is full") == true)
        #expect(readiness.reasons.first?.sinceMs == 200_000)
        #expect(readiness.isAlive)
    }

    @Test func commitsThatDoNotMoveAreStuck() {
        #expect(judge(running(), at: 219).isAlive)
        #expect(!judge(running(), at: 220).isAlive)
    }

    @Test func anEventLoopThatDoesNotAnswerIsStuck() {
        var status = running()
        status.beatAt = at(500)
        status.partitions[0]?.loopSeenAt = at(500)
        status.partitions[1]?.loopSeenAt = at(379)
        status.sampledAt = at(499)
        #expect(judge(status, at: 500).isAlive)
        status.sampledAt = at(500)
        let readiness = judge(status, at: 500)
        #expect(readiness.stuck.count == 1 && readiness.stuck[0].contains("partition 1"))
    }

    @Test func aSinkMayFailForAWhile() {
        var status = running()
        let full = SinkError(.diskFull, path: "findings.ndjson")
        for second in Int64(110)..<113 { status.sinks["file"]?.take(.failed(full), newest: 5, now: at(second)) }
        #expect(status.sinks["file"]?.failures == 3)
        #expect(judge(status, at: 139).isReady)
        let failing = judge(status, at: 140)
        #expect(failing.reasons.map(\.code) == [.sinkFailing])
        #expect(failing.reasons.first?.subject == "file")
        #expect(failing.reasons.first?.sinceMs == 110_000)
        status.sinks["file"]?.take(.delivered(through: 5, rows: 5), newest: 5, now: at(150))
        #expect(judge(status, at: 150).isReady)
        #expect(status.sinks["file"]?.lastError == full, "kept for whoever asks later")
    }

    @Test func aSinkThatDeliversNothingIsNoticed() {
        var status = running()
        status.sinks["file"]?.journalGrew(to: 3, now: at(110))
        status.beatAt = at(240)
        #expect(judge(status, at: 229).isReady)
        #expect(judge(status, at: 230).reasons.map(\.code) == [.sinkFailing])
        status.sinks["file"]?.take(.delivered(through: 2, rows: 2), newest: 3, now: at(231))
        #expect(judge(status, at: 240).isReady, "it moves")
        status.sinks["file"]?.take(.delivered(through: 3, rows: 1), newest: 3, now: at(241))
        status.beatAt = at(9000)
        #expect(judge(status, at: 9000).isReady, "nothing is owed")
    }

    @Test func aFullJournalIsSaid() {
        var status = running()
        status.journalIsFull = true
        #expect(judge(status, at: 101).reasons.map(\.code) == [.journalFull])
    }
}

/// Goal: a report says what a status holds.
///
/// Method: a status as it would be, and the members of the report.
@Suite struct RunReportTests {
    private let identity = RunIdentity(
        version: "1", host: "h", startedAt: Timestamp(milliseconds: 1000),
        source: StatusReport.Source(namespace: "n", hub: "l", consumerGroup: "g"), creditBytesMax: 64,
        owedBytesMax: 256)

    private func partition(_ change: (inout RunStatus.Partition) -> Void) -> StatusReport.Partition {
        var partition = RunStatus.Partition()
        partition.knownSince = Timestamp(milliseconds: 10_000)
        change(&partition)
        return StatusReport.Partition(3, partition, now: Timestamp(milliseconds: 100_000))
    }

    @Test func lagIsZeroOnlyWhenNothingWaits() {
        #expect(partition { _ in }.lagEvents == nil)
        #expect(partition { _ in }.lagSeconds == nil)
        let behind = partition {
            $0.folded = 5
            $0.foldedEnqueuedAt = Timestamp(milliseconds: 97_500)
            $0.lastEnqueued = 9
        }
        #expect(behind.lagEvents == 4)
        #expect(behind.lagSeconds == 2.5)
        let level = partition {
            $0.folded = 9
            $0.foldedEnqueuedAt = Timestamp(milliseconds: 1)
            $0.lastEnqueued = 9
        }
        #expect(level.lagSeconds == 0)
        let unread = partition { $0.lastEnqueued = 9 }
        #expect(unread.lagSeconds == 90, "since it is known that they wait")
        #expect(unread.position == nil)
    }

    @Test func agesAndBytesInFlight() {
        let report = partition {
            $0.lastHeardAt = Timestamp(milliseconds: 98_765)
            $0.heldBytes = 10
            $0.grantedBytes = 90
        }
        #expect(report.lastFrameAgeSeconds == 1.235)
        #expect(report.creditBytes == 100)
        #expect(report.heldBytes == 10)
        // A clock that was set back gives no negative age.
        #expect(partition { $0.lastHeardAt = Timestamp(milliseconds: 200_000) }.lastFrameAgeSeconds == 0)
    }

    @Test func namesOfFailuresAreFew() {
        var connections = ConnectionProgress()
        connections.becameReady(0)
        connections.wasAuthorized(0, audience: "a", until: 5000)
        connections.wasAuthorized(0, audience: "b", until: 4000)
        connections.wasAuthorized(1, audience: "a", until: 6000)
        #expect(connections.tokenExpiry == 4000)
        for number in 0..<500 {
            var error = EventHubsError(.forcedClose, "gone")
            error.condition = .init(name: "x:invented-\(number)", description: nil)
            connections.wasLost(0, error)
        }
        var forced = EventHubsError(.forcedClose, "gone")
        forced.condition = .init(name: ErrorCondition.connectionForced, description: nil)
        connections.wasLost(0, forced)
        connections.wasLost(0, EventHubsError(.unreachable, "no route"))
        #expect(connections.lost == ["other": 500, "amqp:connection:forced": 1, "unreachable": 1])
        #expect(connections.ready.isEmpty)
        #expect(connections.tokenExpiry == 6000)
    }

    @Test func allKnownNamesAreThereFromTheStart() {
        let report = StatusReport(RunStatus.Snapshot(), identity, now: Timestamp(milliseconds: 2000))
        #expect(report.deadLetters.byReason.map(\.name).contains("truncated"))
        #expect(report.deadLetters.byReason.allSatisfy { $0.count == 0 })
        #expect(report.records.repairs.count == Repair.allCases.count)
        #expect(report.gaps.byCause.map(\.name).contains("retention"))
        #expect(report.connections.linksLostByReason.map(\.name) == ["lost", "refused", "stalled", "stolen"])
        #expect(report.process.reportedMs == 2000)
    }
}
