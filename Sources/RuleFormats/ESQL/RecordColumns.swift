import Detection
import DiagnosticLogs
import Spelling

/// An expression with what is known about it.
struct TypedExpression: Hashable {
    /// Most nodes of one expression: definitions are put in where they are used, which can double them each time.
    static let sizeMax = 20_000
    /// Deepest tree.
    static let depthMax = 250

    var expression: Expression
    var type: ColumnType
    var size = 1
    var depth = 1
}

/// The columns that exist at a point of the query before the first STATS.
///
/// The raw record has no list of columns, so KEEP and DROP are kept as conditions on names; only definitions (EVAL,
/// RENAME) are held one by one.
struct RecordColumns {
    /// A column that nothing produces.
    struct Unknown {
        enum Kind {
            /// Another dataset has it.
            case elsewhere(String)
            /// Nothing has it.
            case nowhere(nearest: String?)
        }
        var name: String
        var offset: Int
        var kind: Kind
    }

    private enum Step {
        case keep([ESQLName])
        case drop([ESQLName])
    }

    let elastic: ElasticColumns
    /// Names of `METADATA`: they exist, and no record has them.
    let metadata: [String]
    /// Fields that were read so far and hold one value at most.
    private(set) var singleFields: Set<Field> = []
    private var steps: [Step] = []
    private var assigned: [String: TypedExpression] = [:]

    init(elastic: ElasticColumns, metadata: [String]) {
        self.elastic = elastic
        self.metadata = metadata
    }

    /// Defines a column; one of the same name is replaced.
    mutating func assign(_ name: String, _ value: TypedExpression) { assigned[name] = value }

    /// Takes a name away.
    mutating func hide(_ name: String) {
        assigned[name] = nil
        steps.append(.drop([ESQLName(text: name, range: 0..<0)]))
    }

    /// Keeps only some names.
    ///
    /// Returns the columns among them that nothing produces.
    mutating func keep(_ names: [ESQLName]) throws(ESQLError) -> [Unknown] {
        let unknown = try check(names)
        assigned = assigned.filter { entry in names.contains { Self.covers($0, entry.key) } }
        steps.append(.keep(names))
        return unknown
    }

    /// Takes names away.
    ///
    /// Returns the columns among them that nothing produces.
    mutating func drop(_ names: [ESQLName]) throws(ESQLError) -> [Unknown] {
        let unknown = try check(names)
        assigned = assigned.filter { entry in !names.contains { Self.covers($0, entry.key) } }
        steps.append(.drop(names))
        return unknown
    }

    /// The value of a name, and whether nothing produces it.
    mutating func resolve(_ name: String, at offset: Int) throws(ESQLError) -> (TypedExpression, Unknown?) {
        if let value = assigned[name] { return (value, nil) }
        try requireVisible(name, at: offset)
        if metadata.contains(name) { return (TypedExpression(expression: .literal(.null), type: .keyword), nil) }
        switch elastic.resolve(name) {
        case .declared(let definition), .byRule(let definition):
            if definition.isSingle { noteSingle(definition.expression) }
            return (TypedExpression(expression: definition.expression, type: definition.type), nil)
        case .elsewhere(let dataset):
            return (Self.nothing, Unknown(name: name, offset: offset, kind: .elsewhere(dataset)))
        case .unknown(let nearest):
            return (Self.nothing, Unknown(name: name, offset: offset, kind: .nowhere(nearest: nearest)))
        }
    }

    private static let nothing = TypedExpression(expression: .literal(.null), type: .null)

    private mutating func noteSingle(_ expression: Expression) {
        switch expression {
        case .field(let field): singleFields.insert(field)
        case .call(_, let arguments): for argument in arguments { noteSingle(argument) }
        case .arithmetic(_, let a, let b):
            noteSingle(a)
            noteSingle(b)
        default: break
        }
    }

    private func check(_ names: [ESQLName]) throws(ESQLError) -> [Unknown] {
        var unknown: [Unknown] = []
        for name in names where !name.isPattern && assigned[name.text] == nil {
            try requireVisible(name.text, at: name.range.lowerBound)
            guard !metadata.contains(name.text) else { continue }
            switch elastic.resolve(name.text) {
            case .declared, .byRule: break
            case .elsewhere(let dataset):
                unknown.append(
                    Unknown(name: name.text, offset: name.range.lowerBound, kind: .elsewhere(dataset)))
            case .unknown(let nearest):
                unknown.append(
                    Unknown(name: name.text, offset: name.range.lowerBound, kind: .nowhere(nearest: nearest)))
            }
        }
        return unknown
    }

    /// Fails when an earlier KEEP, DROP or RENAME took the name away.
    private func requireVisible(_ name: String, at offset: Int) throws(ESQLError) {
        for step in steps {
            switch step {
            case .keep(let names) where !names.contains(where: { Self.covers($0, name) }):
                throw ESQLError(
                    .unknownName, at: offset, "column \"\(name)\" does not exist here: an earlier KEEP leaves it out",
                    suggestion: NearestName.of(name, in: names.map(\.text) + assigned.keys.sorted()))
            case .drop(let names) where names.contains(where: { Self.covers($0, name) }):
                throw ESQLError(
                    .unknownName, at: offset,
                    "column \"\(name)\" does not exist here: an earlier DROP or RENAME takes it away",
                    suggestion: NearestName.of(name, in: assigned.keys.sorted()))
            case .keep, .drop: continue
            }
        }
    }

    private static func covers(_ name: ESQLName, _ column: String) -> Bool {
        name.isPattern ? Glob.matches(name.text, column) : name.text == column
    }
}
