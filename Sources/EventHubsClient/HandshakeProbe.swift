package import EventHubs
import NIOConcurrencyHelpers
package import NIOCore
import NIOSSL
import NIOTLS

/// Shakes hands with a broker to see its certificates, and to see whether they are accepted; nothing else is sent.
///
/// Two handshakes: the TLS library hands out a chain only to those who judge it themselves, and its own judgement is what
/// counts for connections.
package struct HandshakeProbe: Sendable {
    private let configuration: EventHubsConfiguration
    private let connector: Connector

    /// Reads the authorities.
    ///
    /// **Errors**: `invalidConfiguration` when they cannot be used.
    package init(_ configuration: EventHubsConfiguration) throws(EventHubsError) {
        self.configuration = configuration
        connector = try Connector(configuration)
    }

    /// Connects by the whole way, the proxy's tunnel included, and hangs up; the reason when that fails.
    @concurrent
    package func tunnel(on loop: any EventLoop) async -> EventHubsError? {
        do {
            let channel = try await connector.channel(on: loop, nil) { _ in }.get()
            channel.close(promise: nil)
            return nil
        } catch {
            return Self.explain(error, peer: configuration.peer)
        }
    }

    /// The broker's certificates as it sent them, DER, its own first; empty when none came.
    @concurrent
    package func certificates(on loop: any EventLoop) async -> [[UInt8]] {
        let chain = NIOLockedValueBox<[[UInt8]]>([])
        _ = await shakeHands(on: loop) { certificates in
            chain.withLockedValue { $0 = certificates.compactMap { try? $0.toDERBytes() } }
        }
        return chain.withLockedValue { $0 }
    }

    /// The TLS version that was agreed on when everything is accepted, or the reason why not.
    @concurrent
    package func verify(on loop: any EventLoop) async -> Result<String, EventHubsError> {
        await shakeHands(on: loop, inspecting: nil)
    }

    /// By the way that connections take, the proxy's tunnel included.
    @concurrent
    private func shakeHands(
        on loop: any EventLoop, inspecting inspect: (@Sendable ([NIOSSLCertificate]) -> Void)?
    ) async -> Result<String, EventHubsError> {
        let tls = connector.tls
        let limit = TimeAmount(configuration.connectTimeout)
        let shaken = loop.makePromise(of: String.self)
        let dialled = connector.channel(on: loop, nil) { channel in
            guard let tls else { return }
            let handler = try inspect.map { try tls.handler(inspecting: $0) } ?? tls.handler()
            try channel.pipeline.syncOperations.addHandlers(handler, HandshakeObserver(shaken))
        }
        dialled.whenFailure { shaken.fail($0) }
        let deadline = loop.scheduleTask(in: limit) { shaken.fail(ChannelError.connectTimeout(limit)) }
        let result: Result<String, EventHubsError>
        do {
            result = .success(try await shaken.futureResult.get())
        } catch {
            result = .failure(Self.explain(error, peer: configuration.peer))
        }
        deadline.cancel()
        dialled.whenSuccess { $0.close(promise: nil) }
        return result
    }

    private static func explain(_ error: any Error, peer: String) -> EventHubsError {
        if case ChannelError.connectTimeout = error {
            return EventHubsError(.timedOut, "No answer from \(peer) in time", isRetriable: true, scope: .connection)
        }
        return TransportErrors.explain(error, peer: peer)
    }
}

/// Waits for the end of a handshake.
private final class HandshakeObserver: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let promise: EventLoopPromise<String>

    init(_ promise: EventLoopPromise<String>) { self.promise = promise }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted? = event as? TLSUserEvent {
            let version = try? context.pipeline.syncOperations.nioSSL_tlsVersion()
            promise.succeed(Self.name(version ?? nil))
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise.fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        promise.fail(NIOSSLError.uncleanShutdown)
        context.fireChannelInactive()
    }

    private static func name(_ version: TLSVersion?) -> String {
        switch version {
        case .tlsv13: "TLS 1.3"
        case .tlsv12: "TLS 1.2"
        case .tlsv11: "TLS 1.1"
        case .tlsv1: "TLS 1.0"
        case nil: "TLS"
        }
    }
}
