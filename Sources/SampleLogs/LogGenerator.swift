/// Generates Azure logs as Event Hubs message bodies, the same ones for the same configuration on every machine.
///
/// The sample is a sequence of messages in the order in which a hub would receive them. Event times run from the
/// configured start over the configured span and are, as in real exports, not sorted within or across messages.
/// ``expected`` tells what was planted; it is complete when ``next()`` has given nil.
///
/// **Bounds** Memory holds one message, the planned attacks and an inventory of at most a few thousand resources,
/// whatever the number of records.
/// **Isolation** A value: two copies continue independently and alike.
/// **Cost** About a microsecond a record; ``next(into:)`` reuses the caller's buffer.
public struct LogGenerator: Sendable, Sequence, IteratorProtocol {
    /// What is to be generated.
    public struct Configuration: Hashable, Sendable {
        /// The seed of everything random.
        public var seed: UInt64
        /// Records to write, planted ones included; more are written only where the attacks alone need more.
        public var records: Int
        /// The kinds of records.
        public var mix = LogMix.standard
        /// Event time of the first records.
        public var start: EventTime
        /// Length of event time that the records cover: one hour unless said otherwise.
        public var span: Duration = .seconds(3600)
        /// The attacks and near misses to plant.
        public var attacks = AttackPlan.standard
        /// How often each oddity happens.
        public var quirks = QuirkRates.none
        /// Bodies are closed before they would grow past this, except for a single record.
        public var bodyBytesMax = 256 * 1024
        /// Records per message; nil gives each kind of log its own realistic range.
        public var recordsPerMessage: ClosedRange<Int>?
        /// Leaves out the quirks whose bodies hold a raw line feed or nothing, so that a file can hold one body a line.
        public var keepsBodiesOnOneLine = true

        /// Makes a configuration with the standard mix and attacks, and without quirks.
        public init(seed: UInt64, records: Int, start: EventTime) {
            self.seed = seed
            self.records = records
            self.start = start
        }
    }

    /// The ground truth so far; complete when ``next()`` has given nil.
    public internal(set) var expected: ExpectedFindings

    /// The records that the sample will hold in all.
    public let recordCount: Int

    let configuration: Configuration
    let inventory: Inventory
    private let span: Int64
    let end: EventTime
    let jitter: Int
    let recordQuirks: [(quirk: Quirk, rate: Int)]
    private let messageQuirks: [(quirk: Quirk, rate: Int)]
    let activityWriter: ActivityWriter
    let openAIWriter = OpenAIWriter()
    let signInWriter: SignInWriter
    let noiseWriter: NoiseWriter

    var random: SeededRandom
    var background: BackgroundActivity
    var backgroundLeft: Int
    var familyCounts = [0, 0, 0, 0]
    var listKeyCounts: [Int]
    private var plantedActivity: [PlantedRecord]
    private var plantedAudit: [PlantedRecord]
    private var nextActivity = 0
    private var nextAudit = 0
    private var lastWasEmpty = false
    var theftMessages: [Int]

    /// Makes a generator; the plan of attacks is drawn here, the records when they are asked for.
    public init(_ configuration: Configuration) throws(SampleLogsError) {
        try configuration.check()
        var random = SeededRandom(seed: configuration.seed)
        let inventory = Inventory(records: configuration.records, random: &random)
        let span = configuration.span.wholeNanoseconds
        let planted = PlantedAttacks(
            configuration.attacks, inventory: inventory, start: configuration.start, span: span,
            random: SeededRandom(seed: random.next()))
        self.configuration = configuration
        self.inventory = inventory
        self.span = span
        end = configuration.start.advanced(byNanoseconds: Swift.max(span - 1, 0))
        jitter = Int(clamping: Swift.min(20_000_000_000, span / 64))
        let oneLine = configuration.keepsBodiesOnOneLine
        recordQuirks = configuration.quirks.active(ofRecords: true, onOneLine: oneLine)
        messageQuirks = configuration.quirks.active(ofRecords: false, onOneLine: oneLine)
        activityWriter = ActivityWriter(tenant: inventory.tenant)
        signInWriter = SignInWriter(tenant: inventory.tenant)
        noiseWriter = NoiseWriter(tenant: inventory.tenant)
        background = BackgroundActivity(inventory: inventory)
        self.random = random
        expected = planted.expected
        plantedActivity = planted.activity
        plantedAudit = planted.audit
        recordCount = Swift.max(configuration.records, planted.count)
        backgroundLeft = recordCount - planted.count
        listKeyCounts = Array(repeating: 0, count: inventory.accounts.count)
        theftMessages = Array(repeating: -1, count: planted.expected.modelThefts.count)
    }

    /// The next message; nil after the last.
    public mutating func next() -> SampleMessage? {
        var body: [UInt8] = []
        guard let facts = next(into: &body) else { return nil }
        return SampleMessage(facts: facts, body: body)
    }

    /// Writes the next message's body over the content of `body`; nil, and an empty body, after the last.
    public mutating func next(into body: inout [UInt8]) -> MessageFacts? {
        body.removeAll(keepingCapacity: true)
        guard expected.records < recordCount else { return nil }
        let now = eventTime(ofRecord: expected.records)
        let family = chooseFamily(now)
        let due = takeDue(family, now)
        let quirk = drawMessageQuirk(holdsPlanted: !due.isEmpty)
        var facts = MessageFacts(
            index: expected.messages, records: 0, partitionKey: "", firstEventTime: end,
            lastEventTime: configuration.start, quirk: quirk)
        if quirk == .plainText || quirk == .emptyBody {
            if quirk == .plainText { body.append(text: "heartbeat of the log forwarder, no records") }
            facts.firstEventTime = now
            facts.lastEventTime = now
        } else {
            writeRecords(of: family, now: now, planted: due, facts: &facts, into: &body)
        }
        if let quirk { expected.count(quirk) }
        expected.messages += 1
        expected.bytes += body.count
        return facts
    }
}

extension LogGenerator.Configuration {
    fileprivate func check() throws(SampleLogsError) {
        if !(0...1_000_000_000_000).contains(records) {
            throw SampleLogsError(
                setting: "records", value: "\(records)", reason: "out of range", remedy: "give 0 to 1000000000000")
        }
        if span < .zero || span > .seconds(86_400 * 366) {
            throw SampleLogsError(
                setting: "span", value: "\(span)", reason: "out of range", remedy: "give 0 seconds to 366 days")
        }
        if let range = recordsPerMessage, range.lowerBound < 1 || range.upperBound > 1_000_000 {
            throw SampleLogsError(
                setting: "recordsPerMessage", value: "\(range)", reason: "out of range", remedy: "give 1 to 1000000")
        }
        let highest = Int64.max - 366 * 86_400 * 1_000_000_000
        if start.nanoseconds > highest || start.nanoseconds < -highest {
            throw SampleLogsError(
                setting: "start", value: start.text, reason: "out of range", remedy: "give a year from 1680 to 2260")
        }
    }
}

// The choice of what goes into a message.
extension LogGenerator {
    /// Event time advances evenly with the number of records.
    private func eventTime(ofRecord number: Int) -> EventTime {
        let product = UInt64(span).multipliedFullWidth(by: UInt64(number))
        // number < recordCount, so the quotient is below the span and fits.
        let (offset, _) = UInt64(recordCount).dividingFullWidth(product)
        return configuration.start.advanced(byNanoseconds: Int64(offset))
    }

    /// The family that is furthest behind its share, unless planted records of another are overdue.
    private func chooseFamily(_ now: EventTime) -> LogFamily {
        let mix = configuration.mix
        let grace = span / 64
        for (family, queue, next) in [
            (LogFamily.activity, plantedActivity, nextActivity), (.openAI, plantedAudit, nextAudit),
        ] where next < queue.count {
            let patience = mix.weight(of: family) > 0 ? grace : 0
            if backgroundLeft == 0 || queue[next].time.advanced(byNanoseconds: patience) <= now { return family }
        }
        var best: (family: LogFamily, lead: Double)?
        for family in LogFamily.allCases where mix.weight(of: family) > 0 {
            let lead = Double(familyCounts[family.rawValue]) / Double(mix.weight(of: family))
            if let best, best.lead <= lead { continue }
            best = (family, lead)
        }
        return best?.family ?? .activity
    }

    /// Takes planted records whose time has come, at most eight a message, so that they spread.
    private mutating func takeDue(_ family: LogFamily, _ now: EventTime) -> [PlantedRecord] {
        var due: [PlantedRecord] = []
        switch family {
        case .activity:
            while due.count < 8, nextActivity < plantedActivity.count,
                backgroundLeft == 0 || plantedActivity[nextActivity].time <= now
            {
                due.append(plantedActivity[nextActivity])
                nextActivity += 1
            }
        case .openAI:
            while due.count < 8, nextAudit < plantedAudit.count,
                backgroundLeft == 0 || plantedAudit[nextAudit].time <= now
            {
                due.append(plantedAudit[nextAudit])
                nextAudit += 1
            }
        case .signIn, .noise: break
        }
        return due
    }

    private mutating func drawMessageQuirk(holdsPlanted: Bool) -> Quirk? {
        for (quirk, rate) in messageQuirks where random.chance(rate) {
            if holdsPlanted && !quirk.keepsAllRecords { continue }
            // Never two messages without records in a row: the sample must advance whatever the rates.
            let isEmpty = quirk == .plainText || quirk == .emptyBody
            if isEmpty && lastWasEmpty { continue }
            lastWasEmpty = isEmpty
            return quirk
        }
        lastWasEmpty = false
        return nil
    }
}
