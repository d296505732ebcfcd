/// A hub with the positions of its partitions, as `GET /hubs` shows it.
public struct HubStatus: Sendable, Hashable, Codable {
    /// One partition.
    public struct Partition: Sendable, Hashable, Codable {
        /// The partition's id.
        public var id: String
        /// The oldest event that is kept.
        public var beginSequenceNumber: Int64
        /// The last event ever appended, -1 before the first.
        public var lastSequenceNumber: Int64
        /// The last event's offset, "-1" before the first.
        public var lastOffset: String
        /// The last event's enqueued time in milliseconds since the Unix epoch.
        public var lastEnqueuedTime: Int64
        /// Whether no event is kept.
        public var isEmpty: Bool
        /// Bytes that the kept events take.
        public var storedBytes: Int
        /// How many receivers are attached, by consumer group.
        public var receivers: [String: Int]
    }

    /// The hub's name.
    public var name: String
    /// Milliseconds since the Unix epoch.
    public var createdAt: Int64
    /// The consumer groups in alphabetical order.
    public var consumerGroups: [String]
    /// The partitions in order.
    public var partitions: [Partition]

    init(_ hub: Hub, now: Int64) {
        name = hub.name
        createdAt = hub.createdAt
        consumerGroups = hub.groups
        partitions = hub.partitions.map { partition in
            let facts = partition.properties(now: now)
            return Partition(
                id: partition.id, beginSequenceNumber: facts.beginSequenceNumber,
                lastSequenceNumber: facts.lastSequenceNumber, lastOffset: facts.lastOffset,
                lastEnqueuedTime: facts.lastEnqueuedTime, isEmpty: facts.isEmpty, storedBytes: facts.storedBytes,
                receivers: partition.receiverCounts)
        }
    }
}
