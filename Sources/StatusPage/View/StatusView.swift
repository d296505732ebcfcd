/// What the page and the screen show of a hubwatch: a status report, in the words and the order of a reader.
///
/// **Bounds**: lists are as long as the report's; the page and the screen cut them and say so.
public struct StatusView: Hashable, Sendable {
    /// Namespace of the hub, or the broker's name.
    public var namespace = ""
    /// The hub.
    public var hub = ""
    /// The consumer group.
    public var consumerGroup = ""
    /// Version of the program.
    public var version = ""
    /// When the report was made, seconds since the Unix epoch.
    public var nowSeconds: Int64 = 0
    /// When the run began, seconds since the Unix epoch; nil where unknown.
    public var startedSeconds: Int64?
    /// One word or two for how it is: `ready`, `starting`, `not ready`, `stopping`.
    public var state = "ready"
    /// Whether it does what it should.
    public var isReady = true
    /// Why it does not.
    public var reasons: [String] = []

    /// Messages left to read; nil where nothing is known yet.
    public var lag: Int64?
    /// Age of the oldest message that is left to read, in seconds; nil where unknown.
    public var lagSeconds: Double?
    /// Records judged since the start.
    public var records: Int64 = 0
    /// Messages read since the start.
    public var messages: Int64 = 0
    /// Bytes of their bodies.
    public var bytes: Int64 = 0
    /// Alerts since the start.
    public var alerts: Int64 = 0
    /// Dead letters since the start.
    public var deadLetterCount: Int64 = 0
    /// Groups with open windows.
    public var groups: Int64 = 0
    /// Whether the sinks owe as much as they may.
    public var journalIsFull = false

    /// Partitions, by number.
    public var partitions: [Partition] = []
    /// Rules, those with findings first.
    public var rules: [Rule] = []
    /// Dead letters by reason, the most first; reasons that never came up are left out.
    public var deadLetters: [Reason] = []
    /// How many reasons never came up.
    public var reasonsWithout = 0
    /// Sinks, by name.
    public var sinks: [Sink] = []
    /// Gaps, the newest first.
    public var gaps: [Gap] = []

    /// Makes a view of nothing.
    public init() {}

    /// Partitions, those without a link first, then those that lag most.
    var partitionsByNeed: [Partition] {
        partitions.sorted { a, b in
            (a.isAttached ? 0 : 1, a.lag ?? 0, b.number) > (b.isAttached ? 0 : 1, b.lag ?? 0, a.number)
        }
    }

    /// A partition's progress.
    public struct Partition: Hashable, Sendable {
        /// Number.
        public var number: Int
        /// Whether a link is attached.
        public var isAttached: Bool
        /// Whether everything has been read.
        public var isCaughtUp: Bool
        /// Last sequence number that was judged; nil before the first.
        public var position: Int64?
        /// Messages left to read; nil where unknown.
        public var lag: Int64?
        /// Age of the oldest one that is left, in seconds; nil where unknown.
        public var lagSeconds: Double?
        /// Messages read since the start.
        public var messages: Int64
        /// Bytes of their bodies.
        public var bytes: Int64
        /// Why it has no link, while it has none.
        public var trouble: String?

        /// Makes a partition.
        public init(
            number: Int, isAttached: Bool, isCaughtUp: Bool, position: Int64?, lag: Int64?, lagSeconds: Double?,
            messages: Int64, bytes: Int64, trouble: String? = nil
        ) {
            self.trouble = trouble
            self.number = number
            self.isAttached = isAttached
            self.isCaughtUp = isCaughtUp
            self.position = position
            self.lag = lag
            self.lagSeconds = lagSeconds
            self.messages = messages
            self.bytes = bytes
        }

        /// One word for what it does.
        var state: String { !isAttached ? "not attached" : isCaughtUp ? "caught up" : "reading" }
    }

    /// A rule and what it found.
    public struct Rule: Hashable, Sendable {
        /// Its id.
        public var id: String
        /// Its title.
        public var title: String
        /// Its severity, as its file has it.
        public var severity: String
        /// Whether its findings are sent nowhere.
        public var isShadow: Bool
        /// Records that satisfied it since the start.
        public var hits: Int64
        /// Findings it raised since the start.
        public var findings: Int64

        /// Makes a rule.
        public init(id: String, title: String, severity: String, isShadow: Bool, hits: Int64, findings: Int64) {
            self.id = id
            self.title = title
            self.severity = severity
            self.isShadow = isShadow
            self.hits = hits
            self.findings = findings
        }
    }

    /// Why letters are dead, and how many.
    public struct Reason: Hashable, Sendable {
        /// The reason's name.
        public var name: String
        /// How many since the start.
        public var count: Int64
        /// How many the state file holds, of earlier runs too.
        public var kept: Int64

        /// Makes a reason.
        public init(name: String, count: Int64, kept: Int64) {
            self.name = name
            self.count = count
            self.kept = kept
        }
    }

    /// A sink and how far it has come.
    public struct Sink: Hashable, Sendable {
        /// Its name.
        public var name: String
        /// Last journal row it has delivered.
        public var cursor: Int64?
        /// Rows it still owes.
        public var owed: Int64
        /// Bytes of these.
        public var owedBytes: Int64
        /// Failed deliveries since the start.
        public var failures: Int64
        /// What it waits for; nil while it delivers.
        public var trouble: String?

        /// Makes a sink.
        public init(
            name: String, cursor: Int64?, owed: Int64, owedBytes: Int64, failures: Int64, trouble: String?
        ) {
            self.name = name
            self.cursor = cursor
            self.owed = owed
            self.owedBytes = owedBytes
            self.failures = failures
            self.trouble = trouble
        }

        /// One text for what it does.
        var state: String { trouble ?? (owed > 0 ? "delivering" : "up to date") }
    }

    /// Messages that were missed.
    public struct Gap: Hashable, Sendable {
        /// Partition number.
        public var partition: Int
        /// First sequence number that is missing.
        public var first: Int64
        /// Last one that is missing; nil where nobody knows.
        public var last: Int64?
        /// Why.
        public var cause: String
        /// Where reading went on.
        public var policy: String
        /// When it was noticed, seconds since the Unix epoch.
        public var detectedSeconds: Int64

        /// Makes a gap.
        public init(partition: Int, first: Int64, last: Int64?, cause: String, policy: String, detectedSeconds: Int64) {
            self.partition = partition
            self.first = first
            self.last = last
            self.cause = cause
            self.policy = policy
            self.detectedSeconds = detectedSeconds
        }
    }
}
