import Foundation

/// DuckDB in a Python process: what the findings must be, from the records alone.
struct BatchOracle {
    var python: String
    var script: String

    /// Longest run in seconds.
    private static let limit = 900

    private struct Specification: Encodable {
        struct Query: Encodable {
            var name: String
            var sql: String
        }

        var records: String
        /// Name and type, in the order of the file.
        var columns: [[String]]
        var queries: [Query]
        var limitSeconds: Int
        var lastWindowEnd: Int64

        enum CodingKeys: String, CodingKey {
            case records, columns, queries, limitSeconds = "limit_seconds", lastWindowEnd = "last_window_end_ms"
        }
    }

    /// The findings of every query, as lines.
    func answers(
        _ queries: [(name: String, sql: String)], records: String, lastWindowEnd: Int64
    ) throws -> [String] {
        let folder = URL(filePath: records).deletingLastPathComponent()
        let (specification, output) = (folder.appending(path: "oracle.json"), folder.appending(path: "oracle.tsv"))
        let own = ["partition", "sequence", "idx", "enqueued_ms", "event_ms"].map { ($0, "BIGINT") }
        let columns = (own + DrillRecord.columns).map { [$0.0, $0.1] }
        try JSONEncoder().encode(
            Specification(
                records: records, columns: columns,
                queries: queries.map { Specification.Query(name: $0.name, sql: $0.sql) },
                limitSeconds: Self.limit, lastWindowEnd: lastWindowEnd)
        ).write(to: specification)
        let log = folder.appending(path: "oracle.log").path
        let child = try ChildProcess(python, [script, specification.path, output.path], name: "oracle", log: log)
        while !child.isSilent {
            ChildProcess.await([child], milliseconds: 1000)
            _ = child.lines()
        }
        guard child.wait() == .exited(0) else { throw DrillFailure("DuckDB \(child.wait()):\n\(Drill.tail(log))") }
        return try String(contentsOf: output, encoding: .utf8).split(separator: "\n").map(String.init)
    }
}
