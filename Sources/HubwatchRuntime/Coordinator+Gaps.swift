import Detection
import DiagnosticLogs
import EventHubs
import Logging
import StateStore

/// Which hub the positions belong to, and what is missing before them.
extension Coordinator {
    /// What the coordinator knows of the hub that is there, and of those that had its name before.
    struct Numbering: Sendable {
        var incarnations: HubIncarnations
        /// The hub that is there now; nil for plain brokers, which say nothing.
        var hub: HubIncarnations.Hub?
        /// When the hub was made that numbered a partition's position.
        var created: [Int: Int64] = [:]

        /// Which hubs the state file has seen, and which of them its positions belong to.
        init(_ state: LoadedState) {
            incarnations = HubIncarnations(state.meta)
            for position in state.positions { created[position.partition] = position.createdMs }
        }
    }

    /// The hub said what it is: positions that are reached from now on belong to it.
    func describe(_ properties: HubProperties) {
        guard let identity = currentIdentity else { return }
        let hub = HubIncarnations.Hub(
            namespace: identity.namespace, name: identity.hub, createdMs: properties.createdAt)
        if let entry = numbering.incarnations.register(hub) { meta[entry.key] = entry.value }
        numbering.hub = hub
        guard identity.createdMs != properties.createdAt else { return }
        var described = identity
        described.createdMs = properties.createdAt
        setIdentity(described)
    }

    /// When the hub was made that numbered a partition's position; nil where unknown.
    func hubCreated(of partition: Int) -> Int64? { numbering.created[partition] }

    /// Which hub of its name a partition's next events belong to.
    ///
    /// Called when its folding begins: a position without a hub belongs to this one.
    func beginFolding(_ partition: Int) -> Int {
        guard let hub = numbering.hub else { return 0 }
        numbering.created[partition] = numbering.created[partition] ?? hub.createdMs
        return numbering.incarnations.number(of: hub, partition: partition) ?? 0
    }

    /// Moves a partition where it goes on; the next commit holds the new position and what is missing before it.
    ///
    /// Returns where its folding goes on.
    func restart(_ partition: Int, _ restart: ResumeAction.Restart) -> Detection.PartitionPosition {
        let now = clock.now()
        let before = merger.position(of: partition)
        for range in restart.missing { note(range, partition: partition, restart: restart) }
        if restart.numbersAnew, let hub = numbering.hub {
            if numbering.created[partition] == hub.createdMs {
                let entry = numbering.incarnations.renumber(partition, of: hub)
                meta[entry.key] = entry.value
            }
            numbering.created[partition] = hub.createdMs
        }
        // What was folded before is below a number that is refused: it is dropped when it comes again.
        let folded = restart.numbersAnew ? nil : before.map(\.sequenceNumber)
        let isBehind = folded.map { $0 > restart.sequence } ?? false
        let position = Detection.PartitionPosition(
            sequenceNumber: restart.sequence, offset: restart.offset, enqueuedTime: before?.enqueuedTime ?? now,
            watermark: before?.watermark ?? now, firstEnqueuedTime: before?.firstEnqueuedTime)
        if isBehind, let before { return before }
        merger.move(partition, to: position)
        return position
    }

    /// Files a gap of the position's hub with the next commit.
    func note(_ range: MissingRange, partition: Int, restart: ResumeAction.Restart? = nil) {
        let before = numbering.created[partition]
        // In a hub that was made anew, only what has no known end is missing of the old one.
        let isOld = range.last == nil || restart?.numbersAnew != true
        let gap = StoredGap(
            partition: partition, firstMissing: range.first, lastMissing: range.last, cause: range.cause,
            policy: range.policy, detectedNs: clock.now().nanoseconds,
            createdMs: isOld ? before : numbering.hub?.createdMs,
            recreatedMs: range.last == nil && range.cause == .recreated ? numbering.hub?.createdMs : nil)
        gaps.append(gap)
        noteGap(gap)
        operational.append(Self.finding(gap).entry(at: clock.now()))
        logger.warning("\(GapText.sentence(gap))")
    }

    private static func finding(_ gap: StoredGap) -> OperationalFinding {
        .gap(
            partition: gap.partition, first: gap.firstMissing, last: gap.lastMissing, cause: gap.cause.rawValue,
            policy: gap.policy.rawValue, created: gap.createdMs.map { Timestamp(milliseconds: $0) },
            recreated: gap.recreatedMs.map { Timestamp(milliseconds: $0) }, reason: GapText.sentence(gap))
    }
}
