import AMQPChannel
import AMQPEngine
import AMQPTypes
import NIOCore

/// Writes down what it is told, and answers as a minimal peer does.
final class RecordingDelegate: AMQPConnectionDelegate {
    var connection: AMQPConnection?
    var events: [EngineEvent] = []
    var readCompletes = 0
    var writables = 0
    var disconnects: [AMQPCondition?] = []
    var onConnected: (AMQPConnection) -> Void = { _ in }
    var onEvent: (EngineEvent, AMQPConnection) -> Void = { _, _ in }
    var onWritable: (AMQPConnection) -> Void = { _ in }

    func connected(_ connection: AMQPConnection) {
        self.connection = connection
        onConnected(connection)
        // Inside a turn this does nothing; it must not recurse.
        connection.flush()
    }

    func received(_ event: EngineEvent, on connection: AMQPConnection) {
        events.append(event)
        switch event {
        case .opened: connection.engine.open()
        case .begun(let session, byPeer: true): connection.engine.accept(session: session)
        case .attached(let link, _, let attach, byPeer: true):
            connection.engine.accept(link: link, AttachReply(echoing: attach))
        default: break
        }
        onEvent(event, connection)
        connection.flush()
    }

    func readComplete(on connection: AMQPConnection) {
        readCompletes += 1
    }

    func writable(on connection: AMQPConnection) {
        writables += 1
        onWritable(connection)
    }

    func disconnected(_ cause: AMQPCondition?, on connection: AMQPConnection) {
        disconnects.append(cause)
        connection.flush()
        connection.engine.close()
    }

    var messageCount: Int {
        events.reduce(0) { sum, event in
            if case .deliveries(_, let batch) = event { sum + batch.deliveries.count } else { sum }
        }
    }
}
