import Detection
import DiagnosticLogs

/// A rule of the drill and where the truth about it comes from.
struct DrillRule: Sendable {
    /// Who says what the rule must find.
    enum Truth: Sendable {
        /// DuckDB, asked the same question in SQL.
        case query(String)
        /// Plain loops over the records of some operations, in the order of the hub, for what SQL cannot say: the
        /// findings as lines like DuckDB's, without the rule's id.
        case naive(operations: Set<String>, @Sendable ([DrillRow]) -> [String])
    }

    /// What hubwatch runs; nil for a rule of a file.
    var rule: Rule?
    /// The rule's id.
    var id: String
    /// Nil: compared with the unbroken run only.
    var truth: Truth?
}

/// A record where it lies in the hub.
struct DrillRow: Sendable {
    var partition: Int
    var sequence: Int64
    var index: Int
    var enqueuedMilliseconds: Int64
    var eventMilliseconds: Int64
    var record: DrillRecord

    /// The line of a finding that this record is by itself.
    var line: String { "none\tfound=1\tfirst=\(partition):\(sequence):\(index)" }
}

/// The rules that a drill runs besides those of `Config/rules`: one of every monoid, of every kind of rule, and of every
/// kind of decision.
///
/// A new kind of rule gets a member here, with its truth.
struct DrillRules: Sendable {
    /// Expected records a second: thresholds lie where about half of the groups pass them.
    var pace: Int
    /// Where the day of the new terms ends.
    var crossing: DayCrossing

    /// Length of the longest window of seconds, in milliseconds: no window with a record ends later than this after it.
    static let lengthMaximum: Int64 = 6_000
    /// Lateness of the rules on event time, in seconds.
    static let eventLateness: Int64 = 2
    /// The longest lateness, and something for the broker's whole milliseconds.
    static let latenessMaximum: Int64 = 2_500

    /// All rules, those of files last.
    var all: [DrillRule] {
        counts + numbers + sets + orders + decisions + matches + correlations + temporals + sequences + sightings
            + files
    }

    static func field(_ name: String) -> Expression { .field(.path(FieldPath(["properties", name]))) }

    /// What a group of a rule holds at this share of the stream, on average over eight users.
    func expected(_ share: Double, _ seconds: Int64) -> Int64 {
        max(1, Int64(Double(pace) * share * Double(seconds) / 8))
    }

    private func windows(
        _ id: String, on operation: String, length: Int64 = 4, hop: Int64 = 2,
        keys: [(name: String, field: String, sql: String)] = [("user", "user", "usr")],
        _ aggregates: [(Aggregate, String)], stages: [RowStage], having: String, clock: Rule.Clock = .enqueued,
        scope: Rule.Scope = .global
    ) -> DrillRule {
        let rule = Rule(
            metadata: RuleMetadata(id: "drill-" + id, title: "Drill: \(id)"),
            condition: .field(
                .path(FieldPath(["operationName"])),
                .text(StringPattern(parts: [.literal(operation)], caseSensitive: true))),
            body: .aggregate(
                AggregateRule(
                    window: HoppingWindow(length: .seconds(length), hop: .seconds(hop)),
                    keys: keys.map { NamedExpression(name: $0.name, expression: Self.field($0.field)) },
                    aggregates: aggregates.map(\.0), stages: stages)),
            clock: clock, lateness: .seconds(clock == .event ? Self.eventLateness : 0), scope: scope)
        var query = HopQuery(
            lengthMilliseconds: length * 1000, hopMilliseconds: hop * 1000,
            time: clock == .event ? "event_ms" : "enqueued_ms", condition: "operation = '\(operation)'", having: having)
        query.keys = (scope == .partition ? [("partition", "partition")] : []) + keys.map { ($0.name, $0.sql) }
        query.columns = aggregates.map { ($0.0.name, $0.1) }
        return DrillRule(rule: rule, id: rule.metadata.id, truth: .query(query.sql))
    }

    private static func keep(_ column: String, _ comparison: Comparison, _ value: Value) -> RowStage {
        .filter(.compare(comparison, .column(column), .literal(value)))
    }

    private static let rows = (Aggregate(name: "records", function: .countRows, argument: nil), "count(*)")

    private static func fold(_ function: AggregateFunction, _ field: String, _ sql: String) -> (Aggregate, String) {
        (Aggregate(name: "x", function: function, argument: Self.field(field)), sql)
    }

    private var counts: [DrillRule] {
        let (records, values) = (expected(0.25, 4), expected(0.25 * 0.75, 6))
        let inPartition = max(1, expected(0.048, 4) / 4)
        return [
            windows(
                "count", on: "Write", [Self.rows], stages: [Self.keep("records", .greaterOrEqual, .long(records))],
                having: "count(*) >= \(records)"),
            windows(
                "count of values", on: "Write", length: 6, hop: 3, [Self.fold(.count, "n", "count(n)")],
                stages: [Self.keep("x", .greaterOrEqual, .long(values))], having: "count(n) >= \(values)"),
            windows(
                "event time", on: "Write", [Self.rows], stages: [Self.keep("records", .greater, .long(records))],
                having: "count(*) > \(records)", clock: .event),
            windows(
                "per partition", on: "ListKey", [Self.rows],
                stages: [Self.keep("records", .greaterOrEqual, .long(inPartition))],
                having: "count(*) >= \(inPartition)", scope: .partition),
        ]
    }

    private var numbers: [DrillRule] {
        let sum = expected(0.1, 4) * 375
        return [
            windows(
                "sum", on: "Delete", [Self.fold(.sum, "n", "sum(n)")],
                stages: [Self.keep("x", .greaterOrEqual, .long(sum))], having: "sum(n) >= \(sum)"),
            windows(
                "sum of fractions", on: "Delete", length: 6, hop: 3, [Self.fold(.sum, "score", "sum(score)")],
                stages: [Self.keep("x", .greater, .double(Double(sum) * 2))],
                having: "sum(score) > \(Double(sum) * 2)"),
            windows(
                "average", on: "Delete", [Self.fold(.average, "n", "avg(n)")],
                stages: [Self.keep("x", .greater, .double(500))], having: "avg(n) > 500"),
            windows(
                "minimum", on: "Login", [Self.fold(.minimum, "n", "min(n)")],
                stages: [Self.keep("x", .lessOrEqual, .long(50))], having: "min(n) <= 50"),
            windows(
                "maximum", on: "Login", [Self.fold(.maximum, "n", "max(n)")],
                stages: [Self.keep("x", .greaterOrEqual, .long(950))], having: "max(n) >= 950"),
        ]
    }

    private var sets: [DrillRule] {
        let clients = min(100, expected(0.1, 4) / 4 + 1)
        return [
            windows(
                "distinct count", on: "Login", [Self.fold(.countDistinct, "client", "count(DISTINCT client)")],
                stages: [Self.keep("x", .greaterOrEqual, .long(clients))],
                having: "count(DISTINCT client) >= \(clients)"),
            windows(
                "values", on: "ListKey", length: 6, hop: 3,
                [Self.fold(.values, "client", "list(DISTINCT client)"), Self.rows],
                stages: [Self.keep("records", .greater, .long(expected(0.048, 6)))],
                having: "count(*) > \(expected(0.048, 6))"),
        ]
    }

    /// Columns that depend on the order of numbers or of records; the ranks are those that doubles hold exactly.
    private var orders: [DrillRule] {
        let given = "FILTER (n IS NOT NULL)"
        let place = "{'t': t, 'p': partition, 's': sequence, 'i': idx, 'n': n}"
        let (first, last) = ("(min(\(place)) \(given)).n", "(max(\(place)) \(given)).n")
        func percentile(_ rank: Double) -> (Aggregate, String) {
            var column = Self.fold(.percentile, "n", "quantile_cont(n, \(rank / 100))")
            column.0.percentile = rank
            return column
        }
        return [
            windows(
                "percentile", on: "Delete", [percentile(75)],
                stages: [Self.keep("x", .greater, .double(700))], having: "quantile_cont(n, 0.75) > 700"),
            windows(
                "median", on: "ListKey", length: 6, hop: 3, [percentile(50), Self.rows],
                stages: [Self.keep("x", .lessOrEqual, .double(500))], having: "quantile_cont(n, 0.5) <= 500"),
            windows(
                "first", on: "Login", [Self.fold(.first, "n", first)],
                stages: [Self.keep("x", .less, .long(500))], having: "\(first) < 500"),
            windows(
                "last", on: "ListKey", [Self.fold(.last, "n", last)],
                stages: [Self.keep("x", .greaterOrEqual, .long(500))], having: "\(last) >= 500"),
        ]
    }

    private var decisions: [DrillRule] {
        let failed = Aggregate(
            name: "failed", function: .countRows, argument: nil,
            filter: .compare(
                .equal, .field(.path(FieldPath(["resultType"]))), .literal(.string("Failure"))))
        let percent = Expression.arithmetic(
            .divide, .arithmetic(.multiply, .column("failed"), .literal(.long(100))), .column("records"))
        var ratio = windows(
            "ratio", on: "Login", [Self.rows, (failed, "count(*) FILTER (failed)")],
            stages: [
                .evaluate([NamedExpression(name: "percent", expression: percent)]),
                Self.keep("percent", .greaterOrEqual, .long(30)),
            ], having: "count(*) FILTER (failed) * 100 // count(*) >= 30")
        if case .query(let sql) = ratio.truth {
            let column = "count(*) FILTER (failed) * 100 // count(*) AS percent"
            let records = "count(*) AS \"records\""
            ratio.truth = .query(sql.replacing(records, with: column + ", " + records))
        }
        return [ratio, twoLevels]
    }

    /// Users whose records are frequent in all zones: a fold over the rows of a fold.
    private var twoLevels: DrillRule {
        let least = max(1, expected(0.1, 4) / 3)
        let rule = windows(
            "two levels", on: "Delete", keys: [("user", "user", "usr"), ("zone", "zone", "zone")], [Self.rows],
            stages: [
                Self.keep("records", .greaterOrEqual, .long(least)),
                .fold(
                    keys: [NamedExpression(name: "user", expression: .column("user"))],
                    aggregates: [
                        Aggregate(name: "total", function: .sum, argument: .column("records")),
                        Aggregate(name: "zones", function: .countDistinct, argument: .column("zone")),
                    ]), Self.keep("zones", .greaterOrEqual, .long(2)),
            ], having: "")
        var query = HopQuery(
            lengthMilliseconds: 4000, hopMilliseconds: 2000, time: "enqueued_ms", condition: "operation = 'Delete'",
            having: "count(DISTINCT zone) >= 2")
        query.keys = [("user", "usr")]
        query.columns = [("total", "count(*)"), ("zones", "count(DISTINCT zone)")]
        query.qualify = "count(*) OVER (PARTITION BY window_end, usr, zone) >= \(least)"
        return DrillRule(rule: rule.rule, id: rule.id, truth: .query(query.sql))
    }

    private var matches: [DrillRule] {
        func match(
            _ id: String, on operation: String, _ body: MatchRule, _ truth: @escaping @Sendable ([DrillRow]) -> [String]
        ) -> DrillRule {
            let rule = Rule(
                metadata: RuleMetadata(id: "drill-" + id, title: "Drill: \(id)"),
                condition: .field(
                    .path(FieldPath(["operationName"])),
                    .text(StringPattern(parts: [.literal(operation)], caseSensitive: true))), body: .match(body))
            return DrillRule(rule: rule, id: rule.metadata.id, truth: .naive(operations: [operation], truth))
        }
        return [
            match("match", on: "Purge", MatchRule()) { $0.map(\.line) },
            match(
                "once per operation", on: "Rotate",
                MatchRule(oncePer: .path(FieldPath(["properties", "operation"])))
            ) { rows in
                // Rows are in the order of the hub; all records of an operation are in one partition.
                var known: Set<String> = []
                return rows.filter { known.insert($0.record.operationID ?? "").inserted }.map(\.line)
            },
        ]
    }

    private var files: [DrillRule] {
        let listing = "MICROSOFT.COGNITIVESERVICES/ACCOUNTS/LISTKEYS/ACTION"
        var bulk = HopQuery(
            lengthMilliseconds: 3_600_000, hopMilliseconds: 600_000, time: "enqueued_ms",
            condition: "operation = 'ListKey'", having: "count(*) >= 100")
        bulk.keys = [("azure.resource.group", "'rg-drill'"), ("azure.resource.name", "'drill'")]
        bulk.columns = [("key_listings", "count(*)"), ("largest_response", "NULL")]
        return [
            DrillRule(
                id: "d823620c-f1e0-4cf3-b4fc-e30463b17c59",
                truth: .naive(operations: [listing]) { $0.filter { !$0.record.hasFailed }.map(\.line) }),
            DrillRule(
                id: "a0604e04-e9a4-4e38-9aec-b59988a86654",
                truth: .naive(operations: [listing]) { $0.filter(\.record.hasFailed).map(\.line) }),
            DrillRule(id: "f6eb326a-34ff-4910-9f91-a097a56c3c29", truth: .query(bulk.sql)),
        ]
    }
}
