import AMQPChannel
import AMQPEngine
import AMQPTypes
import EventHubs
import Logging
import NIOCore

/// One client's connection: obeys the engine's events with the broker's state.
///
/// **Isolation**: everything here happens on the connection's event loop. Other threads reach it through the closures that
/// it registers with hubs and partitions, which only schedule work on that loop. What is shared is behind the locks of
/// `Hub` and `HubPartition`, which are never held while calling out.
final class BrokerConnection: AMQPConnectionDelegate {
    let context: BrokerContext
    /// Whether channels of this connection may be found by the broker's shutdown.
    private let registry: ConnectionRegistry
    private(set) var connection: AMQPConnection?

    var links: [LinkHandle: BrokerLink] = [:]
    var authorization: ConnectionAuthorization
    /// Receivers that have credit and perhaps events, but found the session's output full.
    var blocked: Set<LinkHandle> = []
    /// Whether a turn of `resumeBlocked` is on its way.
    var isResumeScheduled = false
    /// A receiver's event with its delivery annotations in front, put together here.
    var scratch: [UInt8] = []
    var tokenTimer: Scheduled<Void>?
    var idleTimer: Scheduled<Void>?
    private var registration: ConnectionRegistry.Key?
    /// Sends more than clients ask for, when a script wants that.
    var inflation: CreditInflation?

    init(context: BrokerContext, registry: ConnectionRegistry) {
        self.context = context
        self.registry = registry
        authorization = ConnectionAuthorization(isStrict: context.configuration.isAuthStrict)
    }

    /// The engine's configuration for the service's side of a connection.
    static func engineConfiguration(messageSizeMax: Int) -> EngineConfiguration {
        var configuration = EngineConfiguration(
            role: .server, containerID: "0123456789abcdef0123456789abcdef_G0",
            authentication: .mechanisms(["MSSBCBS", "PLAIN", "ANONYMOUS", "EXTERNAL"]))
        configuration.maxFrameSize = 65_536
        configuration.channelMax = 4999
        // Half is announced: 120 s, as the service does.
        configuration.idleTimeout = .seconds(240)
        configuration.padsLists = true
        return configuration
    }

    // MARK: AMQPConnectionDelegate

    func connected(_ connection: AMQPConnection) {
        self.connection = connection
        let bound = NIOLoopBound(self, eventLoop: connection.eventLoop)
        let loop = connection.eventLoop
        registration = registry.add { condition in
            loop.execute {
                guard let condition else {
                    bound.value.cut(afterBytes: 0)
                    return
                }
                bound.value.connection?.close(condition)
                bound.value.connection?.flush()
            }
        }
        startIdleTimer(seconds: 60)
        prepareForFaults(connection)
    }

    func received(_ event: EngineEvent, on connection: AMQPConnection) {
        let engine = connection.engine
        switch event {
        case .authenticationRequested(let mechanism, let response):
            authenticate(mechanism: mechanism, response: response, engine)
        case .opened(let open):
            context.logger.debug("connection opened", metadata: ["container": "\(open.containerID.prefix(128))"])
            opened(open, connection)
        case .begun(let session, byPeer: true):
            engine.accept(session: session)
        case .ended(let session, _):
            forgetLinks { $0.session == session }
        case .attached(let link, let session, let attach, byPeer: true):
            attached(link, session: session, attach, engine)
        case .detached(let link, _, _):
            forget(link)
        case .credit(let link, _, let drain):
            creditChanged(link, drain: drain)
        case .deliveries(let link, let batch):
            deliveriesReceived(batch, on: link, engine)
        case .failed(let condition):
            context.logger.debug("connection failed", metadata: ["condition": "\(condition.name)"])
        case .authenticated, .authenticationFailed, .closed, .updated, .finished, .begun, .attached:
            break
        }
    }

    func readComplete(on connection: AMQPConnection) {
        // The peer's flow may have let output go that was held by its session window: there is no event for that.
        if !blocked.isEmpty { scheduleResume() }
    }

    func writable(on connection: AMQPConnection) {
        if !blocked.isEmpty { scheduleResume() }
    }

    func disconnected(_ cause: AMQPCondition?, on connection: AMQPConnection) {
        forgetLinks { _ in true }
        tokenTimer?.cancel()
        idleTimer?.cancel()
        if let registration { registry.remove(registration) }
        self.connection = nil
    }

    // MARK: Authentication

    private func authenticate(mechanism: String, response: [UInt8], _ engine: AMQPEngine) {
        guard mechanism == "PLAIN" else {
            // ANONYMOUS and MSSBCBS mean that tokens follow; EXTERNAL proves nothing here and is treated alike.
            engine.authenticate(accepted: true)
            return
        }
        let policy = context.tokens.authority.policy(plainResponse: response)
        if let policy {
            authorization.granted(TokenGrant(audience: ResourcePath(""), rights: policy.rights, expiry: nil))
        } else {
            context.logger.info("SASL PLAIN refused: the policy is unknown or the key is wrong")
        }
        engine.authenticate(accepted: policy != nil)
    }

    // MARK: Links

    /// Detaches a link with an error; for callers outside of an event, such as steals.
    func detach(_ link: LinkHandle, _ condition: AMQPCondition) {
        guard links[link] != nil, let connection else { return }
        connection.engine.detach(link, closed: true, condition)
        forget(link)
        connection.flush()
    }

    /// Drops what the broker knows of a link.
    func forget(_ link: LinkHandle) {
        guard let known = links.removeValue(forKey: link) else { return }
        blocked.remove(link)
        switch known {
        case .requests, .replies: break
        case .sender(let sender): sender.hub.detached(sender.id)
        case .receiver(let receiver):
            receiver.partition.detach(receiver.id, group: receiver.group)
            receiver.hub.detached(receiver.id)
        }
        if links.isEmpty { startIdleTimer(seconds: 300) }
    }

    private func forgetLinks(where isGone: (BrokerLink) -> Bool) {
        for link in links.filter({ isGone($0.value) }).keys { forget(link) }
    }
}

extension BrokerLink {
    /// The session that the link belongs to.
    var session: SessionHandle {
        switch self {
        case .requests(let link): link.session
        case .replies(let link): link.session
        case .sender(let link): link.session
        case .receiver(let link): link.session
        }
    }
}
