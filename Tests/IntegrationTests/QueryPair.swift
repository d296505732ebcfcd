import Detection

/// An ES|QL query and the SQL that a person would write for it, over the same windows.
struct QueryPair: Sendable {
    var name: String
    /// Length and hop of the windows, in minutes.
    var length = 60
    var hop = 10
    var esql: String
    var sql: String

    var window: HoppingWindow { HoppingWindow(length: .seconds(length * 60), hop: .seconds(hop * 60)) }

    /// Ends of the windows from the first that holds the time of the first message to the last that is over at a time.
    ///
    /// **Difference to a scheduler** `STATS` without `BY` makes a row of nothing, so a scheduler would report such rows
    /// from the day it is switched on. The engine begins with the first message that it ever saw in any partition, and
    /// from then on reports windows without records too.
    func ends(first: Int64, idleUntil: Int64) -> (first: Int64, last: Int64) {
        let step = Int64(hop) * 60_000
        // A window is over when the watermark is behind its end.
        return ((first + step - 1) / step * step, (idleUntil - 1) / step * step)
    }
}

/// The queries of the comparison.
///
/// In SQL, `records` are the records of a window and `openai` those of `FROM logs-azure_openai.logs-*`. Resource group
/// and name are lower case on both sides: Azure writes them in any case, and the engine folds what it derives from
/// resource ids. Tags are read without naming a type, so they may hold several values.
extension QueryPair {
    private static let from = "FROM logs-azure_openai.logs-*"
    private static let category = "azure.open_ai.category"
    private static let operation = "azure.open_ai.operation_name"
    private static let signature = "azure.open_ai.result_signature"
    private static let group = "azure.resource.group"
    private static let name = "azure.resource.name"
    private static let length = "azure.open_ai.properties.response_length"
    private static let request = "azure.open_ai.properties.request_length"
    private static let ticks = "azure.open_ai.properties.request_time"
    private static let object = "azure.open_ai.properties.object_id"
    private static let score = "azure.open_ai.properties.score"
    private static let tags = "azure.open_ai.properties.tags"

    static let all: [QueryPair] = filters + folds + rows

    /// What stands before STATS: three-valued tests and definitions.
    private static let filters = [
        QueryPair(
            name: "not equal drops nulls",
            esql: "\(from) | WHERE \(operation) != \"ListKey\" | STATS n = COUNT(*) BY k = \(operation)",
            sql: "SELECT operation AS k, count(*) AS n FROM openai WHERE operation <> 'ListKey' GROUP BY operation"),
        QueryPair(
            name: "negated and",
            esql: """
                FROM logs-* | WHERE NOT (\(category) == "Audit" AND \(operation) == "ListKey")
                | STATS n = COUNT(*) BY c = \(category), o = \(operation)
                """,
            sql: """
                SELECT category AS c, operation AS o, count(*) AS n FROM records
                WHERE NOT (category = 'Audit' AND operation = 'ListKey') GROUP BY category, operation
                """),
        QueryPair(
            name: "negated or with a number",
            esql: """
                FROM logs-* | WHERE NOT (\(length) >= 1000 OR \(category) == "Trace")
                | STATS n = COUNT(*), m = MAX(\(length)) BY c = \(category)
                """,
            sql: """
                SELECT category AS c, count(*) AS n, max(length) AS m FROM records
                WHERE NOT (length >= 1000 OR category = 'Trace') GROUP BY category
                """),
        QueryPair(
            name: "or with a null side",
            esql: """
                \(from) | WHERE \(length) >= 1000 OR \(operation) == "ListKey"
                | STATS n = COUNT(), c = COUNT(\(length)) BY g = \(group)
                """,
            sql: """
                SELECT grp AS g, count(*) AS n, count(length) AS c FROM openai
                WHERE length >= 1000 OR operation = 'ListKey' GROUP BY grp
                """),
        QueryPair(
            name: "in, not in, and a null in the list",
            esql: """
                \(from) | WHERE \(operation) NOT IN ("ListKey", null) OR \(category) IN ("Audit", null, "trace")
                    OR \(length) NOT IN (0, 10, 1000)
                | STATS n = COUNT(*) BY c = \(category), o = \(operation)
                """,
            sql: """
                SELECT category AS c, operation AS o, count(*) AS n FROM openai
                WHERE operation NOT IN ('ListKey', NULL) OR category IN ('Audit', NULL, 'trace')
                    OR length NOT IN (0, 10, 1000)
                GROUP BY category, operation
                """),
        QueryPair(
            name: "like",
            esql: """
                \(from) | WHERE \(operation) LIKE "*_Creat?" OR \(operation) LIKE "list*"
                | STATS n = COUNT(*) BY o = \(operation)
                """,
            sql: #"""
                SELECT operation AS o, count(*) AS n FROM openai
                WHERE operation LIKE '%\_Creat_' ESCAPE '\' OR operation LIKE 'list%' GROUP BY operation
                """#),
        QueryPair(
            name: "not like drops nulls, and like any",
            esql: """
                FROM logs-* | WHERE NOT \(operation) LIKE "*Key" AND \(category) LIKE "*"
                | STATS n = COUNT(*) BY o = \(operation)
                """,
            sql: """
                SELECT operation AS o, count(*) AS n FROM records
                WHERE NOT operation LIKE '%Key' AND category IS NOT NULL GROUP BY operation
                """),
        QueryPair(
            name: "regular expression",
            esql: """
                \(from) | WHERE \(operation) RLIKE "(List|list)[A-Z].*|Chat.+" | STATS n = COUNT(*) BY o = \(operation)
                """,
            sql: """
                SELECT operation AS o, count(*) AS n FROM openai
                WHERE regexp_full_match(operation, '(List|list)[A-Z].*|Chat.+') GROUP BY operation
                """),
        QueryPair(
            name: "is null",
            esql: """
                FROM logs-* | WHERE \(operation) IS NULL OR (\(length) IS NOT NULL AND \(group) IS NULL)
                | STATS n = COUNT(*), c = COUNT(\(length)) BY c2 = \(category)
                """,
            sql: """
                SELECT category AS c2, count(*) AS n, count(length) AS c FROM records
                WHERE operation IS NULL OR (length IS NOT NULL AND grp IS NULL) GROUP BY category
                """),
        QueryPair(
            name: "defined columns",
            esql: """
                \(from) | EVAL kilo = \(length) / 1000, rest = \(length) % 7, twice = kilo * 2
                | WHERE rest < 5 AND twice - 1 <= 13
                | KEEP kilo, rest, \(length)
                | STATS n = COUNT(*), s = SUM(rest), lo = MIN(\(length)) BY kilo
                """,
            sql: """
                SELECT length // 1000 AS kilo, count(*) AS n, sum(length % 7) AS s, min(length) AS lo FROM openai
                WHERE length % 7 < 5 AND (length // 1000) * 2 - 1 <= 13 GROUP BY length // 1000
                """),
        QueryPair(
            name: "case and coalesce",
            esql: """
                \(from) | EVAL size = CASE(\(length) >= 1000, "large", \(length) < 0, "odd", \(length) IS NULL, "none", "small"),
                    who = COALESCE(\(object), \(operation), "nobody")
                | STATS n = COUNT(*) BY size, who = TO_LOWER(who)
                """,
            sql: """
                SELECT CASE WHEN length >= 1000 THEN 'large' WHEN length < 0 THEN 'odd' WHEN length IS NULL THEN 'none'
                    ELSE 'small' END AS size, lower(coalesce(object_id, operation, 'nobody')) AS who, count(*) AS n
                FROM openai GROUP BY ALL
                """),
        QueryPair(
            name: "number or text as keyword",
            esql: """
                \(from) | WHERE \(signature) != "200" | STATS n = COUNT(*), d = COUNT_DISTINCT(\(signature)) BY s = \(signature)
                """,
            sql: """
                SELECT signature AS s, count(*) AS n, count(DISTINCT signature) AS d FROM openai
                WHERE signature <> '200' GROUP BY signature
                """),
    ]

    /// What STATS does.
    private static let folds = [
        QueryPair(
            name: "null is a group",
            esql: "FROM logs-* | STATS n = COUNT(*), c = COUNT(\(operation)) BY k = \(category)",
            sql: "SELECT category AS k, count(*) AS n, count(operation) AS c FROM records GROUP BY category"),
        QueryPair(
            name: "two keys, all aggregates",
            esql: """
                \(from) | WHERE \(category) == "Audit"
                | STATS n = COUNT(*), c = COUNT(\(length)), s = SUM(\(length)), a = AVG(\(length)), lo = MIN(\(length)),
                    hi = MAX(\(length)), d = COUNT_DISTINCT(\(length)) BY \(group), \(name)
                """,
            sql: """
                SELECT grp AS "\(group)", name AS "\(name)", count(*) AS n, count(length) AS c, sum(length) AS s,
                    avg(length) AS a, min(length) AS lo, max(length) AS hi, count(DISTINCT length) AS d
                FROM openai WHERE category = 'Audit' GROUP BY grp, name
                """),
        QueryPair(
            name: "no keys", length: 10,
            esql: """
                \(from) | STATS n = COUNT(*), c = COUNT(\(length)), s = SUM(\(length)), a = AVG(\(length)),
                    lo = MIN(\(length)), d = COUNT_DISTINCT(\(operation))
                """,
            sql: """
                SELECT count(*) AS n, count(length) AS c, sum(length) AS s, avg(length) AS a, min(length) AS lo,
                    count(DISTINCT operation) AS d FROM openai
                """),
        QueryPair(
            name: "silence", length: 10,
            esql: "\(from) | WHERE \(category) == \"Audit\" | STATS n = COUNT(*), m = MAX(\(length)) | WHERE n == 0",
            sql: """
                SELECT * FROM (SELECT count(*) AS n, max(length) AS m FROM openai WHERE category = 'Audit') WHERE n = 0
                """),
        QueryPair(
            name: "aggregates with filters",
            esql: """
                \(from) | STATS a = COUNT(*) WHERE \(category) == "Audit", o = COUNT(*) WHERE NOT \(category) == "Audit",
                    s = SUM(\(length)) WHERE \(operation) != "ListKey", n = COUNT(*) BY g = \(group)
                """,
            sql: """
                SELECT grp AS g, count(*) FILTER (WHERE category = 'Audit') AS a,
                    count(*) FILTER (WHERE NOT category = 'Audit') AS o,
                    sum(length) FILTER (WHERE operation <> 'ListKey') AS s, count(*) AS n FROM openai GROUP BY grp
                """),
        QueryPair(
            name: "columns computed from aggregates",
            esql: """
                \(from) | STATS spread = MAX(\(length)) - MIN(\(length)), half = COUNT(*) / 2, n = COUNT(\(request))
                    BY o = \(operation)
                """,
            sql: """
                SELECT operation AS o, max(length) - min(length) AS spread, count(*) // 2 AS half, count(request) AS n
                FROM openai GROUP BY operation
                """),
        QueryPair(
            name: "numbers as keys", length: 20, hop: 20,
            esql: "\(from) | WHERE \(length) < 1000 | STATS n = COUNT(*), r = MAX(\(request)) BY l = \(length)",
            sql: "SELECT length AS l, count(*) AS n, max(request) AS r FROM openai WHERE length < 1000 GROUP BY length"),
        QueryPair(
            name: "doubles",
            esql: """
                \(from) | WHERE \(score) > 0.5
                | STATS s = SUM(\(score)), a = AVG(\(score)), lo = MIN(\(score)), hi = MAX(\(score)), c = COUNT(\(score))
                    BY g = \(group)
                """,
            sql: """
                SELECT grp AS g, sum(score) AS s, avg(score) AS a, min(score) AS lo, max(score) AS hi, count(score) AS c
                FROM openai WHERE score > 0.5 GROUP BY grp
                """),
        QueryPair(
            name: "overflow is null", length: 10,
            esql: """
                \(from) | WHERE \(ticks) != 9007199254740992 OR \(ticks) + 1 IS NULL
                | STATS s = SUM(\(ticks)), lo = MIN(\(ticks)), hi = MAX(\(ticks)), d = COUNT_DISTINCT(\(ticks)),
                    t = MAX(\(ticks) * 2) BY o = \(operation)
                """,
            sql: """
                SELECT operation AS o, min(ticks) AS lo, max(ticks) AS hi, count(DISTINCT ticks) AS d,
                    CASE WHEN abs(sum(ticks)) <= 9223372036854775807 OR sum(ticks) = -9223372036854775808
                        THEN sum(ticks) END AS s,
                    CAST(max(CASE WHEN abs(CAST(ticks AS HUGEINT)) < 4611686018427387904 THEN ticks * 2 END) AS BIGINT) AS t
                FROM openai
                WHERE ticks <> 9007199254740992 OR ticks IS NULL OR ticks = 9223372036854775807 GROUP BY operation
                """),
        QueryPair(
            name: "texts have minima",
            esql: """
                \(from) | STATS lo = MIN(\(operation)), hi = MAX(\(operation)), ls = MIN(\(signature)), hs = MAX(\(signature))
                    BY c = \(category)
                """,
            sql: """
                SELECT category AS c, min(operation) AS lo, max(operation) AS hi, min(signature) AS ls,
                    max(signature) AS hs FROM openai GROUP BY category
                """),
        QueryPair(
            name: "time as a key", length: 30, hop: 5,
            esql: "\(from) | EVAL t = DATE_TRUNC(15 minutes, @timestamp) | STATS n = COUNT(*) BY t, c = \(category)",
            sql: """
                SELECT epoch_ms(CAST(time AS TIMESTAMP)) // 900000 * 900000 AS t, category AS c, count(*) AS n
                FROM openai GROUP BY ALL
                """),
        QueryPair(
            name: "several values as keys",
            esql:
                "\(from) | STATS n = COUNT(*), c = COUNT(\(tags)), s = SUM(\(length)) BY t = \(tags), c2 = \(category)",
            sql: """
                SELECT t, category AS c2, count(*) AS n, sum(coalesce(len(tags), 0)) AS c, sum(length) AS s
                FROM openai, unnest(CASE WHEN len(tags) > 0 THEN tags ELSE [NULL] END) AS u(t) GROUP BY t, category
                """),
        QueryPair(
            name: "several values in one comparison",
            esql: "\(from) | WHERE \(tags) == \"red\" OR \(length) == 10 | STATS n = COUNT(*) BY o = \(operation)",
            sql: """
                SELECT operation AS o, count(*) AS n FROM openai
                WHERE (len(tags) = 1 AND tags[1] = 'red') OR length = 10 GROUP BY operation
                """),
        QueryPair(
            name: "keys alone", length: 31, hop: 30,
            esql: "\(from) | STATS BY o = \(operation), g = \(group)",
            sql: "SELECT DISTINCT operation AS o, grp AS g FROM openai"),
        QueryPair(
            name: "gaps between windows", length: 5, hop: 20,
            esql: "\(from) | STATS n = COUNT(*), m = MAX(\(length)) BY g = \(group)",
            sql: "SELECT grp AS g, count(*) AS n, max(length) AS m FROM openai GROUP BY grp"),
    ]

    /// What stands behind STATS.
    private static let rows = [
        QueryPair(
            name: "and, or, not over null columns",
            esql: """
                \(from) | STATS n = COUNT(*), m = MAX(\(length)) BY g = \(group), o = \(operation)
                | WHERE (n >= 20 AND m >= 5000) OR NOT (m >= 1000 OR n < 3) OR (m IS NULL AND n > 4)
                """,
            sql: """
                SELECT * FROM (SELECT grp AS g, operation AS o, count(*) AS n, max(length) AS m FROM openai
                    GROUP BY grp, operation)
                WHERE (n >= 20 AND m >= 5000) OR NOT (m >= 1000 OR n < 3) OR (m IS NULL AND n > 4)
                """),
        QueryPair(
            name: "growing test",
            esql: """
                \(from) | WHERE \(category) == "Audit" AND \(operation) == "ListKey"
                | KEEP @timestamp, \(operation), \(category), \(group), \(name), \(length)
                | STATS count = COUNT(), largest = MAX(\(length)) BY \(group), \(name)
                | WHERE count >= 25 OR largest >= 7500
                | SORT count DESC
                """,
            sql: """
                SELECT grp AS "\(group)", name AS "\(name)", count(*) AS count, max(length) AS largest FROM openai
                WHERE category = 'Audit' AND operation = 'ListKey' GROUP BY grp, name
                HAVING count(*) >= 25 OR max(length) >= 7500
                """),
        QueryPair(
            name: "shrinking test without keys", length: 20,
            esql: "\(from) | STATS n = COUNT(*), s = SUM(\(length)) | WHERE n < 60 OR s IS NULL",
            sql: "SELECT * FROM (SELECT count(*) AS n, sum(length) AS s FROM openai) WHERE n < 60 OR s IS NULL"),
        QueryPair(
            name: "definitions over rows",
            esql: """
                \(from) | STATS n = COUNT(*), s = SUM(\(length)), c = COUNT(\(length)) BY g = \(group), o = \(operation)
                | EVAL mean = s / c, odd = n % 2, big = s > 20000
                | WHERE odd == 1 AND (mean > 100 OR big IS NULL)
                | DROP odd
                """,
            sql: """
                SELECT g, o, n, s, c, s // nullif(c, 0) AS mean, s > 20000 AS big FROM (
                    SELECT grp AS g, operation AS o, count(*) AS n, CAST(sum(length) AS BIGINT) AS s, count(length) AS c
                    FROM openai GROUP BY grp, operation)
                WHERE n % 2 = 1 AND (s // nullif(c, 0) > 100 OR s IS NULL)
                """),
        QueryPair(
            name: "first rows, nulls first",
            esql: """
                \(from) | STATS m = MAX(\(length)), n = COUNT(*) BY o = \(operation)
                | SORT m DESC, o ASC | LIMIT 3
                """,
            sql: """
                SELECT operation AS o, max(length) AS m, count(*) AS n FROM openai GROUP BY operation
                ORDER BY m DESC NULLS FIRST, o ASC NULLS LAST LIMIT 3
                """),
        QueryPair(
            name: "first rows, nulls last, ties",
            esql: """
                FROM logs-* | STATS n = COUNT_DISTINCT(\(operation)), m = MIN(\(length)) BY g = \(group), c = \(category)
                | SORT n, m, g DESC, c DESC NULLS LAST | LIMIT 4
                """,
            sql: """
                SELECT grp AS g, category AS c, count(DISTINCT operation) AS n, min(length) AS m FROM records
                GROUP BY grp, category
                ORDER BY n ASC NULLS LAST, m ASC NULLS LAST, g DESC NULLS FIRST, c DESC NULLS LAST LIMIT 4
                """),
        QueryPair(
            name: "stats of stats",
            esql: """
                \(from) | STATS n = COUNT(*), m = MAX(\(length)) BY g = \(group), o = \(operation) | WHERE n > 1
                | STATS total = SUM(n), kinds = COUNT_DISTINCT(o), rows = COUNT(*), top = MAX(m), a = AVG(n) BY g
                | WHERE kinds >= 2
                """,
            sql: """
                SELECT g, sum(n) AS total, count(DISTINCT o) AS kinds, count(*) AS rows, max(m) AS top, avg(n) AS a
                FROM (SELECT grp AS g, operation AS o, count(*) AS n, max(length) AS m FROM openai
                    GROUP BY grp, operation)
                WHERE n > 1 GROUP BY g HAVING count(DISTINCT o) >= 2
                """),
        QueryPair(
            name: "stats of stats without keys", length: 30,
            esql: """
                \(from) | STATS n = COUNT(*) BY o = \(operation) | WHERE n > 40
                | STATS rows = COUNT(*), most = MAX(n), total = SUM(n)
                """,
            sql: """
                SELECT count(*) AS rows, max(n) AS most, sum(n) AS total FROM (
                    SELECT count(*) AS n FROM openai GROUP BY operation) WHERE n > 40
                """),
    ]
}
