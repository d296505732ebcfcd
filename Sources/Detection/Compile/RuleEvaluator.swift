@_spi(Revealing) internal import DiagnosticLogs

/// Finds the rules that a record satisfies.
///
/// **Isolation**: confined to its owner's thread; holds memory reused from record to record.
/// **Cost**: a record that shows no witness costs one hash probe per indexed field and allocates nothing.
final class RuleEvaluator {
    private let tables: UnsafeMutableBufferPointer<WitnessTable>
    private let anywhere: WitnessTable?
    /// Keeps the automata alive that the tables point into.
    private let index: WitnessIndex
    private let always: UnsafeMutableBufferPointer<Int32>
    /// The programs of all rules behind each other, and the atoms: read for every candidate, so kept where reading
    /// costs no reference counting.
    private let instructions: UnsafeMutableBufferPointer<ConditionProgram.Instruction>
    private let programs: UnsafeMutableBufferPointer<(base: Int, entry: Int32)>
    private let atoms: UnsafeMutableBufferPointer<Atom>
    private let texts: TextTests
    /// Per atom: generation * 2 + outcome; stale unless of the current generation.
    private let memo: UnsafeMutableBufferPointer<UInt32>
    /// Per rule: the generation in which it became a candidate.
    private let seen: UnsafeMutableBufferPointer<UInt32>
    private let candidates: UnsafeMutableBufferPointer<Int32>
    private let counters: UnsafeMutableBufferPointer<Int32>
    private let state: UnsafeMutablePointer<State>
    private let scratch: UnsafeMutablePointer<[UInt8]>
    private var tester = SlotTester()

    /// What changes from record to record, out of reach of the checks that properties of classes pay.
    private struct State {
        var candidateCount = 0
        var generation: UInt32 = 0
    }

    init(rules: CompiledRules) {
        index = rules.index
        tables = .allocate(capacity: index.fields.count)
        _ = tables.initialize(from: index.fields.map(WitnessTable.init))
        anywhere = index.anywhere.map(WitnessTable.init)
        always = .allocate(capacity: index.always.count)
        _ = always.initialize(from: index.always)
        instructions = .allocate(capacity: rules.programs.reduce(0) { $0 + $1.instructions.count })
        _ = instructions.initialize(from: rules.programs.flatMap(\.instructions))
        programs = .allocate(capacity: rules.programs.count)
        var base = 0
        for (number, program) in rules.programs.enumerated() {
            programs.initializeElement(at: number, to: (base, program.entry))
            base += program.instructions.count
        }
        atoms = .allocate(capacity: rules.atoms.count)
        _ = atoms.initialize(from: rules.atoms)
        texts = TextTests(rules.atoms)
        memo = .allocate(capacity: rules.atoms.count)
        memo.initialize(repeating: 0)
        seen = .allocate(capacity: rules.rules.count)
        seen.initialize(repeating: 0)
        candidates = .allocate(capacity: rules.rules.count)
        candidates.initialize(repeating: 0)
        counters = .allocate(capacity: rules.programs.map(\.counterCount).max() ?? 0)
        counters.initialize(repeating: 0)
        state = .allocate(capacity: 1)
        state.initialize(to: State())
        scratch = .allocate(capacity: 1)
        scratch.initialize(to: [])
    }

    deinit {
        for table in tables { table.deallocate() }
        tables.deallocate()
        anywhere?.deallocate()
        always.deallocate()
        instructions.deallocate()
        programs.deallocate()
        atoms.deinitialize().deallocate()
        texts.deallocate()
        memo.deallocate()
        seen.deallocate()
        candidates.deallocate()
        counters.deallocate()
        state.deallocate()
        scratch.deinitialize(count: 1).deallocate()
    }

    /// Calls back with the number of every rule that the record satisfies, in an order that depends on the rules and the
    /// record only.
    func forEachMatch(in record: RecordView, _ body: (Int) -> Void) {
        nextGeneration()
        texts.begin()
        state.pointee.candidateCount = 0
        for table in tables { probe(table, record) }
        if let anywhere { probeAnywhere(anywhere, record) }
        admit(UnsafeBufferPointer(always))
        for index in 0..<state.pointee.candidateCount {
            let rule = Int(candidates[index])
            if run(programs[rule].base, programs[rule].entry, record) { body(rule) }
        }
    }

    /// True when a record satisfies a program, a member's condition for instance; only while the record is being judged.
    func satisfies(_ program: Int, _ record: RecordView) -> Bool {
        run(programs[program].base, programs[program].entry, record)
    }

    private func nextGeneration() {
        if state.pointee.generation == UInt32.max >> 1 {
            memo.update(repeating: 0)
            seen.update(repeating: 0)
            state.pointee.generation = 0
        }
        state.pointee.generation += 1
    }

    private func probe(_ table: WitnessTable, _ record: RecordView) {
        let slot = record[table.slot]
        switch slot.kind {
        case .missing, .null: admit(UnsafeBufferPointer(table.whenNull))
        case .string:
            let text = slot.hasEscapes ? record.plainText(table.slot) : slot.text
            if let text {
                table.forEachRule(for: text, isString: true, scratch: scratch) { admit($0) }
            } else {
                admit(UnsafeBufferPointer(table.all))
            }
        case .number, .object:
            if let text = slot.text { table.forEachRule(for: text, isString: false, scratch: scratch) { admit($0) } }
        case .array, .several: probeEach(table, slot, record)
        case .false, .true, .integer, .timestamp: admit(UnsafeBufferPointer(table.all))
        }
    }

    /// Any element may pass, and a list of objects may pass as text.
    private func probeEach(_ table: WitnessTable, _ slot: FieldSlot, _ record: RecordView) {
        admit(UnsafeBufferPointer(table.whenNull))
        var holdsObjects = false
        record.forEachValue(of: slot) { element in
            switch element.kind {
            case .string:
                let text = element.hasEscapes ? record.plainText(of: element) : element.text
                if let text { table.forEachRule(for: text, isString: true, scratch: scratch) { admit($0) } }
            case .number:
                if let text = element.text {
                    table.forEachRule(for: text, isString: false, scratch: scratch) { admit($0) }
                }
            case .object:
                holdsObjects = true
                if let text = element.text {
                    table.forEachRule(for: text, isString: false, scratch: scratch) { admit($0) }
                }
            case .missing, .null: break
            case .false, .true, .integer, .timestamp, .array, .several: admit(UnsafeBufferPointer(table.all))
            }
            return true
        }
        if holdsObjects, slot.kind == .array, let text = slot.text {
            table.forEachRule(for: text, isString: false, scratch: scratch) { admit($0) }
        }
    }

    /// Looks for pieces of text anywhere: in the record as it was sent where no escape hides a letter, else also in its
    /// values one by one.
    private func probeAnywhere(_ table: WitnessTable, _ record: RecordView) {
        table.forEachRule(for: record.bytes, isString: false, scratch: scratch) { admit($0) }
        guard record.bytes.contains(UInt8(ascii: "\\")) else { return }
        record.forEachScalar { slot in
            if let text = record.plainText(of: slot) {
                table.forEachRule(for: text, isString: false, scratch: scratch) { admit($0) }
            }
            return true
        }
    }

    @inline(__always)
    private func admit(_ rules: UnsafeBufferPointer<Int32>) {
        let generation = state.pointee.generation
        for rule in rules where seen[Int(rule)] != generation {
            seen[Int(rule)] = generation
            candidates[state.pointee.candidateCount] = rule
            state.pointee.candidateCount += 1
        }
    }

    private func run(_ base: Int, _ entry: Int32, _ record: RecordView) -> Bool {
        var at = entry
        while at >= 0 {
            switch instructions[base + Int(at)] {
            case .test(let atom, let onTrue, let onFalse): at = holds(Int(atom), record) ? onTrue : onFalse
            case .reset(let counter, let next):
                counters[Int(counter)] = 0
                at = next
            case .count(let counter, let limit, let onReached, let otherwise):
                counters[Int(counter)] += 1
                at = counters[Int(counter)] >= limit ? onReached : otherwise
            }
        }
        return at == ConditionProgram.accept
    }

    private func holds(_ number: Int, _ record: RecordView) -> Bool {
        let generation = state.pointee.generation
        if memo[number] >> 1 == generation { return memo[number] & 1 == 1 }
        let outcome = texts.outcome(of: number, record) ?? evaluate(atoms[number], record)
        memo[number] = generation << 1 | (outcome ? 1 : 0)
        return outcome
    }

    private func evaluate(_ atom: Atom, _ record: RecordView) -> Bool {
        switch atom {
        case .field(let slot, let matcher): return tester.test(matcher, slot: slot, of: record)
        case .equals(let number, let text, let whole):
            let slot = record[number]
            if slot.kind == .string, !slot.hasEscapes {
                guard let found = slot.text else { return text.isEmpty }
                return found.count == text.count && found.elementsEqual(text)
            }
            return slot.isNull ? false : whole.evaluate(in: RecordContext(record: record)).truth == true
        case .expression(let expression, let wanted):
            return expression.evaluate(in: RecordContext(record: record)).truth == wanted
        case .keyword(let pattern, let inMarkup): return holdsKeyword(pattern, inMarkup, record)
        }
    }

    private func holdsKeyword(_ pattern: CompiledPattern, _ inMarkup: Bool, _ record: RecordView) -> Bool {
        var scratch: [UInt8] = []
        if inMarkup, pattern.matches(record.bytes, scratch: &scratch) { return true }
        var found = false
        record.forEachScalar { slot in
            if let text = slot.text, !slot.hasEscapes {
                found = pattern.matches(text, scratch: &scratch)
            } else if let text = slot.stringValue {
                found = pattern.matches(text)
            }
            return !found
        }
        return found
    }
}
