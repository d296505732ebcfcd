/// What one message held, or several, added up.
public struct EnvelopeSummary: Hashable, Sendable {
    /// Records handed out.
    public var records = 0
    /// Metric samples, which share hubs with logs and are passed over.
    public var skippedMetrics = 0
    /// Messages without any byte that is not blank.
    public var emptyBodies = 0
    /// Dead letters handed out.
    public var deadLetters = 0
    /// Records without a time that can be read; they carry the enqueued time.
    public var unreadableTimes = 0
    /// Records whose time lies more than a day behind the enqueued time; they carry the enqueued time.
    public var futureTimes = 0
    /// Records whose `properties` was JSON in a string.
    public var propertiesFromString = 0
    /// Records in the shape of the REST interface or of a Log Analytics export.
    public var translatedShapes = 0

    package var repairCounts = SIMD8<Int>.zero
    private var reasonCounts = SIMD16<Int>.zero

    /// Makes the summary of nothing.
    public init() {}

    /// Records that needed a repair.
    public func count(of repair: Repair) -> Int { repairCounts[RepairSet(repair).rawValue.trailingZeroBitCount] }

    /// Dead letters by reason.
    public func count(of reason: DeadLetterReason) -> Int { reasonCounts[reason.number] }

    /// Adds the counts of other messages.
    public mutating func add(_ other: EnvelopeSummary) {
        records += other.records
        skippedMetrics += other.skippedMetrics
        emptyBodies += other.emptyBodies
        deadLetters += other.deadLetters
        unreadableTimes += other.unreadableTimes
        futureTimes += other.futureTimes
        propertiesFromString += other.propertiesFromString
        translatedShapes += other.translatedShapes
        repairCounts &+= other.repairCounts
        reasonCounts &+= other.reasonCounts
    }

    mutating func count(_ repairs: RepairSet) {
        var bits = repairs.rawValue
        while bits != 0 {
            repairCounts[bits.trailingZeroBitCount & 7] += 1
            bits &= bits - 1
        }
    }

    /// Counts a dead letter.
    package mutating func count(_ reason: DeadLetterReason) {
        deadLetters += 1
        reasonCounts[reason.number] += 1
    }
}

extension DeadLetterReason {
    /// Index of the reason's counter.
    fileprivate var number: Int {
        switch self {
        case .notAnObject: 0
        case .malformed: 1
        case .truncated: 2
        case .trailingText: 3
        case .tooDeep: 4
        case .bodyTooLarge: 5
        case .recordTooLarge: 6
        case .utf16: 7
        case .compressed: 8
        case .unusableMessage: 9
        }
    }
}
