internal import DiagnosticLogs

/// The version of a rule: a hash over what it means, so that a change of wording keeps its state and a change of
/// meaning does not.
///
/// Part of it: id, log source, condition, body, clock, lateness, scope. Not part: titles, links, severity, suppression
/// and `max_signals`, which change what is shown or sent and not which findings there are. Sets of literals are sorted
/// first; nothing depends on hashing.
enum RuleFingerprint {
    /// Counts up when the engine gives old rules a new meaning.
    private static let semantics: UInt8 = 1

    /// 32 hexadecimal digits.
    static func hexadecimal(of rule: Rule) -> String {
        var writer = ByteWriter(reserving: 512)
        writer.string("hubwatch rule")
        writer.byte(semantics)
        writer.string(rule.metadata.id)
        writer.logSource(rule.logSource)
        writer.condition(rule.condition)
        writer.string(rule.clock.rawValue)
        writer.signed(rule.lateness.nanoseconds)
        writer.string(rule.scope.rawValue)
        switch rule.body {
        case .match(let match):
            writer.byte(0)
            writer.flag(match.oncePer != nil)
            if let field = match.oncePer { writer.field(field) }
        case .aggregate(let aggregate):
            writer.byte(1)
            writer.signed(aggregate.window.length.nanoseconds)
            writer.signed(aggregate.window.hop.nanoseconds)
            writer.named(aggregate.keys)
            writer.aggregates(aggregate.aggregates)
            writer.count(aggregate.stages.count)
            for stage in aggregate.stages { writer.stage(stage) }
        case .correlation(let correlation):
            writer.byte(2)
            writer.correlation(correlation)
        case .sequence(let sequence):
            writer.byte(3)
            writer.sequence(sequence)
        case .newTerm(let newTerm):
            writer.byte(4)
            writer.named(newTerm.keys)
            writer.signed(newTerm.history.nanoseconds)
            writer.flag(newTerm.reportsWhileLearning)
        case .absence(let absence):
            writer.byte(5)
            writer.named(absence.keys)
            writer.signed(absence.silence.nanoseconds)
            writer.signed(absence.forget.nanoseconds)
        }
        return IdentityHash.hexadecimal(writer)
    }
}

extension ByteWriter {
    mutating func logSource(_ source: LogSource?) {
        for dimension in [source?.product, source?.service, source?.category, source?.dataset] {
            optional(dimension.map(CaseFolding.fold))
        }
    }

    mutating func strings(_ list: [String]) {
        count(list.count)
        for text in list { string(text) }
    }

    fileprivate mutating func field(_ field: Field) {
        switch field {
        case .path(let path):
            byte(0)
            strings(path.steps)
        case .firstOf(let paths):
            byte(1)
            count(paths.count)
            for path in paths { strings(path.steps) }
        case .derived(let derived):
            byte(2)
            string(derived.rawValue)
        }
    }

    mutating func condition(_ condition: Condition) {
        switch condition {
        case .constant(let value):
            byte(0)
            flag(value)
        case .all(let list):
            byte(1)
            count(list.count)
            for child in list { self.condition(child) }
        case .any(let list):
            byte(2)
            count(list.count)
            for child in list { self.condition(child) }
        case .atLeast(let number, let list):
            byte(3)
            signed(Int64(number))
            count(list.count)
            for child in list { self.condition(child) }
        case .not(let child):
            byte(4)
            self.condition(child)
        case .field(let field, let matcher):
            byte(5)
            self.field(field)
            self.matcher(matcher)
        case .keyword(let pattern):
            byte(6)
            self.pattern(pattern)
        case .holds(let expression):
            byte(7)
            self.expression(expression)
        }
    }

    private mutating func matcher(_ matcher: Matcher) {
        switch matcher {
        case .text(let pattern):
            byte(0)
            self.pattern(pattern)
        case .oneOf(let texts, let caseSensitive):
            byte(1)
            flag(caseSensitive)
            // A set: order and case (where it does not count) are no part of the meaning.
            let members = Set(caseSensitive ? texts : texts.map(CaseFolding.fold))
            strings(members.sorted { Value.orderText($0, $1) < 0 })
        case .number(let test, let number):
            byte(2)
            string(test.rawValue)
            fixed(number.bitPattern)
        case .integer(let test, let number):
            byte(3)
            string(test.rawValue)
            signed(number)
        case .boolean(let value):
            byte(4)
            flag(value)
        case .null: byte(5)
        case .exists(let value):
            byte(6)
            flag(value)
        case .regex(let pattern):
            byte(7)
            regex(pattern)
        case .network(let network):
            byte(8)
            string(network)
        case .sameAs(let other, let caseSensitive):
            byte(9)
            field(other)
            flag(caseSensitive)
        }
    }

    private mutating func pattern(_ pattern: StringPattern) {
        flag(pattern.caseSensitive)
        count(pattern.parts.count)
        for part in pattern.parts {
            switch part {
            case .literal(let text):
                byte(0)
                string(pattern.caseSensitive ? text : CaseFolding.fold(text))
            case .any: byte(1)
            case .one: byte(2)
            }
        }
    }

    private mutating func regex(_ pattern: RegexPattern) {
        string(pattern.source)
        flag(pattern.ignoreCase)
        flag(pattern.multiline)
        flag(pattern.dotAll)
        flag(pattern.wholeText)
    }

    fileprivate mutating func named(_ list: [NamedExpression]) {
        count(list.count)
        for column in list {
            string(column.name)
            expression(column.expression)
        }
    }

    fileprivate mutating func aggregates(_ list: [Aggregate]) {
        count(list.count)
        for aggregate in list {
            string(aggregate.name)
            string(aggregate.function.rawValue)
            optional(aggregate.argument)
            optional(aggregate.filter)
            if aggregate.function == .percentile { fixed(aggregate.percentile.bitPattern) }
        }
    }

    private mutating func optional(_ expression: Expression?) {
        flag(expression != nil)
        if let expression { self.expression(expression) }
    }

    fileprivate mutating func stage(_ stage: RowStage) {
        switch stage {
        case .filter(let expression):
            byte(0)
            self.expression(expression)
        case .evaluate(let columns):
            byte(1)
            named(columns)
        case .keep(let names):
            byte(2)
            strings(names)
        case .drop(let names):
            byte(3)
            strings(names)
        case .rename(let pairs):
            byte(4)
            strings(pairs.flatMap { [$0.from, $0.to] })
        case .sort(let keys):
            byte(5)
            count(keys.count)
            for key in keys {
                expression(key.expression)
                flag(key.descending)
                flag(key.nullsFirst)
            }
        case .limit(let rows):
            byte(6)
            signed(Int64(rows))
        case .fold(let keys, let aggregates):
            byte(7)
            named(keys)
            self.aggregates(aggregates)
        }
    }

    mutating func list(_ expressions: [Expression]) {
        count(expressions.count)
        for expression in expressions { self.expression(expression) }
    }

    fileprivate mutating func expression(_ expression: Expression) {
        switch expression {
        case .literal(let value):
            byte(0)
            self.value(value)
        case .field(let field):
            byte(1)
            self.field(field)
        case .column(let name):
            byte(2)
            string(name)
        case .compare(let test, let a, let b):
            byte(3)
            string(test.rawValue)
            list([a, b])
        case .and(let a, let b):
            byte(4)
            list([a, b])
        case .or(let a, let b):
            byte(5)
            list([a, b])
        case .not(let a):
            byte(6)
            list([a])
        case .isNull(let a):
            byte(7)
            list([a])
        case .isIn(let a, let members):
            byte(8)
            list([a] + members)
        case .like(let a, let pattern):
            byte(9)
            list([a])
            self.pattern(pattern)
        case .matches(let a, let pattern):
            byte(10)
            list([a])
            regex(pattern)
        case .arithmetic(let operation, let a, let b):
            byte(11)
            string(operation.rawValue)
            list([a, b])
        case .negate(let a):
            byte(12)
            list([a])
        case .call(let function, let arguments):
            byte(13)
            string(function.rawValue)
            list(arguments)
        }
    }
}
