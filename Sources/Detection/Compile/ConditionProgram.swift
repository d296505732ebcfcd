/// A condition as a flat program of tests and jumps, without recursion and without allocation when run.
struct ConditionProgram: Sendable {
    /// One step.
    ///
    /// Targets are instruction numbers, or ``accept`` and ``reject``.
    enum Instruction: Sendable {
        case test(atom: Int32, onTrue: Int32, onFalse: Int32)
        /// Sets a counter to zero.
        case reset(counter: Int32, next: Int32)
        /// Counts one and looks whether the limit is reached.
        case count(counter: Int32, limit: Int32, onReached: Int32, otherwise: Int32)
    }

    static let accept: Int32 = -1
    static let reject: Int32 = -2

    private(set) var instructions: [Instruction] = []
    /// Where the program begins: code is emitted back to front, so that every target exists when it is referred to.
    private(set) var entry: Int32 = ConditionProgram.reject
    private(set) var counterCount = 0
}

/// A condition whose leaves are atoms: two-valued, negation pushed to where it is cheap.
indirect enum AtomCondition {
    case constant(Bool)
    case atom(Int)
    case all([AtomCondition])
    case any([AtomCondition])
    case atLeast(Int, [AtomCondition])
    case not(AtomCondition)
}

extension AtomCondition {
    /// Lowers a condition, registering its tests.
    ///
    /// Three-valued expressions are split at and/or/not while their outcome "is true" stays what it was.
    init(_ condition: Condition, _ table: inout AtomTable) throws(DetectionError) {
        switch condition {
        case .constant(let value): self = .constant(value)
        case .all(let list): self = .all(try Self.lower(list, &table))
        case .any(let list): self = .any(try Self.lower(list, &table))
        case .atLeast(let count, let list): self = .atLeast(count, try Self.lower(list, &table))
        case .not(let child): self = .not(try AtomCondition(child, &table))
        case .field(let field, let matcher): self = .atom(try table.field(field, matcher))
        case .keyword(let pattern): self = .atom(table.keyword(pattern))
        case .holds(let expression): self = try AtomCondition(expression, is: true, &table)
        }
    }

    private static func lower(_ list: [Condition], _ table: inout AtomTable) throws(DetectionError) -> [AtomCondition] {
        var lowered: [AtomCondition] = []
        for condition in list { lowered.append(try AtomCondition(condition, &table)) }
        return lowered
    }

    /// "The expression is `wanted`" (and not null).
    private init(_ expression: Expression, is wanted: Bool, _ table: inout AtomTable) throws(DetectionError) {
        switch expression {
        case .and(let a, let b), .or(let a, let b):
            let sides = [
                try AtomCondition(a, is: wanted, &table), try AtomCondition(b, is: wanted, &table),
            ]
            // An "and" is true when both are, and false when one is: whatever null the other is.
            var isConjunction = false
            if case .and = expression { isConjunction = true }
            self = isConjunction == wanted ? .all(sides) : .any(sides)
        case .not(let a): self = try AtomCondition(a, is: !wanted, &table)
        case .literal(.boolean(let value)): self = .constant(value == wanted)
        case .compare(let test, let a, let b) where !wanted:
            // Null on either side stays null, so "is false" is "the opposite test is true".
            self = .atom(try table.expression(.compare(test.negated, a, b), wanted: true))
        case .isNull where !wanted: self = .not(.atom(try table.expression(expression, wanted: true)))
        default: self = .atom(try table.expression(expression, wanted: wanted))
        }
    }

    /// Cheapest test inside, to run cheap children first.
    func cost(_ atoms: [Atom]) -> Int {
        switch self {
        case .constant: 0
        case .atom(let number): atoms[number].cost
        case .all(let list): list.map { $0.cost(atoms) }.min() ?? 0
        case .any(let list), .atLeast(_, let list): list.reduce(0) { $0 + $1.cost(atoms) }
        case .not(let child): child.cost(atoms) + 1
        }
    }
}

extension ConditionProgram {
    /// Compiles a lowered condition.
    init(_ condition: AtomCondition, atoms: [Atom]) {
        entry = emit(condition, onTrue: Self.accept, onFalse: Self.reject, atoms)
    }

    private mutating func append(_ instruction: Instruction) -> Int32 {
        instructions.append(instruction)
        return Int32(instructions.count - 1)
    }

    /// Emits code for a condition and returns where it begins.
    private mutating func emit(
        _ condition: AtomCondition, onTrue: Int32, onFalse: Int32, _ atoms: [Atom]
    ) -> Int32 {
        switch condition {
        case .constant(let value): return value ? onTrue : onFalse
        case .atom(let number): return append(.test(atom: Int32(number), onTrue: onTrue, onFalse: onFalse))
        case .not(let child): return emit(child, onTrue: onFalse, onFalse: onTrue, atoms)
        case .all(let list):
            var next = onTrue
            for child in Self.byCost(list, atoms).reversed() {
                next = emit(child, onTrue: next, onFalse: onFalse, atoms)
            }
            return next
        case .any(let list):
            var next = onFalse
            for child in Self.byCost(list, atoms).reversed() {
                next = emit(child, onTrue: onTrue, onFalse: next, atoms)
            }
            return next
        case .atLeast(let count, let list):
            if count <= 0 { return onTrue }
            if count > list.count { return onFalse }
            let counter = Int32(counterCount)
            counterCount += 1
            var next = onFalse
            for child in list.reversed() {
                let counted = append(.count(counter: counter, limit: Int32(count), onReached: onTrue, otherwise: next))
                next = emit(child, onTrue: counted, onFalse: next, atoms)
            }
            return append(.reset(counter: counter, next: next))
        }
    }

    /// Children by cost, stable, so that equal rules compile to equal programs.
    private static func byCost(_ list: [AtomCondition], _ atoms: [Atom]) -> [AtomCondition] {
        list.enumerated().sorted { ($0.element.cost(atoms), $0.offset) < ($1.element.cost(atoms), $1.offset) }
            .map(\.element)
    }
}
