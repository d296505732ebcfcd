import AMQPTypes
import EventHubs
import Synchronization

/// One event hub: partitions, consumer groups, and the links that are attached to it.
///
/// **Isolation**: shared by every connection. Partitions may be added while it runs, never removed.
final class Hub: Sendable {
    /// The name as first written; comparisons ignore case.
    let name: String
    /// When it was created, in milliseconds: changes when a hub of this name is deleted and made again.
    let createdAt: Int64
    private let retention: Int64?
    private let folder: HubFolder?
    private let state: Mutex<State>
    private let nextPartition = Atomic<UInt64>(0)

    private struct State: Sendable {
        var partitions: [HubPartition]
        /// Names as written, by name in lower case.
        var groups: [String: String]
        var links: [LinkID: LinkControl] = [:]
        var isDeleted = false
    }

    /// How an attached link is reached from outside its event loop.
    struct LinkControl: Sendable {
        /// The partition that the link is bound to, nil for a sender to the hub.
        var partition: Int?
        /// Schedules the link's detach with an error.
        var detach: @Sendable (AMQPCondition) -> Void
    }

    /// - Parameter folder: keeps the hub over a restart; what it holds already is taken up.
    init(definition: HubDefinition, retention: Int64?, folder: HubFolder? = nil, createdAt: Int64)
        throws(DevBrokerError)
    {
        name = definition.name
        self.createdAt = createdAt
        self.retention = retention
        self.folder = folder
        var groups = [DialectName.defaultConsumerGroup.lowercased(): DialectName.defaultConsumerGroup]
        for group in definition.consumerGroups { groups[group.lowercased()] = group }
        try folder?.write(
            HubFolder.Description(
                name: definition.name, createdAt: createdAt, partitionCount: definition.partitionCount,
                groups: groups.values.sorted()))
        var partitions: [HubPartition] = []
        for number in 0..<definition.partitionCount {
            let path = folder?.partitionPath(hub: definition.name, number: number)
            partitions.append(try HubPartition(number: number, retention: retention, path: path))
        }
        state = Mutex(State(partitions: partitions, groups: groups))
    }

    // MARK: Partitions and groups

    /// The partitions in order.
    var partitions: [HubPartition] { state.withLock(\.partitions) }

    /// How many partitions there are.
    var partitionCount: Int { state.withLock(\.partitions.count) }

    /// The partition that an address names, nil for none of this hub's.
    func partition(id: String) -> HubPartition? {
        guard let number = Int(id), String(number) == id else { return nil }
        return state.withLock { $0.partitions.indices.contains(number) ? $0.partitions[number] : nil }
    }

    /// The partition for an event sent to the hub: by its key, or the next in turn.
    func partition(forKey key: String?) -> HubPartition? {
        state.withLock { state in
            guard !state.partitions.isEmpty else { return nil }
            let count = state.partitions.count
            guard let key else {
                let turn = nextPartition.wrappingAdd(1, ordering: .relaxed).oldValue
                return state.partitions[Int(turn % UInt64(count))]
            }
            let index = PartitionKeyHash.servicePartition(for: key, count: count)
            return state.partitions.indices.contains(index) ? state.partitions[index] : state.partitions[0]
        }
    }

    /// Adds partitions until there are `count`.
    func grow(to count: Int) throws(DevBrokerError) {
        let have = partitionCount
        guard count > have else { return }
        try folder?.write(
            HubFolder.Description(name: name, createdAt: createdAt, partitionCount: count, groups: groups))
        var grown: [HubPartition] = []
        for number in have..<count {
            let path = folder?.partitionPath(hub: name, number: number)
            grown.append(try HubPartition(number: number, retention: retention, path: path))
        }
        state.withLock { state in
            // Two requests to grow at once: whoever comes second adds only what is missing.
            state.partitions += grown.filter { $0.number >= state.partitions.count }
        }
    }

    /// Whether a consumer group exists.
    func hasGroup(_ name: String) -> Bool { state.withLock { $0.groups[name.lowercased()] != nil } }

    /// Adds consumer groups that do not exist yet.
    func add(groups: [String]) {
        state.withLock { state in
            for group in groups where state.groups[group.lowercased()] == nil {
                state.groups[group.lowercased()] = group
            }
        }
    }

    /// The consumer groups in alphabetical order.
    var groups: [String] { state.withLock { $0.groups.values.sorted() } }

    // MARK: Links

    /// Remembers an attached link; false when the hub was deleted in the meantime.
    func attached(_ link: LinkID, control: LinkControl) -> Bool {
        state.withLock { state in
            guard !state.isDeleted else { return false }
            state.links[link] = control
            return true
        }
    }

    /// Forgets a link.
    func detached(_ link: LinkID) {
        state.withLock { $0.links[link] = nil }
    }

    /// Schedules the detach of one link.
    func detach(_ link: LinkID, _ condition: AMQPCondition) {
        state.withLock { $0.links[link] }?.detach(condition)
    }

    /// Schedules the detach of all links, or of those bound to one partition.
    func detachLinks(partition: Int?, _ condition: AMQPCondition) {
        let controls = state.withLock { state in
            state.links.values.filter { partition == nil || $0.partition == partition }
        }
        for control in controls { control.detach(condition) }
    }

    /// Refuses further links.
    func markDeleted() {
        state.withLock { $0.isDeleted = true }
    }

    /// Whether the hub was deleted; links to it are on their way out.
    var isDeleted: Bool { state.withLock(\.isDeleted) }
}
