/// One record while its callback runs: the values that the plan asked for, and the way to everything else.
///
/// **Bounds**: valid only inside the callback; slots and texts point into memory that the next record overwrites. Copy
/// what must outlive it. **Cost**: making one allocates nothing.
public struct RecordView {
    /// Number among the message's outcomes (records, metrics, dead letters), from 0.
    ///
    /// The same on every replay.
    public let index: Int
    /// The record's JSON object, after repairs of the message, if any.
    public let bytes: UnsafeRawBufferPointer
    /// The record's own time; the enqueued time when it has none that can be believed.
    public let eventTime: Timestamp
    /// When the broker took the message.
    public let enqueuedTime: Timestamp
    /// What was unusual.
    public let flags: RecordFlags
    /// What had to be repaired before the record could be read.
    public let repairs: RepairSet
    // The decoder is alive while its callback runs; counting references per read would cost more than the read.
    private unowned(unsafe) let decoder: EnvelopeDecoder
    private let pathSlots: UnsafeMutablePointer<FieldSlot>
    private let pathSlotCount: Int

    init(
        index: Int, bytes: UnsafeRawBufferPointer, eventTime: Timestamp, enqueuedTime: Timestamp, flags: RecordFlags,
        repairs: RepairSet, decoder: EnvelopeDecoder
    ) {
        self.index = index
        self.bytes = bytes
        self.eventTime = eventTime
        self.enqueuedTime = enqueuedTime
        self.flags = flags
        self.repairs = repairs
        self.decoder = decoder
        pathSlots = decoder.walker.slots
        pathSlotCount = decoder.walker.slotCount
    }

    private var walker: RecordWalker { decoder.walker }

    private var whole: FieldSlot { FieldSlot(.object, bytes) }

    /// The value in a slot of the plan; missing for a number that the plan does not have.
    public subscript(slot: Int) -> FieldSlot {
        slot >= 0 && slot < pathSlotCount ? pathSlots[slot] : decoder.computed.slot(slot)
    }

    /// The value of a field.
    ///
    /// By way of a dictionary, or of the record's bytes for a raw path that is not in the plan: use slot numbers where
    /// it matters.
    public func slot(of field: Field) -> FieldSlot {
        if let number = decoder.plan.slotNumber(of: field) { return self[number] }
        switch field {
        case .path(let path): return find(path)
        case .firstOf(let paths):
            var best = FieldSlot.missing
            for path in paths {
                let value = find(path)
                if !value.isNull { return value }
                if value.kind == .null { best = value }
            }
            return best
        case .derived(.eventTime): return FieldSlot(eventTime)
        case .derived(.enqueuedTime): return FieldSlot(enqueuedTime)
        case .derived: return .missing
        }
    }

    /// Text of a slot without escapes; nil for values that have no text.
    ///
    /// The unescaped form replaces the slot's, so that it is made once per record.
    public func plainText(_ slot: Int) -> UnsafeRawBufferPointer? {
        let value = self[slot]
        switch value.kind {
        case .string:
            guard value.hasEscapes else { return value.memory }
            let plain = walker.arena.unescaped(value.memory)
            decoder.computed.replace(slot, by: FieldSlot(.string, plain))
            return plain
        case .number, .object, .array: return value.memory
        case .true: return FieldSlot(constant: "true").memory
        case .false: return FieldSlot(constant: "false").memory
        case .missing, .null, .integer, .timestamp, .several: return nil
        }
    }

    /// Text of any value of this record without escapes, in memory that lives as long as the view.
    public func plainText(of value: FieldSlot) -> UnsafeRawBufferPointer? {
        if value.kind == .string { return value.hasEscapes ? walker.arena.unescaped(value.memory) : value.memory }
        return switch value.kind {
        case .true: FieldSlot(constant: "true").memory
        case .false: FieldSlot(constant: "false").memory
        default: value.text
        }
    }

    /// Calls `body` with every value of a slot until it returns false: a scalar or an object once, an array per element
    /// (arrays inside arrays flattened), a path through an array per value at its end.
    ///
    /// A missing value gives no call.
    public func forEachValue(of slot: FieldSlot, _ body: (FieldSlot) -> Bool) {
        switch slot.kind {
        case .missing: return
        case .several:
            let steps = decoder.plan.tables.continuations[Int(slot.continuation)]
            JSONReader.forEachElement(of: slot) { element in
                JSONReader.forEach(steps[...], below: element, isRoot: false, arena: walker.arena) {
                    Self.forEachFlattened($0, depth: 0, body)
                }
            }
        case .array: _ = Self.forEachFlattened(slot, depth: 0, body)
        case .null, .false, .true, .number, .string, .object, .integer, .timestamp: _ = body(slot)
        }
    }

    private static func forEachFlattened(_ value: FieldSlot, depth: Int, _ body: (FieldSlot) -> Bool) -> Bool {
        guard value.kind == .array, depth < JSONLimits.depthMax else { return body(value) }
        return JSONReader.forEachElement(of: value) { forEachFlattened($0, depth: depth + 1, body) }
    }

    /// Calls `body` with every string, number, true and false of the record until it returns false: values, not names,
    /// also those in JSON texts inside strings.
    ///
    /// For keyword searches.
    public func forEachScalar(_ body: (FieldSlot) -> Bool) {
        JSONReader.forEachScalar(below: whole, arena: walker.arena, body)
    }

    /// The value at a path, from the record's bytes; nil when there is none.
    ///
    /// A path through an array gives the list of what it leads to.
    @_spi(Revealing) public func value(at path: FieldPath) -> JSONValue? {
        let found = find(path)
        guard found.kind == .several else { return JSONValue(found) }
        var values: [JSONValue] = []
        JSONReader.forEach(path.steps[...], below: whole, isRoot: true, arena: walker.arena) {
            if let value = JSONValue($0) { values.append(value) }
            return true
        }
        return values.isEmpty ? nil : .array(values)
    }

    private func find(_ path: FieldPath) -> FieldSlot {
        for candidate in FieldAliases.candidates(of: path) {
            let value = JSONReader.find(candidate, in: whole, arena: walker.arena)
            if !value.isNull, value.kind != .object || flags.isDisjoint(with: [.restShape]) { return value }
            let others: [FieldPath] =
                flags.contains(.restShape)
                ? ShapeAliases.rest(candidate)
                : flags.contains(.logAnalyticsShape) ? ShapeAliases.logAnalytics(candidate) : []
            for other in others {
                let translated = JSONReader.find(other, in: whole, arena: walker.arena)
                if translated.isNull { continue }
                let isResult = candidate.steps.first.map(FieldAliases.asciiLowercased) == "resulttype"
                return isResult ? ShapeAliases.resultType(for: translated) ?? translated : translated
            }
            if value.kind != .missing { return value }
        }
        return .missing
    }

    /// The whole record without insignificant blanks.
    @_spi(Revealing) public var compactText: String { JSONText.compact(bytes) }

    /// A value's JSON without insignificant blanks; the text of scalars; nil for missing and null.
    @_spi(Revealing) public func compactText(of slot: FieldSlot) -> String? {
        switch slot.kind {
        case .object, .array, .several: JSONText.compact(slot.memory)
        default: slot.stringValue
        }
    }

    /// The members that a finding keeps of a record.
    ///
    /// Walks the record once more: only matching records pay.
    public func evidence() -> EvidenceFields { EvidenceFields(reader) }

    /// The members that all Azure records share.
    @_spi(Revealing) public func resourceLog() -> ResourceLog { ResourceLog(reader) }

    /// The record as an activity log record; nil when it is none.
    @_spi(Revealing) public func activityLog() -> ActivityLog? { ActivityLog(reader) }

    /// The record as an Azure OpenAI record; nil when it is none.
    @_spi(Revealing) public func openAILog() -> OpenAILog? { OpenAILog(reader) }

    private var reader: StandardFieldReader {
        let reader = decoder.standardReader
        reader.read(bytes, enqueued: enqueuedTime)
        return reader
    }
}

/// JSON as text.
enum JSONText {
    /// Drops blanks outside strings.
    static func compact(_ text: UnsafeRawBufferPointer) -> String {
        var output: [UInt8] = []
        output.reserveCapacity(text.count)
        var inString = false
        var isEscaped = false
        for byte in text {
            if inString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    inString = false
                }
                output.append(byte)
            } else if !IndexCursor.isBlank(byte) {
                inString = byte == UInt8(ascii: "\"")
                output.append(byte)
            }
        }
        return String(decoding: output, as: UTF8.self)
    }
}
