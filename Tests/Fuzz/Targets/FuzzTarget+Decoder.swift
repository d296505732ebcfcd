import CSimdjson
@_spi(Revealing) import DiagnosticLogs

extension FuzzTarget {
    /// The envelope decoder against itself in another place, with another plan, and against plain readers.
    static let decoder = FuzzTarget(
        name: "decoder", summary: "body of an event: envelope decoder, repairs, record walker", lengthMax: 4096
    ) {
        let check = try DecoderCheck()
        return .now { try check.run($0) }
    }
}

/// Decoders that are used for one body after another: what one leaves behind must not show in the next.
private final class DecoderCheck {
    private let paths: [FieldPath]
    /// Numbers of the slots of ``paths`` in the plan.
    private let slots: [Int]
    private let planned: EnvelopeDecoder
    private let blind: EnvelopeDecoder
    private let fullParser: OpaquePointer
    private let padding = 64

    init() throws {
        let texts = [
            "category", "operationName", "properties.a", "properties.b.c", "identity.claims.appid", "resourceId", "n",
            "callerIpAddress", "time", "level",
        ]
        paths = try texts.map { try FieldPath(parsing: $0) }
        let fields = paths.map { Field.path($0) } + DerivedField.allCases.map { Field.derived($0) }
        let plan = try FieldPlan(fields)
        slots = fields.compactMap { plan.slotNumber(of: $0) }
        planned = EnvelopeDecoder(plan: plan)
        blind = EnvelopeDecoder(plan: .empty)
        guard let indexer = csj_indexer_new() else { throw Disagreement("no memory") }
        fullParser = indexer
    }

    deinit { csj_indexer_free(fullParser) }

    func run(_ body: UnsafeRawBufferPointer) throws {
        // Of exactly the promised size, so that the sanitizer sees every byte read behind it.
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: body.count + padding, alignment: 1)
        defer { memory.deallocate() }
        memory.copyMemory(from: body)
        for index in body.count..<memory.count { memory[index] = UInt8(ascii: "\"") }
        let place = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(memory)[..<body.count])
        let found = decode(place)
        try checkCounts(found, place)
        try checkBlind(found, [UInt8](body))
        try checkPlain(found, place)
    }

    // MARK: What came out

    private func decode(_ place: UnsafeRawBufferPointer) -> DecodedBody {
        var found = DecodedBody()
        found.summary = planned.decode(
            place, enqueued: DecodedBody.enqueued,
            onRecord: { record in
                found.add(record, in: place)
                found.values.append(slots.prefix(paths.count).map { PathValue(record[$0]) })
                // The slow readers, for every fourth length only: they would take most of the time.
                if record.bytes.count % 4 == 0 { readEverything(record) }
            }, onDeadLetter: { found.add($0, in: place) })
        return found
    }

    /// Asks for all that can be asked of a record; none of it may trap.
    private func readEverything(_ record: RecordView) {
        _ = record.evidence()
        _ = record.resourceLog()
        _ = record.activityLog()
        _ = record.openAILog()
        _ = record.compactText
        record.forEachScalar { value in
            _ = value.integerValue
            _ = value.doubleValue
            _ = value.timestampValue
            return true
        }
        for path in paths { _ = record.value(at: path) }
        for slot in slots { _ = record.plainText(slot) }
    }

    private func checkCounts(_ found: DecodedBody, _ body: UnsafeRawBufferPointer) throws {
        let summary = found.summary
        let letters = found.outcomes.filter { $0.reason != nil }
        try require(
            summary.records == found.outcomes.count - letters.count && summary.deadLetters == letters.count,
            "the summary counts \(summary.records) records and \(summary.deadLetters) dead letters")
        for reason in DeadLetterReason.allCases {
            let count = letters.count { $0.reason == reason }
            try require(summary.count(of: reason) == count, "\(summary.count(of: reason)) letters of \(reason)")
        }
        for repair in Repair.allCases {
            let count = found.outcomes.count { $0.repairs.contains(repair) }
            try require(
                summary.count(of: repair) == count, "\(summary.count(of: repair)) records repaired by \(repair)")
        }
        let indexes = found.outcomes.map(\.index)
        try require(zip(indexes, indexes.dropFirst()).allSatisfy { $0 < $1 }, "outcomes are numbered \(indexes)")
        try require(
            (indexes.last ?? -1) < indexes.count + summary.skippedMetrics, "numbers \(indexes) skip what is no metric")
        for letter in letters {
            try require(
                (0...body.count).contains(letter.start) && (0...body.count).contains(letter.position),
                "a dead letter at \(letter.start), fault at \(letter.position), in \(body.count) bytes")
        }
    }

    /// What is a record must not depend on what the rules ask for, nor on where the body lies; and the values that the
    /// walker finds along its plan are those that the reader finds in the bytes.
    private func checkBlind(_ found: DecodedBody, _ body: [UInt8]) throws {
        var other = DecodedBody()
        other.summary = blind.decode(
            copying: body, enqueued: DecodedBody.enqueued,
            onRecord: { record in
                other.add(record, in: nil)
                other.values.append(paths.map { PathValue(record.slot(of: .path($0))) })
            }, onDeadLetter: { other.add($0, in: nil) })
        // A text in `properties` is only opened, counted and repaired where a rule reads what is in it.
        if found.summary.propertiesFromString > 0 {
            other.summary.propertiesFromString = found.summary.propertiesFromString
            other.summary.repairCounts = found.summary.repairCounts
            for (at, outcome) in zip(other.outcomes.indices, found.outcomes) {
                other.outcomes[at].repairs = outcome.repairs
            }
        }
        try require(found.summary == other.summary, "plans count differently: \(found.summary), \(other.summary)")
        try require(found.outcomes == other.outcomes, "plans differ: \(found.outcomes), \(other.outcomes)")
        for (one, two) in zip(found.values, other.values) where one != two {
            for (index, path) in paths.enumerated() {
                try require(
                    one[index] == two[index], "\(path.steps): walked \(one[index]), read \(two[index])")
            }
        }
    }

    // MARK: Against plain readers

    private func checkPlain(_ found: DecodedBody, _ body: UnsafeRawBufferPointer) throws {
        for outcome in found.outcomes where outcome.reason == nil {
            try require(
                PlainJSON.isObject(outcome.bytes), "a record that is no object: \(PlainJSON.shown(outcome.bytes))")
        }
        guard PlainJSON.isPlain(body) else { return }
        if csj_check_text(fullParser, body.baseAddress, body.count, 64) == csj_ok {
            // Well formed: the envelope is split where a plain reader splits it, and nothing was repaired. A string may
            // hold broken text of its own.
            guard let expected = PlainEnvelope.outcomes(body) else { return }
            try require(
                Repair.allCases.allSatisfy { found.summary.count(of: $0) == 0 }, "a repair of well-formed text")
            try found.compare(expected)
        }
        // Of lines with strings that stay open nobody can tell what is left.
        guard found.isUnrepaired, found.hasAllPlaces || !body.contains(0x0A) else { return }
        let skeleton = try found.skeleton(of: body)
        try require(
            PlainJSON.isSequence(skeleton),
            "bytes vanished; what is left is \(PlainJSON.shown(skeleton)) of \(found.outcomes)")
    }
}

/// A value as one of the two ways to it gave it.
private struct PathValue: Equatable {
    let kind: FieldSlot.Kind
    let text: [UInt8]

    init(_ slot: FieldSlot) {
        kind = slot.kind
        if slot.kind == .string, slot.hasEscapes {
            text = Array((slot.stringValue ?? "").utf8)
        } else {
            // Of a path through a list only the plan knows the rest.
            text = slot.kind == .several ? [] : slot.text.map { [UInt8]($0) } ?? []
        }
    }
}

/// What a decoder handed out for one body.
struct DecodedBody {
    struct Outcome: Equatable {
        let index: Int
        /// Nil for a record.
        let reason: DeadLetterReason?
        let bytes: [UInt8]
        let start: Int
        let position: Int
        var repairs: RepairSet
        let eventTime: Timestamp
    }

    /// 2025-01-01.
    static let enqueued = Timestamp(milliseconds: 1_735_689_600_000)

    var outcomes: [Outcome] = []
    var summary = EnvelopeSummary()
    fileprivate var values: [[PathValue]] = []
    /// Where outcomes lie in the body; nil for those made from it.
    private var places: [(range: Range<Int>, isRecord: Bool)?] = []

    /// All outcomes lie in the body itself.
    var hasAllPlaces: Bool { places.allSatisfy { $0 != nil } }

    var isUnrepaired: Bool { outcomes.allSatisfy { $0.repairs == [] } }

    mutating func add(_ record: RecordView, in body: UnsafeRawBufferPointer?) {
        outcomes.append(
            Outcome(
                index: record.index, reason: nil, bytes: [UInt8](record.bytes), start: 0, position: 0,
                repairs: record.repairs, eventTime: record.eventTime))
        places.append(place(of: record.bytes, in: body).map { ($0, true) })
    }

    mutating func add(_ letter: DeadLetter, in body: UnsafeRawBufferPointer?) {
        outcomes.append(
            Outcome(
                index: letter.index, reason: letter.reason, bytes: [UInt8](letter.bytes), start: letter.start,
                position: letter.position, repairs: [], eventTime: Self.enqueued))
        places.append(place(of: letter.bytes, in: body).map { ($0, false) })
    }

    private func place(of bytes: UnsafeRawBufferPointer, in body: UnsafeRawBufferPointer?) -> Range<Int>? {
        guard let body, let base = body.baseAddress, let start = bytes.baseAddress else { return nil }
        let offset = start - base
        guard offset >= 0, offset + bytes.count <= body.count else { return nil }
        return offset..<(offset + bytes.count)
    }

    /// The body with an empty object in place of each record, and a mark in place of a dead letter.
    func skeleton(of body: UnsafeRawBufferPointer) throws -> [UInt8] {
        var text: [UInt8] = []
        var end = 0
        for (range, isRecord) in places.compactMap({ $0 }) {
            try require(range.lowerBound >= end, "\(range) is handed out twice: \(places)")
            text += body[end..<range.lowerBound]
            text += isRecord ? Array("{}".utf8) : [PlainJSON.letter]
            end = range.upperBound
        }
        return text + body[end...]
    }

    /// Compares with what a plain reader expects; objects may be metrics, which are passed over.
    func compare(_ expected: [PlainEnvelope.Outcome]) throws {
        let all = outcomes.count + summary.skippedMetrics
        try require(all == expected.count, "\(all) outcomes of \(expected.count) elements")
        for outcome in outcomes {
            let wanted = expected[outcome.index]
            try require(
                wanted.isRecord == (outcome.reason == nil) && wanted.bytes == outcome.bytes[...],
                "element \(outcome.index) is \(PlainJSON.shown(outcome.bytes))")
        }
    }
}
