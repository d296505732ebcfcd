internal import DiagnosticLogs
import Redaction

/// What a rule that keeps groups does with time, with records and with what they fold to: one type per kind of rule.
///
/// A rule's time is cut into *panes*, which hold a group's partials, and into *slots*, in each of which a group has at
/// most one finding. Slots follow each other at the distance ``hop`` and are named by the last instant whose records can
/// matter to them. A slot is over when the watermark is strictly greater than that instant plus the rule's lateness:
/// records with the watermark's own time may still follow.
protocol GroupedBody: Sendable {
    /// `aggregate`, `correlation`, …
    var kind: String { get }
    /// How time is cut and what is looked for in it, one line for people.
    var timing: String { get }
    var frame: BodyFrame { get }
    /// The columns of the group key and of the values, and what they are.
    var shownColumns: ColumnNames { get }
    /// Distance between two slots, in nanoseconds.
    var hop: Int64 { get }
    /// True when findings may open before their slot is over.
    var opensEarly: Bool { get }
    /// True when neighbouring slots hold the same records, so that an early finding speaks for its neighbours.
    var slotsOverlap: Bool { get }

    // Time.

    /// The pane of a time; nil when no slot needs it.
    func pane(of time: Int64) -> Int64?
    /// True for the number of a pane that a time can fall into.
    func contains(pane: Int64) -> Bool
    /// The panes that a slot is decided from.
    func panes(ofSlotEnding end: Int64) -> ClosedRange<Int64>
    /// The slots in which the records of a pane can be findings.
    func ownSlots(of pane: Int64) -> SlotSpan
    /// The slots whose findings the records of a pane can change.
    func touchedSlots(of pane: Int64) -> SlotSpan
    /// The ends that findings of a slot can have.
    func findingEnds(ofSlotEnding end: Int64) -> ClosedRange<Int64>
    /// The end of the latest slot that is over at a watermark.
    func lastClosedEnd(watermark: Int64) -> Int64
    /// How long a closed slot can be decided again, given the general setting.
    func retention(_ given: Int64) -> Int64
    /// How many groups the rule may have, and what it is called when there are more.
    func groupsMax(_ options: MergerOptions) -> (count: Int, notice: OperationalNotice.Kind)

    // Folding.

    /// Empty columns of a new partial.
    func emptyAccumulators(_ limits: FoldLimits) -> [Accumulator]
    /// The groups that a record belongs to, and what it brings to each.
    func contributions(of record: FoldedRecord, _ limits: FoldLimits) -> [Contribution]
    /// Writes the key of a record that belongs to one group and brings nothing else to it, without making values of fields.
    ///
    /// False where only ``contributions(of:_:)`` can tell; what was written then means nothing.
    func writeKey(of record: FoldedRecord, to key: inout ByteWriter) -> Bool
    /// Folds a record into the columns of a partial.
    func fold(
        _ record: FoldedRecord, into accumulators: inout [Accumulator], limits: FoldLimits, scratch: inout ByteWriter)

    // Deciding.

    /// Of a touched pane, the slots that could open early, in the order in which to try them.
    func earlySlots(touched pane: Int64, newest: Int64, after closed: Int64?, _ ledger: GroupLedger?) -> [Int64]
    /// False when a group can have no finding in a slot yet: a cheap look before an early decision.
    func mayHold(_ group: GroupState, slotEnding end: Int64, _ limits: FoldLimits) -> Bool
    /// The findings of a slot, in an order that depends on the data only.
    ///
    /// `isWhole` is true when the groups are all that the rule has.
    func rows(_ groups: [GroupState], slotEnding end: Int64, isWhole: Bool, _ scene: DecisionScene) -> [DecisionRow]
    /// True when a decision needs all groups, because rows of several groups are looked at together.
    var comparesGroups: Bool { get }
    /// True when a slot without records is a finding, so that it must be judged too.
    func emptySlotQualifies(_ limits: FoldLimits) -> Bool
}

extension GroupedBody {
    var slotsOverlap: Bool { false }

    func retention(_ given: Int64) -> Int64 { given }

    func writeKey(of record: FoldedRecord, to key: inout ByteWriter) -> Bool { false }

    func groupsMax(_ options: MergerOptions) -> (count: Int, notice: OperationalNotice.Kind) {
        (options.groupsPerRuleMax, .groupsRefused)
    }

    func fold(
        _ record: FoldedRecord, into accumulators: inout [Accumulator], limits: FoldLimits, scratch: inout ByteWriter
    ) {}

    func earlySlots(touched pane: Int64, newest: Int64, after closed: Int64?, _ ledger: GroupLedger?) -> [Int64] {
        let slots = touchedSlots(of: pane)
        return slots.ends(every: hop).filter { end in closed.map { end > $0 } ?? true }
    }

    func mayHold(_ group: GroupState, slotEnding end: Int64, _ limits: FoldLimits) -> Bool { true }

    func findingEnds(ofSlotEnding end: Int64) -> ClosedRange<Int64> { end...end }

    var comparesGroups: Bool { false }

    func emptySlotQualifies(_ limits: FoldLimits) -> Bool { false }
}

/// What every compiled body has, whatever its kind.
struct BodyFrame: Sendable {
    let clock: Rule.Clock
    /// Nanoseconds; zero on the enqueued clock, where nothing can be late.
    let lateness: Int64
    /// Length of the slots that alerts are counted in, in nanoseconds.
    let suppression: Int64
    /// Length of the windows of findings where they can overlap; zero where they cannot.
    let overlap: Int64
    /// True when each partition has its own groups.
    let isPartitioned: Bool

    init(_ rule: Rule, defaultSuppression: Int64, overlap: Int64) {
        clock = rule.clock
        lateness = rule.clock == .event ? max(0, rule.lateness.nanoseconds) : 0
        let given = rule.suppression.duration.nanoseconds
        suppression = given > 0 ? given : defaultSuppression
        self.overlap = overlap
        isPartitioned = rule.scope == .partition
    }
}

/// Slots that follow each other, by their ends; none when the last is before the first.
struct SlotSpan: Sendable {
    var first: Int64
    var last: Int64

    /// The ends of all slots in the span.
    func ends(every hop: Int64) -> [Int64] {
        first > last ? [] : Array(stride(from: first, through: last, by: Int(hop)))
    }
}

/// A record while it is folded.
struct FoldedRecord {
    let stamp: RecordStamp
    let context: RecordContext
    /// Tells which of a rule's further conditions the record satisfies.
    let evaluator: RuleEvaluator

    func satisfies(_ program: Int) -> Bool { evaluator.satisfies(program, context.record) }
}

/// What a record brings to one group.
struct Contribution {
    var key: [Value]
    /// For rules that look at events: which members or steps it satisfies, and what is folded of it.
    var steps: UInt64 = 0
    var numbers: [Value] = []
    var hashes: [StableHash] = []
}

/// What a decision may know besides the groups.
struct DecisionScene {
    let limits: FoldLimits
    /// What a row's reason may say.
    let masking: Masking
    /// The time from which on the rule has seen everything, on the enqueued clock; nil before the first message.
    let watchedSince: Int64?
}

/// A finding of a slot, before it has its rule's data around it.
struct DecisionRow {
    var key: [UInt8]
    var group: [ColumnValue]
    var values: [ColumnValue]
    /// First and last instant of the finding's window.
    var start: Int64
    var end: Int64
    var count: Int64
    /// Nil for a window without records.
    var first: RecordStamp?
    var last: RecordStamp?
    /// The earliest records, in order.
    var evidence: [EvidenceEntry]
    /// What is incomplete or estimated because a bound was met.
    var bounded: [String]
    /// Made of masked values only.
    var reason: String
}

extension DecisionRow {
    /// A hash of what the finding says, to see whether a late record changed it.
    var digest: StableHash {
        var writer = ByteWriter()
        for column in values {
            writer.string(column.name)
            writer.value(column.value)
        }
        if let first, let last {
            writer.signed(count)
            for stamp in [first, last] + evidence.map(\.stamp) { writer.place(stamp.place) }
        }
        return StableHash(writer.bytes)
    }
}
