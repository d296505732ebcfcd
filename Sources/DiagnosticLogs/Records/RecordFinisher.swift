/// What follows the walk of a record: other shapes are translated, the time is read, derived fields are filled.
struct RecordFinisher {
    private let tables: PlanTables
    private let derived: DerivedFields
    private let restAliases: [Alias]
    private let logAnalyticsAliases: [Alias]

    private struct Alias {
        let slot: Int
        let candidates: [FieldPath]
        let isResultType: Bool
    }

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

    init(_ tables: PlanTables) {
        self.tables = tables
        derived = DerivedFields(tables)
        restAliases = Self.aliases(tables, ShapeAliases.rest)
        logAnalyticsAliases = Self.aliases(tables, ShapeAliases.logAnalytics)
    }

    private static func aliases(_ tables: PlanTables, _ map: (FieldPath) -> [FieldPath]) -> [Alias] {
        tables.paths.compactMap { path, slot in
            let candidates = map(path)
            if candidates.isEmpty { return nil }
            let isResultType = path.steps.first.map(FieldAliases.asciiLowercased) == "resulttype"
            return Alias(slot: slot, candidates: candidates, isResultType: isResultType)
        }
    }

    /// Completes the slots of the record that the walker holds; returns the record's time.
    func finish(
        _ walker: RecordWalker, _ bytes: UnsafeRawBufferPointer, enqueued: Timestamp, summary: inout EnvelopeSummary
    ) -> Timestamp {
        let slots = walker.slots
        if slots[CoreSlot.eventProperties.rawValue].kind != .missing { readOtherProperties(walker) }
        if slots[CoreSlot.time.rawValue].kind == .missing || slots[CoreSlot.operationName.rawValue].kind == .object {
            translate(walker, bytes, &summary)
        }
        let time = eventTime(walker, bytes, enqueued, &summary)
        for choice in tables.choices {
            var best = FieldSlot.missing
            for candidate in choice.candidates {
                let value = slots[candidate]
                if !value.isNull {
                    best = value
                    break
                }
                if value.kind == .null { best = value }
            }
            slots[choice.slot] = best
        }
        derived.fill(walker, eventTime: time, enqueued: enqueued)
        return time
    }

    /// `EventProperties` stands for `properties` in records that have none.
    private func readOtherProperties(_ walker: RecordWalker) {
        guard walker.slots[CoreSlot.properties.rawValue].kind == .missing else { return }
        let value = walker.slots[CoreSlot.eventProperties.rawValue]
        guard value.kind == .string || value.kind == .object else { return }
        let text = value.hasEscapes ? walker.arena.unescaped(value.memory) : value.memory
        guard RecordWalker.looksLikeContainer(text) else { return }
        if walker.walkText(text, node: tables.propertiesNode, nesting: 0) {
            if value.kind == .string { walker.notes.pointee.flags.insert(.propertiesFromString) }
        } else {
            walker.clear(node: tables.propertiesNode)
        }
    }

    private func translate(
        _ walker: RecordWalker, _ bytes: UnsafeRawBufferPointer, _ summary: inout EnvelopeSummary
    ) {
        let slots = walker.slots
        let aliases: [Alias]
        if slots[CoreSlot.operationName.rawValue].kind == .object || hasEventTimestamp(bytes, slots) {
            walker.notes.pointee.flags.insert(.restShape)
            aliases = restAliases
        } else if slots[CoreSlot.timeGenerated.rawValue].kind != .missing,
            slots[CoreSlot.operationNameValue.rawValue].kind != .missing
        {
            walker.notes.pointee.flags.insert(.logAnalyticsShape)
            aliases = logAnalyticsAliases
        } else {
            return
        }
        summary.translatedShapes += 1
        let record = FieldSlot(.object, bytes)
        for alias in aliases {
            // `operationName` and `category` exist in the REST shape too, as objects.
            let isWrapped = slots[alias.slot].kind == .object && alias.candidates.first?.steps.last == "value"
            guard slots[alias.slot].isNull || isWrapped else { continue }
            for path in alias.candidates {
                let value = JSONReader.find(path, in: record, arena: walker.arena)
                if value.isNull { continue }
                slots[alias.slot] = alias.isResultType ? ShapeAliases.resultType(for: value) ?? value : value
                break
            }
        }
    }

    /// `eventTimestamp` with a small e; some services write `EventTimestamp` in records of their own.
    private func hasEventTimestamp(_ bytes: UnsafeRawBufferPointer, _ slots: UnsafeMutablePointer<FieldSlot>) -> Bool {
        guard slots[CoreSlot.eventTimestamp.rawValue].kind != .missing else { return false }
        var found = false
        JSONReader.forEachMember(of: FieldSlot(.object, bytes)) { name, _ in
            found = name.stringValue == "eventTimestamp"
            return !found
        }
        return found
    }

    private func eventTime(
        _ walker: RecordWalker, _ bytes: UnsafeRawBufferPointer, _ enqueued: Timestamp, _ summary: inout EnvelopeSummary
    ) -> Timestamp {
        var time = walker.slots[CoreSlot.time.rawValue].timestampValue
        if time == nil {
            let record = FieldSlot(.object, bytes)
            for path in Self.otherTimes {
                time = JSONReader.find(path, in: record, arena: walker.arena).timestampValue
                if time != nil { break }
            }
        }
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
