public import EventHubs
public import NIOSSL

/// Everything a client or producer needs to know before it connects.
public struct EventHubsConfiguration: Sendable {
    /// Whether and how the connection is encrypted.
    public enum TransportSecurity: Sendable {
        /// Plain TCP: development brokers on this machine.
        case plain
        /// TLS with the system's authorities, or with those in a PEM file; host names are verified.
        case tls(authorities: String? = nil)
        /// TLS as configured.
        case custom(TLSConfiguration)
    }

    /// How the client proves who it is.
    public enum Credential: Sendable {
        /// A policy's name and key; tokens are made and renewed as needed.
        case key(name: String, key: Secret)
        /// A finished token; it ends when it ends.
        case signature(SASToken)
        /// Tokens from elsewhere.
        case tokens(any TokenProvider)
        /// None: no tokens are put.
        case none
    }

    /// A broker that speaks AMQP 1.0 but not the dialect of Event Hubs.
    ///
    /// It has no tokens, no management and no positions: partitions are given, each read from an address made of the template,
    /// and messages are accepted when the consumer releases them.
    public struct PlainBroker: Sendable {
        /// How to log in.
        public enum Login: Sendable {
            /// SASL ANONYMOUS.
            case anonymous
            /// SASL PLAIN.
            case plain(user: String, password: Secret)
        }

        /// The source address; `{partition}` stands for the partition's id.
        public var addressTemplate: String
        /// The partitions' ids.
        public var partitions: [String]
        /// How to log in.
        public var login: Login

        /// Makes the description of a plain broker.
        public init(addressTemplate: String, partitions: [String], login: Login = .anonymous) {
            self.addressTemplate = addressTemplate
            self.partitions = partitions
            self.login = login
        }

        /// The address of a partition.
        public func address(of partition: String) -> String {
            var out = ""
            var rest = Substring(addressTemplate)
            while let open = rest.firstIndex(of: "{") {
                out += rest[..<open]
                rest = rest[open...]
                if rest.hasPrefix("{partition}") {
                    out += partition
                    rest = rest.dropFirst("{partition}".count)
                } else {
                    out.append("{")
                    rest = rest.dropFirst()
                }
            }
            return out + rest
        }
    }

    /// The broker's host name or address.
    public var host: String
    /// The broker's port.
    public var port: Int
    /// Whether the connection is encrypted.
    public var security: TransportSecurity
    /// What carries AMQP.
    public var transport = Transport.amqp
    /// The proxy to tunnel through; nil to connect directly.
    public var proxy: ProxyAddress?
    /// The setting that names it, for remedies.
    public var proxySetting = "source.proxy"
    /// The setting that chooses ``transport``, for remedies.
    public var transportSetting = "source.transport"
    /// Where to connect instead of ``host``, whose name still stands in the connection's open and in TLS.
    public var endpointAddress: HostAndPort?
    /// What proves the client in TLS; nil for nothing.
    public var clientIdentity: ClientIdentity?
    /// The hub.
    public var hub: String
    /// The consumer group.
    public var consumerGroup: String = DialectName.defaultConsumerGroup
    /// The credential.
    public var credential: Credential
    /// Set for a broker that is not an Event Hub.
    public var plainBroker: PlainBroker?

    /// The owner level (epoch): receivers with one exclude others; nil shares the partition.
    public var ownerLevel: Int64?
    /// What the service shows in messages about stolen partitions and quotas.
    public var receiverName: String?
    /// The bytes that may be in flight on one connection, by estimate.
    public var creditBytes: Int = 64 << 20
    /// The most events in flight for one partition.
    public var prefetchMax: Int = 2000
    /// What a message is expected to weigh before any has arrived, in bytes.
    public var messageSizeEstimate: Int = 16_384
    /// How many connections to spread the partitions over; nil: one for each event loop.
    public var connectionCount: Int?
    /// The bytes to fold before the loop gets its turn.
    public var turnBytesMax: Int = 4 << 20
    /// The time to fold before the loop gets its turn.
    public var turnTimeMax: Duration = .milliseconds(5)

    /// How long starting may take while the broker cannot be reached; nil: for ever.
    public var startDeadline: Duration?
    /// How long sending may take, with all its retries.
    public var sendTimeout: Duration = .seconds(60)
    /// How often to look for partitions that appeared.
    public var discoveryInterval: Duration = .seconds(30)
    /// How long a partition must be quiet before the service is asked whether there is more.
    public var quietInterval: Duration = .seconds(2)
    /// How long a link may be behind without an arrival before it is attached again.
    public var stallDeadline: Duration = .seconds(30)
    /// How long a made token lives.
    public var tokenLifetime: Duration = .seconds(3600)
    /// The silence after which the broker counts as gone.
    public var idleTimeout: Duration = .seconds(120)
    /// How long a TCP connection may take.
    public var connectTimeout: Duration = .seconds(10)
    /// How long a request to the management node may take.
    public var requestTimeout: Duration = .seconds(30)
    /// How long connections wait for what.
    public var connectionTiming = ConnectionMachine.Timing()
    /// How long links wait for what.
    public var receiverTiming = ReceiverMachine.Timing()
    /// What is taken from the machine.
    package var platform = ClientPlatform.system
    /// Told each step of a connection, on its event loop; nil for nobody.
    package var trace: (@Sendable (ConnectionStep) -> Void)?

    /// Makes a configuration with the defaults of production.
    public init(host: String, port: Int, security: TransportSecurity, hub: String, credential: Credential) {
        self.host = host
        self.port = port
        self.security = security
        self.hub = hub
        self.credential = credential
    }

    /// Makes a configuration of a connection string.
    ///
    /// A development broker is reached without TLS, everything else by TLS; on 5672 and 5671, or 80 and 443 for WebSockets,
    /// unless the string names a port.
    ///
    /// **Errors**: no hub in either place, or two different ones; a signature that is not a token.
    public init(
        _ string: ConnectionString, hub: String? = nil, transport: Transport = .amqp
    ) throws(EventHubsError) {
        guard let name = hub ?? string.entityPath else {
            throw EventHubsError(
                .invalidConfiguration, "No hub is named",
                remedy: "Add `EntityPath=<hub>` to the connection string or set the hub")
        }
        if let hub, let path = string.entityPath, hub.lowercased() != path.lowercased() {
            throw EventHubsError(
                .invalidConfiguration, "The connection string is for hub `\(path)`, the setting names `\(hub)`",
                remedy: "Take one of them out")
        }
        let emulator = string.usesDevelopmentEmulator
        let credential: Credential
        switch string.credential {
        case .key(let policy, let key): credential = .key(name: policy, key: key)
        case .signature(let text): credential = .signature(try SASToken(parsing: text.revealed))
        case .none: credential = .none
        }
        self.init(
            host: string.host, port: string.port ?? transport.port(isPlain: emulator),
            security: emulator ? .plain : .tls(), hub: name, credential: credential)
        self.transport = transport
    }

    /// The place that a partition is read from.
    func sourceAddress(of partition: String) -> String {
        if let plainBroker { return plainBroker.address(of: partition) }
        return EventHubAddress.receiver(hub: hub, group: consumerGroup, partition: partition).path
    }

    /// What is wrong with the settings; nil when they can be used.
    func validate() throws(EventHubsError) {
        func refuse(_ what: String) -> EventHubsError { EventHubsError(.invalidConfiguration, what) }
        guard (1...65535).contains(port) else { throw refuse("The port must be from 1 to 65535") }
        guard !host.isEmpty else { throw refuse("The host is empty") }
        guard HostAndPort.isHost(host) else { throw refuse("The host has a character that no host name has") }
        guard creditBytes >= 65_536 else { throw refuse("creditBytes must be at least 65536") }
        guard (1...100_000).contains(prefetchMax) else { throw refuse("prefetchMax must be from 1 to 100000") }
        guard ownerLevel ?? 0 >= 0 else { throw refuse("The owner level must not be negative") }
        if let plainBroker {
            guard !plainBroker.partitions.isEmpty else { throw refuse("A plain broker needs a list of partitions") }
            guard plainBroker.partitions.count == 1 || plainBroker.addressTemplate.contains("{partition}") else {
                throw refuse("The source address must contain {partition} when there are several partitions")
            }
        } else if hub.isEmpty {
            throw refuse("The hub is empty")
        }
    }
}

/// Makes tokens that neither a key nor a finished signature gives, for example from Entra ID.
public protocol TokenProvider: Sendable {
    /// Makes a token for an audience.
    func token(for audience: String) async throws(EventHubsError) -> CBSMachine.Token
    /// The service did not take a token; whoever keeps tokens must not give it out again.
    func refused(_ token: Secret)
}

extension TokenProvider {
    /// Nothing is kept.
    public func refused(_ token: Secret) {}
}
