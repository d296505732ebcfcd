/// The dialect's fixed names on links and messages.
public enum DialectName {
    /// Link property: the owner level (long).
    public static let epoch = "com.microsoft:epoch"
    /// Link property: the name that steal and quota messages show (string).
    public static let receiverName = "com.microsoft:receiver-name"
    /// Link property: a wait hint in milliseconds.
    public static let timeout = "com.microsoft:timeout"
    /// Link property of the service: an id for support cases.
    public static let trackingID = "com.microsoft:tracking-id"
    /// Capability: last-enqueued facts on each delivered event.
    public static let runtimeMetric = "com.microsoft:enable-receiver-runtime-metric"
    /// Capability: geo-replication offsets are understood.
    public static let geoReplication = "com.microsoft:georeplication"
    /// Annotation: the partition key (string).
    public static let partitionKey = "x-opt-partition-key"
    /// Annotation: the sequence number (long).
    public static let sequenceNumber = "x-opt-sequence-number"
    /// Annotation: the replication epoch of the sequence number (int).
    public static let sequenceNumberEpoch = "x-opt-sequence-number-epoch"
    /// Annotation: the offset (string, opaque).
    public static let offset = "x-opt-offset"
    /// Annotation: the time of arrival at the service (timestamp).
    public static let enqueuedTime = "x-opt-enqueued-time"
    /// Annotation: the publisher endpoint (string).
    public static let publisher = "x-opt-publisher"
    /// Delivery annotation of the runtime metric: last sequence number (long).
    public static let lastSequenceNumber = "last_enqueued_sequence_number"
    /// Delivery annotation of the runtime metric: the replication epoch (int).
    public static let lastSequenceNumberEpoch = "last_enqueued_sequence_number_epoch"
    /// Delivery annotation of the runtime metric: last offset (string).
    public static let lastOffset = "last_enqueued_offset"
    /// Delivery annotation of the runtime metric: last enqueued time (timestamp).
    public static let lastEnqueuedTime = "last_enqueued_time_utc"
    /// Delivery annotation of the runtime metric: when the service looked (timestamp).
    public static let retrievalTime = "runtime_info_retrieval_time_utc"
    /// The message format of a batch: an outer message whose data sections are encoded messages.
    public static let batchMessageFormat: UInt32 = 0x8001_3700
    /// The consumer group that always exists.
    public static let defaultConsumerGroup = "$Default"
    /// What the service limits a message to where the link says nothing.
    public static let messageSizeMax: UInt64 = 1_048_576
}
