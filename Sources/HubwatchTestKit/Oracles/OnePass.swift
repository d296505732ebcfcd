import Detection
import DiagnosticLogs

/// The findings of one undisturbed pass over the events: what crashes, cuts and redelivery must not change.
enum OnePass {
    static func findings(_ events: [Simulation.PublishedEvent], partitions: Int, rules: CompiledRules) -> Set<ClosedFinding>
    {
        var merger = Merger(rules: rules, partitions: Array(0..<partitions))
        var closed: Set<ClosedFinding> = []
        let end = Timestamp(milliseconds: (events.map(\.enqueued).max() ?? 0) + Simulation.settling / 1_000_000)
        for partition in 0..<partitions {
            let fold = PartitionFold(rules: rules, partition: partition)
            for event in events where event.partition == partition {
                let header = MessageHeader(
                    sequenceNumber: event.sequence, offset: UnsafeRawBufferPointer(start: nil, count: 0),
                    enqueuedTime: Timestamp(milliseconds: event.enqueued),
                    receivedAt: Timestamp(milliseconds: event.enqueued))
                fold.fold(header, copying: event.body)
            }
            fold.idle(watermark: end)
            if let delta = fold.takeDelta() { merger.merge(delta, now: end) }
        }
        merger.advance(now: end)
        for entry in merger.takeCommit()?.journal ?? [] where entry.isFinal && entry.activity != .update {
            closed.insert(ClosedFinding(entry.finding))
        }
        return closed
    }
}
