import Foundation
import StateStore

/// The state file of a replay: one to throw away, or one that is kept so that the replay can go on later.
struct ReplayState {
    /// Under this name the file says what it is a replay of.
    static let mark = "replay"

    let store: SQLiteStateStore
    /// What is removed at the end; nil for a file that is kept.
    private let folder: URL?

    /// Opens it; a kept file must be new, or of the same replay.
    ///
    /// - Parameter replay: what is replayed and from where, in words: resuming needs the same.
    static func open(
        keptAt path: String?, bounds: DeadLetterBounds, replay: String, at nowNs: Int64
    ) async throws(HubwatchError) -> ReplayState {
        var folder: URL?
        var file = path ?? ""
        if path == nil {
            // Findings hold names and addresses of people: nobody else may look into the folder.
            let made = FileManager.default.temporaryDirectory.appending(path: "hubwatch-replay-\(UUID().uuidString)")
            do {
                try FileManager.default.createDirectory(
                    at: made, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            } catch {
                throw .replay(
                    ReplayError(.ioFailure, "'\(made.path)' cannot be created (TMPDIR): \(error.localizedDescription)"))
            }
            folder = made
            file = made.appending(path: "state.db").path
        }
        let state: ReplayState
        do throws(StateStoreError) {
            state = ReplayState(store: try SQLiteStateStore(path: file, bounds: bounds), folder: folder)
        } catch {
            if let folder { try? FileManager.default.removeItem(at: folder) }
            throw .store(error)
        }
        do throws(HubwatchError) {
            try await state.claim(file, replay, nowNs)
        } catch {
            await state.close()
            throw error
        }
        return state
    }

    private func claim(_ file: String, _ replay: String, _ nowNs: Int64) async throws(HubwatchError) {
        let held: LoadedState
        do throws(StateStoreError) {
            held = try await store.load()
        } catch {
            throw .store(error)
        }
        guard held.isEmpty || held.meta[Self.mark] != nil else {
            throw .replay(
                ReplayError(
                    .stateRefused,
                    "'\(file)' is the state of a live run, and a replay would move its positions: give another file, or leave --state out"
                ))
        }
        if let before = held.meta[Self.mark], before != replay {
            throw .replay(
                ReplayError(
                    .stateRefused,
                    "'\(file)' belongs to another replay (\(before); now asked for: \(replay)): give another file, or remove it"
                ))
        }
        var transaction = StateTransaction(committedNs: nowNs)
        transaction.meta[Self.mark] = replay
        do throws(StateStoreError) {
            _ = try await store.commit(transaction)
        } catch {
            throw .store(error)
        }
    }

    /// Takes over the positions and open windows of a live run, when nothing was replayed yet.
    func seed(from path: String, at nowNs: Int64) async throws(StateStoreError) {
        guard try await store.positions().isEmpty else { return }
        let live = try SQLiteStateStore(path: path, mode: .readOnly)
        let state: LoadedState
        do throws(StateStoreError) {
            state = try await live.load()
        } catch {
            try? await live.close()
            throw error
        }
        try await live.close()
        var first = StateTransaction(committedNs: nowNs)
        first.snapshot = state.snapshot.map { StateSnapshot(bytes: $0, covers: .everything) }
        _ = try await store.commit(first)
        // Behind the snapshot, and with the positions that they lead to.
        var second = StateTransaction(committedNs: nowNs)
        second.deltas = state.deltas.map { StateDelta(partition: $0.partition, bytes: $0.bytes) }
        second.positions = state.positions
        _ = try await store.commit(second)
    }

    /// Closes the file, and removes it when it is one to throw away.
    func close() async {
        try? await store.close()
        if let folder { try? FileManager.default.removeItem(at: folder) }
    }
}
