import AMQPTypes
import CProton
import CProtonShim

/// Owns one Proton connection driver, and the SASL server that it may have.
///
/// The driver's address must not change, hence the heap. Destroying it frees the connection, and with it all sessions,
/// links and deliveries: no pointer to one may outlive this value.
struct ProtonDriver: ~Copyable {
    let pointer: UnsafeMutablePointer<pn_connection_driver_t>
    let connection: OpaquePointer?
    let transport: OpaquePointer?
    let saslServer: OpaquePointer?

    init(_ configuration: EngineConfiguration) {
        pointer = .allocate(capacity: 1)
        pointer.initialize(to: pn_connection_driver_t())
        _ = pn_connection_driver_init(pointer, nil, nil)
        connection = pointer.pointee.connection
        transport = pointer.pointee.transport
        saslServer = Self.configure(configuration, connection: connection, transport: transport)
    }

    deinit {
        pn_connection_driver_destroy(pointer)
        pointer.deinitialize(count: 1)
        pointer.deallocate()
        // The transport refers to it until it is gone.
        hubwatch_sasl_server_free(saslServer)
    }

    private static func configure(
        _ configuration: EngineConfiguration, connection: OpaquePointer?, transport: OpaquePointer?
    ) -> OpaquePointer? {
        var saslServer: OpaquePointer?
        if configuration.role == .server { pn_transport_set_server(transport) }
        pn_transport_set_max_frame(transport, max(configuration.maxFrameSize, 512))
        _ = pn_transport_set_channel_max(transport, configuration.channelMax)
        if let idleTimeout = configuration.idleTimeout {
            pn_transport_set_idle_timeout(transport, idleTimeout.milliseconds)
        }
        pn_connection_set_container(connection, configuration.containerID)
        if let hostname = configuration.hostname { pn_connection_set_hostname(connection, hostname) }
        if !configuration.properties.isEmpty {
            ProtonData.put(.map(configuration.properties), into: pn_connection_properties(connection))
        }
        switch configuration.authentication {
        case .none:
            pn_transport_require_auth(transport, false)
        case .anonymous:
            pn_sasl_allowed_mechs(pn_sasl(transport), "ANONYMOUS")
        case .plain(let user, let password):
            pn_connection_set_user(connection, user)
            pn_connection_set_password(connection, password)
            // TLS is in front of the engine, out of Proton's sight: it must not insist on its own.
            pn_sasl_set_allow_insecure_mechs(pn_sasl(transport), true)
            pn_sasl_allowed_mechs(pn_sasl(transport), "PLAIN")
        case .mechanisms(let names):
            saslServer = hubwatch_sasl_server_install(transport, names.joined(separator: " "))
            pn_transport_require_auth(transport, true)
        }
        return saslServer
    }
}

extension Duration {
    /// Whole milliseconds in the range of Proton's type; zero would mean none, so that the least is one.
    var milliseconds: UInt32 {
        let (seconds, attoseconds) = components
        guard seconds < 4_000_000 else { return 4_000_000_000 }
        let total = seconds * 1000 + attoseconds / 1_000_000_000_000_000
        return UInt32(clamping: max(total, 1))
    }
}
