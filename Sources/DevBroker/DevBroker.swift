public import AMQPTypes
import EventHubs
public import Logging
public import NIOCore
import NIOPosix
import Synchronization

/// An Event Hubs namespace on this machine: the wire behaviour of the service, in memory.
///
/// **Isolation**: safe to use from any thread. Each connection lives on one event loop of the group; partitions are shared
/// between loops behind one leaf lock each (`HubPartition` says how). **Bounds**: events are kept in memory until retention
/// removes them; a data folder keeps them over a restart.
///
/// ```swift
/// let broker = try DevBroker(
///     configuration: DevBrokerConfiguration(
///         listeners: [.init(port: 0)], hubs: [HubDefinition(name: "logs", partitionCount: 4)]),
///     group: group, logger: logger)
/// let addresses = try await broker.start()
/// ```
public final class DevBroker: Sendable {
    /// Where a started broker listens.
    public struct Addresses: Sendable, Hashable {
        /// One bound AMQP listener.
        public struct AMQP: Sendable, Hashable {
            /// The host as configured.
            public var host: String
            /// The bound port.
            public var port: Int
            /// Whether connections begin with TLS.
            public var usesTLS: Bool
            /// Whether AMQP comes over WebSockets.
            public var isWebSocket = false
        }

        /// The AMQP listeners in the order of the configuration.
        public var amqp: [AMQP]
        /// The port of the admin HTTP, nil without one.
        public var adminPort: Int?
    }

    /// Where an appended event was put.
    public struct AppendedEvent: Sendable, Hashable {
        /// The partition's id.
        public var partition: String
        /// The sequence number in the partition.
        public var sequenceNumber: Int64
        /// The offset as clients see it.
        public var offset: String
        /// Milliseconds since the Unix epoch.
        public var enqueuedTime: Int64
    }

    let context: BrokerContext
    let group: any EventLoopGroup
    private let registry = ConnectionRegistry()
    private let running = Mutex(Running())

    private struct Running: Sendable {
        var isStarted = false
        var listeners: [any Channel] = []
        var admin: AdminServer?
        var authorityPEM: String?
    }

    /// Makes a broker with its hubs; nothing listens yet.
    ///
    /// **Errors**: `hubInvalid` when a hub's definition breaks a rule.
    public init(
        configuration: DevBrokerConfiguration, group: any EventLoopGroup, logger: Logger
    ) throws(DevBrokerError) {
        context = try BrokerContext(configuration: configuration, logger: logger)
        self.group = group
    }

    // MARK: Life

    /// Binds all listeners; on failure none stays bound.
    ///
    /// **Errors**: `addressUnavailable`, `certificateUnusable`, `alreadyStarted`.
    public func start() async throws(DevBrokerError) -> Addresses {
        let isFirst = running.withLock { running in
            defer { running.isStarted = true }
            return !running.isStarted
        }
        guard isFirst else { throw DevBrokerError(.alreadyStarted, "The broker was started before.") }
        do throws(DevBrokerError) {
            let addresses = try await bindAll()
            if let script = context.configuration.faults { install(script) }
            return addresses
        } catch {
            await shutdown()
            throw error
        }
    }

    /// Closes the listeners and all connections, and waits until they are gone.
    public func shutdown() async {
        let (listeners, admin) = running.withLock { running in
            defer {
                running.listeners = []
                running.admin = nil
            }
            return (running.listeners, running.admin)
        }
        for listener in listeners { try? await listener.close() }
        context.faults.install(nil)
        await admin?.shutdown()
        registry.closeAll(BrokerCondition.shuttingDown(trail: context.trail("namespace")))
        await registry.waitUntilEmpty(within: .seconds(2), on: group.any())
    }

    /// Serves one connection whose bytes come and go through a channel that somebody else has made.
    ///
    /// For the simulation, which has no sockets.
    package func serve(_ channel: any Channel) throws {
        try BrokerListener.addBroker(to: channel, context: context, registry: registry)
    }

    private func bindAll() async throws(DevBrokerError) -> Addresses {
        let configuration = context.configuration
        var tls: ServerTLS?
        if configuration.listeners.contains(where: \.usesTLS) {
            let made = try ServerTLS(
                identity: configuration.tls, clientAuthorities: configuration.clientAuthorities)
            running.withLock { $0.authorityPEM = made.authorityPEM }
            tls = made
        }
        var addresses = Addresses(amqp: [], adminPort: nil)
        for listener in configuration.listeners {
            let channel = try await BrokerListener(
                address: listener, tls: listener.usesTLS ? tls : nil, context: context, registry: registry
            ).bind(group: group)
            running.withLock { $0.listeners.append(channel) }
            addresses.amqp.append(
                Addresses.AMQP(
                    host: listener.host, port: channel.localAddress?.port ?? listener.port, usesTLS: listener.usesTLS,
                    isWebSocket: listener.isWebSocket))
        }
        if let address = configuration.admin {
            let (admin, port) = try await AdminServer.start(address: address, broker: self, group: group)
            running.withLock { $0.admin = admin }
            addresses.adminPort = port
        }
        return addresses
    }

    /// The PEM of the generated certificate authority that TLS clients must trust; nil without generated certificates.
    public var certificateAuthorityPEM: String? { running.withLock(\.authorityPEM) }

    /// How many AMQP connections are open.
    public var connectionCount: Int { registry.count }

    // MARK: Events

    /// Appends events without a connection, as one batch to one partition.
    ///
    /// - Parameters:
    ///   - events: the messages; their annotations are treated like a sender's.
    ///   - hub: the hub's name.
    ///   - partition: the partition's id; nil to route by the first partition key, or in turn.
    /// - Returns: where each event was put.
    @discardableResult
    public func append(
        _ events: [AMQPMessage], hub: String, partition: String? = nil
    ) throws(DevBrokerError) -> [AppendedEvent] {
        let hub = try find(hub)
        var bytes: [UInt8] = []
        var drafts: [EventDraft] = []
        var key: String?
        for event in events {
            let encoded = event.encoded()
            let transfer = try Self.read(encoded)
            key = key ?? transfer.routingKey
            for var draft in transfer.events {
                draft.content = (draft.content.lowerBound + bytes.count)..<(draft.content.upperBound + bytes.count)
                drafts.append(draft)
            }
            bytes.append(contentsOf: encoded)
        }
        let named = try partition.map { (id) throws(DevBrokerError) in try find(id, of: hub) }
        guard let target = named ?? hub.partition(forKey: key) else {
            throw DevBrokerError(.partitionUnknown, "Hub `\(hub.name)` has no partition.")
        }
        let stamps = bytes.withUnsafeBytes { target.append(drafts, from: $0, now: context.now) }
        return stamps.map {
            AppendedEvent(
                partition: target.id, sequenceNumber: $0.sequenceNumber, offset: String($0.offset),
                enqueuedTime: $0.enqueuedTime)
        }
    }

    private static func read(_ encoded: [UInt8]) throws(DevBrokerError) -> TransferDraft {
        do throws(TransferDraft.Fault) {
            return try encoded.withUnsafeBufferPointer { (buffer) throws(TransferDraft.Fault) in
                try TransferDraft.read(UnsafeRawBufferPointer(buffer), messageFormat: 0)
            }
        } catch {
            throw DevBrokerError(.eventInvalid, "The event cannot be stored: \(error).")
        }
    }

    // MARK: Hubs

    /// Makes a hub, or adds partitions and consumer groups to it; true when the hub is new.
    ///
    /// **Errors**: `hubInvalid`; `hubExists` when it has more partitions than asked for.
    @discardableResult
    public func put(_ hub: HubDefinition) throws(DevBrokerError) -> Bool {
        try context.namespace.put(hub, now: context.now) == .created
    }

    /// Removes a hub with its events and detaches its links.
    public func deleteHub(_ name: String) throws(DevBrokerError) {
        try context.namespace.delete(name, now: context.now)
    }

    /// All hubs with their positions, in alphabetical order.
    public var hubs: [HubStatus] {
        let now = context.now
        return context.namespace.all.map { HubStatus($0, now: now) }
    }

    // MARK: Faults

    /// Stops delivery from one partition, or from all; events are still taken.
    public func pauseDelivery(hub: String, partition: String? = nil) throws(DevBrokerError) {
        for partition in try partitions(partition, of: hub) { partition.setPaused(true) }
    }

    /// Resumes delivery.
    public func resumeDelivery(hub: String, partition: String? = nil) throws(DevBrokerError) {
        for partition in try partitions(partition, of: hub) { partition.setPaused(false) }
    }

    /// Detaches the links of one partition, or all links of the hub, with an error.
    public func detachLinks(
        hub: String, partition: String? = nil, _ condition: AMQPCondition
    ) throws(DevBrokerError) {
        let found = try find(hub)
        let number = try partition.map { (id) throws(DevBrokerError) in try find(id, of: found).number }
        found.detachLinks(partition: number, condition)
    }

    /// Closes all connections with an error; the listeners stay.
    public func closeConnections(_ condition: AMQPCondition) {
        registry.closeAll(condition)
    }

    /// Closes the sockets of all connections without a word; the listeners stay.
    public func cutConnections() {
        registry.closeAll(nil)
    }

    private func find(_ name: String) throws(DevBrokerError) -> Hub {
        guard let hub = context.namespace.hub(name) else {
            throw DevBrokerError(.hubUnknown, "There is no hub `\(name)`.")
        }
        return hub
    }

    private func find(_ id: String, of hub: Hub) throws(DevBrokerError) -> HubPartition {
        guard let partition = hub.partition(id: id) else {
            throw DevBrokerError(
                .partitionUnknown, "Hub `\(hub.name)` has no partition `\(id)`: 0 to \(hub.partitionCount - 1) exist.")
        }
        return partition
    }

    private func partitions(_ id: String?, of name: String) throws(DevBrokerError) -> [HubPartition] {
        let hub = try find(name)
        guard let id else { return hub.partitions }
        return [try find(id, of: hub)]
    }
}
