import Foundation
import GRDB

extension SQLiteStateStore {
    /// Everything that a process needs to go on, from one snapshot of the file.
    public func load() async throws(StateStoreError) -> LoadedState {
        try await read { db in
            var state = LoadedState()
            state.source = try Self.source(db)
            state.positions = try Self.positions(db)
            let snapshot = try Data.fetchOne(db, sql: "SELECT bytes FROM snapshot WHERE id = 1")
            state.snapshot = snapshot.map { [UInt8]($0) }
            let deltas = try Row.fetchCursor(db, sql: "SELECT id, partition_id, bytes FROM deltas ORDER BY id")
            while let row = try deltas.next() {
                let bytes: Data = try row.field("bytes")
                try state.deltas.append(
                    StoredDelta(id: row.field("id"), partition: row.field("partition_id"), bytes: [UInt8](bytes)))
            }
            state.activations = try Self.activations(db)
            state.lastJournalID = try Self.lastID(of: "journal", db)
            state.cursors = try Self.cursors(db)
            state.deadLetters = try Self.deadLetterCounts(db)
            let meta = try Row.fetchCursor(db, sql: "SELECT key, value FROM meta")
            while let row = try meta.next() {
                let key: String = try row.field("key")
                if !key.hasPrefix(Counter.prefix) { state.meta[key] = try row.field("value") }
            }
            return state
        }
    }

    /// The stored positions, by partition.
    public func positions() async throws(StateStoreError) -> [PartitionPosition] {
        try await read { db in try Self.positions(db) }
    }

    /// Moves one partition by hand.
    public func setPosition(_ position: PartitionPosition, keepingState: Bool) async throws(StateStoreError) {
        try await write { db in
            try Self.write(position, updatedNs: position.updatedNs, db)
            if !keepingState { try Self.discardState(db) }
        }
    }

    /// Forgets positions and the partial results.
    public func resetPositions(of partitions: [Int]?) async throws(StateStoreError) {
        try await write { db in
            if let partitions {
                for partition in partitions {
                    try db.execute(sql: "DELETE FROM positions WHERE partition_id = ?", arguments: [partition])
                }
            } else {
                try db.execute(sql: "DELETE FROM positions")
                try db.execute(sql: "DELETE FROM source")
            }
            try Self.discardState(db)
        }
    }

    private static func discardState(_ db: Database) throws {
        try db.execute(sql: "DELETE FROM deltas")
        try db.execute(sql: "DELETE FROM snapshot")
    }

    /// The hub that the positions belong to, without loading anything else; nil before the first commit.
    public func source() async throws(StateStoreError) -> SourceIdentity? {
        try await read { db in try Self.source(db) }
    }

    private static func source(_ db: Database) throws -> SourceIdentity? {
        try Row.fetchOne(db, sql: "SELECT namespace, hub, consumer_group, created_ms FROM source WHERE id = 1")
            .map { row in
                try SourceIdentity(
                    namespace: row.field("namespace"), hub: row.field("hub"),
                    consumerGroup: row.field("consumer_group"),
                    createdMs: row.optional("created_ms"))
            }
    }

    private static func positions(_ db: Database) throws -> [PartitionPosition] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT partition_id, sequence, broker_offset, enqueued_ms, watermark_ns, updated_ns, created_ms
                FROM positions ORDER BY partition_id
                """
        ).map { row in
            try PartitionPosition(
                partition: row.field("partition_id"), sequence: row.field("sequence"),
                offset: row.field("broker_offset"),
                enqueuedMs: row.field("enqueued_ms"), watermarkNs: row.field("watermark_ns"),
                updatedNs: row.field("updated_ns"), createdMs: row.optional("created_ms"))
        }
    }

    private static func activations(_ db: Database) throws -> [RuleActivation] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT rule_id, version, partition_id, sequence, activated_ns FROM rule_activations
                ORDER BY rule_id, version, partition_id
                """
        ).map { row in
            try RuleActivation(
                ruleID: row.field("rule_id"), version: row.field("version"), partition: row.field("partition_id"),
                sequence: row.field("sequence"), activatedNs: row.field("activated_ns"))
        }
    }
}
