import AMQPTypes

/// Identifies one attached link for as long as the broker runs.
struct LinkID: Hashable, Sendable {
    var rawValue: UInt64
}

/// What the epoch rules look at in a receiver.
struct ReceiverIdentity: Sendable, Equatable {
    var link: LinkID
    /// The client's `com.microsoft:receiver-name`.
    var name: String?
    /// The owner level, nil for a receiver without one.
    var epoch: Int64?

    /// The service writes `nil` for a receiver that did not name itself.
    var shownName: String { name ?? "nil" }
}

/// The receivers of one partition in one consumer group, and who may join them.
///
/// **Invariant**: either at most five receivers without an epoch, or exactly one with. An equal epoch steals: the service
/// has no notion of the same owner coming back, and clients rely on it for that.
struct ReceiverTable: Sendable {
    /// The service's limit of receivers without an epoch.
    static let receiversMax = 5

    /// The receivers in the order in which they attached.
    private(set) var receivers: [ReceiverIdentity] = []

    /// What to do with a receiver that wants to attach.
    enum Admission: Sendable, Equatable {
        /// It is in the table now; the shell detaches these with these conditions.
        case admitted(detached: [Eviction])
        /// It is not in the table; the shell refuses the attach.
        case refused(AMQPCondition)
    }

    /// A receiver that lost its place.
    struct Eviction: Sendable, Equatable {
        var link: LinkID
        var condition: AMQPCondition
    }

    /// Applies the epoch rules to a new receiver.
    mutating func attachRequested(_ new: ReceiverIdentity, trail: BrokerCondition.Trail) -> Admission {
        let owner = receivers.first { $0.epoch != nil }
        switch (owner, new.epoch) {
        case (nil, nil):
            guard receivers.count < Self.receiversMax else {
                return .refused(
                    BrokerCondition.tooManyReceivers(connected: receivers, limit: Self.receiversMax, trail: trail))
            }
            receivers.append(new)
            return .admitted(detached: [])
        case (let owner?, nil):
            return .refused(BrokerCondition.nonEpochRefused(byEpoch: owner.epoch ?? 0, trail: trail))
        case (let owner?, let epoch?) where epoch < (owner.epoch ?? 0):
            return .refused(BrokerCondition.lowEpochRefused(existing: owner, refused: new, trail: trail))
        case (_, _?):
            let evictions = receivers.map {
                Eviction(link: $0.link, condition: BrokerCondition.stolen(by: new, from: $0, trail: trail))
            }
            receivers = [new]
            return .admitted(detached: evictions)
        }
    }

    /// Forgets a receiver whose link is gone.
    mutating func detached(_ link: LinkID) {
        receivers.removeAll { $0.link == link }
    }
}
