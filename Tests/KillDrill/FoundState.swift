import Detection
import DiagnosticLogs
import FindingFormats
import Foundation
import StateStore

/// What a run has left behind: closed findings, dead letters and positions of the state file, lines of the findings file.
struct FoundState {
    /// Final findings by id, each as a line that two runs must agree on.
    private(set) var closed: [String: String] = [:]
    /// The same without ids and only for the rules of a list: what the oracle says.
    private(set) var answers: [String] = []
    /// Keys of the journal entries that are sent.
    private(set) var sent: [String] = []
    private(set) var letters: [String] = []
    private(set) var positions: [Int: Int64] = [:]
    private(set) var gaps = 0

    /// Reads a state file.
    ///
    /// - Parameter end: windows that end behind it are left out: whether they are closed depends on when a run ended.
    init(path: String, lastWindowEnd end: Int64) async throws {
        let store = try SQLiteStateStore(path: path, mode: .readOnly)
        var final: [String: (revision: Int, finding: Finding)] = [:]
        var last: Int64 = 0
        while true {
            let rows = try await store.journal(after: last, limit: 1000)
            guard let newest = rows.last else { break }
            last = newest.id
            for row in rows {
                let entry = try JournalRecord(payload: row.draft.payload).entry
                if row.draft.status == .active { sent.append(entry.key) }
                guard entry.isFinal, (entry.finding.window?.end.milliseconds ?? .min) <= end else { continue }
                if let known = final[entry.finding.id], known.revision > entry.revision { continue }
                final[entry.finding.id] = (entry.revision, entry.finding)
            }
        }
        for (id, found) in final {
            let answer = Self.answer(found.finding)
            answers.append(answer)
            closed[id] = answer
        }
        answers.sort()
        var letter: Int64 = 0
        while true {
            let rows = try await store.deadLetters(after: letter, limit: 1000, includingReplayed: true)
            guard let newest = rows.last else { break }
            letter = newest.id
            letters += rows.map { "\($0.letter.partition):\($0.letter.sequence)" }
        }
        letters.sort()
        for position in try await store.positions() { positions[position.partition] = position.sequence }
        gaps = try await store.gaps(of: nil, limit: 100).count
        try await store.close()
    }

    /// A finding as `duckdb_hops.py` writes it.
    private static func answer(_ finding: Finding) -> String {
        let end = (finding.window?.end.milliseconds).map { "\($0)" } ?? "none"
        let cells = (finding.group + finding.values).map { "\($0.name)=\(written($0.value))" }.sorted {
            $0.utf8.lexicographicallyPrecedes($1.utf8)
        }
        let first = finding.evidence.map { "\($0.position.partition):\($0.position.sequence):\($0.position.index)" }
        return ([finding.rule.id, end] + cells + ["found=\(finding.count)", "first=" + first.joined(separator: ",")])
            .joined(separator: "\t")
    }

    /// A value with its type, as `duckdb_hops.py` writes it.
    static func written(_ value: Value) -> String {
        switch value {
        case .null: "null"
        case .boolean(let flag): flag ? "true" : "false"
        case .long(let number), .datetime(let number): "i\(number)"
        case .double(let number): "d" + String(number.bitPattern, radix: 16)
        case .string(let text): "s" + text
        case .bag(let members): "[" + members.map(written).sorted().joined(separator: ",") + "]"
        }
    }
}

/// The lines of a findings file by their `metadata.uid`.
struct FindingsFile {
    private(set) var keys: [String] = []
    /// Lines that are no finding, a last one without an end among them.
    private(set) var broken: [String] = []

    init(path: String) throws {
        struct Line: Decodable {
            struct Metadata: Decodable {
                var uid: String
            }
            var metadata: Metadata
        }
        let data = try Data(contentsOf: URL(filePath: path))
        if let last = data.last, last != UInt8(ascii: "\n") { broken.append("the last line has no end") }
        for line in data.split(separator: UInt8(ascii: "\n")) {
            if let finding = try? JSONDecoder().decode(Line.self, from: line) {
                keys.append(finding.metadata.uid)
            } else {
                broken.append(String(decoding: line.prefix(200), as: UTF8.self))
            }
        }
    }
}
