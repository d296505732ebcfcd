public import Redaction

/// What the walker takes out of every record: the fields of all loaded rules, compiled once.
///
/// The raw paths become a trie. Per object node it holds a mask of name lengths and, per name, the first eight bytes, so
/// that a member nobody asked for is passed after one bit test. Adding a rule adds paths, not code.
///
/// **Shape**: slots `0..<slotCount`; some serve the decoder itself. Find a field's with ``slotNumber(of:)`` once, when
/// a rule is compiled. **Isolation**: an immutable value; share it between workers.
public struct FieldPlan: Sendable {
    let tables: PlanTables

    /// Compiles a set of fields.
    ///
    /// **Errors**: ``DiagnosticLogsError/Code/tooManyFields`` above 16,000 paths,
    /// ``DiagnosticLogsError/Code/invalidFieldPath`` for an empty path or one of more than 32 names.
    public init(_ fields: some Sequence<Field>) throws(DiagnosticLogsError) {
        var builder = PlanBuilder()
        for field in Set(fields).sorted(by: Field.inOrder) { try builder.add(field) }
        self.tables = try builder.build()
    }

    private init(unchecked tables: PlanTables) { self.tables = tables }

    /// The plan that asks for nothing; the decoder still finds time, category, operation and resource.
    public static let empty = FieldPlan(unchecked: PlanTables.empty)

    /// Number of slots of a record.
    public var slotCount: Int { tables.slotCount }

    /// The fields asked for, in a fixed order, without duplicates.
    public var fields: [Field] { tables.fields }

    /// The slot that holds a field, or nil when the plan does not have it.
    public func slotNumber(of field: Field) -> Int? { tables.numbers[field] }

    /// What must be known of a slot's values before they are shown; empty for a number that the plan does not have.
    ///
    /// Decided when the plan is compiled: reading records costs nothing for it.
    public func sensitivity(ofSlot number: Int) -> Sensitivity {
        tables.sensitivities.indices.contains(number) ? tables.sensitivities[number] : []
    }
}

extension Field {
    /// An order that does not depend on hashing.
    static func inOrder(_ a: Field, _ b: Field) -> Bool { a.sortKey.lexicographicallyPrecedes(b.sortKey) }

    private var sortKey: [FieldPath] {
        switch self {
        case .path(let path): [FieldPath(["0"]), path]
        case .firstOf(let paths): [FieldPath(["1"])] + paths
        case .derived(let field): [FieldPath(["2"]), FieldPath([field.rawValue])]
        }
    }
}

/// The slots that every plan has, because the decoder needs them to tell what a record is.
enum CoreSlot: Int, CaseIterable {
    case time, category, operationName, resourceID, metricName, records, eventTimestamp, timeGenerated
    case operationNameValue, eventProperties, properties

    var path: FieldPath {
        switch self {
        case .time: FieldPath(["time"])
        case .category: FieldPath(["category"])
        case .operationName: FieldPath(["operationName"])
        case .resourceID: FieldPath(["resourceId"])
        case .metricName: FieldPath(["metricName"])
        case .records: FieldPath(["records"])
        case .eventTimestamp: FieldPath(["eventTimestamp"])
        case .timeGenerated: FieldPath(["TimeGenerated"])
        case .operationNameValue: FieldPath(["OperationNameValue"])
        case .eventProperties: FieldPath(["EventProperties"])
        case .properties: FieldPath(["properties"])
        }
    }
}
