import EventHubs
import Synchronization

/// The hubs of the broker, by name.
final class HubNamespace: Sendable {
    /// The name that error texts show.
    let name: String
    private let retention: Int64?
    private let folder: HubFolder?
    private let hubs = Mutex<[String: Hub]>([:])
    private let nextLink = Atomic<UInt64>(1)
    private let nextTrackingID = Atomic<UInt64>(1)

    /// - Parameters:
    ///   - retention: milliseconds that events are kept, nil for ever.
    ///   - folder: keeps the hubs over a restart; those that it holds are there at once.
    init(name: String, retention: Int64?, folder: HubFolder? = nil) throws(DevBrokerError) {
        self.name = name
        self.retention = retention
        self.folder = folder
        guard let folder else { return }
        for kept in try folder.descriptions() {
            let definition = HubDefinition(
                name: kept.name, partitionCount: kept.partitionCount,
                consumerGroups: kept.groups.filter { $0.lowercased() != DialectName.defaultConsumerGroup.lowercased() })
            try definition.check()
            let hub = try Hub(definition: definition, retention: retention, folder: folder, createdAt: kept.createdAt)
            hubs.withLock { $0[kept.name.lowercased()] = hub }
        }
    }

    /// The hub of a name in any case.
    func hub(_ name: String) -> Hub? { hubs.withLock { $0[name.lowercased()] } }

    /// All hubs in alphabetical order.
    var all: [Hub] {
        hubs.withLock { Array($0.values) }.sorted { $0.name.lowercased() < $1.name.lowercased() }
    }

    /// What `put` did.
    enum Change: Sendable, Equatable {
        case created, unchanged, grown
    }

    /// Makes a hub, or adds partitions and consumer groups to the one of that name.
    @discardableResult
    func put(_ definition: HubDefinition, now: Int64) throws(DevBrokerError) -> Change {
        try definition.check()
        let (change, hub) = try hubs.withLock { (hubs) throws(DevBrokerError) in
            if let hub = hubs[definition.name.lowercased()] { return (nil as Change?, hub) }
            let hub = try Hub(definition: definition, retention: retention, folder: folder, createdAt: now)
            hubs[definition.name.lowercased()] = hub
            return (.created, hub)
        }
        if let change { return change }
        let count = hub.partitionCount
        guard definition.partitionCount >= count else {
            throw DevBrokerError(
                .hubExists,
                "Hub `\(hub.name)` has \(count) partitions; partitions can be added but not removed. Delete the hub first."
            )
        }
        hub.add(groups: definition.consumerGroups)
        guard definition.partitionCount > count else { return .unchanged }
        try hub.grow(to: definition.partitionCount)
        return .grown
    }

    /// Removes a hub and its events, and detaches its links.
    func delete(_ name: String, now: Int64) throws(DevBrokerError) {
        guard let hub = hubs.withLock({ $0.removeValue(forKey: name.lowercased()) }) else {
            throw DevBrokerError(.hubUnknown, "There is no hub `\(name)`.")
        }
        hub.markDeleted()
        folder?.remove(hub.name)
        hub.detachLinks(
            partition: nil,
            BrokerCondition.hubDeleted(namespace: self.name, hub: hub.name, trail: trail(path: hub.name, now: now)))
    }

    /// A link number that was never used before.
    func makeLinkID() -> LinkID {
        LinkID(rawValue: nextLink.wrappingAdd(1, ordering: .relaxed).oldValue)
    }

    // MARK: Error texts

    /// The end of an error text about an entity.
    func trail(path: String, now: Int64) -> BrokerCondition.Trail {
        let number = nextTrackingID.wrappingAdd(1, ordering: .relaxed).oldValue
        let digits = String(number, radix: 16)
        let id = String(repeating: "0", count: max(0, 12 - digits.count)) + digits
        return BrokerCondition.Trail(
            trackingID: "00000000-0000-4000-8000-\(id)_G0", system: "\(shortName):\(path)", time: now)
    }

    /// The end of an error text about a partition, with the end of the partition's hash range as the service shows it.
    func trail(hub: Hub, partition: HubPartition, group: String?, now: Int64) -> BrokerCondition.Trail {
        let count = max(1, hub.partitionCount)
        let wide = 32_767 % count
        let size = 32_767 / count
        let end = (partition.number + 1) * size + min(partition.number + 1, wide) - 1
        let path = "eventhub:\(hub.name.lowercased())~\(end)" + (group.map { "|\($0)" } ?? "")
        return trail(path: path, now: now)
    }

    private var shortName: String { name.split(separator: ".").first.map(String.init) ?? name }
}
