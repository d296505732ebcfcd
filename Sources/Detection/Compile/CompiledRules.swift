public import DiagnosticLogs
public import Redaction

/// Rules made ready to run: one field plan, one index, every test once.
///
/// An immutable value shared by all partitions. What a rule means is fixed here, and with it the rule's version
/// (``fingerprint(of:)``).
public struct CompiledRules: Sendable {
    /// The rules, in the order given.
    public let rules: [Rule]
    /// Every field that some rule reads.
    public let plan: FieldPlan
    /// What findings of these rules mask; no part of what the rules mean, nor of any id.
    public let masking: Masking

    let fingerprints: [String]
    let atoms: [Atom]
    /// The rules' conditions, then those of their members and steps.
    let programs: [ConditionProgram]
    let bodies: [CompiledBody]
    let index: WitnessIndex
    private let witnesses: [Witness?]

    /// Compiles rules.
    ///
    /// **Errors**: `ruleNotRunnable` with the rule's id, `duplicateRule`. To refuse rules one by one, try each with
    /// ``check(_:)`` first.
    ///
    /// - Parameter masking: what findings mask.
    public init(_ rules: [Rule], masking: Masking = .standard) throws(DetectionError) {
        self.rules = rules
        self.masking = masking
        var seen: Set<String> = []
        for rule in rules where !seen.insert(rule.metadata.id).inserted {
            throw DetectionError(
                .duplicateRule, "another rule has the same id; give one of them a new id", ruleID: rule.metadata.id)
        }
        plan = try Self.plan(for: rules)
        fingerprints = rules.map(RuleFingerprint.hexadecimal)
        var compilation = CompilationContext(atoms: AtomTable(plan: plan), ruleCount: rules.count)
        var programs: [ConditionProgram] = []
        var bodies: [CompiledBody] = []
        var witnesses: [Witness?] = []
        for rule in rules {
            do throws(DetectionError) {
                let condition = rule.effectiveCondition
                let lowered = try AtomCondition(condition, &compilation.atoms)
                programs.append(ConditionProgram(lowered, atoms: compilation.atoms.atoms))
                let body = try CompiledBody(rule, &compilation)
                try body.refuseSecrets()
                bodies.append(body)
                witnesses.append(Witness(condition))
            } catch {
                throw DetectionError(error.code, error.message, ruleID: rule.metadata.id)
            }
        }
        let table = compilation.atoms
        atoms = table.atoms
        self.programs = programs + compilation.memberPrograms
        self.bodies = bodies
        self.witnesses = witnesses
        index = WitnessIndex(witnesses) { table.slot(of: $0) }
    }

    private static func plan(for rules: [Rule]) throws(DetectionError) -> FieldPlan {
        var fields: [Field] = []
        var known: Set<Field> = []
        for rule in rules {
            rule.forEachField { field in
                if known.insert(field).inserted { fields.append(field) }
            }
        }
        do {
            return try FieldPlan(fields)
        } catch {
            throw DetectionError(.ruleNotRunnable, "the fields that the rules read cannot be planned: \(error)")
        }
    }

    /// Says why a rule cannot be run; returns when it can.
    public static func check(_ rule: Rule) throws(DetectionError) {
        _ = try CompiledRules([rule])
    }

    /// The version of a rule, 32 hexadecimal digits: a hash of what it means.
    ///
    /// Nil for a rule that is not here.
    public func fingerprint(of ruleID: String) -> String? {
        rules.firstIndex { $0.metadata.id == ruleID }.map { fingerprints[$0] }
    }

    /// Rules whose answer needs every partition.
    ///
    /// An instance that reads only some must not run them, unless it is told to accept partial answers: a threshold of
    /// 100 over four instances of 30 each would silently never fire.
    public var rulesNeedingAllPartitions: [Rule] {
        rules.filter { rule in
            if case .match = rule.body { false } else { rule.scope == .global }
        }
    }

    /// The columns of a rule's findings that are shown as masks because they hold what was said to or by somebody.
    public func contentColumns(of ruleID: String) -> [String] {
        guard let number = rules.firstIndex(where: { $0.metadata.id == ruleID }) else { return [] }
        let columns = bodies[number].shownColumns
        var seen: Set<String> = []
        return zip(columns.names, columns.sensitivities).compactMap { name, sensitivity in
            sensitivity.contains(.content) && seen.insert(name).inserted ? name : nil
        }
    }

    /// How a rule is run, for people.
    ///
    /// Nil for a rule that is not here.
    public func explanation(of ruleID: String) -> RuleExplanation? {
        guard let number = rules.firstIndex(where: { $0.metadata.id == ruleID }) else { return nil }
        return RuleExplanation(rules[number], bodies[number], witnesses[number])
    }
}

/// What happens with a rule's matching records, compiled.
enum CompiledBody: Sendable {
    /// `oncePerSlot` holds the operation's id; `suppression` in nanoseconds, zero for none.
    case match(oncePerSlot: Int?, oncePer: ColumnNames, suppression: Int64)
    /// Everything that keeps groups.
    case grouped(any GroupedBody)

    init(_ rule: Rule, _ compilation: inout CompilationContext) throws(DetectionError) {
        switch rule.body {
        case .match(let match):
            let slot = match.oncePer.map { compilation.atoms.slot(of: $0) }
            var oncePer = ColumnNames()
            if let slot { oncePer.append("once per", compilation.sensitivities(of: [.slot(slot)])[0]) }
            self = .match(
                oncePerSlot: slot, oncePer: oncePer,
                suppression: max(0, rule.suppression.duration.nanoseconds))
        case .aggregate(let aggregate): self = .grouped(try CompiledAggregate(aggregate, of: rule, compilation))
        case .correlation(let correlation):
            self = .grouped(try CompiledCorrelation(correlation, of: rule, &compilation))
        case .sequence(let sequence): self = .grouped(try CompiledSequence(sequence, of: rule, &compilation))
        case .newTerm(let newTerm): self = .grouped(try CompiledNewTerm(newTerm, of: rule, compilation))
        case .absence(let absence): self = .grouped(try CompiledAbsence(absence, of: rule, compilation))
        }
    }

    /// The columns that findings are made and named of, and what they are.
    var shownColumns: ColumnNames {
        switch self {
        case .match(_, let oncePer, _): oncePer
        case .grouped(let body): body.shownColumns
        }
    }

    /// Throws when a key of groups or a column is a secret.
    ///
    /// A mask would hide it in the finding, but the finding's id is a hash of the group: whoever has it could try passwords.
    func refuseSecrets() throws(DetectionError) {
        let columns = shownColumns
        for (name, sensitivity) in zip(columns.names, columns.sensitivities) where sensitivity.contains(.secrets) {
            throw DetectionError(
                .ruleNotRunnable,
                "'\(name)' is made of a field that holds a key, token or password, which no finding may show or be named by; "
                    + "test the field in the condition, or count its values")
        }
    }

    /// The body, if it keeps groups.
    var grouped: (any GroupedBody)? { if case .grouped(let body) = self { body } else { nil } }
}

extension Rule {
    /// The condition with the log source as a part of it, and with what the members or steps need.
    var effectiveCondition: Condition {
        let own = condition.restricted(to: logSource)
        switch body {
        case .match, .aggregate, .newTerm, .absence: return own
        case .correlation(let correlation):
            return .all([own, .any(correlation.members.map { $0.condition.restricted(to: $0.logSource) })])
        case .sequence(let sequence):
            let steps = sequence.steps + (sequence.until.map { [$0] } ?? [])
            return .all([own, .any(steps.map { $0.condition.restricted(to: $0.logSource) })])
        }
    }

    /// Calls back with every field that the rule reads, in a fixed order, possibly several times.
    func forEachField(_ visit: (Field) -> Void) {
        effectiveCondition.forEachField(visit)
        switch body {
        case .match(let match):
            if let field = match.oncePer { visit(field) }
        case .aggregate(let aggregate):
            for key in aggregate.keys { key.expression.forEachField(visit) }
            for column in aggregate.aggregates {
                column.argument?.forEachField(visit)
                column.filter?.forEachField(visit)
            }
        case .correlation(let correlation):
            for member in correlation.members {
                for expression in member.keys + member.values { expression.forEachField(visit) }
            }
        case .sequence(let sequence):
            for step in sequence.steps + (sequence.until.map { [$0] } ?? []) {
                for expression in step.keys { expression.forEachField(visit) }
            }
        case .newTerm(let newTerm): for key in newTerm.keys { key.expression.forEachField(visit) }
        case .absence(let absence): for key in absence.keys { key.expression.forEachField(visit) }
        }
    }
}

extension Condition {
    /// The condition with a log source as a part of it.
    ///
    /// A dimension that the record does not have fits every rule.
    func restricted(to source: LogSource?) -> Condition {
        guard let source else { return self }
        var parts: [Condition] = []
        if let product = source.product, CaseFolding.fold(product) != "azure" { parts.append(.constant(false)) }
        let dimensions: [(String?, Field)] = [
            (source.service, .derived(.service)), (source.dataset, .derived(.dataset)),
            (source.category, .path(FieldPath(["category"]))),
        ]
        for case (let wanted?, let field) in dimensions {
            parts.append(.any([.field(field, .oneOf([wanted], caseSensitive: false)), .field(field, .null)]))
        }
        return parts.isEmpty ? self : .all(parts + [self])
    }
}

extension Condition {
    fileprivate func forEachField(_ body: (Field) -> Void) {
        switch self {
        case .constant, .keyword: break
        case .all(let list), .any(let list), .atLeast(_, let list): for child in list { child.forEachField(body) }
        case .not(let child): child.forEachField(body)
        case .field(let field, let matcher):
            body(field)
            if case .sameAs(let other, _) = matcher { body(other) }
        case .holds(let expression): expression.forEachField(body)
        }
    }
}

extension Expression {
    fileprivate func forEachField(_ body: (Field) -> Void) {
        switch self {
        case .literal, .column: break
        case .field(let field): body(field)
        case .compare(_, let a, let b), .and(let a, let b), .or(let a, let b), .arithmetic(_, let a, let b):
            a.forEachField(body)
            b.forEachField(body)
        case .not(let a), .isNull(let a), .like(let a, _), .matches(let a, _), .negate(let a): a.forEachField(body)
        case .isIn(let a, let list):
            a.forEachField(body)
            for member in list { member.forEachField(body) }
        case .call(_, let arguments): for argument in arguments { argument.forEachField(body) }
        }
    }
}
