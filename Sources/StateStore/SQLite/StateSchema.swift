import GRDB

/// The tables of the state file, and how the file says what it is.
///
/// The names and columns are those of the shared PostgreSQL store as well, so they avoid words reserved there.
enum StateSchema {
    /// `application_id` of the file: "HUBW".
    static let applicationID: Int = 0x4855_4257
    /// `user_version` of the file: counts the forms that the tables had.
    static let version = 3
    /// Oldest form that this program can carry over.
    static let oldestVersion = 1

    /// What a file turned out to be.
    enum Identity: Equatable {
        /// Nothing yet.
        case empty
        /// Ours, in the present form.
        case current
        /// Ours, in a form (its number) that ``carryOver(_:)`` brings to the present one.
        case older(Int)
    }

    /// Looks at a file without changing it.
    static func identify(_ db: Database, path: String) throws -> Identity {
        let application = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        let found = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        if application == 0 && found == 0 {
            guard try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM sqlite_master") == 0 else {
                throw StateStoreError(.notOurs, path: path, detail: "a database of another program")
            }
            return .empty
        }
        guard application == applicationID else {
            throw StateStoreError(.notOurs, path: path, detail: "a database of another program")
        }
        if found > version { throw StateStoreError(.newerVersion(found: found, supported: version), path: path) }
        if found < oldestVersion { throw StateStoreError(.olderVersion(found: found, supported: version), path: path) }
        return found == version ? .current : .older(found)
    }

    /// Brings the tables of an older file to the present form; runs inside a transaction.
    static func carryOver(_ db: Database) throws {
        if try Int.fetchOne(db, sql: "PRAGMA user_version") == 1 { try carryOverFirstForm(db) }
        // The third form has the sinks' dead letters.
        try db.execute(sql: sinkLetters)
        try db.execute(sql: "PRAGMA user_version = \(version)")
    }

    private static func carryOverFirstForm(_ db: Database) throws {
        // Whoever wrote the file compared the hub's time of creation on each start: all positions have the same.
        try db.execute(
            sql: """
                ALTER TABLE positions ADD COLUMN created_ms INTEGER;
                UPDATE positions SET created_ms = (SELECT created_ms FROM source WHERE id = 1);
                ALTER TABLE gaps RENAME TO gaps_before;
                \(gaps)
                INSERT INTO gaps (partition_id, first_missing, last_missing, reason, policy, detected_ns)
                    SELECT partition_id, first_missing, last_missing, reason, 'earliest', detected_ns FROM gaps_before
                    ORDER BY detected_ns, partition_id, first_missing;
                DROP TABLE gaps_before;
                """)
    }

    /// Makes the tables; runs inside a transaction, so a crash leaves an empty file.
    static func create(_ db: Database) throws {
        try db.execute(sql: tables)
        try db.execute(sql: "PRAGMA application_id = \(applicationID)")
        try db.execute(sql: "PRAGMA user_version = \(version)")
    }

    private static let tables = """
        CREATE TABLE meta (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL);
        CREATE TABLE source (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            namespace TEXT NOT NULL, hub TEXT NOT NULL, consumer_group TEXT NOT NULL, created_ms INTEGER);
        CREATE TABLE positions (
            partition_id INTEGER PRIMARY KEY NOT NULL, sequence INTEGER NOT NULL, broker_offset TEXT NOT NULL,
            enqueued_ms INTEGER NOT NULL, watermark_ns INTEGER NOT NULL, updated_ns INTEGER NOT NULL,
            created_ms INTEGER);
        CREATE TABLE deltas (
            id INTEGER PRIMARY KEY AUTOINCREMENT, partition_id INTEGER NOT NULL, bytes BLOB NOT NULL);
        CREATE TABLE snapshot (
            id INTEGER PRIMARY KEY CHECK (id = 1), up_to_delta INTEGER NOT NULL, bytes BLOB NOT NULL);
        CREATE TABLE journal (
            id INTEGER PRIMARY KEY AUTOINCREMENT, finding_id TEXT NOT NULL, activity INTEGER NOT NULL,
            revision INTEGER NOT NULL, rule_id TEXT NOT NULL, is_alert INTEGER NOT NULL, status TEXT NOT NULL,
            decided_ns INTEGER NOT NULL, payload BLOB NOT NULL,
            UNIQUE (finding_id, activity, revision));
        CREATE TABLE cursors (
            sink TEXT PRIMARY KEY NOT NULL, journal_id INTEGER NOT NULL, inode INTEGER NOT NULL,
            length INTEGER NOT NULL);
        CREATE TABLE deadletters (
            id INTEGER PRIMARY KEY AUTOINCREMENT, partition_id INTEGER NOT NULL, sequence INTEGER NOT NULL,
            broker_offset TEXT NOT NULL, enqueued_ms INTEGER NOT NULL, received_ns INTEGER NOT NULL,
            reason TEXT NOT NULL, byte_position INTEGER, bytes_count INTEGER NOT NULL, replayed_ns INTEGER,
            bytes BLOB);
        CREATE INDEX deadletters_replayed ON deadletters (id) WHERE replayed_ns IS NOT NULL;
        CREATE TABLE rule_activations (
            rule_id TEXT NOT NULL, version TEXT NOT NULL, partition_id INTEGER NOT NULL, sequence INTEGER NOT NULL,
            activated_ns INTEGER NOT NULL, PRIMARY KEY (rule_id, version, partition_id));
        \(gaps)
        \(sinkLetters)
        """

    /// What sinks gave up on.
    private static let sinkLetters = """
        CREATE TABLE sink_letters (
            id INTEGER PRIMARY KEY AUTOINCREMENT, sink TEXT NOT NULL, journal_id INTEGER NOT NULL,
            finding_id TEXT NOT NULL, activity INTEGER NOT NULL, revision INTEGER NOT NULL, rule_id TEXT NOT NULL,
            is_alert INTEGER NOT NULL, decided_ns INTEGER NOT NULL, reason TEXT NOT NULL, attempts INTEGER NOT NULL,
            given_up_ns INTEGER NOT NULL, resent_ns INTEGER, payload BLOB NOT NULL, UNIQUE (sink, journal_id));
        CREATE INDEX sink_letters_resent ON sink_letters (id) WHERE resent_ns IS NOT NULL;
        """

    private static let gaps = """
        CREATE TABLE gaps (
            id INTEGER PRIMARY KEY AUTOINCREMENT, partition_id INTEGER NOT NULL, first_missing INTEGER NOT NULL,
            last_missing INTEGER, reason TEXT NOT NULL, policy TEXT NOT NULL, detected_ns INTEGER NOT NULL,
            created_ms INTEGER, recreated_ms INTEGER);
        """
}
