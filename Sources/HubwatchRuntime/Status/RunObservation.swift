import DiagnosticLogs
import Redaction
import StateStore

/// What somebody who watches a run is told as it happens; everything else is in its report.
///
/// A run that nobody watches looks neither at its event loops nor into its state file for it.
public struct RunObservation: Sendable {
    /// A commit succeeded: how long it took, and the bytes that it wrote.
    public var committed: @Sendable (Duration, Int) -> Void

    /// Makes an observation.
    public init(committed: @escaping @Sendable (Duration, Int) -> Void = { _, _ in }) { self.committed = committed }
}

extension RunSession {
    /// How often the event loops are asked what is in flight.
    private static let sampleInterval: Duration = .seconds(1)
    /// Every how many samples the state file is looked into.
    private static let samplesPerLook = 15

    /// Keeps the parts of the status current that no event changes, until cancelled.
    func observe(_ source: HubSource) async {
        var sample = 0
        while !Task.isCancelled {
            let now = surroundings.clock.now()
            status.update { $0.sampledAt = now }
            source.sample(now)
            if sample % Self.samplesPerLook == 0 { await look() }
            sample &+= 1
            await surroundings.platform.sleep(Self.sampleInterval)
        }
    }

    /// Counts what the state file holds; a file that cannot be read now is said by the commits.
    private func look() async {
        guard let journal = try? await store.journalUsage(), let letters = try? await store.deadLetterCounts() else {
            return
        }
        status.update { $0.store = StoreLook(journal: journal, deadLetters: letters) }
    }
}

extension StateTransaction {
    /// Bytes of what it writes, keys and indexes aside.
    var bytes: Int {
        deltas.reduce(0) { $0 + $1.bytes.count } + (snapshot?.bytes.count ?? 0)
            + journal.reduce(0) { $0 + $1.payload.count } + deadLetters.reduce(0) { $0 + $1.bytes.count }
    }
}
