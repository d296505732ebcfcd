import Detection
import DiagnosticLogs
import Spelling

/// What an ES|QL query means, in the terms of the rule model.
struct ESQLPlan {
    /// Records that the rule may see.
    var logSource: LogSource?
    /// What a record must satisfy before the first STATS.
    var condition: Condition
    /// The first STATS and what follows it; nil when the query has none.
    var aggregation: Aggregation?
    /// What the reader of the rule should know.
    var notes: [Note]

    /// The first STATS and the commands behind it.
    struct Aggregation {
        var keys: [NamedExpression]
        var aggregates: [Aggregate]
        var stages: [RowStage]
    }

    /// A warning at a byte of the query.
    struct Note: Hashable {
        var code: RuleDiagnostic.Code
        var offset: Int
        var reason: String
        var suggestion: String?
    }
}

/// Compiles a parsed query.
///
/// Commands here; columns, expressions and STATS in extensions.
///
/// The query is cut at its first STATS. What stands before it looks at one record at a time: filters become one
/// condition, definitions are put in where they are used, and KEEP, DROP and RENAME only decide which names exist. What
/// stands behind becomes row stages that run on the few result rows of a hop.
struct ESQLCompiler {
    /// What the columns of an expression refer to.
    enum Place {
        /// A record: before the first STATS.
        case record
        /// A result row.
        case row
        /// A row that STATS is just making: its keys and hidden aggregates.
        case folded
    }

    var columns: RecordColumns
    /// Columns of the result rows, in order; nil before the first STATS.
    var rows: [RowColumn]?
    /// Keys of the STATS that is being compiled.
    var foldKeys: [RowColumn] = []
    /// Aggregates that were found inside expressions of the STATS that is being compiled.
    var hiddenAggregates: [Aggregate] = []
    /// Where the aggregates' own arguments are computed.
    var foldInput: Place = .record
    var notes: [ESQLPlan.Note] = []
    private var conditions: [Condition] = []
    private var keys: [NamedExpression] = []
    private var aggregates: [Aggregate] = []
    private var stages: [RowStage] = []

    /// A column of a result row.
    struct RowColumn: Hashable {
        var name: String
        var type: ColumnType
    }

    private init(columns: RecordColumns) { self.columns = columns }

    /// Compiles a query's text.
    static func compile(_ text: String) throws(ESQLError) -> ESQLPlan {
        let query = try ESQLParser.parse(text)
        let selection = ElasticSources.select(query.patterns.map(\.text))
        var compiler = ESQLCompiler(
            columns: RecordColumns(
                elastic: ElasticColumns(datasets: selection.datasets ?? []), metadata: query.metadata.map(\.text)))
        compiler.reportEmpty(selection, of: query)
        for command in query.commands { try compiler.add(command) }
        return compiler.plan(selection)
    }

    private mutating func reportEmpty(_ selection: ElasticSources.Selection, of query: ESQLQuery) {
        for index in selection.empty {
            let pattern = query.patterns[index]
            note(
                .neverProduced, at: pattern.range.lowerBound, "no stream matches \"\(pattern.text)\": it has no data",
                suggestion: ElasticSources.nearest(to: pattern.text))
        }
    }

    private func plan(_ selection: ElasticSources.Selection) -> ESQLPlan {
        var logSource: LogSource?
        var all = conditions
        if let datasets = selection.datasets {
            if datasets.count == 1 {
                logSource = LogSource(dataset: datasets[0])
            } else if datasets.isEmpty {
                all.insert(.constant(false), at: 0)
            } else {
                all.insert(.field(.derived(.dataset), .oneOf(datasets, caseSensitive: true)), at: 0)
            }
        }
        let aggregation =
            rows == nil ? nil : ESQLPlan.Aggregation(keys: keys, aggregates: aggregates, stages: stages)
        return ESQLPlan(
            logSource: logSource, condition: .conjunction(all), aggregation: aggregation, notes: notes)
    }

    /// Adds a note; the same one at the same place is kept once.
    mutating func note(
        _ code: RuleDiagnostic.Code, at offset: Int, _ reason: String, suggestion: String? = nil
    ) {
        let note = ESQLPlan.Note(code: code, offset: offset, reason: reason, suggestion: suggestion)
        if !notes.contains(note) { notes.append(note) }
    }

    // Commands

    private mutating func add(_ command: ESQLCommand) throws(ESQLError) {
        if rows == nil { try addToRecord(command) } else { try addToRows(command) }
    }

    private mutating func addToRecord(_ command: ESQLCommand) throws(ESQLError) {
        switch command.kind {
        case .filter(let expression): try filterRecords(expression)
        case .evaluate(let assignments):
            for assignment in assignments {
                columns.assign(assignment.name, try compile(assignment.expression, in: .record))
            }
        case .keep(let names):
            for unknown in try columns.keep(names) { noteUnknown(unknown) }
        case .drop(let names):
            for unknown in try columns.drop(names) { noteUnknown(unknown) }
        case .rename(let renamings):
            for renaming in renamings {
                let value = try resolve(renaming.from.text, at: renaming.from.range.lowerBound, in: .record)
                columns.hide(renaming.from.text)
                columns.assign(renaming.to.text, value)
            }
        case .sort(let orders):
            // Order says nothing about a record alone, but its names are still checked.
            for order in orders { _ = try compile(order.expression, in: .record) }
        case .limit:
            throw ESQLError(
                .unsupported, at: command.range.lowerBound,
                "LIMIT before STATS is not supported: it would depend on when the query runs")
        case .stats(let newAggregates, let newKeys):
            let fold = try compileStats(aggregates: newAggregates, keys: newKeys, input: .record)
            keys = fold.keys
            aggregates = fold.aggregates
            stages = fold.stages
            rows = fold.columns
        }
    }

    private mutating func addToRows(_ command: ESQLCommand) throws(ESQLError) {
        switch command.kind {
        case .filter(let expression):
            let value = try compile(expression, in: .row)
            try requireBoolean(value, at: expression.range.lowerBound, "WHERE")
            stages.append(.filter(value.expression))
        case .evaluate(let assignments):
            for assignment in assignments {
                let value = try compile(assignment.expression, in: .row)
                // One stage each: a later definition may use an earlier one.
                stages.append(.evaluate([NamedExpression(name: assignment.name, expression: value.expression)]))
                setRowColumn(assignment.name, value.type)
            }
        case .keep(let names): try keepRows(names)
        case .drop(let names): try dropRows(names)
        case .rename(let renamings): try renameRows(renamings)
        case .sort(let orders): stages.append(.sort(try orders.map { order throws(ESQLError) in try sortKey(order) }))
        case .limit(let count): stages.append(.limit(count))
        case .stats(let newAggregates, let newKeys):
            let fold = try compileStats(aggregates: newAggregates, keys: newKeys, input: .row)
            stages.append(.fold(keys: fold.keys, aggregates: fold.aggregates))
            stages += fold.stages
            rows = fold.columns
        }
    }

    private mutating func sortKey(_ order: ESQLOrder) throws(ESQLError) -> SortKey {
        let value = try compile(order.expression, in: .row)
        return SortKey(
            expression: value.expression, descending: order.descending,
            nullsFirst: order.nullsFirst ?? order.descending)
    }

    /// Adds a filter on records.
    ///
    /// Conjuncts are taken one by one, because `CIDR_MATCH` has a form only as a whole conjunct.
    private mutating func filterRecords(_ expression: ESQLExpression) throws(ESQLError) {
        if case .all(let parts) = expression.kind {
            for part in parts { try filterRecords(part) }
            return
        }
        if let condition = try networkTest(expression) {
            conditions.append(condition)
            return
        }
        let value = try compile(expression, in: .record)
        try requireBoolean(value, at: expression.range.lowerBound, "WHERE")
        conditions.append(ConditionLowering(singleFields: columns.singleFields).whenTrue(value.expression))
    }

    /// Warns of a column that nothing produces.
    mutating func noteUnknown(_ unknown: RecordColumns.Unknown) {
        switch unknown.kind {
        case .elsewhere(let dataset):
            note(
                .neverProduced, at: unknown.offset,
                "column \"\(unknown.name)\" exists only in \(dataset), which this rule does not read: it is null here")
        case .nowhere(let nearest):
            note(
                .neverProduced, at: unknown.offset, "column \"\(unknown.name)\" is produced by nothing: it is null",
                suggestion: nearest)
        }
    }
}

// Names of result rows

extension ESQLCompiler {
    private mutating func setRowColumn(_ name: String, _ type: ColumnType) {
        rows?.removeAll { $0.name == name }
        rows?.append(RowColumn(name: name, type: type))
    }

    /// KEEP on rows.
    ///
    /// A column takes the place of the most exact item that names it: a full name before a pattern, a pattern before a
    /// lone `*`, the later of equals.
    private mutating func keepRows(_ names: [ESQLName]) throws(ESQLError) {
        let current = rows ?? []
        for name in names where !name.isPattern { _ = try rowColumn(name.text, at: name.range.lowerBound) }
        var kept: [RowColumn] = []
        for (index, name) in names.enumerated() {
            let mine = current.filter { column in
                bestItem(for: column.name, in: names) == index
            }
            if name.isPattern, !current.contains(where: { Glob.matches(name.text, $0.name) }) {
                note(.neverProduced, at: name.range.lowerBound, "no column matches \"\(name.text)\"")
            }
            kept += mine
        }
        stages.append(.keep(kept.map(\.name)))
        rows = kept
    }

    private func bestItem(for column: String, in names: [ESQLName]) -> Int? {
        var best: (index: Int, rank: Int)?
        for (index, name) in names.enumerated() {
            let rank: Int
            if !name.isPattern {
                guard name.text == column else { continue }
                rank = 3
            } else {
                guard Glob.matches(name.text, column) else { continue }
                rank = name.text == "*" ? 1 : 2
            }
            if rank >= best?.rank ?? 0 { best = (index, rank) }
        }
        return best?.index
    }

    private mutating func dropRows(_ names: [ESQLName]) throws(ESQLError) {
        var dropped: [String] = []
        for name in names {
            if name.isPattern {
                dropped += (rows ?? []).map(\.name).filter { Glob.matches(name.text, $0) && !dropped.contains($0) }
            } else {
                dropped.append(try rowColumn(name.text, at: name.range.lowerBound).name)
            }
        }
        stages.append(.drop(dropped))
        rows?.removeAll { dropped.contains($0.name) }
    }

    private mutating func renameRows(_ renamings: [ESQLRenaming]) throws(ESQLError) {
        for renaming in renamings {
            let column = try rowColumn(renaming.from.text, at: renaming.from.range.lowerBound)
            guard column.name != renaming.to.text else { continue }
            if rows?.contains(where: { $0.name == renaming.to.text }) == true {
                // The renamed column replaces the one that had the name.
                stages.append(.drop([renaming.to.text]))
                rows?.removeAll { $0.name == renaming.to.text }
            }
            stages.append(.rename([(from: column.name, to: renaming.to.text)]))
            rows = rows?.map { $0 == column ? RowColumn(name: renaming.to.text, type: column.type) : $0 }
        }
    }

    /// A column of the rows, or an error that names the nearest one.
    func rowColumn(_ name: String, at offset: Int) throws(ESQLError) -> RowColumn {
        if let column = rows?.first(where: { $0.name == name }) { return column }
        let names = (rows ?? []).map(\.name)
        throw ESQLError(
            .unknownName, at: offset, "unknown column \"\(name)\": the rows have \(Self.listed(names))",
            suggestion: NearestName.of(name, in: names))
    }

    private static func listed(_ names: [String]) -> String {
        if names.isEmpty { return "no columns" }
        let shown = names.prefix(8).joined(separator: ", ")
        return names.count > 8 ? shown + ", …" : shown
    }
}
