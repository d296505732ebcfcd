import Detection
import DiagnosticLogs

/// One undisturbed pass over the events: what crashes, cuts and redelivery must not change.
enum OnePass {
    /// The fold of one partition's events; nil when there is nothing.
    static func delta(
        _ events: [Simulation.PublishedEvent], partition: Int, idleUntil time: Timestamp, rules: CompiledRules
    ) -> PartitionDelta? {
        let fold = PartitionFold(rules: rules, partition: partition)
        for event in events {
            let header = MessageHeader(
                sequenceNumber: event.sequence, offset: UnsafeRawBufferPointer(start: nil, count: 0),
                enqueuedTime: Timestamp(milliseconds: event.enqueued),
                receivedAt: Timestamp(milliseconds: event.enqueued))
            fold.fold(header, copying: event.body)
        }
        fold.idle(watermark: time)
        return fold.takeDelta()
    }

    /// The closed findings of windows that are over at a watermark.
    static func findings(
        _ events: [Simulation.PublishedEvent], partitions: Int, until end: Timestamp, rules: CompiledRules
    ) -> Set<ClosedFinding> {
        var merger = Merger(rules: rules, partitions: Array(0..<partitions))
        for partition in 0..<partitions {
            let own = events.filter { $0.partition == partition }
            if let delta = delta(own, partition: partition, idleUntil: end, rules: rules) {
                merger.merge(delta, now: end)
            }
        }
        merger.advance(now: end)
        return ClosedFinding.last(of: merger.takeCommit()?.journal ?? [])
    }
}
