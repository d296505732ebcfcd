import GRDB

extension SQLiteStateStore {
    /// Recorded gaps, oldest first.
    public func gaps(of partition: Int?, limit: Int) async throws(StateStoreError) -> [SequenceGap] {
        try await read { [path] db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT partition_id, first_missing, last_missing, reason, policy, detected_ns, created_ms, recreated_ms
                    FROM gaps WHERE ?1 IS NULL OR partition_id = ?1 ORDER BY id LIMIT ?2
                    """, arguments: [partition, max(0, limit)]
            ).map { row in
                guard let cause = try GapCause(rawValue: row.field("reason")),
                    let policy = try SequenceGap.Policy(rawValue: row.field("policy"))
                else { throw StateStoreError(.corrupt, path: path, detail: "a gap has an unknown cause or policy") }
                return try SequenceGap(
                    partition: row.field("partition_id"), firstMissing: row.field("first_missing"),
                    lastMissing: row.optional("last_missing"), cause: cause, policy: policy,
                    detectedNs: row.field("detected_ns"), createdMs: row.optional("created_ms"),
                    recreatedMs: row.optional("recreated_ms"))
            }
        }
    }

    static func writeGaps(_ gaps: [SequenceGap], _ db: Database) throws {
        for gap in gaps {
            try db.execute(
                sql: """
                    INSERT INTO gaps
                        (partition_id, first_missing, last_missing, reason, policy, detected_ns, created_ms, recreated_ms)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    gap.partition, gap.firstMissing, gap.lastMissing, gap.cause.rawValue, gap.policy.rawValue,
                    gap.detectedNs, gap.createdMs, gap.recreatedMs,
                ])
        }
    }
}
