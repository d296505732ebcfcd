import NIOCore
import NIOPosix

/// A TCP connection on which a test says exactly what it wants to say.
struct RawClient: Sendable {
    private let channel: any Channel
    private let pieces: AsyncStream<String>

    /// Connects to a port of this machine.
    static func connect(_ port: Int) async throws -> RawClient {
        let (pieces, continuation) = AsyncStream.makeStream(of: String.self)
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Listener(continuation))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return RawClient(channel: channel, pieces: pieces)
    }

    /// Sends text; a peer that is gone is no failure of the test.
    func send(_ text: String) async {
        try? await channel.writeAndFlush(ByteBuffer(string: text)).get()
    }

    /// Everything that comes until the text is as wished, or until the peer closes.
    func read(until isEnough: (String) -> Bool = { _ in false }) async -> String {
        var text = ""
        for await piece in pieces {
            text += piece
            if isEnough(text) { break }
        }
        return text
    }

    /// Takes no more of what comes: the peer's socket fills up.
    func stopReading() async { try? await channel.setOption(.autoRead, value: false).get() }

    /// Returns when the peer has closed.
    func closed() async { try? await channel.closeFuture.get() }

    /// Closes.
    func close() async { try? await channel.close().get() }

    /// Sends a request and reads the answer to its end; the connection closes.
    static func ask(
        _ port: Int, _ path: String, method: String = "GET", headers: [String] = []
    ) async throws -> Answer {
        let client = try await connect(port)
        let lines = ["\(method) \(path) HTTP/1.1", "Host: localhost"] + headers + ["Connection: close", "", ""]
        await client.send(lines.joined(separator: "\r\n"))
        let text = await client.read { Answer($0).isWhole(head: method == "HEAD") }
        await client.close()
        return Answer(text)
    }

    private final class Listener: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let pieces: AsyncStream<String>.Continuation

        init(_ pieces: AsyncStream<String>.Continuation) { self.pieces = pieces }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            pieces.yield(String(buffer: unwrapInboundIn(data)))
        }

        func channelInactive(context: ChannelHandlerContext) { pieces.finish() }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}

/// An HTTP answer as text.
struct Answer {
    let text: String

    init(_ text: String) { self.text = text }

    /// The status; 0 when there is none.
    var status: Int { Int(text.split(separator: " ").dropFirst().first ?? "") ?? 0 }

    /// What follows the head.
    var body: String {
        guard let end = text.firstRange(of: "\r\n\r\n") else { return "" }
        return String(text[end.upperBound...])
    }

    /// A header field's value.
    func field(_ name: String) -> String? {
        for line in text.prefix(upTo: text.firstRange(of: "\r\n\r\n")?.lowerBound ?? text.endIndex)
            .split(separator: "\r\n")
        where line.lowercased().hasPrefix(name.lowercased() + ":") {
            return line.dropFirst(name.count + 1).trimmingPrefix(" ").description
        }
        return nil
    }

    /// Whether everything that the head promises is there.
    func isWhole(head: Bool = false) -> Bool {
        guard text.contains("\r\n\r\n") else { return false }
        if head { return true }
        guard let length = field("content-length").flatMap(Int.init) else { return false }
        return body.utf8.count >= length
    }
}
