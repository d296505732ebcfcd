import AMQPTypes
import EventHubs
import NIOCore

/// Puts tokens on one connection: the shell of ``CBSMachine``.
///
/// **Isolation**: the connection's event loop.
final class Authorization {
    private let connection: HubConnection
    private let links: RequestLinks
    private let timer: WakeTimer
    private var machine: CBSMachine
    private var chance: Chance
    private var tokens: [String: Secret] = [:]
    private var isClosed = false

    /// Every audience is authorized.
    var onAuthorized: (() -> Void)?
    /// The connection cannot be authorized, or not any longer.
    var onFailed: ((EventHubsError) -> Void)?

    init(connection: HubConnection, audiences: [String]) {
        self.connection = connection
        chance = connection.configuration.platform.chance
        links = RequestLinks(connection: connection, address: EventHubAddress.cbs.path)
        timer = WakeTimer(loop: connection.loop)
        machine = CBSMachine(audiences: audiences)
        timer.action = { [weak self] in self?.timeReached() }
        links.onOpen = { [weak self] in self?.linksReady() }
        links.onReply = { [weak self] in self?.take($0) }
        links.onRejected = { [weak self] _, error in self?.onFailed?(error) }
        links.onClosed = { [weak self] in self?.onFailed?($0) }
    }

    private func timeReached() { perform(machine.timeReached(now: now, using: &chance)) }
    private func linksReady() { perform(machine.linksReady(now: now)) }

    private func take(_ message: AMQPMessage) {
        // A reply without a status is the peer's fault; its request times out.
        guard let reply = try? CBSReply(message) else { return }
        if reply.status.code == 401, case .tokens(let provider) = connection.configuration.credential {
            // Only the token that was put last can be meant, and every audience has the same.
            for token in Set(tokens.values) { provider.refused(token) }
        }
        perform(machine.replyReceived(reply, now: now, using: &chance))
    }

    private var now: Duration { connection.loop.monotonicNow }

    func open() { links.open() }

    /// The token that is in force for an audience.
    func token(for audience: String) -> Secret? { tokens[audience] }

    /// The connection is gone.
    func close() {
        isClosed = true
        timer.cancel()
        links.connectionIsGone()
        onAuthorized = nil
        onFailed = nil
    }

    private func perform(_ actions: [CBSMachine.Action]) {
        for action in actions where !isClosed {
            switch action {
            case .makeToken(let audience): makeToken(audience)
            case .send(let request):
                tokens[request.audience] = request.token
                links.send(request.message, id: request.messageID?.text ?? "")
            case .authorized: onAuthorized?()
            case .wake(let time): timer.schedule(at: time)
            case .fail(let error): onFailed?(error)
            }
        }
        connection.flush()
    }

    private func makeToken(_ audience: String) {
        let configuration = connection.configuration
        let wallNow = configuration.platform.clock() / 1_000_000_000
        switch configuration.credential {
        case .key(let name, let key):
            let expiry = wallNow + configuration.tokenLifetime.components.seconds
            let token = SASToken(resource: audience, keyName: name, key: key, expiry: expiry)
            use(.success(Self.token(token, now: wallNow, isRenewable: true)), audience)
        case .signature(let token):
            use(
                token.isExpired(at: wallNow)
                    ? .failure(Self.expired(token, wallNow))
                    : .success(
                        Self.token(token, now: wallNow, isRenewable: false)), audience)
        case .tokens(let provider):
            fetch(audience, from: provider)
        case .none:
            break
        }
    }

    private func fetch(_ audience: String, from provider: any TokenProvider) {
        let bound = NIOLoopBound(self, eventLoop: connection.loop)
        let future = connection.loop.makeFutureWithTask { () -> Result<CBSMachine.Token, EventHubsError> in
            do throws(EventHubsError) {
                return .success(try await provider.token(for: audience))
            } catch {
                return .failure(error)
            }
        }
        future.whenSuccess { bound.value.use($0, audience) }
    }

    private func use(_ result: Result<CBSMachine.Token, EventHubsError>, _ audience: String) {
        guard !isClosed else { return }
        switch result {
        case .success(let token):
            connection.tokenPut(for: audience, expiration: token.expiration, lifetime: token.lifetime)
            perform(machine.tokenMade(token, audience: audience, now: now))
        case .failure(let error):
            perform(machine.tokenFailed(error, audience: audience, now: now, using: &chance))
        }
    }

    private static func token(_ token: SASToken, now: Int64, isRenewable: Bool) -> CBSMachine.Token {
        let (milliseconds, overflow) = token.expiry.multipliedReportingOverflow(by: 1000)
        // A life of more than a year is as good as one: keeps the arithmetic of times far from its ends.
        let life = min(max(0, token.expiry.subtractingReportingOverflow(now).partialValue), 366 * 86_400)
        return CBSMachine.Token(
            text: token.text, lifetime: .seconds(life), expiration: overflow ? nil : milliseconds,
            isRenewable: isRenewable)
    }

    private static func expired(_ token: SASToken, _ now: Int64) -> EventHubsError {
        EventHubsError(
            .tokenExpired, "The shared access signature expired \(now - token.expiry) s ago",
            remedy: "Give a new token, or a connection string with a key; check this machine's clock")
    }
}
