import EventHubs
import NIOCore

extension PartitionReceiver {
    /// Looks at the partition now and then, to tell one that is at its end from one whose link is dead.
    func watch(every interval: Duration) {
        let amount = TimeAmount(interval)
        // Partitions look at different moments, so that their questions do not come in bursts.
        let first = TimeAmount.nanoseconds(Int64.random(in: 0...max(1, amount.nanoseconds), using: &chance))
        let bound = NIOLoopBound(self, eventLoop: connection.loop)
        quietTask = connection.loop.scheduleRepeatedTask(initialDelay: first, delay: amount) { _ in
            bound.value.look(quietAfter: interval)
        }
    }

    private func look(quietAfter interval: Duration) {
        guard machine.isAttached, !isStopping else { return }
        guard !isHeld, queue.isEmpty else {
            watchdog.heldBack(now: now)
            return
        }
        if case .stalled(let behind) = watchdog.verdict(now: now) {
            perform(machine.stalled(behind: behind, now: now))
            return
        }
        guard now - lastArrival >= interval, !isAsking, let ask else { return }
        isAsking = true
        ask(self)
    }

    /// The answer to a question about this partition.
    func answered(_ result: Result<PartitionProperties, EventHubsError>, askedAt: Int64) {
        isAsking = false
        guard case .success(let properties) = result, machine.isAttached, !isStopping else { return }
        watchdog.lastEnqueuedLearned(properties.isEmpty ? -1 : properties.lastSequenceNumber, now: now)
        if isAtEnd(properties) {
            consumer.idle(properties, askedAt: askedAt)
        } else {
            consumer.behind(properties, askedAt: askedAt)
        }
    }

    /// Whether everything that the service has is folded, as far as can be known.
    private func isAtEnd(_ properties: PartitionProperties) -> Bool {
        guard queue.isEmpty, !isHeld else { return false }
        if properties.isEmpty { return true }
        if let position = machine.position { return position.sequenceNumber >= properties.lastSequenceNumber }
        // Nothing was folded yet: at the end only where the start says so.
        if case .sequenceNumber(let number, inclusive: false) = machine.nextPosition {
            return number >= properties.lastSequenceNumber
        }
        return false
    }
}
