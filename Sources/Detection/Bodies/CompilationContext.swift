internal import DiagnosticLogs
import Redaction

/// What bodies are compiled with: the tests that all rules share, and the conditions that a rule has besides its own.
struct CompilationContext {
    var atoms: AtomTable
    /// Conditions of members and steps, behind those of the rules.
    private(set) var memberPrograms: [ConditionProgram] = []
    private let ruleCount: Int

    init(atoms: AtomTable, ruleCount: Int) {
        self.atoms = atoms
        self.ruleCount = ruleCount
    }

    /// Compiles a condition and returns its number for ``RuleEvaluator/satisfies(_:_:)``.
    mutating func program(_ condition: Condition) throws(DetectionError) -> Int {
        let lowered = try AtomCondition(condition, &atoms)
        memberPrograms.append(ConditionProgram(lowered, atoms: atoms.atoms))
        return ruleCount + memberPrograms.count - 1
    }

    /// What the values of expressions over a record are.
    func sensitivities(of expressions: [CompiledExpression]) -> [Sensitivity] {
        let plan = atoms.plan
        return expressions.map { $0.sensitivity(slot: { plan.sensitivity(ofSlot: $0) }, column: { _ in [] }) }
    }

    /// Compiles expressions over a record.
    func compile(_ expressions: [Expression]) throws(DetectionError) -> [CompiledExpression] {
        var compiled: [CompiledExpression] = []
        for expression in expressions { compiled.append(try atoms.scope.compile(expression)) }
        return compiled
    }
}
