internal import DiagnosticLogs

/// Rules by their witnesses: which rules a record can possibly satisfy, at the price of one hash probe per indexed
/// field and one pass over the fields in which pieces of text are looked for.
struct WitnessIndex: Sendable {
    /// The rules that want a text in a field.
    struct Entry: Sendable {
        var text: [UInt8]
        var rules: [Int32]
    }

    /// One indexed field.
    struct IndexedField: Sendable {
        var slot: Int
        /// Sorted by their texts.
        var entries: [Entry] = []
        /// Finds the pieces of text; nil when no rule wants one.
        var automaton: LiteralAutomaton?
        /// Rules that accept that the field is missing or null.
        var whenNull: [Int32] = []
        /// Rules whose witness says nothing of values other than ASCII strings.
        var unlessPlain: [Int32] = []
        /// Rules whose pieces found no room in the automaton: any text will do.
        var whenText: [Int32] = []
        /// All rules indexed here: for values that have no text of their own.
        var all: [Int32] = []

        fileprivate init(slot: Int) { self.slot = slot }
    }

    private(set) var fields: [IndexedField] = []
    /// What is looked for anywhere in the record; its slot means nothing.
    private(set) var anywhere: IndexedField?
    /// Rules without a witness.
    private(set) var always: [Int32] = []

    /// Builds the index; `witnesses` are in rule order.
    init(
        _ witnesses: [Witness?], limits: LiteralAutomaton.Limits = LiteralAutomaton.Limits(), slot: (Field) -> Int
    ) {
        var drafts: [FieldDraft] = []
        // Slots are 0 and more; what may be anywhere goes under a number of its own.
        var positions: [Int: Int] = [:]
        for (number, witness) in witnesses.enumerated() {
            let rule = Int32(number)
            guard let witness else {
                always.append(rule)
                continue
            }
            for literal in witness.literals {
                let slot = literal.field.map(slot) ?? -1
                let at = positions[slot] ?? drafts.count
                if at == drafts.count {
                    positions[slot] = at
                    drafts.append(FieldDraft(field: IndexedField(slot: slot)))
                }
                drafts[at].add(literal, rule)
            }
        }
        for draft in drafts {
            let field = draft.finished(limits)
            if field.slot < 0 { anywhere = field } else { fields.append(field) }
        }
    }
}

/// An indexed field in the making.
private struct FieldDraft {
    var field: WitnessIndex.IndexedField
    private var texts: [[UInt8]: Int] = [:]
    private var pieces: [[UInt8]: Int] = [:]
    private var found: [LiteralAutomaton.Piece] = []

    init(field: WitnessIndex.IndexedField) { self.field = field }

    mutating func add(_ literal: Witness.Literal, _ rule: Int32) {
        func append(_ rules: inout [Int32]) { if rules.last != rule { rules.append(rule) } }
        append(&field.all)
        if literal.isForPlainText { append(&field.unlessPlain) }
        switch literal.form {
        case .null: append(&field.whenNull)
        case .text(let text):
            let bytes = Array(text.utf8)
            let at = texts[bytes] ?? field.entries.count
            if at == field.entries.count {
                texts[bytes] = at
                field.entries.append(WitnessIndex.Entry(text: bytes, rules: []))
            }
            append(&field.entries[at].rules)
        case .piece(let bytes):
            let at = pieces[bytes] ?? found.count
            if at == found.count {
                pieces[bytes] = at
                found.append(LiteralAutomaton.Piece(text: bytes, rules: []))
            }
            append(&found[at].rules)
        }
    }

    func finished(_ limits: LiteralAutomaton.Limits) -> WitnessIndex.IndexedField {
        var field = field
        field.entries.sort { $0.text.lexicographicallyPrecedes($1.text) }
        field.automaton = LiteralAutomaton(found, limits: limits)
        field.whenText = field.automaton?.unplaced ?? []
        return field
    }
}
