import DevBroker
import Logging
import NIOCore
import NIOPosix
import Testing

/// Goal: the broker's WebSocket takes what the service takes, and says to anything else what it is.
///
/// Method: requests as text over a socket, the answer's first line and body back.
@Suite(.timeLimit(.minutes(1))) struct WebSocketListenerTests {
    private let group = MultiThreadedEventLoopGroup.singleton

    private func answer(to requests: [String]) async throws -> [String] {
        let broker = try DevBroker(
            configuration: DevBrokerConfiguration(listeners: [.init(port: 0, isWebSocket: true)]), group: group,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let address = try await broker.start().amqp[0]
        #expect(address.isWebSocket && !address.usesTLS)
        var answers: [String] = []
        for request in requests {
            let promise = group.next().makePromise(of: String.self)
            let channel = try await ClientBootstrap(group: group)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(Collector(promise))
                    }
                }
                .connect(host: "127.0.0.1", port: address.port).get()
            try await channel.writeAndFlush(ByteBuffer(string: request))
            answers.append(try await promise.futureResult.get())
            try? await channel.close()
        }
        await broker.shutdown()
        return answers
    }

    private func request(
        _ path: String, protocols: String? = "AMQPWSB10", upgrade: Bool = true, version: String = "13"
    ) -> String {
        var lines = ["GET \(path) HTTP/1.1", "Host: localhost"]
        if upgrade { lines += ["Connection: Upgrade", "Upgrade: websocket"] }
        lines += ["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: \(version)"]
        if let protocols { lines.append("Sec-WebSocket-Protocol: \(protocols)") }
        return lines.joined(separator: "\r\n") + "\r\n\r\n"
    }

    @Test func whatTheServiceTakesIsTaken() async throws {
        let path = "/$servicebus/websocket"
        let answers = try await answer(to: [
            request(path), request(path + "/"), request(path + "?a=b"), request(path, protocols: "amqp, AMQPWSB10"),
        ])
        for answer in answers {
            #expect(answer.hasPrefix("HTTP/1.1 101 Switching Protocols\r\n"), "\(answer)")
            #expect(answer.lowercased().contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=\r\n"))
            #expect(answer.lowercased().contains("sec-websocket-protocol: amqpwsb10\r\n"))
        }
    }

    @Test func anythingElseIsExplained() async throws {
        let path = "/$servicebus/websocket"
        let answers = try await answer(to: [
            request("/"), request("/$servicebus/other"), request(path, protocols: nil),
            request(path, protocols: "amqp"),
            request(path, upgrade: false), request(path, version: "8"), "AMQP\u{3}\u{1}\u{0}\u{0}\r\n\r\n",
            "GET / HTTP/1.1\r\n" + String(repeating: "X: y\r\n", count: 5000) + "\r\n",
        ])
        let expected = ["404", "404", "400", "400", "426", "400", "400", ""]
        for (answer, status) in zip(answers, expected) {
            #expect(status.isEmpty || answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer)")
            #expect(!answer.hasPrefix("HTTP/1.1 101"))
        }
        #expect(answers[0].contains("AMQP is at /$servicebus/websocket"))
        #expect(answers[2].contains("offer the protocol AMQPWSB10"))
    }
}

/// Collects what comes until the head of an answer is complete after an upgrade, or the peer closes.
private final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let promise: EventLoopPromise<String>
    private var text = ""

    init(_ promise: EventLoopPromise<String>) { self.promise = promise }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        text += String(buffer: unwrapInboundIn(data))
        if text.hasPrefix("HTTP/1.1 101"), text.hasSuffix("\r\n\r\n") { promise.succeed(text) }
    }

    func channelInactive(context: ChannelHandlerContext) { promise.succeed(text) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
