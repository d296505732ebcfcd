public import EventHubs

/// What the hub says of its selected partitions, together.
public struct PartitionsObservation: Hashable, Sendable {
    /// How many the hub has.
    public var count: Int
    /// The properties of the selected ones.
    public var selected: [PartitionProperties]
    /// Whether numbers are selected that the hub does not have.
    public var hasMissing: Bool
    /// Titles of rules that need all partitions and do not get them.
    public var deprivedRules: [String]

    /// Makes an observation.
    public init(count: Int, selected: [PartitionProperties], hasMissing: Bool, deprivedRules: [String] = []) {
        self.count = count
        self.selected = selected
        self.hasMissing = hasMissing
        self.deprivedRules = deprivedRules
    }
}

/// Where a broker's time was heard, and ours around it.
public struct ClockObservation: Hashable, Sendable {
    /// The broker's time, milliseconds since the Unix epoch.
    public var brokerMs: Int64
    /// How coarse that is: the broker's clock was between `brokerMs` and so much later.
    public var grainMs: Int64
    /// Ours when the question was sent.
    public var askedMs: Int64
    /// Ours when the answer was there.
    public var answeredMs: Int64

    /// Makes an observation.
    public init(brokerMs: Int64, grainMs: Int64, askedMs: Int64, answeredMs: Int64) {
        self.brokerMs = brokerMs
        self.grainMs = grainMs
        self.askedMs = askedMs
        self.answeredMs = answeredMs
    }
}

extension Diagnosis {
    private static let hubCodes: [EventHubsError.Code: Symptom] = [
        .notFound: .hubUnknown, .disabled: .hubDisabled, .throttled: .hubBusy, .unauthorized: .hubForbidden,
        .tokenExpired: .hubForbidden,
    ]

    /// Judges what the hub says of itself; `identity` is who signs in, nil where a policy does.
    public static func hub(
        _ answer: Result<HubProperties, EventHubsError>, identity: String? = nil
    ) -> [Sighting] {
        switch answer {
        case .success(let hub):
            [
                Sighting(
                    .hubFound,
                    [
                        Figure("partitions", .number(Int64(hub.partitionIDs.count))),
                        Figure("created", .time(hub.createdAt)),
                    ])
            ]
        case .failure(let error):
            if let identity, error.code == .unauthorized {
                [Sighting(.hubRoleMissing, [Figure("identity", .text(identity)), said(error)])]
            } else {
                [Sighting(hubCodes[error.code] ?? .hubSilent, [said(error)])]
            }
        }
    }

    /// How old the newest event may be before somebody should look: a day.
    static let quietMs: Int64 = 86_400_000

    /// Judges what the partitions say of themselves.
    public static func partitions(_ observation: PartitionsObservation, nowMs: Int64) -> [Sighting] {
        let selected = observation.selected
        var figures = [
            Figure("partitions", .number(Int64(observation.count))),
            Figure("selected", .number(Int64(selected.count))),
        ]
        if observation.hasMissing || selected.isEmpty { return [Sighting(.partitionsMissing, figures)] }
        if !observation.deprivedRules.isEmpty {
            return [
                Sighting(.partitionsShared, figures + [Figure("titles", .list(observation.deprivedRules))])
            ]
        }
        let kept = selected.reduce(Int64(0)) { $0 &+ $1.keptEvents }
        guard let newest = selected.filter({ $0.lastSequenceNumber >= 0 }).map(\.lastEnqueuedTime).max() else {
            return [Sighting(.hubEmpty, figures)]
        }
        figures += [Figure("kept", .number(kept)), Figure("newest", .time(newest))]
        let age = nowMs.subtractingReportingOverflow(newest).partialValue
        guard age > quietMs else { return [Sighting(.partitionsRead, figures)] }
        return [Sighting(.partitionsRead, figures), Sighting(.hubQuiet, figures + [Figure("age", .span(age))])]
    }

    /// Judges a partition that does not answer.
    public static func partitions(_ error: EventHubsError, partition: String) -> [Sighting] {
        let symptom: Symptom = error.code == .throttled ? .partitionsBusy : .partitionsRefused
        return [Sighting(symptom, [Figure("partition", .text(partition)), said(error)])]
    }

    /// From what difference on clocks endanger tokens and certificates: 5 minutes.
    static let clockFarMs: Int64 = 300_000

    /// Judges the clocks; `error` is what the broker said instead of its time.
    public static func clock(
        _ observation: ClockObservation?, instead error: EventHubsError?, allowedMs: Int64
    ) -> [Sighting] {
        guard let observation else {
            return [Sighting(.clockUnknown, error.map { [said($0)] } ?? [Figure("said", .text("nothing"))])]
        }
        // The answer was made some time between question and answer, the broker's time is cut to its grain.
        let least = observation.askedMs &- observation.brokerMs &- observation.grainMs
        let most = observation.answeredMs &- observation.brokerMs
        let skew = least > 0 ? least : most < 0 ? most : 0
        let figures = [
            Figure("skew", .span(skew == 0 ? 0 : Int64(clamping: skew.magnitude))),
            Figure("direction", .text(skew < 0 ? "behind" : "ahead of")),
            Figure("precision", .span(max(0, most &- least))), Figure("allowed", .span(allowedMs)),
        ]
        let size = Int64(clamping: skew.magnitude)
        return [Sighting(size >= clockFarMs ? .clockFar : size > allowedMs ? .clockOff : .clockAgrees, figures)]
    }
}

extension PartitionProperties {
    /// How many events are kept.
    public var keptEvents: Int64 {
        isEmpty ? 0 : max(0, lastSequenceNumber &- max(0, beginSequenceNumber) &+ 1)
    }
}
