import AzureTokens
public import EventHubs

extension Configuration {
    /// How the source is reached.
    public struct Transport: Sendable {
        /// True for AMQP over WebSockets.
        public var usesWebSockets = false
        /// The proxy to go through; nil to connect directly.
        public var proxy: ProxyAddress?
        /// Where the proxy was named: a setting or an environment variable; nil without one.
        public var proxyPlace: String?
        /// The proxy to go through for tokens of Entra ID; nil to ask for them directly, or not at all.
        public var issuerProxy: ProxyAddress?
        /// Where to connect instead of the source's own host.
        public var endpointAddress: HostAndPort?
        /// The client's certificate chain, PEM file.
        public var clientCertificateFile: String?
        /// Its key, PEM file.
        public var clientKeyFile: String?

        /// Makes the direct way, by AMQP.
        public init() {}
    }
}

extension Setting {
    /// How the source is reached.
    static let transport = [
        Setting(
            "source.transport", .choice(["amqp", "websockets"]), default: "amqp",
            "What carries AMQP: a connection of its own (port 5671), or a WebSocket (port 443), which passes most firewalls and proxies."
        ),
        Setting(
            "source.proxy", .text, default: "environment", secret: true,
            "HTTP proxy to tunnel through (CONNECT), to the broker and to Entra ID for tokens: http://[user[:password]@]host:port, none, or environment: HTTPS_PROXY for WebSockets and tokens, else ALL_PROXY, except for this machine itself. Managed identities are always asked directly."
        ),
        Setting("source.proxy_password_file", .path, "File that holds the password for the proxy's user."),
        Setting(
            "source.no_proxy", .list,
            "Hosts reached without the proxy: names with all below them, addresses, networks such as 10.0.0.0/8, or *. Default: the variable NO_PROXY."
        ),
        Setting(
            "source.endpoint_address", .text,
            "Connect to this host[:port] instead of the source's own, such as a private endpoint or gateway. Certificates are still checked against the source's own name."
        ),
        Setting(
            "source.client_certificate_file", .path,
            "PEM file with a certificate that proves hubwatch to the broker in TLS, and the authorities between it and one that the broker trusts."
        ),
        Setting(
            "source.client_key_file", .path, "PEM file with the key of source.client_certificate_file, not encrypted."),
    ]
}

extension Configuration.Transport {
    /// Reads the settings.
    ///
    /// - Parameters:
    ///   - endpoint: where the source is.
    ///   - authority: who issues tokens; nil where Entra ID is not asked.
    static func read(
        _ reader: inout SettingReader, to endpoint: Configuration.Source.Endpoint?, authority: AuthorityHost?,
        _ environment: ProxyEnvironment, _ readFile: (String) throws(ConfigurationProblem) -> String
    ) -> Self {
        var transport = Self()
        transport.usesWebSockets = reader.choice("source.transport") == "websockets"
        if transport.usesWebSockets, case .plain? = endpoint {
            reader.refuse(
                "source.transport",
                "websockets is for Event Hubs; source.amqp.url is reached by a connection of its own")
        }
        if let text = reader.optional("source.endpoint_address") {
            transport.endpointAddress = HostAndPort(parsing: text.trimmed)
            if transport.endpointAddress == nil {
                reader.refuse("source.endpoint_address", "takes host or host:port; '\(text)' is none")
            }
        }
        transport.readIdentity(&reader)
        if let endpoint { transport.readProxies(&reader, to: endpoint, authority, environment, readFile) }
        return transport
    }

    private mutating func readIdentity(_ reader: inout SettingReader) {
        clientCertificateFile = reader.optional("source.client_certificate_file")
        clientKeyFile = reader.optional("source.client_key_file")
        switch (clientCertificateFile, clientKeyFile) {
        case (nil, _?):
            reader.refuse("source.client_key_file", "is given without source.client_certificate_file")
        case (_?, nil):
            reader.refuse("source.client_certificate_file", "is given without source.client_key_file")
        default: break
        }
    }

    /// Chooses the proxies to the broker and to whoever issues tokens, by one setting.
    private mutating func readProxies(
        _ reader: inout SettingReader, to endpoint: Configuration.Source.Endpoint, _ authority: AuthorityHost?,
        _ environment: ProxyEnvironment, _ readFile: (String) throws(ConfigurationProblem) -> String
    ) {
        let exclusions =
            reader.isGiven("source.no_proxy")
            ? ProxyExclusions(parsing: reader.list("source.no_proxy").joined(separator: ",")) : environment.exclusions
        let choice = ProxyChoice(
            setting: "source.proxy", place: reader.place("source.proxy"), text: reader.text("source.proxy"),
            environment: environment, exclusions: exclusions)
        let target = target(of: endpoint)
        do throws(ProxyChoice.Unusable) {
            let chosen = try choice.proxy(to: target.host, port: target.port, as: target.scheme)
            proxy = chosen?.proxy
            proxyPlace = chosen?.place
            // A proxy elsewhere would reach another machine under the name of this one.
            if let issuer = authority?.secured, !ProxyExclusions.isLoopback(issuer.host) {
                issuerProxy = try choice.proxy(to: issuer.host, port: issuer.port ?? 443, as: .https)?.proxy
            }
        } catch {
            return reader.refuse("source.proxy", error.message)
        }
        if proxy != nil || issuerProxy != nil { readPassword(&reader, readFile) }
    }

    private mutating func readPassword(
        _ reader: inout SettingReader, _ readFile: (String) throws(ConfigurationProblem) -> String
    ) {
        let path = "source.proxy_password_file"
        guard let file = reader.optional(path) else { return }
        guard proxy?.user != nil || issuerProxy?.user != nil else {
            return reader.refuse(path, "is given, but the proxy has no user")
        }
        do {
            let password = Secret(try readFile(file).trimmed)
            if proxy?.user != nil { proxy?.password = password }
            if issuerProxy?.user != nil { issuerProxy?.password = password }
        } catch {
            reader.refuse(path, error.message)
        }
    }

    /// Where the connection leads, and what it is to the environment's variables.
    private func target(
        of endpoint: Configuration.Source.Endpoint
    ) -> (host: String, port: Int, scheme: ProxyEnvironment.Scheme) {
        let scheme: ProxyEnvironment.Scheme
        var place: (host: String, port: Int)
        switch endpoint {
        case .eventHub(let string, _):
            let isPlain = string.usesDevelopmentEmulator
            scheme = usesWebSockets ? (isPlain ? .http : .https) : .amqp
            place = (string.host, string.port ?? (usesWebSockets ? (isPlain ? 80 : 443) : (isPlain ? 5672 : 5671)))
        case .plain(let broker):
            scheme = .amqp
            place = (broker.host, broker.port)
        }
        if let endpointAddress { place = (endpointAddress.host, endpointAddress.port ?? place.port) }
        return (place.host, place.port, scheme)
    }
}
