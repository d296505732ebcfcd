import Foundation
import GRDB

extension SQLiteStateStore {
    /// Writes everything in the transaction, or nothing.
    public func commit(_ transaction: StateTransaction) async throws(StateStoreError) -> CommitReceipt {
        if let key = transaction.meta.keys.first(where: { $0.hasPrefix(Counter.prefix) }) {
            throw StateStoreError(.invalidArgument, path: path, detail: "the name \(key) is reserved")
        }
        return try await write { [bounds] db in
            var receipt = CommitReceipt()
            try Self.writePositions(transaction, db)
            try Self.writeState(transaction, db, &receipt)
            try Self.writeJournal(transaction.journal, db, &receipt)
            try Self.writeDeadLetters(transaction.deadLetters, bounds, db, &receipt)
            try Self.writeHistory(transaction, db)
            return receipt
        }
    }

    static func write(_ position: PartitionPosition, updatedNs: Int64, _ db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO positions
                    (partition_id, sequence, broker_offset, enqueued_ms, watermark_ns, updated_ns, created_ms)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (partition_id) DO UPDATE SET sequence = excluded.sequence,
                    broker_offset = excluded.broker_offset, enqueued_ms = excluded.enqueued_ms,
                    watermark_ns = excluded.watermark_ns, updated_ns = excluded.updated_ns,
                    created_ms = excluded.created_ms
                """)
        try statement.execute(arguments: [
            position.partition, position.sequence, position.offset, position.enqueuedMs, position.watermarkNs,
            updatedNs, position.createdMs,
        ])
    }

    private static func writePositions(_ transaction: StateTransaction, _ db: Database) throws {
        for position in transaction.positions {
            try write(position, updatedNs: transaction.committedNs, db)
        }
        if let source = transaction.source {
            try db.execute(
                sql: """
                    INSERT OR REPLACE INTO source (id, namespace, hub, consumer_group, created_ms)
                    VALUES (1, ?, ?, ?, ?)
                    """, arguments: [source.namespace, source.hub, source.consumerGroup, source.createdMs])
        }
        for (key, value) in transaction.meta.sorted(by: { $0.key < $1.key }) {
            if let value {
                try db.execute(
                    sql: "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", arguments: [key, value])
            } else {
                try db.execute(sql: "DELETE FROM meta WHERE key = ?", arguments: [key])
            }
        }
    }

    /// Deltas and snapshot.
    ///
    /// A snapshot removes what it holds in the same transaction, so that the state can be loaded
    /// at any instant and never counts twice.
    private static func writeState(
        _ transaction: StateTransaction, _ db: Database, _ receipt: inout CommitReceipt
    ) throws {
        var deltas = transaction.deltas
        if let snapshot = transaction.snapshot {
            let last = try lastID(of: "deltas", db)
            let covered: Int64
            switch snapshot.covers {
            case .everything:
                covered = last
                deltas = []
            case .through(let id): covered = min(id, last)
            }
            try db.execute(
                sql: "INSERT OR REPLACE INTO snapshot (id, up_to_delta, bytes) VALUES (1, ?, ?)",
                arguments: [covered, Data(snapshot.bytes)])
            try db.execute(sql: "DELETE FROM deltas WHERE id <= ?", arguments: [covered])
        }
        let statement = try db.cachedStatement(sql: "INSERT INTO deltas (partition_id, bytes) VALUES (?, ?)")
        for delta in deltas {
            try statement.execute(arguments: [delta.partition, Data(delta.bytes)])
        }
        receipt.lastDeltaID = try lastID(of: "deltas", db)
    }

    private static func writeJournal(
        _ drafts: [JournalDraft], _ db: Database, _ receipt: inout CommitReceipt
    ) throws {
        guard !drafts.isEmpty else { return }
        var bytes: Int64 = 0
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO journal
                    (finding_id, activity, revision, rule_id, is_alert, status, decided_ns, payload)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (finding_id, activity, revision) DO NOTHING
                """)
        for draft in drafts {
            try statement.execute(arguments: [
                draft.key.findingID, draft.key.activity.rawValue, draft.key.revision, draft.ruleID, draft.isAlert,
                draft.status.rawValue, draft.decidedNs, Data(draft.payload),
            ])
            if db.changesCount == 0 {
                receipt.alreadyJournaled.append(draft.key)
            } else {
                receipt.journalIDs.append(db.lastInsertedRowID)
                bytes += Int64(draft.payload.count)
            }
        }
        try Counter.add(Int64(receipt.journalIDs.count), to: .journalRows, db)
        try Counter.add(bytes, to: .journalBytes, db)
    }

    private static func writeHistory(_ transaction: StateTransaction, _ db: Database) throws {
        for activation in transaction.activations {
            // The first activation stands: a restart announces the same version again.
            try db.execute(
                sql: """
                    INSERT OR IGNORE INTO rule_activations (rule_id, version, partition_id, sequence, activated_ns)
                    VALUES (?, ?, ?, ?, ?)
                    """,
                arguments: [
                    activation.ruleID, activation.version, activation.partition, activation.sequence,
                    activation.activatedNs,
                ])
        }
        try writeGaps(transaction.gaps, db)
    }

    /// Highest id that a table with AUTOINCREMENT ever gave out; 0 when it gave none.
    static func lastID(of table: String, _ db: Database) throws -> Int64 {
        try Int64.fetchOne(db, sql: "SELECT seq FROM sqlite_sequence WHERE name = ?", arguments: [table]) ?? 0
    }
}

/// Running totals in the meta table, so that a commit never has to count rows.
enum Counter: String {
    case journalRows = "journal_rows"
    case journalBytes = "journal_bytes"
    case deadLetterRows = "deadletter_rows"
    case deadLetterBytes = "deadletter_bytes"
    case deadLetterOverflow = "deadletter_overflow"

    /// Names with this prefix belong to the store.
    static let prefix = "store."

    private var key: String { Self.prefix + rawValue }

    static func value(_ counter: Counter, _ db: Database) throws -> Int64 {
        try Int64.fetchOne(
            db, sql: "SELECT CAST(value AS INTEGER) FROM meta WHERE key = ?", arguments: [counter.key]) ?? 0
    }

    static func add(_ change: Int64, to counter: Counter, _ db: Database) throws {
        guard change != 0 else { return }
        try db.execute(
            sql: "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)",
            arguments: [counter.key, String(try value(counter, db) &+ change)])
    }
}
