import Foundation

/// DuckDB in a Python process: the other engine of the comparison.
enum DuckDB {
    /// A Python that has the package `duckdb`.
    static let python = ProcessInfo.processInfo.environment["HUBWATCH_TEST_PYTHON"]
    /// Continuous integration must not skip the comparison.
    static let isDemanded = ProcessInfo.processInfo.environment["CI"] == "true"
    /// Longest run of a script.
    static let limitSeconds = 120

    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Why no answer came.
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// A query with the windows that it is run over.
    struct Query: Encodable {
        var name: String
        var sql: String
        var lengthMilliseconds: Int64
        var hopMilliseconds: Int64
        var firstMilliseconds: Int64
        var lastMilliseconds: Int64

        enum CodingKeys: String, CodingKey {
            case name, sql, lengthMilliseconds = "length_ms", hopMilliseconds = "hop_ms"
            case firstMilliseconds = "first_ms", lastMilliseconds = "last_ms"
        }

        /// Number of windows.
        var windows: Int { Int((lastMilliseconds - firstMilliseconds) / hopMilliseconds + 1) }
    }

    private struct Specification: Encodable {
        var records: String
        var columns: [String: String]
        var limitSeconds: Int
        var queries: [Query]

        enum CodingKeys: String, CodingKey {
            case records, columns, limitSeconds = "limit_seconds", queries
        }
    }

    /// The Python to run; fails at once where it is demanded and missing.
    @discardableResult
    static func requirePython() throws -> String {
        guard let python else {
            throw Failure(
                description: "HUBWATCH_TEST_PYTHON is not set: make a virtual environment, install duckdb in it, and "
                    + "name its python there")
        }
        return python
    }

    /// The rows of every query in every window, as `duckdb_windows.py` writes them.
    static func lines(of queries: [Query], over records: [FlatRecord]) throws -> [String] {
        let python = try requirePython()
        let folder = FileManager.default.temporaryDirectory.appending(path: "hubwatch-duckdb-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let input = folder.appending(path: "records.ndjson")
        let specification = folder.appending(path: "specification.json")
        let output = folder.appending(path: "rows.tsv")
        let encoder = JSONEncoder()
        var table = Data()
        for record in records {
            table.append(try encoder.encode(record))
            table.append(UInt8(ascii: "\n"))
        }
        try table.write(to: input)
        try encoder.encode(
            Specification(
                records: input.path(), columns: FlatRecord.columns, limitSeconds: limitSeconds, queries: queries)
        ).write(to: specification)
        try run(python, [specification.path(), output.path()])
        return try String(contentsOf: output, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    private static func run(_ python: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: python)
        process.arguments = [root.appending(path: "Tests/Interop/duckdb_windows.py").path()] + arguments
        let ended = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in ended.signal() }
        try process.run()
        // The script ends itself at its limit; this is for one that cannot.
        if ended.wait(timeout: .now() + .seconds(limitSeconds + 10)) == .timedOut {
            process.terminate()
            throw Failure(description: "duckdb_windows.py did not end within \(limitSeconds + 10) seconds")
        }
        guard process.terminationStatus == 0 else {
            throw Failure(
                description: "duckdb_windows.py ended with status \(process.terminationStatus); its message is above")
        }
    }
}
