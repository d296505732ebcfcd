import AMQPTypes
import EventHubs
import Synchronization

/// One partition: its log, its receivers, and who waits for its next event.
///
/// **Isolation**: connections on different event loops share a partition, so its state is a value behind one leaf lock.
/// The lock is never held while calling out: a reader takes a slice (a reference to a slab) and sends after the lock is
/// released; a reader that finds nothing registers its wake-up in the same critical section, so that no append falls
/// between; an append takes the wake-ups out and calls them after the lock is released, and each only schedules work on
/// its own connection's event loop.
final class HubPartition: Sendable {
    /// Schedules a pump of a receiver on its own event loop.
    typealias WakeUp = @Sendable () -> Void

    /// The partition's number.
    let number: Int
    /// The partition's number as text, as addresses name it.
    let id: String
    private let retention: Int64?
    private let state: Mutex<State>

    private struct State: Sendable {
        var log = PartitionLog()
        /// Receivers by consumer group in lower case.
        var receivers: [String: ReceiverTable] = [:]
        /// Receivers that read to the end.
        var waiting: [LinkID: WakeUp] = [:]
        var isPaused = false
        /// Where events are kept over a restart; nil for memory only, also after the file could not be written.
        var file: PartitionFile?

        mutating func takeWaiting() -> [WakeUp] {
            guard !waiting.isEmpty else { return [] }
            let woken = Array(waiting.values)
            waiting.removeAll(keepingCapacity: true)
            return woken
        }
    }

    /// - Parameters:
    ///   - retention: milliseconds that events are kept, nil for ever.
    ///   - path: the file that keeps the events over a restart; nil for memory only.
    init(number: Int, retention: Int64?, path: String? = nil) throws(DevBrokerError) {
        self.number = number
        id = String(number)
        self.retention = retention
        var state = State()
        if let path { state.file = try PartitionFile(path: path, into: &state.log) }
        self.state = Mutex(state)
    }

    deinit { state.withLock { $0.file?.close() } }

    // MARK: Writing

    /// Appends events contiguously and wakes the receivers that wait for them.
    ///
    /// - Returns: the stamps of each event.
    @discardableResult
    func append(_ events: [EventDraft], from transfer: UnsafeRawBufferPointer, now: Int64) -> [PartitionLog.Stamps] {
        guard !events.isEmpty else { return [] }
        let (stamps, woken) = state.withLock { state in
            expire(&state.log, now: now)
            let stamps = events.map { event in
                state.log.append(originalSize: event.originalSize, capacity: event.capacity, now: now) {
                    event.append(to: &$1, stamps: $0, from: transfer)
                }
            }
            if let file = state.file, let first = stamps.first,
                !file.append(from: state.log, sequenceNumber: first.sequenceNumber)
            {
                // The hub goes on in memory: a development broker that stops taking events helps nobody.
                file.close()
                state.file = nil
            }
            return (stamps, state.takeWaiting())
        }
        woken.forEach { $0() }
        return stamps
    }

    private func expire(_ log: inout PartitionLog, now: Int64) {
        guard let retention else { return }
        log.expire(before: now.subtractingReportingOverflow(retention).partialValue)
    }

    // MARK: Reading

    /// Takes events for a receiver, or registers it to be woken when there are some.
    func read(
        from sequenceNumber: Int64, maximumEvents: Int, maximumBytes: Int, for link: LinkID, wakeUp: @escaping WakeUp
    ) -> LogSlice? {
        state.withLock { state in
            if !state.isPaused,
                let slice = state.log.slice(
                    from: sequenceNumber, maximumEvents: maximumEvents, maximumBytes: maximumBytes)
            {
                return slice
            }
            state.waiting[link] = wakeUp
            return nil
        }
    }

    /// The facts that management and the runtime metric report.
    func properties(now: Int64) -> PartitionFacts {
        state.withLock { state in
            expire(&state.log, now: now)
            return PartitionFacts(log: state.log)
        }
    }

    // MARK: Receivers

    /// Finds where a position starts and applies the epoch rules, as one step.
    func attach(
        _ receiver: ReceiverIdentity, group: String, position: EventPosition, clampsInvalidPositions: Bool, now: Int64,
        trail: BrokerCondition.Trail
    ) -> Attachment {
        state.withLock { state in
            expire(&state.log, now: now)
            let start: Int64
            do throws(AMQPCondition) {
                start = try state.log.start(of: position, clamps: clampsInvalidPositions, trail: trail)
            } catch {
                return .refused(error)
            }
            switch state.receivers[group, default: ReceiverTable()].attachRequested(receiver, trail: trail) {
            case .refused(let condition): return .refused(condition)
            case .admitted(let evictions):
                for eviction in evictions { state.waiting[eviction.link] = nil }
                return .attached(from: start, evictions: evictions)
            }
        }
    }

    /// What came of a receiver's attach.
    enum Attachment: Sendable {
        case attached(from: Int64, evictions: [ReceiverTable.Eviction])
        case refused(AMQPCondition)
    }

    /// Forgets a receiver whose link is gone.
    func detach(_ link: LinkID, group: String) {
        state.withLock { state in
            state.waiting[link] = nil
            state.receivers[group]?.detached(link)
            if state.receivers[group]?.receivers.isEmpty == true { state.receivers[group] = nil }
        }
    }

    /// How many receivers each consumer group has.
    var receiverCounts: [String: Int] {
        state.withLock { $0.receivers.mapValues(\.receivers.count) }
    }

    // MARK: Faults

    /// Stops or resumes delivery to all receivers; appending goes on.
    func setPaused(_ isPaused: Bool) {
        let woken = state.withLock { state in
            state.isPaused = isPaused
            return isPaused ? [] : state.takeWaiting()
        }
        woken.forEach { $0() }
    }
}

/// What is known of a partition at one moment.
struct PartitionFacts: Sendable, Equatable {
    var beginSequenceNumber: Int64
    var lastSequenceNumber: Int64
    /// "-1" before the first event.
    var lastOffset: String
    /// Milliseconds; year 1 before the first event.
    var lastEnqueuedTime: Int64
    var isEmpty: Bool
    var storedBytes: Int

    init(log: PartitionLog) {
        beginSequenceNumber = log.beginSequenceNumber
        lastSequenceNumber = log.lastSequenceNumber
        lastOffset = log.lastOffset.map(String.init) ?? "-1"
        lastEnqueuedTime = log.lastEnqueuedTime
        isEmpty = log.isEmpty
        storedBytes = log.storedBytes
    }
}
