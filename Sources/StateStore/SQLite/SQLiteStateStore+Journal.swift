import Foundation
import GRDB

extension SQLiteStateStore {
    /// Rows behind `id`, in order.
    public func journal(after id: Int64, limit: Int) async throws(StateStoreError) -> [JournalRow] {
        try await read { [path] db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT id, finding_id, activity, revision, rule_id, is_alert, status, decided_ns, payload
                    FROM journal WHERE id > ? ORDER BY id LIMIT ?
                    """, arguments: [id, max(0, limit)]
            ).map { row in
                guard let activity = try JournalActivity(rawValue: row.field("activity")),
                    let status = try JournalStatus(rawValue: row.field("status"))
                else {
                    let id: Int64 = try row.field("id")
                    throw StateStoreError(.corrupt, path: path, detail: "journal row \(id) has an unknown activity")
                }
                let payload: Data = try row.field("payload")
                return try JournalRow(
                    id: row.field("id"),
                    draft: JournalDraft(
                        key: JournalKey(
                            findingID: row.field("finding_id"), activity: activity, revision: row.field("revision")),
                        ruleID: row.field("rule_id"), isAlert: row.field("is_alert"), status: status,
                        payload: [UInt8](payload),
                        decidedNs: row.field("decided_ns")))
            }
        }
    }

    /// How much the journal holds and how far each sink is behind.
    public func journalUsage() async throws(StateStoreError) -> JournalUsage {
        try await read { db in
            var usage = JournalUsage(
                rows: try Counter.value(.journalRows, db), bytes: try Counter.value(.journalBytes, db),
                oldestID: try Int64.fetchOne(db, sql: "SELECT MIN(id) FROM journal") ?? 0,
                newestID: try Self.lastID(of: "journal", db))
            for cursor in try Self.cursors(db) {
                let owed = try Row.fetchOne(
                    db,
                    sql: "SELECT COUNT(*) AS n, COALESCE(SUM(LENGTH(payload)), 0) AS size FROM journal WHERE id > ?",
                    arguments: [cursor.journalID])
                usage.owed[cursor.sink] = try owed?.field("n")
                usage.owedBytes[cursor.sink] = try owed?.field("size")
            }
            return usage
        }
    }

    /// Removes delivered rows as the retention says; rows that some sink still owes stay.
    public func pruneJournal(_ retention: JournalRetention, nowNs: Int64) async throws(StateStoreError) -> Int {
        try await write { db in
            // Without any sink nothing is owed to anybody.
            let delivered = try Int64.fetchOne(db, sql: "SELECT MIN(journal_id) FROM cursors") ?? .max
            let young = nowNs.subtractingReportingOverflow(retention.ageMinimumNs).partialValue
            let old = nowNs.subtractingReportingOverflow(retention.ageMaximumNs).partialValue
            var excess = try Counter.value(.journalBytes, db) - retention.bytesMaximum
            var removed: [Int64] = []
            var bytes: Int64 = 0
            let rows = try Row.fetchCursor(
                db,
                sql: "SELECT id, decided_ns, LENGTH(payload) AS size FROM journal WHERE id <= ? ORDER BY id",
                arguments: [delivered])
            while let row = try rows.next() {
                let decided: Int64 = try row.field("decided_ns")
                let size: Int64 = try row.field("size")
                guard decided <= young, excess > 0 || decided < old else { break }
                try removed.append(row.field("id"))
                bytes += size
                excess -= size
            }
            let statement = try db.cachedStatement(sql: "DELETE FROM journal WHERE id = ?")
            for id in removed { try statement.execute(arguments: [id]) }
            try Counter.add(-Int64(removed.count), to: .journalRows, db)
            try Counter.add(-bytes, to: .journalBytes, db)
            return removed.count
        }
    }

    /// The cursor of a sink; nil when it never had one.
    public func cursor(of sink: String) async throws(StateStoreError) -> SinkCursor? {
        try await read { db in try Self.cursors(db).first { $0.sink == sink } }
    }

    /// Stores how far a sink has come.
    public func advanceCursor(_ cursor: SinkCursor) async throws(StateStoreError) {
        try await write { [path] db in try Self.advance(cursor, path, db) }
    }

    /// Stores how far a sink has come, inside a transaction.
    static func advance(_ cursor: SinkCursor, _ path: String, _ db: Database) throws {
        let stored = try Int64.fetchOne(
            db, sql: "SELECT journal_id FROM cursors WHERE sink = ?", arguments: [cursor.sink])
        if let stored, stored > cursor.journalID {
            throw StateStoreError(
                .invalidArgument, path: path,
                detail: "sink \(cursor.sink) would go back from \(stored) to \(cursor.journalID)")
        }
        try db.execute(
            sql: "INSERT OR REPLACE INTO cursors (sink, journal_id, inode, length) VALUES (?, ?, ?, ?)",
            // An inode is unsigned; SQLite's integers are not. The bits are kept.
            arguments: [cursor.sink, cursor.journalID, Int64(bitPattern: cursor.inode), cursor.length])
    }

    /// Forgets a sink that is no longer configured.
    public func removeCursor(of sink: String) async throws(StateStoreError) {
        try await write { db in try db.execute(sql: "DELETE FROM cursors WHERE sink = ?", arguments: [sink]) }
    }

    static func cursors(_ db: Database) throws -> [SinkCursor] {
        try Row.fetchAll(db, sql: "SELECT sink, journal_id, inode, length FROM cursors ORDER BY sink").map { row in
            let inode: Int64 = try row.field("inode")
            return try SinkCursor(
                sink: row.field("sink"), journalID: row.field("journal_id"), inode: UInt64(bitPattern: inode),
                length: row.field("length"))
        }
    }
}
