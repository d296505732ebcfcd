/// A question about every window of a table of records, as one SQL query: each record is counted in all windows that
/// hold it, without panes.
struct HopQuery {
    var lengthMilliseconds: Int64
    var hopMilliseconds: Int64
    /// The column of the clock.
    var time: String
    /// Which records take part.
    var condition: String
    /// Columns of the group key: name and expression.
    var keys: [(name: String, sql: String)] = []
    /// Computed columns: name and expression.
    var columns: [(name: String, sql: String)] = []
    /// Which rows of a window are counted on, after grouping once; nil for all.
    var qualify: String?
    /// Which groups are findings.
    var having: String

    init(lengthMilliseconds: Int64, hopMilliseconds: Int64, time: String, condition: String, having: String) {
        self.lengthMilliseconds = lengthMilliseconds
        self.hopMilliseconds = hopMilliseconds
        self.time = time
        self.condition = condition
        self.having = having
    }

    /// One row for each finding: `window_end` in milliseconds, keys, columns, `found` records and the first five of them.
    var sql: String {
        let hop = hopMilliseconds
        let named = (keys + columns).map { "\($0.sql) AS \"\($0.name)\"" }.joined(separator: ", ")
        let group = (["window_end"] + keys.map(\.sql)).joined(separator: ", ")
        return """
            WITH taken AS (SELECT *, \(time) AS t FROM records WHERE \(condition)),
            hops AS (
                SELECT *, unnest(generate_series(
                    (t + \(hop - 1)) // \(hop) * \(hop), (t + \(lengthMilliseconds)) // \(hop) * \(hop), \(hop)
                )) AS window_end FROM taken),
            counted AS (SELECT * FROM hops\(qualify.map { " QUALIFY \($0)" } ?? ""))
            SELECT window_end, \(named), count(*) AS found, \(Self.firstFive) AS first_five
            FROM counted GROUP BY \(group) HAVING \(having)
            """
    }

    private static let firstFive = "min({'t': t, 'p': partition, 's': sequence, 'i': idx}, 5)"
}
