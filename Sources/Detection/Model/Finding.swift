public import DiagnosticLogs

/// A rule, a group and a window whose condition holds: what the journal records.
///
/// The set of closed findings is a pure function of the events and the rules: only ``times`` and
/// ``Evidence/receivedAt`` depend on when hubwatch ran.
public struct Finding: Hashable, Sendable, Codable {
    /// Hash of (rule id, rule version, group key, window): the same on every replay.
    ///
    /// 32 hexadecimal digits.
    public var id: String
    /// The rule's metadata.
    public var rule: RuleMetadata
    /// Hash of the rule's compiled meaning and parameters.
    public var ruleVersion: String
    /// Columns of the group key, in rule order; empty for match rules without one.
    public var group: [NamedValue]
    /// The window; nil for match rules.
    public var window: WindowBounds?
    /// Computed columns, in row order; empty for match rules.
    public var values: [NamedValue]
    /// Number of records folded.
    public var count: Int64
    /// Earliest and latest clock time among the folded records.
    public var firstSeen: Timestamp
    /// Latest clock time among the folded records.
    public var lastSeen: Timestamp
    /// Position of the first folded record, lowest in (time, partition, sequence, index).
    public var firstPosition: RecordPosition
    /// Position of the last folded record.
    public var lastPosition: RecordPosition
    /// Up to five records, lowest in (time, partition, sequence, index).
    public var evidence: [Evidence]
    /// True when more records matched than ``evidence`` holds.
    public var evidenceTruncated: Bool
    /// One sentence for a person: why this is a finding.
    public var reason: String
    /// When it happened and how long each step took.
    public var times: Times
    /// Partitions the answer covers when an instance reads only some; empty when it covers all.
    public var partialPartitions: [Int]
    /// What is incomplete or estimated because a bound was met: names of ``values``, or `events` for the list of matched
    /// events that a correlation or sequence looks at.
    ///
    /// Empty when everything is exact; the ``reason`` says it too.
    public var bounded: [String]

    /// Makes a finding.
    public init(
        id: String, rule: RuleMetadata, ruleVersion: String, group: [NamedValue], window: WindowBounds?,
        values: [NamedValue], count: Int64, firstSeen: Timestamp, lastSeen: Timestamp, firstPosition: RecordPosition,
        lastPosition: RecordPosition, evidence: [Evidence], evidenceTruncated: Bool, reason: String, times: Times,
        partialPartitions: [Int] = [], bounded: [String] = []
    ) {
        self.id = id
        self.rule = rule
        self.ruleVersion = ruleVersion
        self.group = group
        self.window = window
        self.values = values
        self.count = count
        self.firstSeen = firstSeen
        self.lastSeen = lastSeen
        self.firstPosition = firstPosition
        self.lastPosition = lastPosition
        self.evidence = evidence
        self.evidenceTruncated = evidenceTruncated
        self.reason = reason
        self.times = times
        self.partialPartitions = partialPartitions
        self.bounded = bounded
    }

    /// The times that prove a finding's latency.
    public struct Times: Hashable, Sendable, Codable {
        /// Event time of the record that completed the finding.
        public var occurred: Timestamp
        /// When the broker took that record.
        public var enqueued: Timestamp
        /// When hubwatch received it.
        public var received: Timestamp
        /// When the finding was decided.
        public var decided: Timestamp

        /// Makes the times.
        public init(occurred: Timestamp, enqueued: Timestamp, received: Timestamp, decided: Timestamp) {
            self.occurred = occurred
            self.enqueued = enqueued
            self.received = received
            self.decided = decided
        }
    }
}

/// A named value of a group key or a result row.
public struct NamedValue: Hashable, Sendable, Codable {
    /// Column name.
    public var name: String
    /// Its value.
    public var value: Value

    /// Makes a named value.
    public init(name: String, value: Value) {
        self.name = name
        self.value = value
    }
}

/// A closed span of time.
public struct WindowBounds: Hashable, Sendable, Codable {
    /// First instant inside.
    public var start: Timestamp
    /// Last instant inside.
    public var end: Timestamp

    /// Makes a span.
    public init(start: Timestamp, end: Timestamp) {
        self.start = start
        self.end = end
    }
}

/// Where a record is: partition, sequence number of its message, index inside the message.
public struct RecordPosition: Hashable, Comparable, Sendable, Codable {
    /// Partition number.
    public var partition: Int
    /// Sequence number of the message in the partition.
    public var sequence: Int64
    /// Index of the record in the message, from 0.
    public var index: Int

    /// Makes a position.
    public init(partition: Int, sequence: Int64, index: Int) {
        self.partition = partition
        self.sequence = sequence
        self.index = index
    }

    /// Orders by partition, sequence, index.
    public static func < (a: RecordPosition, b: RecordPosition) -> Bool {
        (a.partition, a.sequence, a.index) < (b.partition, b.sequence, b.index)
    }
}

/// What a finding keeps of one record: an allow-list of fields, never the whole record.
public struct Evidence: Hashable, Sendable, Codable {
    /// Where the record is.
    public var position: RecordPosition
    /// Opaque broker offset of its message.
    public var offset: String
    /// The record's own time.
    public var eventTime: Timestamp
    /// When the broker took it.
    public var enqueuedTime: Timestamp
    /// When hubwatch received it.
    public var receivedAt: Timestamp
    /// Azure operation name.
    public var operation: String?
    /// Category.
    public var category: String?
    /// Result type and signature, as written: `Success`, `Succeeded.`.
    public var result: String?
    /// Resource id as written.
    public var resourceID: String?
    /// Azure region.
    public var region: String?
    /// Correlation id.
    public var correlationID: String?
    /// Directory tenant.
    public var tenantID: String?
    /// Caller's address as written.
    public var callerAddress: String?
    /// Caller's object id.
    public var objectID: String?
    /// Caller's user principal name, or the best name there is.
    public var principalName: String?
    /// Client application id.
    public var applicationID: String?
    /// Model deployment, for Azure OpenAI.
    public var modelDeployment: String?
    /// Names of the repairs the record needed before it could be decoded.
    public var repairs: [String]

    /// Makes evidence; optional members are set after.
    public init(
        position: RecordPosition, offset: String, eventTime: Timestamp, enqueuedTime: Timestamp, receivedAt: Timestamp
    ) {
        self.position = position
        self.offset = offset
        self.eventTime = eventTime
        self.enqueuedTime = enqueuedTime
        self.receivedAt = receivedAt
        self.repairs = []
    }
}
