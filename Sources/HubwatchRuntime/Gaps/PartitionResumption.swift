import Detection
import EventHubs
import EventHubsClient
import HubwatchConfiguration
import Logging

/// Finds out where a partition goes on, and brings it there: the shell of ``ResumeDecision``.
struct PartitionResumption: Sendable {
    /// What a worker or the client has to do.
    enum Outcome: Sendable {
        /// Nothing was read before: start as a first run does.
        case start
        /// Go on behind the position.
        case resume(Detection.PartitionPosition)
        /// Go on behind the position, without naming its offset.
        case resumeByNumber(Detection.PartitionPosition)
        /// Read on behind `link`, and fold on behind `folded`, where the coordinator has moved the partition.
        case restart(link: ResumeAction.Restart, folded: Detection.PartitionPosition)
        /// The run ends; the coordinator knows why.
        case stop(HubwatchError)
    }

    let inquiry: HubInquiry
    let coordinator: Coordinator
    let policies: GapPolicies
    let logger: Logger

    /// Asks the hub through a client.
    init(
        _ client: EventHubsClient, _ coordinator: Coordinator, policies: GapPolicies, platform: RunPlatform,
        logger: Logger
    ) {
        inquiry = HubInquiry(
            hub: { () async throws(EventHubsError) in try await client.hubProperties() },
            partition: { (id) async throws(EventHubsError) in try await client.partitionProperties(id) },
            platform: platform, logger: logger)
        self.coordinator = coordinator
        self.policies = policies
        self.logger = logger
    }

    /// Decides, and moves the partition where that is the decision.
    ///
    /// Everything that was folded must be merged, and nothing may be folded before this returns.
    func outcome(of partition: Int, refusal: ResumeFacts.Refusal = .none) async throws(EventHubsError) -> Outcome {
        guard let position = await coordinator.resume(partition), position.isKnown else {
            // The hub is asked anyway, so that what is read next is filed under the right one.
            await coordinator.describe(try await inquiry.hub())
            return .start
        }
        let hub = try await inquiry.hub()
        let properties = try await inquiry.partition(partition)
        let facts = ResumeFacts(
            position: ResumeFacts.Position(
                sequence: position.sequenceNumber, createdMs: await coordinator.hubCreated(of: partition)),
            createdMs: hub.createdAt, first: properties.beginSequenceNumber, last: properties.lastSequenceNumber,
            lastOffset: properties.lastOffset, isEmpty: properties.isEmpty, refusal: refusal)
        await coordinator.describe(hub)
        switch ResumeDecision.decide(facts, policies) {
        case .start: return .start
        case .resume: return .resume(position)
        case .resumeByNumber:
            logger.warning("The offset of partition \(partition) is refused; going on by sequence number.")
            return .resumeByNumber(position)
        case .restart(let restart):
            let folded = await coordinator.restart(partition, restart)
            logger.notice("Partition \(partition) goes on after sequence number \(restart.sequence).")
            return .restart(link: restart, folded: folded)
        case .stop(let cause, let missing):
            let error = HubwatchError.eventsMissing(
                partition: partition, after: position.sequenceNumber, cause: cause, missing: missing.first?.last)
            await coordinator.fail(error)
            return .stop(error)
        }
    }
}

extension Detection.PartitionPosition {
    /// Whether it says where to go on: a partition that was only seen idle has none, a restarted one may be at its start.
    var isKnown: Bool { !isStart || !offset.isEmpty }
}
