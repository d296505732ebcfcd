import AMQPTypes
public import EventHubs

/// What came of attaching receivers without an owner level.
public struct AttachObservation: Hashable, Sendable {
    /// By partition, in the hub's order: nil where the link opened.
    public var outcomes: [(partition: String, error: EventHubsError?)]

    /// Makes an observation.
    public init(outcomes: [(partition: String, error: EventHubsError?)]) { self.outcomes = outcomes }

    /// Compares member by member.
    public static func == (a: AttachObservation, b: AttachObservation) -> Bool {
        a.outcomes.elementsEqual(b.outcomes) { $0 == $1 }
    }

    /// Feeds the members.
    public func hash(into hasher: inout Hasher) {
        for outcome in outcomes {
            hasher.combine(outcome.partition)
            hasher.combine(outcome.error)
        }
    }

    /// Whether a receiver was let in, or kept out only by other receivers.
    var isLetIn: Bool {
        outcomes.contains { $0.error == nil || $0.error?.code == .stolen || $0.error?.code == .quotaExceeded }
    }

    func first(_ code: EventHubsError.Code) -> EventHubsError? {
        outcomes.lazy.compactMap(\.error).first { $0.code == code }
    }
}

/// Who we are among the readers of a group.
public struct ReaderIdentity: Hashable, Sendable {
    /// Our owner level; nil for none.
    public var ownerLevel: Int64?
    /// The running hubwatch that has our state file; nil when there is none.
    public var runningProcess: Int?

    /// Makes an identity.
    public init(ownerLevel: Int64?, runningProcess: Int?) {
        self.ownerLevel = ownerLevel
        self.runningProcess = runningProcess
    }
}

extension Diagnosis {
    /// Judges the claim; `identity` is who signs in, nil where a policy does.
    public static func claims(_ observation: AttachObservation, identity: String? = nil) -> [Sighting] {
        if observation.isLetIn { return [Sighting(.listenGranted)] }
        if let identity, let error = observation.first(.unauthorized) {
            return [Sighting(.roleMissing, [Figure("identity", .text(identity)), said(error)])]
        }
        if let error = observation.first(.unauthorized) ?? observation.first(.tokenExpired) {
            return [Sighting(.listenMissing, [said(error)])]
        }
        return observation.outcomes.first?.error.map { [Sighting(.listenUnjudged, [said($0)])] } ?? []
    }

    /// Judges the group.
    public static func group(_ observation: AttachObservation) -> [Sighting] {
        if observation.isLetIn {
            // One partition may fail where others do not.
            let others: Set<EventHubsError.Code> = [.stolen, .quotaExceeded]
            let failures = observation.outcomes.filter { $0.error.map { !others.contains($0.code) } ?? false }
            return [Sighting(.groupFound)] + failures.compactMap(failure)
        }
        if let error = observation.first(.notFound) { return [Sighting(.groupUnknown, [said(error)])] }
        return observation.outcomes.first.flatMap(failure).map { [$0] } ?? []
    }

    private static func failure(_ outcome: (partition: String, error: EventHubsError?)) -> Sighting? {
        outcome.error.map {
            Sighting(.attachFailed, [Figure("partition", .text(outcome.partition)), said($0)])
        }
    }

    /// Judges who else reads.
    public static func epoch(_ observation: AttachObservation, we: ReaderIdentity) -> [Sighting] {
        var sightings: [Sighting] = []
        var levels: [Int64: [String]] = [:]
        var full: [(partition: String, error: EventHubsError)] = []
        for outcome in observation.outcomes {
            guard let error = outcome.error else { continue }
            if error.code == .quotaExceeded { full.append((outcome.partition, error)) }
            guard error.code == .stolen else { continue }
            let level = number(after: "epoch of '", in: error.condition?.description ?? "") ?? 0
            levels[level, default: []].append(outcome.partition)
        }
        for (level, partitions) in levels.sorted(by: { $0.key < $1.key }) {
            sightings.append(owned(partitions, level, we))
        }
        if let first = full.first {
            sightings.append(
                Sighting(
                    we.ownerLevel == nil ? .receiversFull : .receiversCrowded,
                    [
                        Figure("list", .list(full.map(\.partition))), Figure("own", own(we)), said(first.error),
                    ]))
        }
        let free = observation.outcomes.count { $0.error == nil }
        if sightings.isEmpty || (free > 0 && levels.isEmpty) {
            sightings.append(Sighting(.ownerNone, [Figure("count", .number(Int64(free)))]))
        }
        return sightings
    }

    private static func owned(_ partitions: [String], _ level: Int64, _ we: ReaderIdentity) -> Sighting {
        var figures = [
            Figure("list", .list(partitions)), Figure("level", .number(level)), Figure("own", own(we)),
            Figure("count", .number(Int64(partitions.count))),
        ]
        if let process = we.runningProcess, we.ownerLevel == level {
            figures.append(Figure("process", .number(Int64(process))))
            return Sighting(.ownerOurs, figures)
        }
        // An equal level takes the partition away, a lower one and none are refused.
        guard let own = we.ownerLevel, own >= level else { return Sighting(.ownerStronger, figures) }
        return Sighting(.ownerContested, figures)
    }

    private static func own(_ we: ReaderIdentity) -> Figure.Value {
        we.ownerLevel.map { .number($0) } ?? .text("none")
    }
}
