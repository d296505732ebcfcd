@_spi(Revealing) public import DiagnosticLogs

/// One partition's deterministic fold: messages in sequence order into partials, match findings and dead letters.
///
/// The state after a message depends only on the rules and on the messages up to it, so a restart is a plain load. It
/// has no clock: times are facts about messages.
///
/// **Isolation**: confined to one event loop. **Cost**: no allocation and no lock for a record that no rule matches.
public final class PartitionFold {
    /// The partition's number.
    public let partition: Int
    /// Which hub of those that had this name numbered the messages: 0 for the first.
    ///
    /// It is part of the ids of match findings, because a hub that was made anew uses the same numbers again.
    public let incarnation: Int

    private let rules: CompiledRules
    private let limits: FoldLimits
    private let decoder: EnvelopeDecoder
    private let evaluator: RuleEvaluator
    private let aheadMax: Int64

    private var sequenceNumber: Int64 = -1
    private var offset: [UInt8] = []
    private var enqueuedTime = Timestamp(nanoseconds: 0)
    private var watermark: Timestamp?
    private var firstEnqueuedTime: Timestamp?

    private var table = PartialTable()
    private var matches: [Finding] = []
    private var onceSeen: Set<String> = []
    private var deadLetters: [DeadLetterRecord] = []
    private var counters = FoldCounters()
    private var matchedByRule: [Int64]
    private var lateByRule: [Int64]
    private var hasChanges = false
    private var scratch = ByteWriter(reserving: 256)
    private var evidenceScratch = ByteWriter(reserving: 512)

    /// Makes a fold that begins behind a stored position, or at the partition's start.
    public init(
        rules: CompiledRules, partition: Int, incarnation: Int = 0, resumingAt position: PartitionPosition? = nil,
        limits: FoldLimits = FoldLimits(), decoding: EnvelopeDecoder.Options = EnvelopeDecoder.Options()
    ) {
        self.rules = rules
        self.partition = partition
        self.incarnation = incarnation
        self.limits = limits
        decoder = EnvelopeDecoder(plan: rules.plan, options: decoding)
        evaluator = RuleEvaluator(rules: rules)
        aheadMax = max(0, limits.eventTimeAheadMax.nanoseconds)
        matchedByRule = [Int64](repeating: 0, count: rules.rules.count)
        lateByRule = [Int64](repeating: 0, count: rules.rules.count)
        if let position {
            sequenceNumber = position.sequenceNumber
            offset = Array(position.offset.utf8)
            enqueuedTime = position.enqueuedTime
            watermark = position.watermark
            firstEnqueuedTime = position.firstEnqueuedTime
        }
    }

    /// How far the partition is folded; nil before the first message or idle notice.
    public var position: PartitionPosition? {
        watermark.map {
            PartitionPosition(
                sequenceNumber: sequenceNumber, offset: String(decoding: offset, as: UTF8.self),
                enqueuedTime: enqueuedTime, watermark: $0, firstEnqueuedTime: firstEnqueuedTime)
        }
    }

    /// True when a match finding waits: its delta should not wait for the next turn.
    public var hasMatches: Bool { !matches.isEmpty }

    /// Folds a message; 64 readable bytes must follow the body.
    ///
    /// Returns false for a message that was folded before: it is ignored and counted.
    @discardableResult
    public func fold(_ message: MessageHeader, body: UnsafeRawBufferPointer) -> Bool {
        guard begin(message, size: body.count) else { return false }
        let summary = decoder.decode(body, enqueued: message.enqueuedTime) { record in
            judge(record, message)
        } onDeadLetter: { letter in
            bury(letter, message)
        }
        finish(summary)
        return true
    }

    /// Folds a message whose body has no spare bytes behind it, by copying it.
    ///
    /// For tools and tests.
    @discardableResult
    public func fold(_ message: MessageHeader, copying body: [UInt8]) -> Bool {
        guard begin(message, size: body.count) else { return false }
        let summary = decoder.decode(copying: body, enqueued: message.enqueuedTime) { record in
            judge(record, message)
        } onDeadLetter: { letter in
            bury(letter, message)
        }
        finish(summary)
        return true
    }

    /// Moves past a message that cannot be folded at all, keeping it as a dead letter.
    public func reject(_ message: MessageHeader, body: UnsafeRawBufferPointer, reason: DeadLetterReason) {
        guard begin(message, size: body.count) else { return }
        counters.deadLetters += 1
        counters.decoding.count(reason)
        keep(reason, Array(body), index: 0, fault: 0, message)
    }

    /// Keeps a message that has no sequence number as a dead letter; the position stays, so that nothing is passed over.
    ///
    /// It is known by the position of the message before it: what arrives twice is kept twice.
    public func setAside(_ message: MessageHeader, body: UnsafeRawBufferPointer, reason: DeadLetterReason) {
        hasChanges = true
        counters.deadLetters += 1
        counters.decoding.count(reason)
        keep(reason, Array(body), index: 0, fault: 0, message)
    }

    /// Notes that the partition holds nothing behind the position, as of a time: its watermark moves there.
    public func idle(watermark time: Timestamp) {
        guard watermark.map({ time > $0 }) ?? true else { return }
        watermark = time
        hasChanges = true
    }

    /// Hands over what was folded since the last delta; nil when nothing changed.
    public func takeDelta() -> PartitionDelta? {
        guard hasChanges else { return nil }
        hasChanges = false
        var counts: [RuleCount] = []
        if counters.matched > 0 {
            for (number, matched) in matchedByRule.enumerated() where matched > 0 {
                counts.append(
                    RuleCount(ruleID: rules.rules[number].metadata.id, matched: matched, late: lateByRule[number]))
                matchedByRule[number] = 0
                lateByRule[number] = 0
            }
        }
        let delta = PartitionDelta(
            partition: partition, position: position, matches: matches, deadLetters: deadLetters, counters: counters,
            ruleCounts: counts, panes: table.take(internedMax: limits.internedGroupsMax, limits: limits))
        matches = []
        onceSeen.removeAll(keepingCapacity: true)
        deadLetters = []
        counters = FoldCounters()
        return delta
    }

    private func begin(_ message: MessageHeader, size: Int) -> Bool {
        hasChanges = true
        guard message.sequenceNumber > sequenceNumber else {
            counters.redelivered += 1
            return false
        }
        sequenceNumber = message.sequenceNumber
        offset.removeAll(keepingCapacity: true)
        offset.append(contentsOf: message.offset)
        enqueuedTime = message.enqueuedTime
        watermark = watermark.map { max($0, message.enqueuedTime) } ?? message.enqueuedTime
        firstEnqueuedTime = firstEnqueuedTime ?? message.enqueuedTime
        counters.messages += 1
        counters.bytes += Int64(size)
        return true
    }

    private func finish(_ summary: EnvelopeSummary) {
        counters.records += Int64(summary.records)
        counters.skipped += Int64(summary.skippedMetrics + summary.emptyBodies)
        counters.deadLetters += Int64(summary.deadLetters)
        counters.decoding.add(summary)
    }

    private func bury(_ letter: DeadLetter, _ message: MessageHeader) {
        keep(letter.reason, Array(letter.bytes), index: letter.index, fault: letter.position, message)
    }

    private func keep(_ reason: DeadLetterReason, _ bytes: [UInt8], index: Int, fault: Int, _ message: MessageHeader) {
        deadLetters.append(
            DeadLetterRecord(
                partition: partition, sequenceNumber: message.sequenceNumber,
                offset: String(decoding: offset, as: UTF8.self), enqueuedTime: message.enqueuedTime,
                receivedAt: message.receivedAt, index: index, faultPosition: fault, reason: reason, bytes: bytes))
    }

    private func judge(_ record: RecordView, _ message: MessageHeader) {
        evaluator.forEachMatch(in: record) { rule in
            counters.matched += 1
            matchedByRule[rule] += 1
            let stamp = stamp(rule, record, message)
            switch rules.bodies[rule] {
            case .match(let slot, _, _): addMatch(rule, slot, stamp, record, message)
            case .grouped(let body): add(rule, body, stamp, record, message)
            }
        }
    }

    /// The record's time on the rule's clock.
    ///
    /// Whether it is late is a property of the record alone.
    private func stamp(_ rule: Int, _ record: RecordView, _ message: MessageHeader) -> RecordStamp {
        let enqueued = message.enqueuedTime.nanoseconds
        var time = enqueued
        if rules.rules[rule].clock == .event {
            let event = record.eventTime.nanoseconds
            let (age, overflow) = enqueued.subtractingReportingOverflow(event)
            let behind = overflow ? (event < 0 ? Int64.max : Int64.min) : age
            if behind < -aheadMax {
                // A clock that runs this far ahead would hold windows open for as long: judge by the broker's clock.
                counters.timesAhead += 1
            } else {
                time = event
                if behind > max(0, rules.rules[rule].lateness.nanoseconds) {
                    counters.late += 1
                    lateByRule[rule] += 1
                }
            }
        }
        return RecordStamp(
            time: min(max(time, PaneAxis.earliest), PaneAxis.latest),
            position: RecordPosition(partition: partition, sequence: message.sequenceNumber, index: record.index),
            eventTime: record.eventTime, enqueuedTime: message.enqueuedTime, receivedAt: message.receivedAt)
    }

    private func evidenceFields(_ record: RecordView, _ message: MessageHeader) -> [UInt8] {
        evidenceScratch.clear()
        evidenceScratch.evidence(record.evidence(), offset: message.offset, repairs: record.repairs.names)
        // Copied to size: idle groups keep it for hours.
        return Array(evidenceScratch.bytes[...])
    }

    private func add(
        _ rule: Int, _ body: any GroupedBody, _ stamp: RecordStamp, _ record: RecordView, _ message: MessageHeader
    ) {
        guard let pane = body.pane(of: stamp.time) else { return }
        let folded = FoldedRecord(stamp: stamp, context: RecordContext(record: record), evaluator: evaluator)
        // Made at most once a record, and only if some group keeps it.
        var fields: [UInt8]?
        beginKey(of: body)
        if body.writeKey(of: folded, to: &scratch) {
            return add(Contribution(key: []), rule, pane, body, folded, message, &fields)
        }
        for contribution in body.contributions(of: folded, limits) {
            beginKey(of: body)
            for value in contribution.key { scratch.value(value) }
            add(contribution, rule, pane, body, folded, message, &fields)
        }
    }

    private func beginKey(of body: any GroupedBody) {
        scratch.clear()
        if body.frame.isPartitioned { scratch.value(.long(Int64(partition))) }
    }

    /// Adds what a record brings to the group whose key is in `scratch`.
    private func add(
        _ contribution: Contribution, _ rule: Int, _ pane: Int64, _ body: any GroupedBody, _ folded: FoldedRecord,
        _ message: MessageHeader, _ fields: inout [UInt8]?
    ) {
        let stamp = folded.stamp
        let at = table.index(rule: rule, pane: pane, key: scratch) {
            Partial(stamp: stamp, accumulators: body.emptyAccumulators(limits))
        }
        let isKept = table.wants(at, stamp, limits: limits)
        if isKept, fields == nil { fields = evidenceFields(folded.context.record, message) }
        table.update(at) { partial in
            partial.rows += 1
            partial.first = min(partial.first, stamp)
            partial.last = max(partial.last, stamp)
            body.fold(folded, into: &partial.accumulators, limits: limits, scratch: &scratch)
            if isKept, let fields { partial.keep(contribution, stamp, fields, limits: limits) }
        }
    }

    private func addMatch(
        _ rule: Int, _ onceSlot: Int?, _ stamp: RecordStamp, _ record: RecordView, _ message: MessageHeader
    ) {
        let once = onceSlot.flatMap { record[$0].stringValue }
        let version = rules.fingerprints[rule]
        let metadata = rules.rules[rule].metadata
        let id =
            if let once {
                FindingIdentity.operation(ruleID: metadata.id, version: version, value: once)
            } else {
                FindingIdentity.record(
                    ruleID: metadata.id, version: version, stamp.position, incarnation: incarnation)
            }
        // Records of one operation are one finding; the store knows it for good, this only spares it the repeats.
        if once != nil, !onceSeen.insert(id).inserted { return }
        let evidence = EvidenceEntry(stamp: stamp, fields: evidenceFields(record, message)).evidence(
            rules.masking)
        let time = Timestamp(nanoseconds: stamp.time)
        matches.append(
            Finding(
                id: id, rule: metadata, ruleVersion: version, group: [], window: nil, values: [], count: 1,
                firstSeen: time, lastSeen: time, firstPosition: stamp.position, lastPosition: stamp.position,
                evidence: [evidence], evidenceTruncated: false, reason: ReasonText.match(evidence),
                times: Finding.Times(
                    occurred: stamp.eventTime, enqueued: stamp.enqueuedTime, received: stamp.receivedAt,
                    decided: stamp.receivedAt)))
    }
}
