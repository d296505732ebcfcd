import Detection
import DiagnosticLogs
import Foundation

/// Message bodies in memory that are judged again and again.
final class MeasuredBodies {
    /// What one core does.
    struct Speed {
        /// Passes over all bodies in a second of processor time: the median of the passes.
        var passesPerSecond = 0.0
        /// Matches of one pass.
        var matches = 0
        /// Dead letters of one pass.
        var deadLetters = 0
    }

    /// All records.
    private(set) var records = 0
    /// Bytes of all bodies.
    let bytes: Int
    /// Number of bodies.
    var count: Int { ranges.count }

    /// The bodies one after the other, each with the spare bytes behind it that the decoder may read.
    private let memory: UnsafeMutableRawBufferPointer
    private var ranges: [Range<Int>] = []
    /// When each body counts as enqueued: with its newest record, so that none is late.
    private var times: [Timestamp] = []
    private static let spareBytes = 64
    /// Messages between two deltas, about as many as a worker folds in a turn.
    private static let messagesPerDelta: Int64 = 64

    init(_ bodies: [[UInt8]]) {
        bytes = bodies.reduce(0) { $0 + $1.count }
        memory = .allocate(byteCount: bytes + (bodies.count + 1) * Self.spareBytes, alignment: 64)
        memory.initializeMemory(as: UInt8.self, repeating: 0x20)
        var at = 0
        for body in bodies {
            UnsafeMutableRawBufferPointer(rebasing: memory[at..<(at + body.count)]).copyBytes(from: body)
            ranges.append(at..<(at + body.count))
            at += body.count + Self.spareBytes
        }
        let decoder = EnvelopeDecoder(plan: .empty)
        for index in ranges.indices {
            var newest = Timestamp(nanoseconds: 0)
            decoder.decode(body(index), enqueued: newest) { record in
                records += 1
                newest = max(newest, record.eventTime)
            } onDeadLetter: { _ in
            }
            times.append(newest)
        }
    }

    deinit { memory.deallocate() }

    private func body(_ index: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(memory)[ranges[index]])
    }

    /// Judges all bodies until the time is over, three times at least; without rules they are decoded only.
    func measure(seconds: Double, rules: CompiledRules?) -> Speed {
        let decoder = EnvelopeDecoder(plan: .empty)
        let fold = rules.map { PartitionFold(rules: $0, partition: 0) }
        var sequence: Int64 = 0
        var speed = Speed()
        var passes: [Double] = []
        let start = ContinuousClock.now
        // The first pass warms caches up and is not counted.
        while passes.count < 4 || start.duration(to: .now) < .milliseconds(Int64(seconds * 1000)) {
            let before = Self.processorSeconds
            if let fold {
                let counters = judge(fold, &sequence)
                speed.matches = Int(counters.matched)
                speed.deadLetters = Int(counters.deadLetters)
            } else {
                for index in ranges.indices {
                    decoder.decode(body(index), enqueued: times[index], onRecord: { _ in }, onDeadLetter: { _ in })
                }
            }
            passes.append(Self.processorSeconds - before)
        }
        let sorted = passes.dropFirst().sorted()
        speed.passesPerSecond = 1 / max(sorted[sorted.count / 2], 1e-9)
        return speed
    }

    private func judge(_ fold: PartitionFold, _ sequence: inout Int64) -> FoldCounters {
        var counters = FoldCounters()
        let offset: StaticString = "4294967296"
        let text = UnsafeRawBufferPointer(start: offset.utf8Start, count: offset.utf8CodeUnitCount)
        for index in ranges.indices {
            fold.fold(
                MessageHeader(
                    sequenceNumber: sequence, offset: text, enqueuedTime: times[index], receivedAt: times[index]),
                body: body(index))
            sequence += 1
            if sequence % Self.messagesPerDelta == 0, let delta = fold.takeDelta() { counters.add(delta.counters) }
        }
        if let delta = fold.takeDelta() { counters.add(delta.counters) }
        return counters
    }

    /// Time that this thread has had on a processor: what other programs do shows less in it than on a clock.
    private static var processorSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
