public import EventHubs
import RuleFormats
public import Sinks
public import StateStore

/// Why a run ended that should not have.
public enum HubwatchError: Error, Sendable, CustomStringConvertible {
    /// No rule can run.
    case noRules(refused: Int)
    /// Rules were refused, and the configuration says that none may be.
    case rulesRefused(count: Int)
    /// Rules need all partitions, and this instance reads a part.
    case rulesNeedAllPartitions(rules: [String], partitions: [Int], of: Int)
    /// The selection names partitions that the hub does not have, or leaves none.
    case noSuchPartitions(selected: String, count: Int)
    /// The state belongs to another hub, or the hub was deleted and made again.
    case otherSource(stored: String, found: String)
    /// Events are missing behind a position, and the policy for that is to stop.
    case eventsMissing(partition: Int, after: Int64, cause: GapCause, missing: Int64?)
    /// The broker refuses the stored position.
    case positionRefused(partition: Int, position: String, EventHubsError)
    /// The saved partial results cannot be read.
    case stateUnreadable(path: String, String)
    /// The hub or broker.
    case eventHubs(EventHubsError)
    /// The state file.
    case store(StateStoreError)
    /// A sink.
    case sink(SinkError)
    /// A sink that cannot even begin: its files or its template.
    case sinkUnusable(name: String, place: String, reason: String)
    /// A replay.
    case replay(ReplayError)
    /// What should not happen.
    case fault(String)

    /// What is wrong, where, and what to do.
    public var description: String {
        switch self {
        case .noRules(let refused):
            "no rule can run (\(refused) refused): check rules.paths with `hubwatch rules check`"
        case .rulesRefused(let count):
            "\(count) rules are refused and rules.ignore_refused is false: mend them (`hubwatch rules check`)"
        case .rulesNeedAllPartitions(let rules, let partitions, let count):
            """
            these rules count over all partitions, but this instance reads \(partitions.count) of \(count) and its state file knows only those:
            \(rules.map { "  \($0)" }.joined(separator: "\n"))
            Read all partitions with one instance, mark a rule `scope: partition` if its groups never spread, or run with --allow-partial: \
            findings then name the partitions they cover.
            """
        case .noSuchPartitions(let selected, let count):
            "the selection \(selected) fits no partition, or some that do not exist: the hub has \(count) partitions, 0 to \(count - 1)"
        case .otherSource(let stored, let found):
            """
            the state file belongs to \(stored), but the source is \(found). Positions of one mean nothing in the other. Use another \
            state file (state.path), or forget the positions with `hubwatch checkpoints reset`; the journal of findings stays.
            """
        case .eventsMissing(let partition, let after, let cause, let last):
            Self.missing(partition, after, cause, last)
        case .positionRefused(let partition, let position, let error):
            """
            the broker refuses the position \(position) of partition \(partition): \(error.summary). Events were lost or the hub is another \
            one. Look with `hubwatch checkpoints list`, then `hubwatch checkpoints reset --partition \(partition)` to start it anew.
            """
        case .stateUnreadable(let path, let reason):
            "the partial results in '\(path)' cannot be read: \(reason). Restore a copy, or start anew with another state file"
        case .eventHubs(let error): "\(error)"
        case .store(let error): "\(error)"
        case .sink(let error): "\(error)"
        case .sinkUnusable(let name, let place, let reason): "\(place): the sink '\(name)' cannot be used: \(reason)"
        case .replay(let error): "\(error)"
        case .fault(let reason): reason
        }
    }

    private static func missing(_ partition: Int, _ after: Int64, _ cause: GapCause, _ last: Int64?) -> String {
        let (what, setting) =
            switch cause {
            case .retention: ("the hub no longer keeps the events", "source.on_overrun")
            case .recreated: ("the hub was deleted and made again, with other events", "source.on_recreated")
            case .rewound, .refused, .discontinuity: ("the broker refuses the position", "source.on_refused")
            }
        let range = last.map { "\(after < .max ? after + 1 : after) to \($0)" } ?? "behind \(after)"
        return """
            partition \(partition), sequence numbers \(range): \(what), and \(setting) is stop. Nothing of it is committed. To go on, set \
            \(setting) to earliest or latest for this run, or set the position with `hubwatch checkpoints set --partition \(partition)`.
            """
    }
}
