package import EventHubs
package import EventHubsClient
package import HubwatchConfiguration
package import StateStore

/// What a run would do with a saved position, without doing it.
package struct ResumeForecast: Hashable, Sendable {
    /// Why events are missing; nil when reading simply goes on.
    package var cause: GapCause?
    /// How many are missing; nil where nobody knows.
    package var missing: Int64?
    /// The policy for that cause.
    package var policy: GapPolicy?
    /// Whether the run would end.
    package var stops = false

    /// Decides as a run does.
    ///
    /// A position behind the newest event counts as refused: that is what the broker will say.
    package init(
        _ position: PartitionPosition, hub: HubProperties, partition: PartitionProperties, policies: GapPolicies
    ) {
        let facts = ResumeFacts(
            position: ResumeFacts.Position(sequence: position.sequence, createdMs: position.createdMs),
            createdMs: hub.createdAt, first: partition.beginSequenceNumber, last: partition.lastSequenceNumber,
            lastOffset: partition.lastOffset, isEmpty: partition.isEmpty,
            refusal: position.sequence > partition.lastSequenceNumber ? .sequenceNumber : .none)
        switch ResumeDecision.decide(facts, policies) {
        case .start, .resume, .resumeByNumber: break
        case .restart(let restart): note(restart.missing, cause: nil)
        case .stop(let cause, let ranges):
            note(ranges, cause: cause)
            stops = true
        }
        switch cause {
        case .retention: policy = policies.overrun
        case .recreated: policy = policies.recreated
        case .rewound, .refused: policy = policies.refused
        case .discontinuity, nil: break
        }
    }

    private mutating func note(_ ranges: [MissingRange], cause stated: GapCause?) {
        cause = stated ?? ranges.first?.cause
        missing = ranges.first?.last.flatMap { last in ranges.first.map { last - $0.first + 1 } }
    }
}

extension Configuration.Source {
    /// The settings in the client's terms, for a visitor that looks and takes nothing: no owner level, one connection, and no
    /// waiting for a broker that does not answer within the limit.
    ///
    /// - Parameter tokens: signs in to a source without a connection string.
    package func visitor(
        hostName: String, within limit: Duration, tokens: (any TokenProvider)? = nil
    ) throws(EventHubsError) -> EventHubsConfiguration {
        var client = try clientConfiguration(hostName: hostName, connections: 1, tokens: tokens)
        client.ownerLevel = nil
        client.receiverName = "hubwatch-doctor@\(hostName)"
        client.startDeadline = .zero
        client.connectTimeout = limit
        client.requestTimeout = limit
        client.connectionTiming.openTimeout = limit
        client.receiverTiming.attachTimeout = limit
        return client
    }

    /// The source as state files name it: `namespace/hub` in lower case.
    package var stateName: String {
        let (namespace, hub) = names
        return "\(namespace.lowercased())/\(hub.lowercased())"
    }
}
