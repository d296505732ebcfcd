/// What a running hubwatch knows about itself at one moment: the answer of `/status.json`, and all that a status page needs.
///
/// **Shape**: plain values. Times are milliseconds since the Unix epoch, spans are seconds, sizes are bytes; counters count
/// since the start of the process. Lists are in a fixed order (partitions by number, everything else by name), so that two
/// reports can be compared. In JSON, names are in snake case: see ``json()``.
///
/// **Bounds**: one element a partition, rule and sink. No evidence, no record and no credential is in it; texts of
/// errors are cut to ``errorTextMax`` characters.
public struct StatusReport: Hashable, Sendable, Codable {
    /// Most characters of an error's text.
    public static let errorTextMax = 400

    /// Which program this is, and since when it runs.
    public var process: Process
    /// What is read.
    public var source: Source
    /// Whether it does its work, and if not, why.
    public var readiness: Readiness
    /// The partitions that this instance owns, by number.
    public var partitions: [Partition] = []
    /// What was read and decoded.
    public var records = Records()
    /// Every rule that runs, by id.
    public var rules: [Rule] = []
    /// Every sink, by name.
    public var sinks: [Sink] = []
    /// What could not be decoded.
    public var deadLetters = DeadLetters()
    /// The commits into the state file.
    public var commits = Commits()
    /// The journal of findings.
    public var journal = Journal()
    /// The connections to the hub.
    public var connections = Connections()
    /// Events that will never be seen.
    public var gaps = Gaps()
    /// What was found.
    public var findings = Findings()
    /// The time up to which every owned partition is known; nil while one was never heard of.
    public var watermarkMs: Int64?

    /// Makes a report; the other members are set after.
    public init(process: Process, source: Source, readiness: Readiness) {
        self.process = process
        self.source = source
        self.readiness = readiness
    }
}

extension StatusReport {
    /// Which program this is, and since when it runs.
    public struct Process: Hashable, Sendable, Codable {
        /// Version of hubwatch.
        public var version: String
        /// Name of the machine.
        public var host: String
        /// When it started.
        public var startedMs: Int64
        /// When this report was made.
        public var reportedMs: Int64

        /// Makes the description of a process.
        public init(version: String, host: String, startedMs: Int64, reportedMs: Int64) {
            self.version = version
            self.host = host
            self.startedMs = startedMs
            self.reportedMs = reportedMs
        }
    }

    /// What is read.
    public struct Source: Hashable, Sendable, Codable {
        /// Host name of the namespace or broker.
        public var namespace: String
        /// Name of the hub.
        public var hub: String
        /// Consumer group.
        public var consumerGroup: String

        /// Makes the description of a source.
        public init(namespace: String, hub: String, consumerGroup: String) {
            self.namespace = namespace
            self.hub = hub
            self.consumerGroup = consumerGroup
        }
    }

    /// A number under a name, such as the dead letters of one reason.
    public struct Tally: Hashable, Sendable, Codable {
        /// The name; a stable word.
        public var name: String
        /// The number.
        public var count: Int64

        /// Makes a tally.
        public init(_ name: String, _ count: Int64) {
            self.name = name
            self.count = count
        }
    }

    /// Whether the process does its work, and if not, why.
    public struct Readiness: Hashable, Sendable, Codable {
        /// How far the process has come.
        public enum Phase: String, Hashable, Sendable, Codable {
            /// Rules and state are being loaded, or the hub is not reached yet.
            case starting
            /// It reads.
            case running
            /// It was told to stop and commits what is left.
            case stopping
        }

        /// One thing that is not as it should be.
        public struct Reason: Hashable, Sendable, Codable {
            /// What kind of thing.
            public enum Code: String, Hashable, Sendable, Codable, CaseIterable {
                /// Still starting.
                case starting
                /// The hub does not answer.
                case hubUnreachable = "hub_unreachable"
                /// Partitions are without a link.
                case linksDetached = "links_detached"
                /// The state file takes no commits.
                case stateNotWritable = "state_not_writable"
                /// A sink does not deliver.
                case sinkFailing = "sink_failing"
                /// The sinks owe as much as they may: reading has stopped, or findings are dropped.
                case journalFull = "journal_full"
                /// It was told to stop.
                case stopping
                /// Something has not moved for so long that only a restart helps.
                case stuck
            }

            /// What kind of thing.
            public var code: Code
            /// What it is about: a sink's name, partition numbers; empty for the whole process.
            public var subject: String
            /// What is wrong, for a person.
            public var message: String
            /// Since when, where that is known.
            public var sinceMs: Int64?

            /// Makes a reason.
            public init(_ code: Code, subject: String = "", _ message: String, sinceMs: Int64? = nil) {
                self.code = code
                self.subject = subject
                self.message = String(message.prefix(StatusReport.errorTextMax))
                self.sinceMs = sinceMs
            }
        }

        /// How far the process has come.
        public var phase: Phase
        /// Whether everything is as it should be: links attached, state writable, sinks moving.
        public var isReady: Bool
        /// What is not; empty when ready.
        public var reasons: [Reason]
        /// Whether the process still moves at all: false means that only a restart helps.
        public var isAlive: Bool
        /// Why it is not alive; empty when it is.
        public var stuck: [String]

        /// Makes a readiness.
        public init(phase: Phase, reasons: [Reason], stuck: [String] = []) {
            self.phase = phase
            self.isReady = reasons.isEmpty && phase == .running
            self.reasons = reasons
            self.isAlive = stuck.isEmpty
            self.stuck = stuck
        }
    }
}
