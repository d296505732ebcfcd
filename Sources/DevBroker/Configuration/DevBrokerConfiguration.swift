/// Everything that a dev broker is told at start.
public struct DevBrokerConfiguration: Sendable {
    /// An address to listen on for AMQP.
    public struct Listener: Sendable, Hashable {
        /// Address or host name to bind.
        public var host: String
        /// TCP port; 0 lets the system choose, and `start()` reports which.
        public var port: Int
        /// Whether connections begin with TLS.
        public var usesTLS: Bool
        /// Whether AMQP comes over WebSockets, as on the service's port 443.
        public var isWebSocket: Bool

        /// Makes a listener address.
        public init(host: String = "127.0.0.1", port: Int, usesTLS: Bool = false, isWebSocket: Bool = false) {
            self.host = host
            self.port = port
            self.usesTLS = usesTLS
            self.isWebSocket = isWebSocket
        }
    }

    /// An address to listen on for the admin HTTP.
    public struct AdminListener: Sendable, Hashable {
        /// Address or host name to bind; keep it on loopback, there is no authentication.
        public var host: String
        /// TCP port; 0 lets the system choose.
        public var port: Int

        /// Makes an admin address.
        public init(host: String = "127.0.0.1", port: Int = 5300) {
            self.host = host
            self.port = port
        }
    }

    /// Where the TLS listeners' certificate comes from.
    public enum TLSIdentity: Sendable, Hashable {
        /// A test certificate authority and a server certificate for these names, made at start and kept in memory.
        case generated(hostNames: [String])
        /// PEM files.
        case files(certificateChain: String, privateKey: String)
    }

    /// The addresses for AMQP.
    public var listeners: [Listener]
    /// The address for the admin HTTP, nil for none.
    public var admin: AdminListener?
    /// The certificate of TLS listeners.
    public var tls: TLSIdentity
    /// PEM file of the authorities that clients of TLS listeners must have a certificate from; nil asks for none.
    public var clientAuthorities: String?
    /// The namespace as error texts name it.
    public var namespaceName: String
    /// The hubs that exist at start.
    public var hubs: [HubDefinition]
    /// The access policies that tokens and SASL PLAIN are checked against.
    public var policies: [AccessPolicy]
    /// Whether keys and claims are checked; without, any token is accepted, as the official emulator does.
    public var isAuthStrict: Bool
    /// How JSON web tokens are checked when keys are; nil refuses them.
    public var webTokens: WebTokenChecks?
    /// How long events are kept; nil keeps them for ever.
    public var retention: Duration?
    /// Largest message that a sender may send, in bytes.
    public var messageSizeMax: Int
    /// Bytes that may wait in one session's output before a receiver is fed more.
    public var outgoingBytesMax: Int
    /// Whether a position beyond the end of a partition begins at its end instead of being refused.
    public var clampsInvalidPositions: Bool
    /// Whether connections without links are closed after the service's times (60 s, then 300 s).
    public var closesIdleConnections: Bool
    /// Folder that keeps the hubs over a restart; nil for memory only.
    public var dataFolder: String?
    /// What goes wrong from the start on; nil for nothing.
    public var faults: FaultScript?
    /// Told what happens, on the connections' event loops: for tests that wait for it.
    public var observer: (@Sendable (BrokerFact) -> Void)?
    /// The broker's clock in milliseconds since the Unix epoch; nil for the system's.
    public var clock: (@Sendable () -> Int64)?

    /// Makes a configuration: one plain listener on 127.0.0.1:5672, any key accepted, no hub, events kept for a day.
    public init(
        listeners: [Listener] = [Listener(port: 5672)],
        admin: AdminListener? = nil,
        tls: TLSIdentity = .generated(hostNames: ["localhost", "127.0.0.1", "::1"]),
        namespaceName: String = "emulatorns1.eventhubs.emulator.net",
        hubs: [HubDefinition] = [],
        policies: [AccessPolicy] = [],
        isAuthStrict: Bool = false,
        retention: Duration? = .seconds(86_400),
        messageSizeMax: Int = 1_048_576,
        outgoingBytesMax: Int = 4 << 20,
        clampsInvalidPositions: Bool = false,
        closesIdleConnections: Bool = false,
        dataFolder: String? = nil,
        faults: FaultScript? = nil,
        observer: (@Sendable (BrokerFact) -> Void)? = nil,
        clock: (@Sendable () -> Int64)? = nil
    ) {
        self.listeners = listeners
        self.admin = admin
        self.tls = tls
        self.namespaceName = namespaceName
        self.hubs = hubs
        self.policies = policies
        self.isAuthStrict = isAuthStrict
        self.retention = retention
        self.messageSizeMax = messageSizeMax
        self.outgoingBytesMax = outgoingBytesMax
        self.clampsInvalidPositions = clampsInvalidPositions
        self.closesIdleConnections = closesIdleConnections
        self.dataFolder = dataFolder
        self.faults = faults
        self.observer = observer
        self.clock = clock
    }
}

/// A named key and what it allows, as a shared access policy of the service.
public struct AccessPolicy: Sendable, Hashable {
    /// What a policy may allow.
    public struct Rights: OptionSet, Sendable, Hashable {
        /// One bit for each right.
        public let rawValue: UInt8

        /// Makes a set from bits.
        public init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        /// Receive events and read properties.
        public static let listen = Rights(rawValue: 1)
        /// Send events.
        public static let send = Rights(rawValue: 2)
        /// Everything; implies the other two.
        public static let manage = Rights(rawValue: 7)
    }

    /// The policy's name, the user of SASL PLAIN and `skn` of tokens.
    public var name: String
    /// The key as written; never decoded and never printed.
    public var key: String
    /// What it allows.
    public var rights: Rights

    /// Makes a policy.
    public init(name: String, key: String, rights: Rights) {
        self.name = name
        self.key = key
        self.rights = rights
    }
}

extension AccessPolicy: CustomStringConvertible, CustomDebugStringConvertible {
    /// The name only: a key must not reach a log by accident.
    public var description: String { "policy \(name)" }
    /// The name only.
    public var debugDescription: String { description }
}
