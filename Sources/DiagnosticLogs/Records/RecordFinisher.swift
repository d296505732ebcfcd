/// What follows the walk of a record: other shapes are translated and the time is read.
///
/// **Isolation**: one worker.
final class RecordFinisher {
    private let walker: RecordWalker
    private let computed: ComputedFields
    private let propertiesNode: Int
    private let eventTimestampEntry: Int?
    private lazy var shapes = ShapeReader(walker.tables, otherTimes: Self.otherTimes)

    /// How far in front of the enqueued time a record's own time is believed.
    private static let futureNanosecondsMax: Int64 = 24 * 3600 * 1_000_000_000

    /// Where a time may be when there is no `time`, best first.
    ///
    /// Source: the Azure exporters of OpenTelemetry.
    private static let otherTimes = [
        FieldPath(["timeStamp"]), FieldPath(["EventTimeString"]), FieldPath(["eventTimestamp"]),
        FieldPath(["startTime"]), FieldPath(["TimeGenerated"]), FieldPath(["CreatedDateTime"]),
        FieldPath(["properties", "createdDateTime"]), FieldPath(["EventTime"]),
    ]

    init(_ walker: RecordWalker, _ computed: ComputedFields) {
        self.walker = walker
        self.computed = computed
        propertiesNode = walker.tables.propertiesNode
        let node = walker.tables.nodes.firstIndex { $0.slot == Int32(CoreSlot.eventTimestamp.rawValue) }
        eventTimestampEntry = walker.tables.entries.firstIndex { Int($0.node) == node }
    }

    /// Completes the slots of the record that the walker holds; returns the record's time.
    ///
    /// `cursor` stands at the record, with `depth` containers around it.
    func finish(
        _ cursor: IndexCursor, depth: Int, enqueued: Timestamp, summary: inout EnvelopeSummary
    ) -> Timestamp {
        let slots = walker.slots
        if slots[CoreSlot.eventProperties.rawValue].kind != .missing { readOtherProperties() }
        let written = slots[CoreSlot.time.rawValue]
        var time: Timestamp?
        if written.kind != .missing, slots[CoreSlot.operationName.rawValue].kind != .object {
            time = written.timestampValue
            if time == nil {
                shapes.read(cursor, depth: depth)
                time = shapes.otherTime
            }
        } else {
            shapes.read(cursor, depth: depth)
            translate(&summary)
            time = slots[CoreSlot.time.rawValue].timestampValue ?? shapes.otherTime
        }
        let believed = believedTime(time, enqueued, &summary)
        computed.begin(eventTime: believed, enqueued: enqueued)
        return believed
    }

    /// `EventProperties` stands for `properties` in records that have none.
    private func readOtherProperties() {
        guard walker.slots[CoreSlot.properties.rawValue].kind == .missing else { return }
        let value = walker.slots[CoreSlot.eventProperties.rawValue]
        guard value.kind == .string || value.kind == .object else { return }
        let text = value.hasEscapes ? walker.arena.unescaped(value.memory) : value.memory
        guard RecordWalker.looksLikeContainer(text) else { return }
        if walker.walkText(text, node: propertiesNode, nesting: 0) {
            if value.kind == .string { walker.notes.pointee.flags.insert(.propertiesFromString) }
        } else {
            walker.clear(node: propertiesNode)
        }
    }

    private func translate(_ summary: inout EnvelopeSummary) {
        let slots = walker.slots
        let aliases: [ShapeReader.Alias]
        // With a small e; some services write `EventTimestamp` in records of their own.
        if slots[CoreSlot.operationName.rawValue].kind == .object
            || eventTimestampEntry.map(walker.isSpelledAsDocumented) ?? false
        {
            walker.notes.pointee.flags.insert(.restShape)
            aliases = shapes.restAliases
        } else if slots[CoreSlot.timeGenerated.rawValue].kind != .missing,
            slots[CoreSlot.operationNameValue.rawValue].kind != .missing
        {
            walker.notes.pointee.flags.insert(.logAnalyticsShape)
            aliases = shapes.logAnalyticsAliases
        } else {
            return
        }
        summary.translatedShapes += 1
        for alias in aliases {
            // `operationName` and `category` exist in the REST shape too, as objects.
            let isWrapped = alias.isWrapped && slots[alias.slot].kind == .object
            guard slots[alias.slot].isNull || isWrapped else { continue }
            guard let value = shapes.firstPresent(of: alias) else { continue }
            walker.put(alias.isResultType ? ShapeAliases.resultType(for: value) ?? value : value, in: alias.slot)
        }
    }

    /// The record's time if it can be believed, else the broker's.
    private func believedTime(
        _ time: Timestamp?, _ enqueued: Timestamp, _ summary: inout EnvelopeSummary
    ) -> Timestamp {
        guard let time else {
            summary.unreadableTimes += 1
            walker.notes.pointee.flags.insert(.timeFromEnqueued)
            return enqueued
        }
        let (ahead, overflow) = time.nanoseconds.subtractingReportingOverflow(enqueued.nanoseconds)
        if time > enqueued, overflow || ahead > Self.futureNanosecondsMax {
            summary.futureTimes += 1
            walker.notes.pointee.flags.insert(.timeFromEnqueued)
            return enqueued
        }
        return time
    }
}
