public import AMQPTypes
public import EventHubs
public import Logging
public import NIOCore

/// Publishes events to one hub.
///
/// Events of one call are packed into batches as large as the link takes. A call returns when the broker has accepted all of
/// them; callers that do not wait are their own back-pressure problem.
///
/// **Guarantee**: at least once. A batch whose outcome was lost with its connection is sent again.
/// **Errors**: what the broker refused, with its reason; throttling is waited out, up to the configured `sendTimeout`.
public final class EventHubsProducer: Sendable {
    /// Which partition events go to.
    public enum Destination: Hashable, Sendable {
        /// The service picks one for each batch.
        case anyPartition
        /// The partition that the service keeps for this key.
        case key(String)
        /// This partition.
        case partition(String)
    }

    private let configuration: EventHubsConfiguration
    private let connections: ClientConnections
    private let links: NIOLoopBoundBox<[String: ProducerLink]>

    /// Makes a producer; it connects with the first call.
    public init(
        configuration: EventHubsConfiguration, eventLoopGroup: any EventLoopGroup, logger: Logger
    ) throws(EventHubsError) {
        self.configuration = configuration
        let loop = eventLoopGroup.next()
        connections = try ClientConnections(
            configuration, on: loop, count: 1, putsGroupToken: false, logger: logger, report: { _ in })
        links = NIOLoopBoundBox.makeBoxSendingValue([:], eventLoop: loop)
    }

    /// Asks for the hub's properties.
    @concurrent
    public func hubProperties() async throws(EventHubsError) -> HubProperties {
        try await connections.hubProperties()
    }

    /// Opens the sender's link and lets nothing go over it: shows whether the hub takes events from us.
    @concurrent
    package func attach() async throws(EventHubsError) {
        _ = try await encoder(for: .anyPartition, address(of: .anyPartition))
    }

    /// Sends events, in order, and returns when all of them are accepted.
    @concurrent
    public func send(_ events: [AMQPMessage], to destination: Destination = .anyPartition) async throws(EventHubsError)
    {
        guard !events.isEmpty else { return }
        let address = address(of: destination)
        var encoder = try await encoder(for: destination, address)
        if configuration.plainBroker != nil {
            try await deliver(
                events.map { BatchEncoder.Encoded(bytes: $0.encoded(), messageFormat: 0, eventCount: 1) }, address)
            return
        }
        for event in events { try encoder.add(event) }
        try await deliver(encoder.finish(), address)
    }

    /// Sends events that are nothing but bodies.
    @concurrent
    public func send(
        bodies: [[UInt8]], to destination: Destination = .anyPartition
    ) async throws(EventHubsError) {
        guard !bodies.isEmpty else { return }
        if configuration.plainBroker != nil {
            return try await send(bodies.map { AMQPMessage(body: .data([$0])) }, to: destination)
        }
        let address = address(of: destination)
        var encoder = try await encoder(for: destination, address)
        for body in bodies { try encoder.add(body: body) }
        try await deliver(encoder.finish(), address)
    }

    /// Closes the link and the connection; calls that are waiting fail.
    @concurrent
    public func shutdown(within limit: Duration = .seconds(10)) async {
        await connections.stop(within: limit)
    }

    private func address(of destination: Destination) -> String {
        if let plain = configuration.plainBroker {
            if case .partition(let id) = destination { return plain.address(of: id) }
            return plain.address(of: plain.partitions.first ?? "")
        }
        switch destination {
        case .anyPartition, .key: return EventHubAddress.hub(configuration.hub).path
        case .partition(let id): return EventHubAddress.partition(hub: configuration.hub, id: id).path
        }
    }

    private func encoder(
        for destination: Destination, _ address: String
    ) async throws(EventHubsError) -> BatchEncoder {
        let links = links
        let limit = try await connections.with(0) { place in
            NIOLoopBound(Self.link(address, place, links), eventLoop: place.connection.loop)
        }
        let sizeMax = try await links.eventLoop.flatSubmit { limit.value.messageSizeMax() }.value()
        if case .key(let key) = destination { return BatchEncoder(sizeMax: sizeMax, partitionKey: key) }
        return BatchEncoder(sizeMax: sizeMax)
    }

    private func deliver(_ batches: [BatchEncoder.Encoded], _ address: String) async throws(EventHubsError) {
        let links = links
        let link = try await connections.with(0) { place in
            NIOLoopBound(Self.link(address, place, links), eventLoop: place.connection.loop)
        }
        try await links.eventLoop.flatSubmit { link.value.send(batches) }.value()
    }

    private static func link(
        _ address: String, _ place: ClientConnections.Place, _ links: NIOLoopBoundBox<[String: ProducerLink]>
    ) -> ProducerLink {
        if let link = links.value[address] { return link }
        let link = ProducerLink(connection: place.connection, address: address)
        links.value[address] = link
        place.connection.add(link)
        return link
    }
}
