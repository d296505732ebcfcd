public import EventHubs

/// Where the status server listens, who may ask, and what it bears.
public struct StatusServerConfiguration: Sendable {
    /// Bounds that hold whatever clients do.
    public struct Limits: Sendable {
        /// Most open connections; for one more, the one that has been silent longest is closed.
        public var connectionsMax = 128
        /// Most answers that go on for ever, such as server-sent events; further ones get status 503.
        public var streamsMax = 16
        /// Most bytes of a request line or of one header field.
        public var fieldBytesMax = 8 << 10
        /// Most bytes of all header fields of a request.
        public var headerBytesMax = 16 << 10
        /// Most header fields of a request.
        public var headerFieldsMax = 64
        /// How long a new connection may take to send its first request's head, and a request to be complete.
        public var headTime: Duration = .seconds(10)
        /// How long a connection may be silent between two requests.
        public var idleTime: Duration = .seconds(75)
        /// How long an answer may take to begin.
        public var answerTime: Duration = .seconds(30)
        /// How long a client may leave written bytes unread.
        public var writeTime: Duration = .seconds(10)
        /// How long an answer is used again: however many ask, it is made this seldom.
        public var reuse: Duration = .milliseconds(250)

        /// The default limits.
        public init() {}
    }

    /// Address or host name to listen on.
    public var host: String
    /// Port; 0 for any.
    public var port: Int
    /// What clients must show; nil lets everybody ask, which is for loopback alone.
    public var token: Secret?
    /// Bounds.
    public var limits = Limits()

    /// Makes a configuration.
    public init(host: String = "127.0.0.1", port: Int = 9465, token: Secret? = nil) {
        self.host = host
        self.port = port
        self.token = token
    }

    /// Whether only programs of this machine can reach the address.
    public var isLoopback: Bool { LoopbackName.matches(host) }
}
