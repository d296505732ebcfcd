package import EventHubsClient
package import Sinks
package import StateStore

/// What a run takes from the machine: the way to a broker, sleep, chance and the disk.
///
/// ``system`` in production. The simulation replaces all of it, so that a whole run happens in one thread under one seed.
package struct RunPlatform: Sendable {
    /// What the client takes from it.
    package var client = ClientPlatform.system
    /// Waits; returns early when the task is cancelled.
    package var sleep: @Sendable (Duration) async -> Void = { try? await Task.sleep(for: $0) }
    /// How the state file is reached.
    package var stateAccess = StateAccess.queued
    /// The system calls of the findings file.
    package var files = FileOperations.system
    /// Where the findings file is written; nil for a queue of its own.
    package var sinkExecutor: (any SerialExecutor)?

    /// The machine itself.
    package static let system = RunPlatform()

    /// Makes the machine itself, to be changed.
    package init() {}
}
