import AMQPEngine
import AMQPTypes
import EventHubs
import NIOCore

/// Asks the service about the hub and its partitions.
///
/// Questions wait for the connection; they fail with its error when it cannot be made, and after the request time-out.
/// **Isolation**: the connection's event loop.
final class ManagementNode: LinkOwner {
    private struct Question {
        var subject: ManagementRequest.Subject
        var promise: EventLoopPromise<ManagementReply>
        var timeout: Scheduled<Void>
        var isSent: Bool
    }

    private let connection: HubConnection
    private let links: RequestLinks
    private var questions: [String: Question] = [:]
    private var asked = 0
    private var isStopped = false
    /// More questions than this at once are refused.
    private static let questionsMax = 4096

    init(connection: HubConnection) {
        self.connection = connection
        links = RequestLinks(connection: connection, address: EventHubAddress.management(hub: nil).path)
        links.onOpen = { [weak self] in self?.sendAll() }
        links.onReply = { [weak self] in self?.take($0) }
        links.onRejected = { [weak self] in self?.fail($0, $1) }
        links.onClosed = { [weak self] in self?.failSent($0) }
    }

    private func failSent(_ error: EventHubsError) {
        for id in questions.keys where questions[id]?.isSent == true { fail(id, error) }
    }

    /// Asks; the future succeeds with a reply that may itself be a failure.
    func ask(_ subject: ManagementRequest.Subject) -> EventLoopFuture<ManagementReply> {
        let promise = connection.loop.makePromise(of: ManagementReply.self)
        guard !isStopped, questions.count < Self.questionsMax else {
            promise.fail(HubConnection.stopping)
            return promise.futureResult
        }
        asked += 1
        let id = "ask-\(asked)"
        let limit = connection.configuration.requestTimeout
        let timeout = connection.loop.assumeIsolated().scheduleTask(in: TimeAmount(limit)) { [weak self] in
            guard let self else { return }
            self.fail(
                id,
                self.connection.lastError
                    ?? EventHubsError(
                        .timedOut, "No answer from $management within \(limit)", isRetriable: true, scope: .request))
        }
        questions[id] = Question(subject: subject, promise: promise, timeout: timeout, isSent: false)
        connection.start()
        if connection.isReady {
            links.open()
            if links.isOpen { send(id) }
            connection.flush()
        }
        return promise.futureResult
    }

    private func send(_ id: String) {
        guard let question = questions[id], !question.isSent else { return }
        questions[id]?.isSent = true
        let configuration = connection.configuration
        let audience = EventHubAddress.audience(authority: configuration.authority, hub: configuration.hub)
        let request = ManagementRequest(
            messageID: .string(id), replyTo: EventHubAddress.management(hub: nil).path, subject: question.subject,
            securityToken: connection.token(for: audience))
        links.send(request.message, id: id)
    }

    private func sendAll() {
        for id in questions.keys.sorted() { send(id) }
    }

    private func take(_ message: AMQPMessage) {
        guard let id = message.properties?.correlationID?.text, let question = questions.removeValue(forKey: id) else {
            return
        }
        question.timeout.cancel()
        do throws(EventHubsError) {
            question.promise.succeed(try ManagementReply(message))
        } catch {
            question.promise.fail(error)
        }
    }

    private func fail(_ id: String, _ error: EventHubsError) {
        guard let question = questions.removeValue(forKey: id) else { return }
        question.timeout.cancel()
        question.promise.fail(error)
    }

    func connectionReady() {
        guard !questions.isEmpty else { return }
        links.open()
    }

    func connectionLost(_ error: EventHubsError, retryAfter: Duration) {
        links.connectionIsGone()
        // What was sent is lost; what waits stays, unless waiting cannot help.
        for id in questions.keys {
            let isHopeless = !error.isRetriable || connection.hasFailedToStart
            if isHopeless || questions[id]?.isSent == true { fail(id, error) }
        }
    }

    func received(_ event: EngineEvent, on link: LinkHandle) {}

    func stopOrdered() {
        isStopped = true
        for id in questions.keys { fail(id, HubConnection.stopping) }
        links.close()
        connection.stopped(self)
    }
}
