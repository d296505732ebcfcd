import StateStore

/// Opens the state file for a command.
enum StateAccess {
    /// For looking: works beside a running hubwatch.
    static func reading(_ path: String) throws -> SQLiteStateStore { try open(path, .readOnly) }

    /// For changing: refuses while a hubwatch has the file.
    static func changing(_ path: String) throws -> SQLiteStateStore { try open(path, .exclusive) }

    /// Runs the body and closes the store after it; store errors become the command's failure.
    static func with<Result>(
        _ store: SQLiteStateStore, _ body: (SQLiteStateStore) async throws -> Result
    ) async throws -> Result {
        do {
            let result = try await body(store)
            try await store.close()
            return result
        } catch let error as StateStoreError {
            try? await store.close()
            throw CommandFailure(error)
        } catch {
            try? await store.close()
            throw error
        }
    }

    private static func open(_ path: String, _ mode: SQLiteStateStore.Mode) throws -> SQLiteStateStore {
        do {
            return try SQLiteStateStore(path: path, mode: mode)
        } catch {
            throw CommandFailure(error)
        }
    }
}
