import Diagnosis
import StateStore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What was read of a state file.
struct StateReading: Sendable {
    var observation: StateObservation
    var positions: [PartitionPosition] = []
    var debts: [SinkDebt] = []
    var surrenders: [SinkSurrender] = []
    var committedMs: Int64?
}

/// Opens a state file for looking, beside whoever writes it.
enum StateProbe {
    /// The largest file that is checked as a whole, in bytes: the check reads all of it.
    static let checkedBytesMax: Int64 = 1 << 30

    @concurrent
    static func read(_ path: String, source: String?) async -> StateReading {
        let holder = StateFileHolder(statePath: path)?.processID
        func reading(_ outcome: StateObservation.Outcome) -> StateReading {
            StateReading(observation: StateObservation(outcome, holder: holder, source: source))
        }
        guard DiskProbe.exists(path) else {
            let folder = DiskProbe.folder(of: path)
            return reading(DiskProbe.exists(folder) ? .none : .refused(.missing, "there is no folder \(folder)"))
        }
        let store: SQLiteStateStore
        do throws(StateStoreError) {
            store = try SQLiteStateStore(path: path, mode: .readOnly)
        } catch {
            // An empty file is one that nothing was committed to.
            if error.code == .notFound, size(path) == 0 { return reading(.none) }
            return reading(refusal(error))
        }
        let bytes = ["", "-wal"].reduce(Int64(0)) { $0 + size(path + $1) }
        var result = reading(.none)
        do throws(StateStoreError) {
            if bytes <= checkedBytesMax { try await store.verify() }
            result.positions = try await store.positions().filter { $0.partition >= 0 }
            let stored = try await store.source()
            let usage = try await store.journalUsage()
            result.debts = usage.owed.map { SinkDebt(sink: $0, rows: $1, bytes: usage.owedBytes[$0] ?? 0) }
            result.surrenders = try await store.sinkLetterCounts().map {
                SinkSurrender(sink: $0, letters: $1.stored - $1.resent, lost: $1.overflowed)
            }
            result.committedMs = result.positions.map { $0.updatedNs / 1_000_000 }.max()
            result.observation.outcome = .open(
                StateContents(
                    bytes: bytes, isChecked: bytes <= checkedBytesMax, positions: result.positions.count,
                    deadLetters: try await store.deadLetterCounts().stored,
                    gaps: try await store.gaps(of: nil, limit: 100_000).count, committedMs: result.committedMs,
                    source: stored.map { "\($0.namespace)/\($0.hub)" }))
        } catch {
            result.observation.outcome = refusal(error)
        }
        try? await store.close()
        return result
    }

    private static func refusal(_ error: StateStoreError) -> StateObservation.Outcome {
        let fault: StateFault =
            switch error.code {
            case .notOurs: .notOurs
            case .newerVersion(let found, let supported): .newer(form: found, known: supported)
            case .olderVersion(let found, let supported):
                error.isCarriedOver
                    ? .older(form: found, known: supported) : .tooOld(form: found, known: supported)
            case .corrupt: .damaged
            case .readOnly: .unreadable
            case .notFound: .missing
            case .busy, .inUse: .busy
            case .diskFull, .ioFailure, .closed, .invalidArgument, .database: .failed
            }
        return .refused(fault, error.detail.isEmpty ? "no further word" : error.detail)
    }

    private static func size(_ path: String) -> Int64 {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : 0
    }
}
