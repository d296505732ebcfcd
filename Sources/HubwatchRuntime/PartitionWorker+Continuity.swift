import Detection
import EventHubs
import EventHubsClient
import HubwatchConfiguration
import Logging
import NIOCore
import StateStore

extension PartitionWorker {
    /// What a worker knows of the numbers before and between its events.
    struct Continuity {
        /// Whether the service is being asked where to go on: nothing may be folded meanwhile.
        var isAsking = false
        /// Whether the link came back while it was asked: an answer may be older than that.
        var mustAskAgain = false
        /// Whether a link was open before.
        var hasAttached = false
        /// Whether no event has come since the link was opened.
        var isFirstBatch = true
        /// A gap that was reported before the next batch.
        var gap: EventHubs.SequenceGap?
        /// Events that came while the service was asked, each with what is missing before it.
        var waiting: [(gap: MissingRange?, batch: EventBatch)] = []
        /// What is missing before events that are folded and not posted.
        var missing: [MissingRange] = []

        mutating func takeMissing() -> [MissingRange] {
            defer { missing = [] }
            return missing
        }
    }

    /// The link is open; if it was open before, the hub may be another one by now.
    func linkAttached() {
        continuity.isFirstBatch = true
        continuity.gap = nil
        let isFirst = !continuity.hasAttached
        continuity.hasAttached = true
        if !isFirst { lookAgain() }
    }

    /// Numbers are missing before the batch that comes next.
    func gapBeforeNext(_ gap: EventHubs.SequenceGap) { continuity.gap = gap }

    /// Whether a batch may be folded now; otherwise it waits until the service has said where to go on.
    func admit(_ batch: EventBatch) -> Bool {
        let gap = (continuity.gap ?? gapBehindFold(batch)).map { gap in
            // What is missing at once after an attach was there once: the hub has dropped it meanwhile.
            MissingRange(
                first: gap.first, last: gap.last, cause: continuity.isFirstBatch ? .retention : .discontinuity,
                policy: .earliest)
        }
        continuity.gap = nil
        continuity.isFirstBatch = false
        // The first sign of a gap that should not be passed over by reading on.
        if gap?.cause == .retention, let resumption, resumption.policies.overrun != .earliest { lookAgain() }
        guard continuity.isAsking else {
            if let gap { continuity.missing.append(gap) }
            return true
        }
        continuity.waiting.append((gap, batch))
        return false
    }

    /// What a link that was opened at the oldest event has passed over: it was not told which one to expect.
    private func gapBehindFold(_ batch: EventBatch) -> EventHubs.SequenceGap? {
        guard resumption != nil, continuity.isFirstBatch, let position = fold.position, position.isKnown,
            let first = batch.events.first?.sequenceNumber, first > 0, first - 1 > position.sequenceNumber
        else { return nil }
        return EventHubs.SequenceGap(first: position.sequenceNumber + 1, last: first - 1)
    }

    /// The broker does not know the position.
    func positionRefused(_ error: EventHubsError, _ position: EventPosition) {
        guard resumption != nil else {
            let coordinator = self.coordinator
            let failure = HubwatchError.positionRefused(partition: partition, position: "\(position)", error)
            Task { await coordinator.fail(failure) }
            return
        }
        if case .offset = position { lookAgain(.offset) } else { lookAgain(.sequenceNumber) }
    }

    /// Asks where to go on, once everything that is folded is merged.
    func lookAgain(_ refusal: ResumeFacts.Refusal = .none) {
        guard let resumption else { return }
        guard !continuity.isAsking else {
            continuity.mustAskAgain = true
            return
        }
        continuity.isAsking = true
        let worker = NIOLoopBound(self, eventLoop: loop)
        let (partition, coordinator, loop) = (self.partition, self.coordinator, self.loop)
        drain().whenComplete { _ in
            Task {
                let answer: Result<PartitionResumption.Outcome, EventHubsError>
                do throws(EventHubsError) {
                    answer = .success(try await resumption.outcome(of: partition, refusal: refusal))
                } catch {
                    answer = .failure(error)
                }
                let incarnation = await coordinator.beginFolding(partition)
                loop.execute { worker.value.decided(answer, incarnation) }
            }
        }
    }

    private func decided(_ answer: Result<PartitionResumption.Outcome, EventHubsError>, _ incarnation: Int) {
        continuity.isAsking = false
        switch answer {
        case .failure(let error):
            // The client is stopping, or reading cannot go on anyway.
            logger.warning("It could not be found out where to go on: \(error)")
            continuity.isAsking = true
            if error.code != .cancelled {
                let coordinator = self.coordinator
                Task { await coordinator.fail(.eventHubs(error)) }
            }
        case .success(.start), .success(.resume):
            if continuity.mustAskAgain {
                continuity.mustAskAgain = false
                lookAgain()
            } else {
                foldWaiting()
            }
        case .success(.resumeByNumber(let position)):
            restart(at: .sequenceNumber(position.sequenceNumber, inclusive: false), nil, incarnation)
        case .success(.restart(let link, let folded)):
            let position: EventPosition =
                link.offset == "-1" ? .earliest : .sequenceNumber(link.sequence, inclusive: false)
            restart(at: position, folded, incarnation)
        case .success(.stop):
            continuity.waiting = []
            continuity.isAsking = true
        }
    }

    /// Reads on elsewhere; what waited is read again, if it is there.
    private func restart(at position: EventPosition, _ folded: Detection.PartitionPosition?, _ incarnation: Int) {
        continuity.waiting = []
        continuity.mustAskAgain = false
        // The link that comes now is the one that was asked for.
        continuity.hasAttached = false
        if let folded {
            fold = folding(folded, incarnation)
            status.update(partition) { $0.folded = folded.sequenceNumber }
        }
        control?.retry(from: position)
        control?.resume()
    }

    private func foldWaiting() {
        let waiting = continuity.waiting
        continuity.waiting = []
        guard !isEnding else { return }
        for (gap, batch) in waiting {
            if let gap { continuity.missing.append(gap) }
            foldAll(batch)
        }
        control?.resume()
    }
}
