public import EventHubs

/// One sink of the `sinks` map, as types.
public struct SinkConfiguration: Sendable {
    /// Its name: the key of its cursor.
    public var name: String
    /// Where it was given, for messages.
    public var place: String
    /// Which findings it gets.
    public var filter: Filter
    /// How long it tries, and how often.
    public var delivery: Delivery
    /// Where findings go.
    public var target: Target
    /// The proxy to go through; nil to connect directly.
    public var proxy: ProxyAddress?

    /// Which findings a sink gets.
    public struct Filter: Sendable, Hashable {
        /// Only entries that raise an alert.
        public var alertsOnly: Bool
        /// Least severe rule, 1 (informational) to 5 (critical).
        public var severityMin: Int
        /// Whether a sink that is new begins with the oldest finding of the journal.
        public var beginsAtOldest: Bool
    }

    /// How long a sink tries, and how often.
    public struct Delivery: Sendable, Hashable {
        /// How long one attempt may take.
        public var timeout: Duration
        /// The longest pause between attempts.
        public var retryMax: Duration
        /// How long a finding may wait for a receiver that fails all the while.
        public var giveUpAfter: Duration
        /// Whether reading stops when the sink owes as much as the journal may hold.
        public var stopsWhenFull: Bool
    }

    /// Where findings go.
    public enum Target: Sendable {
        /// A web server of one's own.
        case webhook(Webhook)
        /// A Slack channel, by the address of an incoming webhook.
        case slack(url: Secret, trust: Trust)
        /// A Teams channel, by the address of a workflow.
        case teams(url: Secret, trust: Trust)
        /// Another event hub.
        case eventHub(ConnectionString, hub: String, usesWebSockets: Bool, authorityFile: String?)
        /// A syslog receiver.
        case syslog(Syslog)
        /// A further file.
        case file(path: String, Rotation)
    }

    /// Files for TLS.
    public struct Trust: Sendable, Hashable {
        /// PEM file of authorities to trust besides the system's.
        public var authorityFile: String?
        /// PEM file of the certificate to show.
        public var certificateFile: String?
        /// PEM file of its key.
        public var keyFile: String?
    }

    /// A web server of one's own.
    public struct Webhook: Sendable {
        /// The whole address.
        public var url: Secret
        /// `POST` or `PUT`.
        public var method: String
        /// The shared secret for signatures; nil for none.
        public var secret: Secret?
        /// Further headers, by name.
        public var headers: [(name: String, value: Secret)]
        /// Text of the body's template; nil for the OCSF object.
        public var template: String?
        /// Files for TLS.
        public var trust: Trust
    }

    /// A syslog receiver.
    public struct Syslog: Sendable, Hashable {
        /// Host name or address.
        public var host: String
        /// Port.
        public var port: Int
        /// Whether the connection is encrypted.
        public var usesTLS: Bool
        /// 0 to 23.
        public var facility: Int
        /// `ocsf` or `text`.
        public var body: String
        /// Longest message.
        public var bytesMax: Int
        /// Files for TLS.
        public var trust: Trust
    }

    /// When a file is put aside.
    public struct Rotation: Sendable, Hashable {
        /// Beyond this size; nil for no bound.
        public var bytesMax: Int?
        /// When another such span begins; nil for never.
        public var interval: Duration?
        /// How many files that were put aside are kept; nil for all.
        public var keep: Int?

        /// Makes a rotation.
        public init(bytesMax: Int? = nil, interval: Duration? = nil, keep: Int? = nil) {
            self.bytesMax = bytesMax
            self.interval = interval
            self.keep = keep
        }
    }

    /// The word of the setting `type`.
    public var type: String {
        switch target {
        case .webhook: "webhook"
        case .slack: "slack"
        case .teams: "teams"
        case .eventHub: "eventhub"
        case .syslog: "syslog"
        case .file: "file"
        }
    }
}
