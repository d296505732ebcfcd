import Detection
import RuleFormats

/// The query pairs over small, odd records.
enum PairComparison {
    /// Answers by query; computed once for all tests.
    static let outcome = Result { try compare() }

    private static func compare() throws -> [String: Answers] {
        try DuckDB.requirePython()
        let clock = ContinuousClock()
        let begin = clock.now
        let messages = OddRecords.messages(records: 5_000, partitions: Comparison.partitionCount, seed: Comparison.seed)
        let records = try Comparison.flatten(messages)
        let rules = try QueryPair.all.map { pair in
            try Comparison.rule(RuleLoader.load(query: pair.esql, id: pair.name, window: pair.window))
        }
        let (span, idle) = (messages.timeSpan, messages.timeSpan.upperBound + Comparison.idleMilliseconds)
        let run = try InterleavedRun(rules, over: messages, idleUntil: idle, seed: Comparison.seed)
        let folded = clock.now
        let queries = QueryPair.all.map { pair in
            let (first, last) = pair.ends(first: span.lowerBound, idleUntil: idle)
            return DuckDB.Query(
                name: pair.name, sql: pair.sql, lengthMilliseconds: Int64(pair.length) * 60_000,
                hopMilliseconds: Int64(pair.hop) * 60_000, firstMilliseconds: first, lastMilliseconds: last)
        }
        let batch = try DuckDB.lines(of: queries, over: records)
        print(
            """
            Query pairs: \(queries.count) queries over \(records.count) records in \(run.counters.messages) messages over \
            \(Comparison.partitionCount) partitions, \(records.count { $0.enqueuedMilliseconds % 600_000 == 0 }) of them on a border; \
            \(queries.reduce(0) { $0 + $1.windows }) hops; \(batch.count) rows compared. \
            Folded in \(begin.duration(to: folded)), DuckDB in \(folded.duration(to: clock.now)).
            """)
        return Dictionary(
            uniqueKeysWithValues: QueryPair.all.map { ($0.name, Comparison.answer(name: $0.name, run, batch)) })
    }
}
