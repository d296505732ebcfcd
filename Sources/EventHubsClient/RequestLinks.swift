import AMQPEngine
import AMQPTypes
import EventHubs
import NIOCore

/// A pair of links to a node that answers requests: `$cbs` or `$management`.
///
/// **Bounds**: requests wait for credit; the caller bounds how many there are.
/// **Isolation**: the connection's event loop.
final class RequestLinks: LinkOwner {
    private let connection: HubConnection
    private let address: String
    private var sender: LinkHandle?
    private var receiver: LinkHandle?
    private var attached: Set<LinkHandle> = []
    private var waiting = CircularBuffer<(id: String, bytes: [UInt8])>()
    private var sent: [DeliveryHandle: String] = [:]
    private var received = 0
    private static let credit: UInt32 = 100

    /// Both links are open.
    var onOpen: (() -> Void)?
    /// A reply arrived.
    var onReply: ((AMQPMessage) -> Void)?
    /// The node did not take the request with this id.
    var onRejected: ((String, EventHubsError) -> Void)?
    /// A link ended.
    var onClosed: ((EventHubsError) -> Void)?

    init(connection: HubConnection, address: String) {
        self.connection = connection
        self.address = address
    }

    var isOpen: Bool { attached.count == 2 }

    /// Whether links exist, open or about to be.
    var isStarted: Bool { sender != nil }

    /// Attaches both links.
    func open() {
        guard sender == nil else { return }
        let terminus = Terminus(address: address)
        sender = connection.attach("hubwatch-request", for: self) { session, name in
            LinkSpecification(session: session, name: name, role: .sender, source: terminus, target: terminus)
        }
        receiver = connection.attach("hubwatch-reply", for: self) { session, name in
            LinkSpecification(session: session, name: name, role: .receiver, source: terminus, target: terminus)
        }
    }

    /// Sends a request as soon as there is credit.
    func send(_ message: AMQPMessage, id: String) {
        waiting.append((id, message.encoded()))
        sendWaiting()
    }

    private func sendWaiting() {
        guard isOpen, let sender else { return }
        while let (id, bytes) = waiting.first {
            let handle = connection.withEngine { engine in
                bytes.withUnsafeBytes {
                    engine.send(sender, message: $0, tag: Array(id.utf8.suffix(32)), settled: false)
                }
            }
            guard let delivery = handle ?? nil else { return }
            waiting.removeFirst()
            sent[delivery] = id
        }
    }

    func received(_ event: EngineEvent, on link: LinkHandle) {
        switch event {
        case .attached(_, _, let remote, _):
            // A refusal has no terminus on the peer's end; the detach with the reason follows.
            guard link == sender ? remote.target != nil : remote.source != nil else { return }
            attached.insert(link)
            guard isOpen, let receiver else { return }
            connection.withEngine { $0.grantCredit(receiver, Self.credit) }
            onOpen?()
            sendWaiting()
        case .credit:
            sendWaiting()
        case .deliveries(_, let batch):
            take(batch)
        case .updated(let delivery, _, let outcome, _):
            settle(delivery, outcome)
        case .detached(_, _, let condition):
            let condition = condition ?? AMQPCondition(name: ErrorCondition.linkDetachForced)
            close()
            onClosed?(EventHubsError(condition: condition, while: "the link to \(address)"))
        case .authenticationRequested, .authenticated, .authenticationFailed, .opened, .closed, .begun, .ended, .failed,
            .finished:
            break
        }
    }

    private func take(_ batch: DeliveryBatch) {
        for delivery in batch.deliveries {
            let message = try? AMQPMessage(decoding: batch.bytes(of: delivery))
            if !delivery.settled { connection.withEngine { $0.settle(delivery.handle, .accepted) } }
            received += 1
            // A reply that cannot be read is as good as none: its request times out.
            if let message { onReply?(message) }
        }
        guard received >= Int(Self.credit) / 2, let receiver else { return }
        connection.withEngine { $0.grantCredit(receiver, UInt32(clamping: received)) }
        received = 0
    }

    private func settle(_ delivery: DeliveryHandle, _ outcome: DeliveryOutcome?) {
        guard let id = sent.removeValue(forKey: delivery) else { return }
        connection.withEngine { $0.settle(delivery, nil) }
        if case .rejected(let condition)? = outcome {
            onRejected?(id, EventHubsError(condition: condition, while: "a request to \(address)"))
        }
    }

    /// Closes and forgets both links and everything that waits.
    func close() {
        for link in [sender, receiver].compactMap({ $0 }) {
            connection.withEngine { $0.detach(link) }
            connection.forget(link)
        }
        connectionIsGone()
    }

    /// The links ended with their connection.
    func connectionIsGone() {
        sender = nil
        receiver = nil
        attached = []
        waiting = CircularBuffer()
        sent = [:]
        received = 0
    }

    func connectionReady() {}
    func connectionLost(_ error: EventHubsError, retryAfter: Duration) { connectionIsGone() }
    func stopOrdered() {}
}
