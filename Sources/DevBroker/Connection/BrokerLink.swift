import AMQPEngine
import EventHubs

/// The two nodes that answer requests.
enum RequestNode: Hashable {
    case tokens, management
}

/// What an attached link is for.
enum BrokerLink {
    /// A client's requests to a node.
    case requests(RequestLink)
    /// A node's answers to a client.
    case replies(ReplyLink)
    /// A client's events.
    case sender(SenderLink)
    /// Events for a client.
    case receiver(ReceiverLink)
}

/// The receiving half of a request node.
struct RequestLink {
    var node: RequestNode
    var session: SessionHandle
    /// Requests answered since credit was last given.
    var owedCredit: UInt32 = 0

    /// The service's credit for requests.
    static let creditWindow: UInt32 = 100
}

/// The sending half of a request node, with answers that wait for credit.
struct ReplyLink {
    var node: RequestNode
    var session: SessionHandle
    /// The client's target address, which requests may name as their reply-to.
    var replyTo: String?
    /// Encoded answers in order, bounded by the credit for requests.
    var waiting: [[UInt8]] = []
    var nextTag: UInt32 = 0
}

/// A client's link for sending events.
struct SenderLink {
    /// Where events go.
    enum Destination {
        case hub
        case partition(HubPartition)
        /// A publisher endpoint: its name acts as the partition key.
        case publisher(String)
    }

    var id: LinkID
    var session: SessionHandle
    var hub: Hub
    var destination: Destination
    /// What is checked again when a token expires.
    var path: ResourcePath
    var owedCredit: UInt32 = 0
    /// Counts deliveries for the text of size errors.
    var deliveryCount: UInt32 = 0

    /// The service's credit: 300 for a hub, 1000 for a partition.
    var creditWindow: UInt32 {
        if case .partition = destination { 1000 } else { 300 }
    }
}

/// A client's link for receiving events.
struct ReceiverLink {
    var id: LinkID
    var session: SessionHandle
    var hub: Hub
    var partition: HubPartition
    /// In lower case.
    var group: String
    var path: ResourcePath
    /// The next event to send.
    var nextSequenceNumber: Int64
    /// Whether each event carries the runtime metric.
    var wantsRuntimeMetric: Bool
    /// Whether the peer wants its credit used up or given back.
    var isDraining = false
    /// Whether a scripted fault keeps it from delivering.
    var isStandingStill = false
    /// Whether the script has had its say about the next event.
    var isNextJudged = false

    /// The partition, as scripts of faults name it.
    var place: BrokerFact.Place { BrokerFact.Place(hub: hub.name, partition: partition.id) }
}
