import DiagnosticLogs
import Testing

@testable import Detection

/// Goal: stored state comes back as it was, survives rule changes, and damaged bytes are refused without a crash.
///
/// Method: commit, load, compare; then change the bytes.
@Suite struct RestartTests {
    @Test func aSnapshotAndItsDeltasGiveTheSameBytes() throws {
        let bench = try Bench(ModelRules.all)
        for second in 0..<30 {
            bench.send(at: Double(second), user: .string("u\(second % 3)"), number: .double(Double(second) / 10))
            if second % 4 == 0 { bench.commit() }
        }
        bench.commit()
        var again = try bench.restart()
        _ = again.merger.takeCommit()
        let direct = bench.merger.takeCommit(snapshot: true)?.snapshot
        #expect(again.merger.takeCommit(snapshot: true)?.snapshot == direct)
        again.commit(snapshot: true)
        again = try again.restart()
        #expect(again.merger.takeCommit(snapshot: true)?.snapshot == direct)
    }

    @Test func nothingIsJournaledAgainAfterARestart() throws {
        let bench = try Bench([ModelRules.all[0]])
        bench.send(at: 1, times: 5)
        #expect(bench.step() == ["create 10 ann 5 ALERT"])
        let again = try bench.restart()
        #expect(again.step() == [])
        again.send(at: 2)
        #expect(again.step() == [])
        again.idle(at: 11)
        #expect(again.step() == ["close 10 ann 6"])
        let third = try again.restart()
        #expect(third.step() == ["create 20 ann 6"], "open windows are decided again; the alert is still known")
        third.idle(at: 21)
        #expect(third.step() == ["close 20 ann 6"])
    }

    @Test func positionsComeBack() throws {
        let bench = try Bench([ModelRules.all[0]])
        bench.send(at: 1)
        bench.send(at: 2)
        bench.commit()
        let position = try #require(try bench.restart().merger.position(of: 0))
        #expect(position.sequenceNumber == 1)
        #expect(position.offset == "o1")
        #expect(position.watermark == Bench.time(2))
        #expect(position.firstEnqueuedTime == Bench.time(1))
    }

    @Test func aRedeliveredMessageIsIgnoredAndCounted() throws {
        let rules = try CompiledRules([ModelRules.all[0]])
        let position = PartitionPosition(
            sequenceNumber: 7, offset: "o", enqueuedTime: Bench.time(1), watermark: Bench.time(1))
        let fold = PartitionFold(rules: rules, partition: 0, resumingAt: position)
        let offset = Array("x".utf8)
        offset.withUnsafeBytes { bytes in
            for sequence: Int64 in [6, 7] {
                let header = MessageHeader(
                    sequenceNumber: sequence, offset: bytes, enqueuedTime: Bench.time(9), receivedAt: Bench.time(9))
                #expect(!fold.fold(header, copying: Array("{}".utf8)))
            }
        }
        #expect(fold.takeDelta()?.counters.redelivered == 2)
        #expect(fold.position == position)
    }

    @Test func stateOfAChangedRuleIsDroppedAndThatOfOthersKept() throws {
        let bench = try Bench([ModelRules.all[0], ModelRules.all[3]])
        bench.send(at: 1, times: 3)
        bench.commit()
        var changed = ModelRules.all[0]
        changed.condition = .all([changed.condition, ModelRules.text(ModelRules.category, "audit")])
        let merger = try CompiledRules([changed, ModelRules.all[3]])
        var fresh = Merger(rules: merger, partitions: [0])
        let summary = try fresh.restore(RestoredState(deltas: bench.blobs), now: Bench.time(99))
        #expect(summary.rulesKept == ["few"])
        #expect(summary.rulesDropped == 1)
        #expect(fresh.groupCount == 1)
        #expect(fresh.activation(ofRule: "count", partition: 0) == 0)
        #expect(fresh.activation(ofRule: "few", partition: 0) == -1)
    }

    @Test func aNewTitleKeepsTheVersion() throws {
        var renamed = ModelRules.all[0]
        renamed.metadata.title = "Another title"
        renamed.suppression = Suppression(duration: .seconds(5))
        let version = try CompiledRules([ModelRules.all[0]]).fingerprint(of: "count")
        #expect(try CompiledRules([renamed]).fingerprint(of: "count") == version)
        var moved = ModelRules.all[0]
        moved.lateness = .seconds(1)
        #expect(try CompiledRules([moved]).fingerprint(of: "count") != version)
    }

    @Test func damagedStateIsRefused() throws {
        let bench = try Bench(ModelRules.all)
        for second in 0..<12 { bench.send(at: Double(second), number: .double(0.5)) }
        bench.commit(snapshot: true)
        let bytes = try #require(bench.blobs.first)
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<400 {
            var damaged = bytes
            let at = Int.random(in: 0..<bytes.count, using: &generator)
            damaged[at] ^= UInt8.random(in: 1...255, using: &generator)
            #expect(throws: DetectionError.self) { try StateChange(decoding: damaged) }
        }
        for length in stride(from: 0, to: bytes.count, by: 7) {
            #expect(throws: DetectionError.self) { try StateChange(decoding: Array(bytes.prefix(length))) }
        }
        var newer = bytes
        newer[4] = 3
        let error = #expect(throws: DetectionError.self) { try StateChange(decoding: newer) }
        #expect(error?.code == .stateVersion)
    }

    @Test func damagedStateWithAGoodChecksumNeverTraps() throws {
        let bench = try Bench(ModelRules.all)
        for second in 0..<12 { bench.send(at: Double(second), number: .double(0.5)) }
        bench.commit(snapshot: true)
        let body = Array(try #require(bench.blobs.first)[13...])
        var generator = SeededGenerator(seed: 6)
        for _ in 0..<3_000 {
            var damaged = body
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                damaged[Int.random(in: 0..<body.count, using: &generator)] = UInt8.random(
                    in: 0...255, using: &generator)
            }
            var writer = ByteWriter()
            writer.raw([0x48, 0x57, 0x44, 0x53, 2])
            writer.fixed(StableHash(damaged).high)
            writer.raw(damaged)
            var merger = Merger(rules: bench.rules, partitions: [0])
            // Either refused or read as something; what it must not do is stop the process.
            _ = try? merger.restore(RestoredState(snapshot: writer.bytes), now: Bench.time(0))
        }
    }
}
