import Detection
import DiagnosticLogs
import Spelling

/// The columns of Elastic's Azure integrations, mapped onto the raw Azure record.
///
/// **Source**: the integrations' ingest pipelines; parts that follow a rule (snake case of the raw name) are resolved
/// by the rule, everything else stands in ``ElasticColumnTable``.
struct ElasticColumns: Sendable {
    /// What is known about a column name.
    enum Resolution {
        /// In the table: path and type are declared.
        case declared(ColumnDefinition)
        /// Not in the table; found by the naming rule of a family such as `azure.signinlogs.properties.*`.
        case byRule(ColumnDefinition)
        /// Known, but only in other datasets than the rule reads.
        case elsewhere(dataset: String)
        /// Nothing produces it.
        case unknown(nearest: String?)
    }

    /// Datasets that the rule reads; empty for all.
    let datasets: [String]

    /// Resolves a column name.
    func resolve(_ name: String) -> Resolution {
        if let common = ElasticColumnTable.common[name] { return .declared(common.definition) }
        for dataset in relevant {
            if let spec = ElasticColumnTable.byDataset[dataset]?[name] { return .declared(spec.definition) }
        }
        for dataset in relevant {
            if let definition = familyMember(name, dataset: dataset) { return .byRule(definition) }
        }
        for (dataset, table) in ElasticColumnTable.byDataset.sorted(by: { $0.key < $1.key })
        where table[name] != nil || familyMember(name, dataset: dataset) != nil {
            return .elsewhere(dataset: dataset)
        }
        return .unknown(nearest: NearestName.of(name, in: knownNames))
    }

    /// All declared names of the datasets that the rule reads, sorted.
    var knownNames: [String] {
        let names = relevant.flatMap { ElasticColumnTable.byDataset[$0].map { Array($0.keys) } ?? [] }
        return (Array(ElasticColumnTable.common.keys) + names).sorted()
    }

    private var relevant: [String] {
        datasets.isEmpty ? ElasticColumnTable.byDataset.keys.sorted() : datasets
    }

    /// A column that its family's naming rule explains: the raw member names in snake case, below a prefix.
    private func familyMember(_ name: String, dataset: String) -> ColumnDefinition? {
        guard let family = ElasticColumnTable.families[dataset], name.hasPrefix(family.prefix + ".") else { return nil }
        let rest = name.dropFirst(family.prefix.count + 1).split(separator: ".", omittingEmptySubsequences: false)
        // A number alone is a position in an array.
        guard rest.allSatisfy({ !$0.isEmpty }), rest.first?.first?.isNumber == false else { return nil }
        let steps = rest.map { Self.camelCase($0) }
        return ColumnDefinition(expression: .field(.path(FieldPath(steps))), type: .unknown, isSingle: false)
    }

    /// `response_length` to `responseLength`.
    static func camelCase(_ name: some StringProtocol) -> String {
        let parts = name.split(separator: "_", omittingEmptySubsequences: true)
        guard let first = parts.first else { return String(name) }
        return parts.dropFirst().reduce(String(first)) { $0 + $1.prefix(1).uppercased() + $1.dropFirst() }
    }
}

/// One row of the column table.
struct ColumnSpec: Sendable {
    /// How the value is found.
    enum Source: Sendable {
        case path([String])
        case firstOf([[String]])
        case derived(DerivedField)
        case computed(Expression)
    }

    var source: Source
    var type: ColumnType
    /// Azure writes this member sometimes as text and sometimes as a number.
    var isMixed = false

    /// The column in terms of the record.
    ///
    /// Declared types are enforced: numbers sent as text become numbers, and the other way round, as an index mapping
    /// does upstream.
    var definition: ColumnDefinition {
        let base: Expression
        switch source {
        case .path(let steps): base = .field(.path(FieldPath(steps)))
        case .firstOf(let paths): base = .field(.firstOf(paths.map { FieldPath($0) }))
        case .derived(let field): base = .field(.derived(field))
        case .computed(let expression): base = expression
        }
        let expression: Expression
        switch type {
        case .long: expression = .call(.toLong, [base])
        case .double: expression = .call(.toDouble, [base])
        case .keyword where isMixed: expression = .call(.toString, [base])
        default: expression = base
        }
        return ColumnDefinition(expression: expression, type: type, isSingle: true)
    }
}
