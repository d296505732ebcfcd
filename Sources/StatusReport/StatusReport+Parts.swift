extension StatusReport {
    /// How far one partition is read.
    public struct Partition: Hashable, Sendable, Codable {
        /// Its number.
        public var number: Int
        /// Whether a link is attached.
        public var isAttached = false
        /// Whether the service has said that nothing is left to read.
        public var isCaughtUp = false
        /// Sequence number of the last event that is folded; nil when none ever was.
        public var position: Int64?
        /// Enqueued time of that event.
        public var positionEnqueuedMs: Int64?
        /// Sequence number of the last event that the service has, as far as it told.
        public var lastEnqueued: Int64?
        /// Events that the service has and that are not folded; nil while the service has not told.
        public var lagEvents: Int64?
        /// Age of the last folded event while others wait behind it, otherwise 0: how far behind detection is, at most.
        ///
        /// Nil while it is not known whether any wait.
        public var lagSeconds: Double?
        /// Seconds since the service last said anything about the partition: events, or an answer to a question.
        public var lastFrameAgeSeconds: Double?
        /// The time up to which the partition is known.
        public var watermarkMs: Int64?
        /// Messages folded.
        public var messages: Int64 = 0
        /// Bytes of their bodies.
        public var bytes: Int64 = 0
        /// Bytes in flight: arrived and not folded, or allowed to arrive.
        public var creditBytes: Int64 = 0
        /// Bytes of these that have arrived.
        public var heldBytes: Int64 = 0
        /// Why it has no link, while it has none.
        public var lastError: String?

        /// Makes the state of a partition that nothing is known of.
        public init(number: Int) { self.number = number }
    }

    /// What was read and decoded.
    public struct Records: Hashable, Sendable, Codable {
        /// Messages folded.
        public var messages: Int64 = 0
        /// Bytes of their bodies.
        public var bytes: Int64 = 0
        /// Records judged.
        public var records: Int64 = 0
        /// Metrics and empty bodies, which are not judged.
        public var skipped: Int64 = 0
        /// Messages that were folded before and came again.
        public var redelivered: Int64 = 0
        /// Records that satisfied a rule, once per rule.
        public var matched: Int64 = 0
        /// Records that were late for a rule, once per rule.
        public var late: Int64 = 0
        /// Records whose own time could not be read or not be believed.
        public var odd: [Tally] = []
        /// Messages or records that were mended, by repair.
        public var repairs: [Tally] = []

        /// Makes the counts of nothing.
        public init() {}
    }

    /// One rule that runs.
    public struct Rule: Hashable, Sendable, Codable {
        /// Its id.
        public var id: String
        /// Its title.
        public var title: String
        /// Its severity, as its file has it.
        public var severity: String
        /// Whether its findings are only recorded.
        public var isShadow: Bool
        /// Records that satisfied it.
        public var hits: Int64 = 0
        /// Of these, records that were late for it.
        public var late: Int64 = 0
        /// Findings that it raised.
        public var findings: Int64 = 0
        /// Groups that it watches.
        public var groups: Int64 = 0
        /// Windows that have begun and are not over.
        public var openWindows: Int64 = 0

        /// Makes the state of a rule that has seen nothing.
        public init(id: String, title: String, severity: String, isShadow: Bool) {
            self.id = id
            self.title = title
            self.severity = severity
            self.isShadow = isShadow
        }
    }

    /// One sink and how far it has come.
    public struct Sink: Hashable, Sendable, Codable {
        /// Its name.
        public var name: String
        /// Id of the last journal row that it has delivered; nil before it has started.
        public var cursor: Int64?
        /// Journal rows behind that one.
        public var owedRows: Int64 = 0
        /// Bytes of these, as of the last look at the journal.
        public var owedBytes: Int64 = 0
        /// Journal rows delivered.
        public var delivered: Int64 = 0
        /// Attempts that failed.
        public var failures: Int64 = 0
        /// Since when every attempt has failed; nil while it delivers.
        public var failingSinceMs: Int64?
        /// When it last delivered something.
        public var lastDeliveryMs: Int64?
        /// The last failure; kept after it has passed.
        public var lastError: String?

        /// Makes the state of a sink that has not started.
        public init(name: String) { self.name = name }
    }

    /// What could not be decoded.
    public struct DeadLetters: Hashable, Sendable, Codable {
        /// Dead letters since the start, by reason.
        public var byReason: [Tally] = []
        /// Rows in the state file, of earlier runs too, as of the last look.
        public var stored: Int64 = 0
        /// Rows of these that were replayed.
        public var replayed: Int64 = 0
        /// Bytes stored.
        public var storedBytes: Int64 = 0
        /// Letters that the state file had no room for and only counted, ever.
        public var overflowed: Int64 = 0
        /// Rows in the state file by reason.
        public var storedByReason: [Tally] = []

        /// Makes the counts of nothing.
        public init() {}
    }

    /// The commits into the state file.
    public struct Commits: Hashable, Sendable, Codable {
        /// Commits since the start.
        public var count: Int64 = 0
        /// Attempts that failed.
        public var failures: Int64 = 0
        /// When the last one succeeded.
        public var lastMs: Int64?
        /// How long the last one took.
        public var lastSeconds: Double = 0
        /// Bytes that the last one wrote: partial results, findings, dead letters.
        public var lastBytes: Int64 = 0
        /// Since when every attempt has failed; nil while they succeed.
        public var failingSinceMs: Int64?
        /// The last failure; kept after it has passed.
        public var lastError: String?

        /// Makes the counts of nothing.
        public init() {}
    }

    /// The journal of findings.
    public struct Journal: Hashable, Sendable, Codable {
        /// Rows, as of the last look.
        public var rows: Int64 = 0
        /// Bytes of their payloads, as of the last look.
        public var bytes: Int64 = 0
        /// Most bytes that a sink may owe.
        public var owedBytesMax: Int64 = 0
        /// Whether a sink owes that much.
        public var isFull = false

        /// Makes an empty journal.
        public init() {}
    }

    /// The connections to the hub.
    public struct Connections: Hashable, Sendable, Codable {
        /// Connections that are open and authorized.
        public var ready = 0
        /// Connections that were lost, by what the service or the network said.
        public var lostByCondition: [Tally] = []
        /// Links that were lost, by reason: `lost`, `stolen`, `stalled`, `refused`.
        public var linksLostByReason: [Tally] = []
        /// When the token that ends first ends; nil without tokens.
        public var tokenExpiresMs: Int64?
        /// Most bytes of events in flight over all partitions.
        public var creditBytesMax: Int64 = 0
        /// The last failure; kept after it has passed.
        public var lastError: String?

        /// Makes a state without connections.
        public init() {}
    }

    /// Events that will never be seen, since the start; `hubwatch gaps` lists all.
    public struct Gaps: Hashable, Sendable, Codable {
        /// Gaps by cause.
        public var byCause: [Tally] = []
        /// Events missing in the gaps whose end is known.
        public var eventsMissing: Int64 = 0

        /// Makes the counts of nothing.
        public init() {}
    }

    /// What was found since the start.
    public struct Findings: Hashable, Sendable, Codable {
        /// Findings raised, shadow rules' among them.
        public var raised: Int64 = 0
        /// Of these, findings of shadow rules.
        public var shadow: Int64 = 0
        /// Alerts raised.
        public var alerts: Int64 = 0
        /// Rows written into the journal: findings opened, changed and closed.
        public var journaled: Int64 = 0

        /// Makes the counts of nothing.
        public init() {}
    }
}
