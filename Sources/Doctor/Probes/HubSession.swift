import AMQPTypes
import Diagnosis
import DiagnosticLogs
import EventHubs
import EventHubsClient
import HubwatchConfiguration
import NIOCore

/// What the hub said of its selected partitions, or which one did not answer.
enum PartitionsReading: Sendable {
    case read(HubProperties, [PartitionProperties])
    case refused(EventHubsError, partition: String)
}

/// The doctor's one connection for questions.
final class HubSession: Sendable {
    private let client: EventHubsClient?
    private let steps: AsyncStream<ConnectionStep>
    private let known: Known
    /// A partition that no hub has: what the service answers to it ends with its time.
    static let partitionOfNobody = "hubwatch-doctor"

    /// What is known before anything is opened.
    private struct Known: Sendable {
        var mechanism: String
        var credential: ConnectionObservation.Credential?
        var failure: EventHubsError?
    }

    private let result = ConnectionBox()

    init(
        _ configuration: EventHubsConfiguration, _ source: Configuration.Source, _ surroundings: DoctorSurroundings
    ) throws(EventHubsError) {
        let (steps, continuation) = AsyncStream.makeStream(
            of: ConnectionStep.self, bufferingPolicy: .bufferingOldest(64))
        var traced = configuration
        traced.trace = { continuation.yield($0) }
        self.steps = steps
        client = try EventHubsClient(
            configuration: traced, eventLoopGroup: surroundings.group, logger: surroundings.logger)
        known = Known(
            mechanism: Self.mechanism(configuration), credential: Self.credential(configuration), failure: nil)
    }

    /// A session that could not even be prepared.
    init(failed error: EventHubsError) {
        client = nil
        steps = AsyncStream { $0.finish() }
        known = Known(mechanism: "ANONYMOUS", credential: nil, failure: error)
    }

    private static func mechanism(_ configuration: EventHubsConfiguration) -> String {
        if case .plain? = configuration.plainBroker?.login { "PLAIN" } else { "ANONYMOUS" }
    }

    private static func credential(_ configuration: EventHubsConfiguration) -> ConnectionObservation.Credential? {
        let audience = EventHubAddress.audience(authority: configuration.host, hub: configuration.hub)
        switch configuration.credential {
        case .key(let name, _):
            return .init(
                policy: name, audience: audience, lifeMs: configuration.tokenLifetime.milliseconds)
        case .signature(let token):
            return .init(policy: token.keyNames.first ?? "?", audience: audience, lifeMs: nil)
        case .tokens: return .init(policy: "the identity", audience: audience, lifeMs: nil)
        case .none: return nil
        }
    }

    /// How far the connection came; known once ``open()`` has returned.
    var observation: ConnectionObservation { result.value ?? failed(known.failure ?? Self.stopped) }

    private static let stopped = EventHubsError(.cancelled, "The connection was not opened", scope: .connection)

    private func failed(_ error: EventHubsError) -> ConnectionObservation {
        ConnectionObservation(stage: .none, error: error, mechanism: known.mechanism, credential: known.credential)
    }

    /// Connects, and waits until the connection is ready or lost.
    @concurrent
    func open() async {
        var observation = ConnectionObservation(
            stage: .none, mechanism: known.mechanism, credential: known.credential)
        defer { result.set(observation) }
        do throws(EventHubsError) {
            try await client?.connect()
        } catch {
            observation.error = error
            return
        }
        for await step in steps {
            switch step {
            case .connected: observation.stage = .connected
            case .authenticated: observation.stage = max(observation.stage, .authenticated)
            case .opened(let container, let frame):
                observation.stage = .opened
                observation.container = container
                observation.frameBytes = Int64(frame)
            case .ready:
                observation.stage = .authorized
                return
            case .lost(let error):
                observation.error = error
                return
            }
        }
    }

    /// The hub's properties; a connection that did not open says why.
    @concurrent
    func hubProperties() async -> Result<HubProperties, EventHubsError> {
        if let error = observation.error { return .failure(error) }
        guard let client else { return .failure(Self.stopped) }
        do throws(EventHubsError) {
            return .success(try await client.hubProperties())
        } catch {
            return .failure(error)
        }
    }

    /// The properties of the selected partitions, one question after the other: the service allows 50 a second.
    @concurrent
    func partitions(_ selection: PartitionSelection, of hub: HubProperties) async -> PartitionsReading {
        guard let client else { return .refused(Self.stopped, partition: "?") }
        var found: [PartitionProperties] = []
        for id in selection.select(from: hub.partitionIDs) {
            do throws(EventHubsError) {
                found.append(try await client.partitionProperties(id))
            } catch {
                return .refused(error, partition: id)
            }
        }
        return .read(hub, found)
    }

    /// Asks for a partition that nobody has: the service's refusal ends with its time.
    @concurrent
    func askTheTime(
        now: @Sendable () -> Int64
    ) async -> (observation: ClockObservation?, error: EventHubsError?) {
        guard let client else { return (nil, Self.stopped) }
        let asked = now()
        do throws(EventHubsError) {
            _ = try await client.partitionProperties(Self.partitionOfNobody)
            return (nil, nil)
        } catch {
            let answered = now()
            guard let time = ServiceTime(in: error) else { return (nil, error) }
            return (
                ClockObservation(
                    brokerMs: time.milliseconds, grainMs: time.grainMs, askedMs: asked, answeredMs: answered), nil
            )
        }
    }

    @concurrent
    func close() async { await client?.shutdown(within: .seconds(2)) }
}

/// The time with which the service ends the text of an error.
struct ServiceTime: Hashable {
    let milliseconds: Int64
    /// How much later it may have been: the text is cut to seconds, or to less.
    let grainMs: Int64

    /// Nil for a text without one.
    init?(in error: EventHubsError) {
        let text = error.condition.flatMap(\.description) ?? ""
        guard let found = text.firstRange(of: "Timestamp:") else { return nil }
        let word = text[found.upperBound...].prefix { !$0.isWhitespace && $0 != "," && $0 != ";" && $0 != "]" }
        guard let time = Timestamp(parsing: String(word)) else { return nil }
        milliseconds = time.milliseconds
        grainMs = word.contains(".") ? 1 : 1000
    }
}
