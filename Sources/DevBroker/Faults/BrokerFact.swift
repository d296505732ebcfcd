/// Something that happens at the broker and that a script of faults can wait for.
///
/// Names of hubs and consumer groups are compared without regard to case, partitions by their id.
public enum BrokerFact: Hashable, Sendable {
    /// A client has opened a connection.
    case open(container: String)
    /// A receiver wants to attach; `receivers` of its consumer group are attached to the partition already.
    case attach(Place, group: String, position: PositionKind, name: String?, receivers: Int)
    /// An event is about to be sent to a receiver.
    case delivery(Place, sequenceNumber: Int64)
    /// A sender has sent a message; the partition is nil where the broker chooses it.
    case send(hub: String, partition: String?)
    /// A question to the management node.
    case request(Subject, hub: String, partition: String?)
    /// A token is put.
    case token

    /// A partition of a hub.
    public struct Place: Hashable, Sendable {
        /// The hub's name.
        public var hub: String
        /// The partition's id.
        public var partition: String

        /// Makes a place.
        public init(hub: String, partition: String) {
            self.hub = hub
            self.partition = partition
        }
    }

    /// How a receiver says where it starts.
    public enum PositionKind: String, Hashable, Sendable, CaseIterable {
        /// At the oldest event.
        case earliest
        /// After the last event.
        case latest
        /// By an offset.
        case offset
        /// By a sequence number.
        case sequence
        /// By an enqueued time.
        case time
    }

    /// What a question is about.
    public enum Subject: String, Hashable, Sendable, CaseIterable {
        /// The hub.
        case hub
        /// One partition.
        case partition
    }

    /// The kind of a fact, as scripts name it.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// ``BrokerFact/open(container:)``
        case open
        /// ``BrokerFact/attach(_:group:position:name:receivers:)``
        case attach
        /// ``BrokerFact/delivery(_:sequenceNumber:)``
        case delivery
        /// ``BrokerFact/send(hub:partition:)``
        case send
        /// ``BrokerFact/request(_:hub:partition:)``
        case request
        /// ``BrokerFact/token``
        case token
    }

    /// The fact's kind.
    public var kind: Kind {
        switch self {
        case .open: .open
        case .attach: .attach
        case .delivery: .delivery
        case .send: .send
        case .request: .request
        case .token: .token
        }
    }

    var hub: String? {
        switch self {
        case .attach(let place, _, _, _, _), .delivery(let place, _): place.hub
        case .send(let hub, _), .request(_, let hub, _): hub
        case .open, .token: nil
        }
    }

    var partition: String? {
        switch self {
        case .attach(let place, _, _, _, _), .delivery(let place, _): place.partition
        case .send(_, let partition), .request(_, _, let partition): partition
        case .open, .token: nil
        }
    }
}
