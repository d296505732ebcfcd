import Diagnosis
import EventHubs
import EventHubsClient
import FindingFormats
import HubwatchConfiguration
import HubwatchRuntime
import NIOCore
import NetworkSinks
import Sinks

/// Looks at the receivers of findings: name, connection, certificate, and with a hub the right to send.
///
/// No finding is sent.
struct ReceiverProbe: Sendable {
    private let limit: Duration
    private let surroundings: DoctorSurroundings
    private let isHeld: Bool

    /// - Parameter isHeld: whether a running hubwatch has the state file, and with it the files of findings.
    init(within limit: Duration, isHeld: Bool, _ surroundings: DoctorSurroundings) {
        self.limit = limit
        self.isHeld = isHeld
        self.surroundings = surroundings
    }

    /// All at once: one that does not answer holds up none that does.
    @concurrent
    func look(at sinks: [SinkConfiguration]) async -> [ReceiverObservation] {
        await withTaskGroup(of: (Int, ReceiverObservation).self) { tasks in
            for (index, sink) in sinks.enumerated() {
                tasks.addTask { (index, await look(at: sink)) }
            }
            var seen: [(Int, ReceiverObservation)] = []
            for await one in tasks { seen.append(one) }
            return seen.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    @concurrent
    private func look(at sink: SinkConfiguration) async -> ReceiverObservation {
        var seen = ReceiverObservation(
            sink: sink.name, type: sink.type, place: sink.type, .unusable(reason: "", remedy: ""))
        if case .file(let path, _) = sink.target {
            let found = await FindingsProbe.look(at: path, isHeld: isHeld)
            seen.outcome = .file(found.observation, path: path, freeBytes: found.freeBytes)
            return seen
        }
        var quick = sink
        quick.delivery.timeout = min(limit, sink.delivery.timeout)
        // What a run would send through: its files and templates are read, and nothing is connected.
        let carriers = SinkCarriers(
            source: FindingSource(namespace: "", hub: ""), productVersion: "", hostName: surroundings.hostName,
            group: surroundings.group, clock: surroundings.clock, logger: surroundings.logger)
        do throws(DeliveryFailure) {
            guard let carrier = try carriers.carrier(for: quick) else { return seen }
            seen.place = carrier.destination
            if let way = way(to: sink, carrier) { await reach(way, carrier, &seen) }
            await carrier.close()
        } catch {
            seen.outcome = .unusable(reason: error.summary, remedy: error.remedy)
        }
        return seen
    }

    /// The way to a receiver in the terms in which brokers are reached: host, port, TLS.
    private func way(to sink: SinkConfiguration, _ carrier: any FindingCarrier) -> EventHubsConfiguration? {
        var way: EventHubsConfiguration?
        switch sink.target {
        case .webhook(let webhook): way = Self.way(to: webhook.url, webhook.trust)
        case .slack(let url, let trust), .teams(let url, let trust): way = Self.way(to: url, trust)
        case .syslog(let syslog):
            way = Self.way(to: syslog.host, syslog.port, syslog.usesTLS ? syslog.trust : nil)
        case .eventHub: way = (carrier as? EventHubCarrier)?.configuration
        case .file: way = nil
        }
        way?.proxy = sink.proxy
        way?.connectTimeout = limit
        return way
    }

    private static func way(to address: Secret, _ trust: SinkConfiguration.Trust) -> EventHubsConfiguration? {
        guard let receiver = SinkConfiguration.receiver(at: address) else { return nil }
        return way(to: receiver.host, receiver.port, receiver.scheme == .http ? nil : trust)
    }

    /// - Parameter trust: nil for a way without TLS.
    private static func way(
        to host: String, _ port: Int, _ trust: SinkConfiguration.Trust?
    ) -> EventHubsConfiguration {
        var way = EventHubsConfiguration(
            host: host, port: port, security: trust.map { .tls(authorities: $0.authorityFile) } ?? .plain,
            hub: "", credential: .none)
        if let certificate = trust?.certificateFile {
            way.clientIdentity = .init(certificateFile: certificate, keyFile: trust?.keyFile ?? certificate)
        }
        return way
    }

    /// Goes the way as far as it leads.
    private func reach(
        _ way: EventHubsConfiguration, _ carrier: any FindingCarrier, _ seen: inout ReceiverObservation
    ) async {
        let hop = way.firstHop
        (seen.host, seen.port) = (way.host, way.port)
        (seen.hop, seen.hopPort, seen.isProxied) = (hop.host, hop.port, way.proxy != nil)
        let name = await NameProbe.resolve(hop.host, within: limit)
        guard !name.addresses.isEmpty else {
            seen.outcome = .unresolved(name.observation)
            return
        }
        let attempts = await SocketProbe.connect(
            to: name.addresses, port: hop.port, within: limit, on: surroundings.group)
        guard attempts.contains(where: { if case .connected = $0.outcome { true } else { false } }) else {
            seen.outcome = .unconnected(attempts)
            return
        }
        let handshake: HandshakeObservation
        do throws(EventHubsError) {
            if way.proxy != nil, let refusal = try await HandshakeProbe(way).tunnel(on: surroundings.group.next()) {
                seen.outcome = .untunneled(refusal)
                return
            }
            if case .plain = way.security {
                // The addresses are those of the first hop: behind a proxy here, the receiver is elsewhere.
                handshake = .notUsed(
                    isThisMachine: way.proxy == nil && name.addresses.allSatisfy(NameProbe.isLoopback))
            } else {
                handshake = try await CertificateProbe.look(way, on: surroundings.group.next())
            }
        } catch {
            seen.outcome = .unusable(reason: error.summary, remedy: error.remedy)
            return
        }
        seen.outcome = .connected(handshake)
        guard let hub = carrier as? EventHubCarrier else { return }
        switch handshake {
        case .verified, .notUsed: seen.outcome = .attached(handshake, refusal: await hub.attach())
        default: break
        }
    }
}
