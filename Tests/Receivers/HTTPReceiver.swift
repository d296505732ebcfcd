import NIOCore
package import NIOHTTP1
import NIOPosix
package import NIOSSL
import Synchronization

/// A web server on loopback that answers as a test says, and remembers what came.
package final class HTTPReceiver: Sendable {
    /// What came.
    package struct Request: Sendable {
        package var method: String
        package var path: String
        package var headers: HTTPHeaders
        package var body: [UInt8]

        package func header(_ name: String) -> String? { headers.first(name: name) }
    }

    /// What is answered.
    package enum Answer: Sendable {
        case reply(Int, [(String, String)] = [], String = "")
        /// Nothing, ever.
        case silence
        /// A head, and then a byte now and then without an end.
        case drip
        /// The connection is cut.
        case hangUp
    }

    private let channel: any Channel
    private let log: RequestLog
    package var port: Int { channel.localAddress?.port ?? 0 }
    package var requests: [Request] { log.requests }

    fileprivate final class RequestLog: Sendable {
        private let kept = Mutex<[Request]>([])
        var requests: [Request] { kept.withLock { $0 } }
        func add(_ request: Request) -> Int {
            kept.withLock {
                $0.append(request)
                return $0.count
            }
        }
    }

    /// Listens on a free port; `answer` is given the number of the request, from 1, and `changed` called after each.
    package init(
        tls: NIOSSLContext? = nil, changed: @escaping @Sendable () -> Void = {},
        _ answer: @escaping @Sendable (Int, Request) -> Answer
    ) async throws {
        let log = RequestLog()
        self.log = log
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
                    try pipeline.configureHTTPServerPipeline(withErrorHandling: true)
                    try pipeline.addHandler(Handler(log: log, changed: changed, answer: answer))
                }
            }.bind(host: "127.0.0.1", port: 0).get()
    }

    /// Listens no more.
    package func close() async { try? await channel.close() }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let log: RequestLog
        private let changed: @Sendable () -> Void
        private let answer: @Sendable (Int, Request) -> Answer
        private var request = Request(method: "", path: "", headers: [:], body: [])
        private var dripping: RepeatedTask?

        init(
            log: RequestLog, changed: @escaping @Sendable () -> Void,
            answer: @escaping @Sendable (Int, Request) -> Answer
        ) {
            self.log = log
            self.changed = changed
            self.answer = answer
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                request = Request(method: head.method.rawValue, path: head.uri, headers: head.headers, body: [])
            case .body(let part): request.body += part.readableBytesView
            case .end:
                reply(answer(log.add(request), request), context)
                changed()
            }
        }

        private func reply(_ answer: Answer, _ context: ChannelHandlerContext) {
            switch answer {
            case .silence: break
            case .hangUp: context.close(promise: nil)
            case .drip:
                let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["transfer-encoding": "chunked"])
                context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
                let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
                dripping = context.eventLoop.scheduleRepeatedTask(
                    initialDelay: .milliseconds(1), delay: .milliseconds(50)
                ) { _ in
                    let (handler, context) = bound.value
                    context.writeAndFlush(
                        handler.wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: ".")))), promise: nil)
                }
            case .reply(let status, let headers, let text):
                var fields = HTTPHeaders(headers)
                fields.replaceOrAdd(name: "content-length", value: "\(text.utf8.count)")
                let head = HTTPResponseHead(
                    version: .http1_1, status: HTTPResponseStatus(statusCode: status), headers: fields)
                context.write(wrapOutboundOut(.head(head)), promise: nil)
                if !text.isEmpty {
                    context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
                }
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            }
        }

        func channelInactive(context: ChannelHandlerContext) {
            dripping?.cancel()
            context.fireChannelInactive()
        }
    }
}
