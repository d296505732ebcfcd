import AMQPTypes
import EventHubs
import Testing

@testable import DevBroker

/// Goal: the log numbers, keeps, finds and forgets events as the service does.
///
/// Method: script the log with an explicit clock, and compare it with a plain array under random operations.
@Suite struct PartitionLogTests {
    private func log(_ times: [Int64], size: Int = 10, chunkBytes: Int = 64) -> PartitionLog {
        var log = PartitionLog(chunkBytes: chunkBytes)
        for (index, time) in times.enumerated() {
            log.append(originalSize: size, capacity: size, now: time) { _, slab in
                slab.append(contentsOf: repeatElement(UInt8(truncatingIfNeeded: index), count: size))
            }
        }
        return log
    }

    @Test func emptyLogHasTheServicesValues() {
        let log = PartitionLog()
        #expect(log.lastSequenceNumber == -1)
        #expect(log.lastOffset == nil)
        #expect(log.lastEnqueuedTime == -62_135_596_800_000)
        #expect(log.isEmpty)
        #expect(log.slice(from: 0, maximumEvents: 10, maximumBytes: 1000) == nil)
    }

    @Test func numbersFromZeroAndOffsetsByStoredSize() {
        let log = log([1, 2, 3], size: 19)
        #expect(log.entry(at: 0)?.offset == 0)
        // 19 + 56 = 75, in units of eight.
        #expect(log.entry(at: 1)?.offset == 80)
        #expect(log.entry(at: 2)?.offset == 160)
        #expect(log.lastSequenceNumber == 2)
        #expect(log.lastOffset == 160)
    }

    @Test func enqueuedTimeNeverGoesBack() {
        let log = log([100, 50, 120])
        #expect((0..<3).map { log.entry(at: $0)?.enqueuedTime } == [100, 100, 120])
    }

    @Test func slicesStayInOneChunkAndObeyTheLimits() throws {
        let log = log(Array(1...20))
        var next: Int64 = 0
        var bytes: [UInt8] = []
        while let slice = log.slice(from: next, maximumEvents: 4, maximumBytes: 25) {
            #expect(slice.firstSequenceNumber == next)
            #expect(slice.entries.count <= 4)
            for entry in slice.entries { bytes.append(slice.slab[Int(entry.start)]) }
            next = slice.endSequenceNumber
        }
        #expect(bytes == Array(0..<20))
    }

    @Test func oneEventLargerThanTheLimitIsStillRead() throws {
        let log = log([1, 2], size: 500)
        let slice = try #require(log.slice(from: 0, maximumEvents: 10, maximumBytes: 1))
        #expect(slice.entries.count == 1)
    }

    @Test func retentionDropsWholeChunksAndKeepsNumbers() {
        var log = log(Array(1...20))
        let before = log.storedBytes
        log.expire(before: 15)
        #expect(log.beginSequenceNumber == 14)
        #expect(log.lastSequenceNumber == 19)
        #expect(log.storedBytes < before)
        #expect(log.slice(from: 0, maximumEvents: 1, maximumBytes: 1000)?.firstSequenceNumber == 14)
        #expect(log.entry(at: 13) == nil)
        log.expire(before: 1000)
        #expect(log.isEmpty)
        #expect(log.beginSequenceNumber == 20)
        #expect(log.lastSequenceNumber == 19)
        log.append(originalSize: 1, capacity: 1, now: 2000) { _, slab in slab.append(1) }
        #expect(log.beginSequenceNumber == 20)
        #expect(log.lastSequenceNumber == 20)
        #expect(log.slice(from: 0, maximumEvents: 9, maximumBytes: 9)?.firstSequenceNumber == 20)
    }

    @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8])
    func agreesWithAPlainArray(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var log = PartitionLog(chunkBytes: 200)
        var model: [(sequence: Int64, offset: Int64, time: Int64)] = []
        var now: Int64 = 0
        for step in 0..<400 {
            now += Int64.random(in: 0...3, using: &random)
            if Int.random(in: 0..<10, using: &random) == 0 {
                let limit = now - Int64.random(in: 0...40, using: &random)
                log.expire(before: limit)
                model.removeAll { $0.time < limit }
            } else {
                let size = Int.random(in: 1...90, using: &random)
                let stamps = log.append(originalSize: size, capacity: size, now: now) { _, slab in
                    slab.append(contentsOf: repeatElement(7, count: size))
                }
                model.append((stamps.sequenceNumber, stamps.offset, stamps.enqueuedTime))
            }
            let time = now - Int64.random(in: 0...60, using: &random)
            let offset = Int64.random(in: 0...max(1, (log.lastOffset ?? 0)), using: &random)
            for inclusive in [true, false] {
                let byTime = model.first { inclusive ? $0.time >= time : $0.time > time }?.sequence
                let byOffset = model.first { inclusive ? $0.offset >= offset : $0.offset > offset }?.sequence
                #expect(
                    log.sequenceNumber(afterTime: time, inclusive: inclusive) == byTime ?? log.nextSequenceNumber,
                    "seed \(seed) step \(step) time \(time)")
                #expect(
                    log.sequenceNumber(afterOffset: offset, inclusive: inclusive) == byOffset ?? log.nextSequenceNumber,
                    "seed \(seed) step \(step) offset \(offset)")
            }
            #expect(
                log.beginSequenceNumber == model.first?.sequence ?? log.nextSequenceNumber, "seed \(seed) step \(step)")
        }
    }
}

/// Goal: a position starts where the service would start it, or is refused with the service's text.
///
/// Method: one log of ten events, begun at 3 by retention, asked for every kind of position.
@Suite struct PositionTests {
    private let trail = BrokerCondition.Trail(trackingID: "t", system: "s", time: 0)

    private var log: PartitionLog {
        var log = PartitionLog(chunkBytes: 64)
        for time in 0..<10 {
            log.append(originalSize: 8, capacity: 8, now: Int64(time) * 10) { _, slab in
                slab.append(contentsOf: repeatElement(0, count: 8))
            }
        }
        log.expire(before: 30)
        return log
    }

    private func start(_ position: EventPosition, clamps: Bool = false) throws -> Int64 {
        try log.start(of: position, clamps: clamps, trail: trail)
    }

    @Test func startsOfKeptPositions() throws {
        #expect(try start(.earliest) == 3)
        #expect(try start(.latest) == 10)
        #expect(try start(.sequenceNumber(5, inclusive: false)) == 6)
        #expect(try start(.sequenceNumber(5, inclusive: true)) == 5)
        #expect(try start(.offset("320", inclusive: false)) == 6)
        #expect(try start(.offset("320", inclusive: true)) == 5)
        #expect(try start(.offset("321", inclusive: true)) == 6)
        #expect(try start(.enqueuedTime(milliseconds: 50, inclusive: false)) == 6)
        #expect(try start(.enqueuedTime(milliseconds: 50, inclusive: true)) == 5)
    }

    @Test func beforeRetentionStartsAtTheOldest() throws {
        #expect(try start(.sequenceNumber(-1, inclusive: false)) == 3)
        #expect(try start(.sequenceNumber(0, inclusive: true)) == 3)
        #expect(try start(.offset("0", inclusive: true)) == 3)
        #expect(try start(.enqueuedTime(milliseconds: 0, inclusive: true)) == 3)
    }

    @Test func theLastIsLegalAndWaits() throws {
        #expect(try start(.sequenceNumber(9, inclusive: false)) == 10)
        #expect(try start(.offset("576", inclusive: false)) == 10)
        #expect(try start(.enqueuedTime(milliseconds: 9999, inclusive: true)) == 10)
    }

    @Test func beyondTheEndIsRefusedUnlessClamped() throws {
        let text = #expect(throws: AMQPCondition.self) { try start(.sequenceNumber(10, inclusive: false)) }
        #expect(text?.name == "com.microsoft:argument-error")
        #expect(
            text?.description?.hasPrefix(
                "The supplied sequence number '10' is invalid. The last sequence number in the system is '9' TrackingId:"
            )
                == true)
        let offset = #expect(throws: AMQPCondition.self) { try start(.offset("577", inclusive: false)) }
        #expect(
            offset?.description?.hasPrefix(
                "The supplied offset '577' is invalid. The last offset in the system is '576' ")
                == true)
        #expect(try start(.sequenceNumber(.max, inclusive: false), clamps: true) == 10)
        #expect(try start(.offset("999999", inclusive: true), clamps: true) == 10)
    }

    @Test func anOffsetThatIsNoNumberIsRefused() {
        #expect(throws: AMQPCondition.self) { try start(.offset("east:12", inclusive: false)) }
    }

    @Test func anEmptyPartitionTakesOnlyItsStart() throws {
        let empty = PartitionLog()
        #expect(try empty.start(of: .earliest, clamps: false, trail: trail) == 0)
        #expect(try empty.start(of: .latest, clamps: false, trail: trail) == 0)
        #expect(try empty.start(of: .sequenceNumber(-1, inclusive: false), clamps: false, trail: trail) == 0)
        #expect(throws: AMQPCondition.self) {
            try empty.start(of: .sequenceNumber(0, inclusive: true), clamps: false, trail: trail)
        }
    }
}
