public import AzureTokens
public import EventHubs
public import Redaction

/// The settings in force, as types.
public struct Configuration: Sendable {
    /// Where events come from.
    public var source: Source
    /// Which rules run, and how.
    public var rules: Rules
    /// The state file.
    public var state: State
    /// Where findings go.
    public var findings: Findings
    /// Where else they go.
    public var sinks: [SinkConfiguration]
    /// Where health and metrics are served; nil for nowhere.
    public var http: HTTP?
    /// Bounds.
    public var limits: Limits
    /// How log lines are written.
    public var log: Log
    /// How changes are noticed.
    public var reload = Reload()

    /// Where events come from.
    public struct Source: Sendable {
        /// An Event Hub, or a plain AMQP broker.
        public enum Endpoint: Sendable {
            /// An Event Hub: the connection string and the hub's name.
            case eventHub(ConnectionString, hub: String)
            /// A plain AMQP 1.0 broker.
            case plain(PlainBroker)
        }

        /// Which of the two, and how to reach it.
        public var endpoint: Endpoint
        /// Consumer group.
        public var consumerGroup: String
        /// Which partitions this instance reads.
        public var selection: PartitionSelection
        /// Owner level, or none.
        public var ownerLevel: Int64?
        /// Name shown by the service; nil for a default.
        public var receiverName: String?
        /// Where partitions without a checkpoint start.
        public var from: EventPosition
        /// True when somebody gave `from` explicitly: it then overrides checkpoints too.
        public var fromIsExplicit: Bool
        /// Certificate authorities, PEM file.
        public var certificateAuthorityFile: String?
        /// By which way the source is reached.
        public var transport = Transport()
        /// Most bytes in flight.
        public var creditBytes: Int
        /// Most events in flight per partition.
        public var prefetch: Int
        /// How often to look for new partitions.
        public var discoveryInterval: Duration
        /// When a silent link that is behind is attached anew.
        public var stallAfter: Duration
        /// How far the broker's clock may be behind.
        public var clockSkew: Duration
        /// What to do where events are missing.
        public var gapPolicies: GapPolicies
        /// How to sign in; nil where the connection string says it.
        public var identity: CredentialSettings?
    }

    /// A plain AMQP 1.0 broker.
    public struct PlainBroker: Sendable {
        /// Host name or address.
        public var host: String
        /// Port.
        public var port: Int
        /// Whether TLS is used.
        public var usesTLS: Bool
        /// User and password for SASL PLAIN; nil for ANONYMOUS.
        public var credentials: (user: String, password: String)?
        /// Address of a source, with `{partition}`.
        public var addressTemplate: String
        /// Partitions.
        public var partitions: [Int]
    }

    /// Which rules run, and how.
    public struct Rules: Sendable {
        /// Files and folders.
        public var paths: [String]
        /// Lists for Sigma placeholders.
        public var placeholders: [String: [String]]
        /// Rules that send nothing: ids, titles or file names, with `*` for any text.
        public var shadow: [String]
        /// Ids of the only rules that run; empty for all.
        public var only: Set<String> = []
        /// Whether rules that need all partitions may run on some.
        public var allowPartial: Bool
        /// Whether a refused rule file is only reported.
        public var ignoreRefused: Bool
        /// What their findings mask.
        public var masking: Masking = .standard
    }

    /// The state file.
    public struct State: Sendable {
        /// Its path.
        public var path: String
        /// How often it is committed.
        public var commitInterval: Duration
        /// Size of deltas that calls for a snapshot.
        public var snapshotAfterBytes: Int
        /// Most dead letters kept.
        public var deadLetterLimit: Int
        /// How long delivered findings stay.
        public var journalKeep: Duration
        /// Most bytes that the slowest sink may owe.
        public var journalOwedMax: Int
        /// What to do then.
        public var journalFull: JournalFullPolicy
    }

    /// Where findings go.
    public struct Findings: Sendable {
        /// The file; nil for none.
        public var file: String?
        /// When the file is put aside and a new one begun.
        public var rotation: SinkConfiguration.Rotation
        /// `auto`, `always`, `never`.
        public var terminal: String
        /// `auto`, `always`, `never`.
        public var colour: String
    }

    /// Where health and metrics are served.
    public struct HTTP: Sendable, Hashable {
        /// Address or host name.
        public var host: String
        /// Port; 0 for any.
        public var port: Int
        /// True when somebody gave the address: a default that cannot be had does not stop a start.
        public var isExplicit: Bool
        /// What clients must show.
        public var token: Secret?
    }

    /// Bounds.
    public struct Limits: Sendable {
        /// Largest message body that is decoded.
        public var messageBytes: Int
        /// Most groups of a rule.
        public var groupsPerRule: Int
        /// How long a shutdown may take.
        public var drain: Duration
    }

    /// How log lines are written.
    public struct Log: Sendable {
        /// Least severe level.
        public var level: String
        /// `text` or `json`.
        public var format: String
    }

    /// How changes of the configuration are noticed.
    public struct Reload: Sendable {
        /// How often files are looked at; zero for never.
        public var interval: Duration = .seconds(5)
    }
}
