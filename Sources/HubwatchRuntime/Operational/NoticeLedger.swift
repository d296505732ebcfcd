import Detection
import DiagnosticLogs

/// Counts what happens again and again, and makes one finding of it for each kind, subject and hour.
///
/// The finding is created with what the first commit of the hour counted. When the hour is over and more was counted, an
/// update holds the sum. After a restart within an hour the sum is what this process has counted.
struct NoticeLedger: Sendable {
    /// What is counted together.
    struct Subject: Hashable, Sendable {
        var kind: OperationalFinding.Kind
        /// A rule's id, a partition's number, a sink; empty for the whole instance.
        var name: String
    }

    private struct Slot: Sendable {
        var start: Int64
        var count: Int64
        var told: Int64
    }

    private static let slotLength: Int64 = 3_600_000_000_000
    private var slots: [Subject: Slot] = [:]

    /// Counts; the entry when this is the first of the hour.
    mutating func count(_ subject: Subject, _ number: Int64, now: Timestamp) -> [JournalEntry] {
        let start = Self.start(of: now)
        var entries: [JournalEntry] = []
        if let open = slots[subject], open.start != start {
            entries += Self.sum(subject, open, now)
            slots[subject] = nil
        }
        if var open = slots[subject] {
            open.count = open.count.addingReportingOverflow(number).overflow ? .max : open.count + number
            slots[subject] = open
        } else {
            slots[subject] = Slot(start: start, count: number, told: number)
            entries.append(Self.finding(subject, start, number).entry(at: now))
        }
        return entries
    }

    /// The sums of hours that are over.
    mutating func closed(now: Timestamp) -> [JournalEntry] {
        let start = Self.start(of: now)
        let over = slots.filter { $0.value.start != start }
            .sorted { ($0.key.kind.rawValue, $0.key.name) < ($1.key.kind.rawValue, $1.key.name) }
        for (subject, _) in over { slots[subject] = nil }
        return over.flatMap { Self.sum($0.key, $0.value, now) }
    }

    private static func start(of now: Timestamp) -> Int64 {
        let remainder = now.nanoseconds % slotLength
        return now.nanoseconds - (remainder < 0 ? remainder &+ slotLength : remainder)
    }

    private static func sum(_ subject: Subject, _ slot: Slot, _ now: Timestamp) -> [JournalEntry] {
        guard slot.count > slot.told else { return [] }
        return [finding(subject, slot.start, slot.count).entry(.update, revision: 1, at: now)]
    }

    private static func finding(_ subject: Subject, _ start: Int64, _ count: Int64) -> OperationalFinding {
        let bounds = WindowBounds(
            start: Timestamp(nanoseconds: start), end: Timestamp(nanoseconds: start &+ slotLength &- 1))
        return OperationalFinding(
            kind: subject.kind, subject: [subject.name, "\(start)"],
            group: subject.name.isEmpty ? [] : [NamedValue(name: subject.kind.groupName, value: .string(subject.name))],
            values: [NamedValue(name: "count", value: .long(count))], count: count, window: bounds,
            reason: subject.kind.reason(count, subject.name))
    }
}

extension OperationalFinding.Kind {
    /// What the group column is called.
    fileprivate var groupName: String {
        switch self {
        case .groupsRefused, .eventsNotKept, .termsRefused, .lateDropped, .withdrawn, .windowsSkipped: "rule"
        case .stolenPartition, .gap: "partition"
        case .sinkGaveUp, .sinkLettersOverflow: "sink"
        case .deadLettersOverflow, .journalFull, .journalDropped, .reloadRefused: "instance"
        }
    }

    fileprivate func reason(_ count: Int64, _ name: String) -> String {
        switch self {
        case .groupsRefused: "Rule \(name) refused \(count) records of new groups: it has as many groups as it may."
        case .eventsNotKept: "\(count) matched events of rule \(name) were counted and not kept."
        case .termsRefused: "Rule \(name) refused \(count) records of new terms: it remembers as many as it may."
        case .lateDropped: "\(count) records came after the windows of rule \(name) that they belong to were forgotten."
        case .withdrawn: "\(count) closed findings of rule \(name) no longer hold after records that came late."
        case .windowsSkipped: "\(count) windows without records of rule \(name) were not judged."
        case .deadLettersOverflow: "\(count) dead letters were counted and not kept: the table is full."
        case .stolenPartition: "Another reader has taken partition \(name)."
        case .journalFull: "Reading has stopped: the sinks are too far behind."
        case .journalDropped: "\(count) findings were dropped: the sinks are too far behind."
        case .sinkGaveUp: "The sink \(name) gave up on \(count) findings: they are its dead letters."
        case .sinkLettersOverflow: "\(count) findings that the sink \(name) gave up on were counted and not kept."
        case .reloadRefused: "\(count) reloads of settings and rules were refused: those before them are in force."
        case .gap: "\(count) events of partition \(name) are missing."
        }
    }
}
