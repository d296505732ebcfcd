import Foundation
import GRDB
@_spi(Revealing) import Redaction

extension SQLiteStateStore {
    /// Stores dead letters inside the bounds; see ``DeadLetterBounds`` for what gives way first.
    static func writeDeadLetters(
        _ letters: [DeadLetter], _ bounds: DeadLetterBounds, _ db: Database, _ receipt: inout CommitReceipt
    ) throws {
        guard !letters.isEmpty else { return }
        var rows = try Counter.value(.deadLetterRows, db)
        var bytes = try Counter.value(.deadLetterBytes, db)
        let (rowsBefore, bytesBefore) = (rows, bytes)
        for letter in letters {
            let size = Int64(letter.bytes.count)
            while rows >= bounds.rowsMaximum || bytes + size > bounds.bytesMaximum {
                guard let freed = try removeOldestReplayed(db) else { break }
                rows -= 1
                bytes -= freed
            }
            guard rows < bounds.rowsMaximum else {
                receipt.deadLettersOverflowed += 1
                continue
            }
            let keeps = bytes + size <= bounds.bytesMaximum
            try insert(letter, keepingBytes: keeps, db)
            rows += 1
            if keeps {
                bytes += size
                receipt.deadLettersStored += 1
            } else {
                receipt.deadLettersWithoutBytes += 1
            }
        }
        try Counter.add(rows - rowsBefore, to: .deadLetterRows, db)
        try Counter.add(bytes - bytesBefore, to: .deadLetterBytes, db)
        try Counter.add(Int64(receipt.deadLettersOverflowed), to: .deadLetterOverflow, db)
    }

    private static func insert(_ letter: DeadLetter, keepingBytes: Bool, _ db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO deadletters
                    (partition_id, sequence, broker_offset, enqueued_ms, received_ns, reason, byte_position,
                     bytes_count, bytes)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        try statement.execute(arguments: [
            letter.partition, letter.sequence, letter.offset, letter.enqueuedMs, letter.receivedNs, letter.reason,
            letter.bytePosition, letter.bytes.count, keepingBytes ? Data(letter.bytes.revealed) : nil,
        ])
    }

    /// Removes one replayed letter and says how many bytes that freed; nil when none is left.
    private static func removeOldestReplayed(_ db: Database) throws -> Int64? {
        let row = try Row.fetchOne(
            db,
            sql: """
                SELECT id, CASE WHEN bytes IS NULL THEN 0 ELSE bytes_count END AS freed
                FROM deadletters WHERE replayed_ns IS NOT NULL ORDER BY id LIMIT 1
                """)
        guard let row else { return nil }
        let id: Int64 = try row.field("id")
        try db.execute(sql: "DELETE FROM deadletters WHERE id = ?", arguments: [id])
        return try row.field("freed")
    }

    /// Dead letters behind `id`, in order, without their bytes.
    public func deadLetters(
        after id: Int64, limit: Int, includingReplayed: Bool
    ) async throws(StateStoreError) -> [StoredDeadLetter] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT \(Self.letterColumns) FROM deadletters
                    WHERE id > ? \(includingReplayed ? "" : "AND replayed_ns IS NULL") ORDER BY id LIMIT ?
                    """, arguments: [id, max(0, limit)]
            ).map { try Self.letter($0, bytes: []) }
        }
    }

    /// One dead letter with its bytes; nil when there is none.
    public func deadLetter(_ id: Int64) async throws(StateStoreError) -> StoredDeadLetter? {
        try await read { db in
            try Row.fetchOne(
                db, sql: "SELECT \(Self.letterColumns), bytes FROM deadletters WHERE id = ?", arguments: [id]
            ).map { row in
                let bytes: Data? = try row.optional("bytes")
                return try Self.letter(row, bytes: bytes.map { [UInt8]($0) } ?? [])
            }
        }
    }

    /// Marks dead letters as replayed.
    ///
    /// Unknown ids are ignored; returns how many were marked now.
    public func markReplayed(_ ids: [Int64], atNs: Int64) async throws(StateStoreError) -> Int {
        try await write { db in
            var marked = 0
            let statement = try db.cachedStatement(
                sql: "UPDATE deadletters SET replayed_ns = ? WHERE id = ? AND replayed_ns IS NULL")
            for id in ids {
                try statement.execute(arguments: [atNs, id])
                marked += db.changesCount
            }
            return marked
        }
    }

    /// What the dead-letter table holds and what it had no room for.
    public func deadLetterCounts() async throws(StateStoreError) -> DeadLetterCounts {
        try await read { db in try Self.deadLetterCounts(db) }
    }

    static func deadLetterCounts(_ db: Database) throws -> DeadLetterCounts {
        var counts = DeadLetterCounts(
            bytes: try Counter.value(.deadLetterBytes, db), overflowed: try Counter.value(.deadLetterOverflow, db))
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT reason, COUNT(*) AS n, COUNT(replayed_ns) AS replayed, COUNT(*) - COUNT(bytes) AS bare
                FROM deadletters GROUP BY reason
                """)
        for row in rows {
            let count: Int64 = try row.field("n")
            let reason: String = try row.field("reason")
            counts.byReason[reason] = count
            counts.stored += count
            counts.replayed += try row.field("replayed")
            counts.withoutBytes += try row.field("bare")
        }
        return counts
    }

    private static let letterColumns = """
        id, partition_id, sequence, broker_offset, enqueued_ms, received_ns, reason, byte_position, bytes_count,
        replayed_ns, bytes IS NOT NULL AS kept
        """

    private static func letter(_ row: Row, bytes: [UInt8]) throws -> StoredDeadLetter {
        try StoredDeadLetter(
            id: row.field("id"),
            letter: DeadLetter(
                partition: row.field("partition_id"), sequence: row.field("sequence"),
                offset: row.field("broker_offset"),
                enqueuedMs: row.field("enqueued_ms"), receivedNs: row.field("received_ns"), reason: row.field("reason"),
                bytePosition: row.optional("byte_position"), bytes: bytes),
            bytesCount: row.field("bytes_count"), bytesKept: row.field("kept"), replayedNs: row.optional("replayed_ns"))
    }
}
