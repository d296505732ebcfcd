@_spi(Revealing) import DiagnosticLogs

/// What a decoder handed out for one body, copied.
struct Collected {
    struct Record {
        var index: Int
        var text: String
        var values: [String?]
        var kinds: [FieldSlot.Kind]
        var eventTime: Timestamp
        var flags: RecordFlags
        var repairs: [String]
        var evidence: EvidenceFields
    }

    struct Dead: Equatable {
        var reason: DeadLetterReason
        var text: String
        var start: Int
        var position: Int
        var index: Int
    }

    var records: [Record] = []
    var dead: [Dead] = []
    var summary = EnvelopeSummary()

    var reasons: [DeadLetterReason] { dead.map(\.reason) }

    /// The values of the first field, one per record.
    var firstValues: [String?] { records.map { $0.values.first ?? nil } }
}

/// The enqueued time of all tests.
let enqueued = Timestamp(milliseconds: 1_735_689_600_000)  // 2025-01-01T00:00:00Z

/// A field from its text.
func path(_ text: String) throws -> Field { .path(try FieldPath(parsing: text)) }

/// Decodes a body with a plan of its own.
func decode(
    _ body: [UInt8], fields: [Field], options: EnvelopeDecoder.Options = .init()
) throws -> Collected {
    let plan = try FieldPlan(fields)
    return collect(body, EnvelopeDecoder(plan: plan, options: options), fields)
}

/// Decodes a body with a plan of its own.
func decode(
    _ body: String, _ paths: String..., options: EnvelopeDecoder.Options = .init()
) throws -> Collected {
    try decode(Array(body.utf8), fields: paths.map { try path($0) }, options: options)
}

/// Decodes a body and asks for derived fields.
func decode(_ body: String, derived: DerivedField...) throws -> Collected {
    try decode(Array(body.utf8), fields: derived.map { .derived($0) })
}

func collect(_ body: [UInt8], _ decoder: EnvelopeDecoder, _ fields: [Field]) -> Collected {
    var result = Collected()
    result.summary = decoder.decode(
        copying: body, enqueued: enqueued,
        onRecord: { record in
            let slots = fields.map { record.slot(of: $0) }
            result.records.append(
                Collected.Record(
                    index: record.index, text: String(decoding: record.bytes, as: UTF8.self),
                    values: slots.map(\.stringValue), kinds: slots.map(\.kind), eventTime: record.eventTime,
                    flags: record.flags, repairs: record.repairs.names, evidence: record.evidence()))
        },
        onDeadLetter: { letter in
            result.dead.append(
                Collected.Dead(
                    reason: letter.reason, text: String(decoding: letter.bytes, as: UTF8.self), start: letter.start,
                    position: letter.position, index: letter.index))
        })
    return result
}
