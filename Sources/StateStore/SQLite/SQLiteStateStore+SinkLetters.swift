import Foundation
import GRDB

extension SQLiteStateStore: SinkLetterStore {
    /// Stores letters and the cursor behind them in one transaction.
    public func giveUp(_ letters: [SinkLetter], _ cursor: SinkCursor) async throws(StateStoreError) -> Int {
        try await write { [path, sinkLetterBounds] db in
            var overflowed: [String: Int64] = [:]
            var room = try SinkLetterRoom(db, sinkLetterBounds)
            let statement = try db.cachedStatement(
                sql: """
                    INSERT INTO sink_letters
                        (sink, journal_id, finding_id, activity, revision, rule_id, is_alert, decided_ns, reason, attempts,
                         given_up_ns, payload)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    ON CONFLICT (sink, journal_id) DO NOTHING
                    """)
            for letter in letters {
                let draft = letter.row.draft
                guard try room.take(Int64(draft.payload.count), db) else {
                    overflowed[letter.sink, default: 0] += 1
                    continue
                }
                try statement.execute(arguments: [
                    letter.sink, letter.row.id, draft.key.findingID, draft.key.activity.rawValue, draft.key.revision,
                    draft.ruleID, draft.isAlert, draft.decidedNs, letter.reason, letter.attempts, letter.givenUpNs,
                    Data(draft.payload),
                ])
            }
            for (sink, count) in overflowed { try Self.addOverflow(count, of: sink, db) }
            try Self.advance(cursor, path, db)
            return Int(overflowed.values.reduce(0, +))
        }
    }

    /// Letters behind `id`, in order; of one sink where that is given.
    public func sinkLetters(
        of sink: String?, after id: Int64, limit: Int, includingResent: Bool
    ) async throws(StateStoreError) -> [StoredSinkLetter] {
        try await read { [path] db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT id, sink, journal_id, finding_id, activity, revision, rule_id, is_alert, decided_ns, reason,
                           attempts, given_up_ns, resent_ns, payload
                    FROM sink_letters
                    WHERE id > ?1 AND (?2 IS NULL OR sink = ?2) \(includingResent ? "" : "AND resent_ns IS NULL")
                    ORDER BY id LIMIT ?3
                    """, arguments: [id, sink, max(0, limit)]
            ).map { row in
                guard let activity = try JournalActivity(rawValue: row.field("activity")) else {
                    throw StateStoreError(.corrupt, path: path, detail: "a sink's letter has an unknown activity")
                }
                let payload: Data = try row.field("payload")
                let draft = try JournalDraft(
                    key: JournalKey(
                        findingID: row.field("finding_id"), activity: activity, revision: row.field("revision")),
                    ruleID: row.field("rule_id"), isAlert: row.field("is_alert"), status: .active,
                    payload: [UInt8](payload), decidedNs: row.field("decided_ns"))
                return try StoredSinkLetter(
                    id: row.field("id"),
                    letter: SinkLetter(
                        sink: row.field("sink"), row: JournalRow(id: row.field("journal_id"), draft: draft),
                        reason: row.field("reason"), attempts: row.field("attempts"),
                        givenUpNs: row.field("given_up_ns")), resentNs: row.optional("resent_ns"))
            }
        }
    }

    /// Marks letters as sent again.
    public func markResent(_ ids: [Int64], atNs: Int64) async throws(StateStoreError) -> Int {
        try await write { db in
            var marked = 0
            let statement = try db.cachedStatement(
                sql: "UPDATE sink_letters SET resent_ns = ? WHERE id = ? AND resent_ns IS NULL")
            for id in ids {
                try statement.execute(arguments: [atNs, id])
                marked += db.changesCount
            }
            return marked
        }
    }

    /// What each sink has given up on, by name.
    public func sinkLetterCounts() async throws(StateStoreError) -> [String: SinkLetterCounts] {
        try await read { db in
            var counts: [String: SinkLetterCounts] = [:]
            let rows = try Row.fetchAll(
                db,
                sql: "SELECT sink, COUNT(*) AS n, COUNT(resent_ns) AS resent FROM sink_letters GROUP BY sink")
            for row in rows {
                counts[try row.field("sink")] = SinkLetterCounts(
                    stored: try row.field("n"), resent: try row.field("resent"))
            }
            let prefix = Self.overflowPrefix
            let overflows = try Row.fetchAll(
                db, sql: "SELECT key, CAST(value AS INTEGER) AS n FROM meta WHERE substr(key, 1, ?) = ?",
                arguments: [prefix.count, prefix])
            for row in overflows {
                let key: String = try row.field("key")
                counts[String(key.dropFirst(prefix.count)), default: SinkLetterCounts()].overflowed = try row.field("n")
            }
            return counts
        }
    }

    private static let overflowPrefix = Counter.prefix + "sink_overflow."

    private static func addOverflow(_ count: Int64, of sink: String, _ db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO meta (key, value) VALUES (?1, ?2)
                ON CONFLICT (key) DO UPDATE SET value = CAST(CAST(value AS INTEGER) + ?2 AS TEXT)
                """, arguments: [overflowPrefix + sink, String(count)])
    }
}

/// What is left of the bounds on the sinks' dead letters, inside one transaction.
private struct SinkLetterRoom {
    private let bounds: SinkLetterBounds
    private var rows: Int64
    private var bytes: Int64

    init(_ db: Database, _ bounds: SinkLetterBounds) throws {
        self.bounds = bounds
        let row = try Row.fetchOne(
            db, sql: "SELECT COUNT(*) AS n, COALESCE(SUM(LENGTH(payload)), 0) AS size FROM sink_letters")
        rows = try row?.field("n") ?? 0
        bytes = try row?.field("size") ?? 0
    }

    /// True when a letter of this size may be stored; makes room where letters were sent again.
    mutating func take(_ size: Int64, _ db: Database) throws -> Bool {
        while rows >= bounds.rowsMaximum || bytes + size > bounds.bytesMaximum {
            let oldest = try Row.fetchOne(
                db,
                sql: """
                    SELECT id, LENGTH(payload) AS size FROM sink_letters WHERE resent_ns IS NOT NULL ORDER BY id LIMIT 1
                    """)
            guard let oldest else { return false }
            let id: Int64 = try oldest.field("id")
            try db.execute(sql: "DELETE FROM sink_letters WHERE id = ?", arguments: [id])
            rows -= 1
            bytes -= try oldest.field("size")
        }
        rows += 1
        bytes += size
        return true
    }
}
