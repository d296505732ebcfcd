import HubwatchConfiguration
import StateStore

/// What is known of a partition whose reading begins, or begins again.
struct ResumeFacts: Hashable {
    /// A position that was reached before.
    struct Position: Hashable {
        /// Sequence number of the last folded event; -1 for the start of the partition.
        var sequence: Int64
        /// When the hub was made that numbered it; nil where unknown.
        var createdMs: Int64?
    }

    /// What the broker refused.
    enum Refusal: Hashable {
        /// Nothing.
        case none
        /// The offset of the position.
        case offset
        /// The sequence number of the position.
        case sequenceNumber
    }

    /// Where reading stood; nil when the partition was never read.
    var position: Position?
    /// When the hub was made that is there now.
    var createdMs: Int64?
    /// The oldest sequence number that it keeps; unused when it keeps none.
    var first: Int64 = 0
    /// The newest sequence number that it ever gave; -1 for none.
    var last: Int64 = -1
    /// The offset of that event.
    var lastOffset = "-1"
    /// Whether it keeps no event.
    var isEmpty = true
    /// What the broker refused.
    var refusal = Refusal.none
}

/// Sequence numbers that are missing, and why.
struct MissingRange: Hashable {
    /// The first one.
    var first: Int64
    /// The last one; nil when nobody knows it.
    var last: Int64?
    /// Why they are missing.
    var cause: GapCause
    /// What was done about it.
    var policy: StoredGap.Policy
}

/// Where a partition goes on, and what is missing before it.
enum ResumeAction: Hashable {
    /// Nothing is known: start as a first run does.
    case start
    /// Go on behind the position.
    case resume
    /// Go on behind the position, named by its sequence number alone.
    case resumeByNumber
    /// Go on elsewhere.
    case restart(Restart)
    /// End with an error: the policy of this cause says so, and this is known to be missing.
    case stop(GapCause, [MissingRange])

    /// Another place to go on from.
    struct Restart: Hashable {
        /// The sequence number to go on behind; -1 for the start of the partition.
        var sequence: Int64
        /// The offset to go on behind; `-1` for the oldest event.
        var offset: String
        /// What is missing, in the ledger's order.
        var missing: [MissingRange]
        /// Whether the events behind it use numbers again that other events had before.
        var numbersAnew: Bool
    }
}

/// Where a partition goes on: a pure function of the facts and of the policies.
enum ResumeDecision {
    static func decide(_ facts: ResumeFacts, _ policies: GapPolicies) -> ResumeAction {
        guard let position = facts.position else { return .start }
        if let before = position.createdMs, let now = facts.createdMs, before != now {
            return replaced(position, .recreated, facts, policies.recreated)
        }
        // Only together with a refusal: what the service says about its newest event may be a moment old.
        if facts.refusal != .none, position.sequence > facts.last {
            return replaced(position, .rewound, facts, policies.refused)
        }
        let expected = next(position.sequence)
        if oldest(facts) > expected { return overrun(expected, facts, policies.overrun) }
        switch facts.refusal {
        case .none: return .resume
        case .offset: return .resumeByNumber
        case .sequenceNumber: return refused(expected, facts, policies.refused)
        }
    }

    /// Other events have the numbers now.
    private static func replaced(
        _ position: ResumeFacts.Position, _ cause: GapCause, _ facts: ResumeFacts, _ policy: GapPolicy
    ) -> ResumeAction {
        let begins = oldest(facts)
        switch policy {
        case .stop:
            return .stop(
                cause, [MissingRange(first: next(position.sequence), last: nil, cause: cause, policy: .earliest)])
        case .earliest:
            var missing = [MissingRange(first: next(position.sequence), last: nil, cause: cause, policy: .earliest)]
            // A failover keeps what it took over: those events were read. A new hub's were not.
            if cause == .recreated, begins > 0 {
                missing.append(MissingRange(first: 0, last: begins - 1, cause: .retention, policy: .earliest))
            }
            return .restart(
                ResumeAction.Restart(
                    sequence: begins - 1, offset: oldestOffset, missing: missing, numbersAnew: true))
        case .latest:
            var missing = [MissingRange(first: next(position.sequence), last: nil, cause: cause, policy: .latest)]
            if cause == .recreated, newest(facts) >= 0 {
                missing.append(MissingRange(first: 0, last: newest(facts), cause: cause, policy: .latest))
            }
            return .restart(end(facts, missing, numbersAnew: true))
        }
    }

    /// The hub has dropped what comes next.
    private static func overrun(_ expected: Int64, _ facts: ResumeFacts, _ policy: GapPolicy) -> ResumeAction {
        let begins = oldest(facts)
        let gone = MissingRange(first: expected, last: begins - 1, cause: .retention, policy: .earliest)
        switch policy {
        case .stop: return .stop(.retention, [gone])
        case .earliest:
            return .restart(
                ResumeAction.Restart(sequence: begins - 1, offset: oldestOffset, missing: [gone], numbersAnew: false))
        case .latest:
            let skipped = MissingRange(first: expected, last: newest(facts), cause: .retention, policy: .latest)
            return .restart(end(facts, [skipped], numbersAnew: false))
        }
    }

    /// The broker refuses a number that it should have.
    private static func refused(_ expected: Int64, _ facts: ResumeFacts, _ policy: GapPolicy) -> ResumeAction {
        switch policy {
        case .stop: return .stop(.refused, [])
        case .earliest:
            // What was folded before has its old numbers: the fold drops it, and nothing is missing.
            return .restart(
                ResumeAction.Restart(
                    sequence: oldest(facts) - 1, offset: oldestOffset, missing: [], numbersAnew: false))
        case .latest:
            let skipped =
                newest(facts) >= expected
                ? [MissingRange(first: expected, last: newest(facts), cause: .refused, policy: .latest)] : []
            return .restart(end(facts, skipped, numbersAnew: false))
        }
    }

    /// An offset before every event.
    private static let oldestOffset = "-1"

    /// The oldest number that can still be read; the next one to come when there is none.
    private static func oldest(_ facts: ResumeFacts) -> Int64 {
        max(0, facts.isEmpty ? next(facts.last) : facts.first)
    }

    /// The newest number that was ever given; -1 for none.
    private static func newest(_ facts: ResumeFacts) -> Int64 { max(facts.last, oldest(facts) - 1) }

    private static func end(_ facts: ResumeFacts, _ missing: [MissingRange], numbersAnew: Bool) -> ResumeAction.Restart
    {
        let last = newest(facts)
        return ResumeAction.Restart(
            sequence: last, offset: last < 0 || last != facts.last ? oldestOffset : facts.lastOffset, missing: missing,
            numbersAnew: numbersAnew)
    }

    /// The number after one; the largest stays what it is.
    private static func next(_ number: Int64) -> Int64 { number == .max ? .max : max(-1, number) + 1 }
}
