/// Where and how to send syslog.
public struct SyslogSettings: Sendable {
    /// Host name or address.
    public var host: String
    /// Port.
    public var port: Int
    /// Whether the connection is encrypted.
    public var usesTLS: Bool
    /// Whom to trust.
    public var trust = ReceiverTrust()
    /// How long one attempt may take.
    public var timeout: Duration = .seconds(10)

    /// Makes settings.
    public init(host: String, port: Int, usesTLS: Bool) {
        self.host = host
        self.port = port
        self.usesTLS = usesTLS
    }
}
