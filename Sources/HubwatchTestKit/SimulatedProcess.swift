import Detection
import DevBroker
import EventHubsClient
import HubwatchConfiguration
import HubwatchRuntime
import Logging
import NIOCore
import NIOEmbedded
import Sinks
import Synchronization

/// One life of hubwatch in the simulation: the whole production run over stepped loops, wires and the simulated disk.
///
/// **Isolation**: the simulation's thread.
final class SimulatedProcess: @unchecked Sendable {
    let scheduler = Scheduler()
    let loops = SteppedLoops(count: 2)
    let statePath: String
    let status = RunStatus()
    var wires: [Wire] = []
    /// How the run ended; nil while it runs.
    private(set) var end: Result<Void, HubwatchError>?
    private let stopping: (stream: AsyncStream<Void>, continuation: AsyncStream<Void>.Continuation)

    init(statePath: String) {
        self.statePath = statePath
        stopping = AsyncStream.makeStream(of: Void.self)
    }

    /// Begins the run; everything happens in later steps.
    func start(_ configuration: Configuration, _ surroundings: Hubwatch.Surroundings) {
        let hubwatch = Hubwatch(configuration, surroundings, status: status)
        let stops = stopping.stream
        Task.detached {
            do throws(HubwatchError) {
                try await hubwatch.run { for await _ in stops { return } }
                self.end = .success(())
            } catch {
                self.end = .failure(error)
            }
        }
    }

    /// Tells the run to drain and stop.
    func stop() { stopping.continuation.finish() }

    /// Whether there is something to do now.
    var hasWork: Bool { scheduler.hasReadyJobs || wires.contains { $0.hasWork } }
}

/// Log lines of a simulation, kept to be shown when it fails.
final class SimulationLog: LogHandler, Sendable {
    private let recorded = Mutex<[String]>([])

    var lines: [String] { recorded.withLock { $0 } }

    func add(_ line: String) {
        recorded.withLock { lines in
            lines.append(line)
            if lines.count > 2_000 { lines.removeFirst(1_000) }
        }
    }

    func log(event: LogEvent) { add("\(event.level) \(event.message)") }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set { _ = newValue }
    }
    var metadata: Logger.Metadata {
        get { [:] }
        set { _ = newValue }
    }
    var logLevel: Logger.Level {
        get { .info }
        set { _ = newValue }
    }
}
