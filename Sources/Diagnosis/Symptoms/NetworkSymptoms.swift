extension Symptom {
    static let configuration: [Symptom] = [
        settingsUsable, settingRefused, settingsUnreadable, secretOnCommandLine, settingsMissing,
    ]

    /// Every setting can be used.
    public static let settingsUsable = Symptom(
        "settings-usable", .configuration, "{given} settings given, all of them usable")
    /// A setting is wrong.
    public static let settingRefused = Symptom(
        "setting-refused", .configuration, exit: .badConfiguration, "{place}: {problem}",
        do: "Correct it there; `hubwatch config settings` lists every setting with what it takes")
    /// A file of settings cannot be read.
    public static let settingsUnreadable = Symptom(
        "settings-unreadable", .configuration, exit: .inputNotFound, "{problem}",
        do: "Give the right path with --config or HUBWATCH_CONFIG, and let the user that runs hubwatch read it")
    /// A key or password stands on a command line.
    public static let secretOnCommandLine = Symptom(
        "secret-on-command-line", .configuration, .warning,
        "{place} gives {setting} on the command line, where every user of this machine can read it",
        do:
            "Give it in a file (source.connection_string_file, source.entra.client_secret_file) or in the environment (HUBWATCH_CONNECTION_STRING, AZURE_CLIENT_SECRET)"
    )
    /// Not even the settings that need no source can be used.
    public static let settingsMissing = Symptom(
        "settings-missing", .configuration, .notTried, "not tried: the settings cannot be used")

    static let network: [Symptom] = [
        nameResolved, nameNotNeeded, nameUnknown, nameServerSilent, portConnected, portPartly, portRefused, portSilent,
        portUnreachable, proxyTunnel, proxyRefused, proxySilent, proxyUnreached, proxyNone, proxyUnused, proxyNeeded,
    ]

    /// The name has addresses.
    public static let nameResolved = Symptom("name-resolved", .dns, "{hop} is {addresses}")
    /// The host is an address.
    public static let nameNotNeeded = Symptom(
        "name-not-needed", .dns, .notNeeded, "{hop} is an address, no name to look up")
    /// There is no such name.
    public static let nameUnknown = Symptom(
        "name-unknown", .dns, exit: .unavailable, "the name {hop} does not exist ({reason})",
        do:
            "Check Endpoint in the connection string: sb://NAMESPACE.servicebus.windows.net. Behind a private endpoint this machine must use the DNS that has the zone privatelink.servicebus.windows.net"
    )
    /// Nobody answers questions about names.
    public static let nameServerSilent = Symptom(
        "name-server-silent", .dns, exit: .unavailable, "no name server answered about {hop} ({reason})",
        do: "Check /etc/resolv.conf and the way to the name server from this machine or container")

    /// Every address that was tried answers.
    public static let portConnected = Symptom("port-connected", .tcp, "{reached} answers, {time}")
    /// Some addresses answer.
    public static let portPartly = Symptom(
        "port-partly", .tcp, .warning, "{reached} answers, {silent} does not ({reason})",
        do: "hubwatch uses what answers; mend the route to the others, or each connection may first wait for them")
    /// Nothing listens.
    public static let portRefused = Symptom(
        "port-refused", .tcp, exit: .unavailable, "{address} refused the connection: nothing listens on port {hopPort}",
        do:
            "Check the port: an Event Hub takes AMQP on 5671 and WebSockets on 443, a development broker on the port that it printed"
    )
    /// Nobody answers.
    public static let portSilent = Symptom(
        "port-silent", .tcp, exit: .unavailable, "no answer from {address}, port {hopPort}, within {limit}",
        do:
            "Let outgoing TCP to port {hopPort} through every firewall on the way, the namespace's own network rules included; or set source.transport to websockets, which takes port 443"
    )
    /// The network says that there is no way.
    public static let portUnreachable = Symptom(
        "port-unreachable", .tcp, exit: .unavailable, "{address}, port {hopPort}, cannot be reached: {reason}",
        do: "Check this machine's routes and addresses")

    /// The proxy lets us through.
    public static let proxyTunnel = Symptom(
        "proxy-tunnel", .proxy, "{proxy} ({variable}) opened a tunnel to {host}, port {port}")
    /// The proxy does not let us through.
    public static let proxyRefused = Symptom(
        "proxy-refused", .proxy, exit: .unavailable, "{proxy} ({variable}) opened no tunnel: {said}",
        do:
            "Let the proxy's administrator allow CONNECT to {host}, port {port}; check user and password; or take {host} out by source.no_proxy"
    )
    /// The proxy says nothing.
    public static let proxySilent = Symptom(
        "proxy-silent", .proxy, exit: .unavailable, "{proxy} ({variable}) gave no answer within {limit}",
        do: "Check that this is an HTTP proxy, and that it reaches {host}")
    /// The proxy cannot even be connected to.
    public static let proxyUnreached = Symptom(
        "proxy-unreached", .proxy, .unknown, "{proxy} ({variable}) takes no connection, as said above")
    /// No proxy.
    public static let proxyNone = Symptom("proxy-none", .proxy, .notNeeded, "connecting directly; no proxy is set")
    /// A proxy that is not used and not needed.
    public static let proxyUnused = Symptom(
        "proxy-unused", .proxy, "{variable} names {proxy}; hubwatch connects directly, and that works")
    /// A proxy that is not used, and the direct way fails.
    public static let proxyNeeded = Symptom(
        "proxy-needed", .proxy, .warning,
        "{variable} names {proxy}; hubwatch connects directly, and that does not work",
        do: "Give the proxy as source.proxy, or set source.transport to websockets, which uses HTTPS_PROXY")

    static let certificates: [Symptom] = [
        certificateTrusted, certificateEndsSoon, tlsNotUsed, tlsOff, certificateExpired, certificateNotYetValid,
        certificateForOtherHost, certificateSelfSigned, certificateUnknownAuthority, tlsNotSpoken, tlsSilent,
        tlsRefused,
        authorityFileMissing, authorityFileUnusable, identityUnusable,
    ]

    /// The handshake succeeds.
    public static let certificateTrusted = Symptom(
        "certificate-trusted", .tls, "{version}; {subject}, issued by {issuer}, valid until {end} (for {left})")
    /// It succeeds, and not for long.
    public static let certificateEndsSoon = Symptom(
        "certificate-ends-soon", .tls, .warning, "{subject}, issued by {issuer}, is valid for {left} only, until {end}",
        do: "Renew the broker's certificate before {end}; for an Event Hub the service does that by itself")
    /// Plain TCP on this machine.
    public static let tlsNotUsed = Symptom("tls-not-used", .tls, .notNeeded, "plain TCP, on this machine only")
    /// Plain TCP over a network.
    public static let tlsOff = Symptom(
        "tls-off", .tls, .warning, "no TLS to {host}: tokens and logs cross the network readable",
        do: "Take UseDevelopmentEmulator out of the connection string, or write amqps:// in source.amqp.url")
    /// The certificate has ended.
    public static let certificateExpired = Symptom(
        "certificate-expired", .tls, exit: .unavailable, "the certificate of {subject} expired {ago} ago, on {end}",
        do: "Renew the broker's certificate; if it was renewed, check this machine's clock")
    /// The certificate has not begun.
    public static let certificateNotYetValid = Symptom(
        "certificate-not-yet-valid", .tls, exit: .unavailable,
        "the certificate of {subject} is not valid before {begin}, {wait} from now",
        do: "Check this machine's clock, then the broker's certificate")
    /// The certificate is for other names.
    public static let certificateForOtherHost = Symptom(
        "certificate-for-other-host", .tls, exit: .unavailable, "the certificate is for {names}, not for {host}",
        do: "Connect by a name that the certificate has; behind a private endpoint keep the namespace's public name")
    /// Nobody vouches for the certificate.
    public static let certificateSelfSigned = Symptom(
        "certificate-self-signed", .tls, exit: .unavailable,
        "the certificate of {subject} is self-signed: no authority vouches for it",
        do: "If it is your own broker, give the certificate's PEM file as source.ca_file; if not, do not connect")
    /// Somebody vouches for it that this machine does not know.
    public static let certificateUnknownAuthority = Symptom(
        "certificate-unknown-authority", .tls, exit: .unavailable,
        "the certificate of {subject} is signed by {issuer}, which this machine does not trust",
        do:
            "Give the authority's PEM file as source.ca_file. An authority of your own company in front of an Event Hub means that a proxy opens TLS on the way"
    )
    /// The other side does not shake hands.
    public static let tlsNotSpoken = Symptom(
        "tls-not-spoken", .tls, exit: .unavailable, "port {port} does not speak TLS: {reason}",
        do: "Use the TLS port (5671), or UseDevelopmentEmulator=true for a development broker without TLS")
    /// The other side says nothing.
    public static let tlsSilent = Symptom(
        "tls-silent", .tls, exit: .unavailable, "connected, but no answer to the handshake within {limit}",
        do: "Something on the way takes connections and passes nothing on: check firewalls that inspect TLS")
    /// The handshake fails otherwise.
    public static let tlsRefused = Symptom(
        "tls-refused", .tls, exit: .unavailable, "the handshake failed: {reason}",
        do: "The broker must offer TLS 1.2 or later, and nothing on the way may change the handshake")
    /// The file of authorities is not there.
    public static let authorityFileMissing = Symptom(
        "authority-file-missing", .tls, exit: .badConfiguration, "source.ca_file: there is no file {path}",
        do: "Correct source.ca_file, or leave it out to trust the system's authorities alone")
    /// The file of authorities holds none.
    public static let authorityFileUnusable = Symptom(
        "authority-file-unusable", .tls, exit: .badConfiguration,
        "source.ca_file: {path} holds no certificate that can be read",
        do: "Give a PEM file: text between BEGIN CERTIFICATE and END CERTIFICATE")
    /// The client's own certificate or key cannot be used.
    public static let identityUnusable = Symptom(
        "identity-unusable", .tls, exit: .badConfiguration, "{reason}",
        do: "Correct source.client_certificate_file and source.client_key_file: PEM, readable, key not encrypted")
}
