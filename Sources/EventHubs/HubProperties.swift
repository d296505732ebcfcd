public import AMQPTypes

/// What the service says about a hub.
public struct HubProperties: Hashable, Sendable {
    /// The hub's name.
    public var name: String
    /// When the hub was made, in milliseconds since 1970; another value means another hub under the same name.
    public var createdAt: Int64
    /// The partitions' ids, in the service's order.
    public var partitionIDs: [String]
    /// 1 when geo-replication is off.
    public var geoReplicationFactor: Int32

    /// Makes properties.
    public init(name: String, createdAt: Int64, partitionIDs: [String], geoReplicationFactor: Int32 = 1) {
        self.name = name
        self.createdAt = createdAt
        self.partitionIDs = partitionIDs
        self.geoReplicationFactor = geoReplicationFactor
    }

    static let type = "com.microsoft:eventhub"

    /// The map that a management reply carries.
    public var map: AMQPMap {
        [
            .string("name"): .string(name),
            .string("type"): .string(Self.type),
            .string("created_at"): .timestamp(createdAt),
            .string("partition_count"): .int(Int32(clamping: partitionIDs.count)),
            .string("partition_ids"): .array(partitionIDs.map { .string($0) }),
            .string("georeplication_factor"): .int(geoReplicationFactor),
        ]
    }

    /// Reads the map of a management reply.
    public init(_ map: AMQPMap) throws(EventHubsError) {
        guard let name = map[text: "name"]?.text else { throw ManagementReply.missing("name") }
        guard let created = map[text: "created_at"]?.integer else { throw ManagementReply.missing("created_at") }
        guard let ids = map[text: "partition_ids"]?.elements else { throw ManagementReply.missing("partition_ids") }
        let texts = ids.compactMap(\.text)
        guard texts.count == ids.count else { throw ManagementReply.missing("partition_ids") }
        let factor = map[text: "georeplication_factor"]?.integer.flatMap { Int32(exactly: $0) }
        self.init(name: name, createdAt: created, partitionIDs: texts, geoReplicationFactor: factor ?? 1)
    }
}

/// What the service says about a partition.
public struct PartitionProperties: Hashable, Sendable {
    /// The hub's name.
    public var hub: String
    /// The partition's id.
    public var id: String
    /// The sequence number of the oldest event that is kept.
    public var beginSequenceNumber: Int64
    /// The sequence number of the newest event; -1 when there never was one.
    public var lastSequenceNumber: Int64
    /// The offset of the newest event; `"-1"` when there never was one.
    public var lastOffset: String
    /// When the newest event arrived, in milliseconds since 1970.
    public var lastEnqueuedTime: Int64
    /// Whether no events are kept.
    public var isEmpty: Bool

    /// The time that the service gives for a partition that never had an event: the start of the year 1.
    public static let neverEnqueued: Int64 = -62_135_596_800_000

    /// Makes properties.
    public init(
        hub: String, id: String, beginSequenceNumber: Int64 = 0, lastSequenceNumber: Int64 = -1,
        lastOffset: String = "-1", lastEnqueuedTime: Int64 = PartitionProperties.neverEnqueued, isEmpty: Bool = true
    ) {
        self.hub = hub
        self.id = id
        self.beginSequenceNumber = beginSequenceNumber
        self.lastSequenceNumber = lastSequenceNumber
        self.lastOffset = lastOffset
        self.lastEnqueuedTime = lastEnqueuedTime
        self.isEmpty = isEmpty
    }

    static let type = "com.microsoft:partition"

    /// The map that a management reply carries.
    public var map: AMQPMap {
        [
            .string("name"): .string(hub),
            .string("type"): .string(Self.type),
            .string("partition"): .string(id),
            .string("begin_sequence_number"): .long(beginSequenceNumber),
            .string("last_enqueued_sequence_number"): .long(lastSequenceNumber),
            .string("last_enqueued_offset"): .string(lastOffset),
            .string("last_enqueued_time_utc"): .timestamp(lastEnqueuedTime),
            .string("is_partition_empty"): .boolean(isEmpty),
        ]
    }

    /// Reads the map of a management reply.
    public init(_ map: AMQPMap) throws(EventHubsError) {
        guard let hub = map[text: "name"]?.text else { throw ManagementReply.missing("name") }
        guard let id = map[text: "partition"]?.text else { throw ManagementReply.missing("partition") }
        guard let begin = map[text: "begin_sequence_number"]?.integer else {
            throw ManagementReply.missing("begin_sequence_number")
        }
        guard let last = map[text: "last_enqueued_sequence_number"]?.integer else {
            throw ManagementReply.missing("last_enqueued_sequence_number")
        }
        self.init(
            hub: hub, id: id, beginSequenceNumber: begin, lastSequenceNumber: last,
            lastOffset: map[text: "last_enqueued_offset"]?.text ?? "-1",
            lastEnqueuedTime: map[text: "last_enqueued_time_utc"]?.integer ?? Self.neverEnqueued,
            isEmpty: map[text: "is_partition_empty"]?.boolean ?? (last < begin))
    }
}
