import AMQPTypes
import EventHubs
import Logging
import NIOCore

/// The connections of one client, reachable from any thread.
///
/// Connections are made on their loops, before anything else runs there on their behalf.
struct ClientConnections: Sendable {
    /// A connection with its management node.
    final class Place {
        let connection: HubConnection
        let management: ManagementNode

        init(connection: HubConnection) {
            self.connection = connection
            management = ManagementNode(connection: connection)
            connection.add(management)
        }
    }

    private struct Slot: Sendable {
        let loop: any EventLoop
        let place: NIOLoopBoundBox<Place?>
    }

    private let slots: [Slot]
    let configuration: EventHubsConfiguration

    init(
        _ configuration: EventHubsConfiguration, on group: any EventLoopGroup, count: Int, putsGroupToken: Bool,
        logger: Logger, report: @escaping @Sendable (ConnectionChange) -> Void
    ) throws(EventHubsError) {
        try configuration.validate()
        self.configuration = configuration
        let connector = try Connector(configuration)
        slots = (0..<max(1, count)).map { index in
            let loop = group.next()
            let place = NIOLoopBoundBox.makeEmptyBox(valueType: Place.self, eventLoop: loop)
            loop.execute {
                let connection = HubConnection(
                    index: index, on: loop, configuration: configuration, connector: connector, logger: logger,
                    report: report)
                connection.putsGroupToken = putsGroupToken
                place.value = Place(connection: connection)
            }
            return Slot(loop: loop, place: place)
        }
    }

    var count: Int { slots.count }

    /// Runs on a connection's loop.
    @concurrent
    func with<R: Sendable>(
        _ index: Int, _ body: @escaping @Sendable (Place) throws -> R
    ) async throws(EventHubsError) -> R {
        let slot = slots[index % slots.count]
        return try await slot.loop.submit {
            guard let place = slot.place.value else { throw HubConnection.stopping }
            return try body(place)
        }.value()
    }

    /// Asks the service; questions go over the first connection.
    func ask(_ subject: ManagementRequest.Subject) -> EventLoopFuture<ManagementReply> {
        let slot = slots[0]
        return slot.loop.flatSubmit {
            guard let place = slot.place.value else { return slot.loop.makeFailedFuture(HubConnection.stopping) }
            return place.management.ask(subject)
        }
    }

    /// The hub's properties.
    func hubProperties() async throws(EventHubsError) -> HubProperties {
        try refuseWithoutManagement()
        let what = "reading the properties of hub `\(configuration.hub)` on \(configuration.peer)"
        let reply = try await ask(.hub(configuration.hub)).value()
        if let error = reply.error(while: what) { throw error }
        guard case .hub(let hub) = reply.content else { throw Self.wrongReply(what) }
        return hub
    }

    /// A partition's properties.
    func partitionProperties(_ id: String) async throws(EventHubsError) -> PartitionProperties {
        try refuseWithoutManagement()
        return try Self.partition(id, await ask(.partition(hub: configuration.hub, id: id)).value())
    }

    /// The properties in a reply about a partition.
    static func partition(_ id: String, _ reply: ManagementReply) throws(EventHubsError) -> PartitionProperties {
        let what = "reading the properties of partition \(id)"
        if let error = reply.error(while: what, partition: id) { throw error }
        guard case .partition(let properties) = reply.content else { throw wrongReply(what) }
        return properties
    }

    private func refuseWithoutManagement() throws(EventHubsError) {
        guard configuration.plainBroker == nil else {
            throw EventHubsError(
                .notAllowed, "A plain AMQP broker has no management node", remedy: "Give the partitions in the settings"
            )
        }
    }

    private static func wrongReply(_ what: String) -> EventHubsError {
        EventHubsError(
            .protocolViolation, "The answer while \(what) is about something else", isRetriable: true, scope: .request)
    }

    /// Stops everything within a limit.
    func stop(within limit: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            for slot in slots {
                group.addTask {
                    let stopped = slot.loop.flatSubmit {
                        slot.place.value?.connection.stop(within: limit) ?? slot.loop.makeSucceededVoidFuture()
                    }
                    _ = try? await stopped.get()
                }
            }
        }
    }
}

extension EventLoopFuture where Value: Sendable {
    /// The value, with this target's error.
    ///
    /// Concurrent on purpose, like every public `async` method of this target: in optimized builds of Swift 6.3 a
    /// `nonisolated(nonsending)` method that awaits a future may return on the future's executor instead of its caller's.
    @concurrent
    func value() async throws(EventHubsError) -> Value {
        do {
            return try await get()
        } catch let error as EventHubsError {
            throw error
        } catch {
            throw EventHubsError(.cancelled, "The event loop is gone: \(error)", scope: .connection)
        }
    }
}
