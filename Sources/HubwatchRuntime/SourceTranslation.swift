public import EventHubs
public import EventHubsClient
public import FindingFormats
public import HubwatchConfiguration

extension Configuration.Source {
    /// The source and the way to it in the client's terms, with the client's own defaults for everything else.
    ///
    /// - Parameter tokens: signs in to a source without a connection string.
    public func reachedConfiguration(
        tokens: (any TokenProvider)? = nil
    ) throws(EventHubsError) -> EventHubsConfiguration {
        var client: EventHubsConfiguration
        switch endpoint {
        case .eventHub(let string, let hub):
            client = try EventHubsConfiguration(
                string, hub: hub, transport: transport.usesWebSockets ? .webSockets : .amqp)
            if case .tls = client.security { client.security = .tls(authorities: certificateAuthorityFile) }
            if let tokens {
                client.credential = .tokens(tokens)
            } else if identity != nil {
                throw EventHubsError(
                    .invalidConfiguration, "Nothing here can sign in to \(string.host) with an identity",
                    remedy: "Give a connection string")
            }
        case .plain(let broker):
            client = EventHubsConfiguration(
                host: broker.host, port: broker.port,
                security: broker.usesTLS ? .tls(authorities: certificateAuthorityFile) : .plain, hub: "",
                credential: .none)
            client.plainBroker = EventHubsConfiguration.PlainBroker(
                addressTemplate: broker.addressTemplate, partitions: broker.partitions.map(String.init),
                login: broker.credentials.map { .plain(user: $0.user, password: Secret($0.password)) } ?? .anonymous)
        }
        client.proxy = transport.proxy
        client.endpointAddress = transport.endpointAddress
        if let certificate = transport.clientCertificateFile, let key = transport.clientKeyFile {
            client.clientIdentity = EventHubsConfiguration.ClientIdentity(certificateFile: certificate, keyFile: key)
        }
        return client
    }

    /// The settings in the client's terms, for as many connections as there are event loops.
    func clientConfiguration(
        hostName: String, connections: Int, tokens: (any TokenProvider)? = nil
    ) throws(EventHubsError) -> EventHubsConfiguration {
        var client = try reachedConfiguration(tokens: tokens)
        client.consumerGroup = consumerGroup
        client.ownerLevel = ownerLevel
        client.receiverName = receiverName ?? "hubwatch@\(hostName)"
        // The client's bound is one connection's.
        client.creditBytes = max(65_536, creditBytes / max(1, connections))
        client.connectionCount = max(1, connections)
        client.prefetchMax = prefetch
        client.discoveryInterval = discoveryInterval
        client.stallDeadline = stallAfter
        return client
    }

    /// What findings and the state file call the source.
    var names: (namespace: String, hub: String) {
        switch endpoint {
        case .eventHub(let string, let hub): (string.host, hub)
        case .plain(let broker): ("\(broker.host):\(broker.port)", broker.addressTemplate)
        }
    }
}

extension Configuration.Source {
    /// What findings call the source.
    public var findingSource: FindingSource { FindingSource(namespace: names.namespace, hub: names.hub) }
}
