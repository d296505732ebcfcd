import AMQPChannel
import AMQPEngine
import AMQPTypes
import NIOCore
import NIOEmbedded
import Testing
import Transports

/// Goal: AMQP over a WebSocket is the same stream of bytes, however frames and reads are cut.
///
/// Method: a client and a server on embedded channels, the real codec and engine on both; raw frames into one of them.
@Suite struct WebSocketStreamTests {
    /// Passes bytes from a channel to another, in pieces of a size.
    private func move(from source: EmbeddedChannel, to target: EmbeddedChannel, piece: Int) throws -> Bool {
        var moved = false
        while var bytes = try source.readOutbound(as: ByteBuffer.self) {
            moved = true
            while let part = bytes.readSlice(length: min(piece, bytes.readableBytes)), part.readableBytes > 0 {
                if target.isActive { try target.writeInbound(ByteBuffer(bytes: part.readableBytesView)) }
            }
        }
        return moved
    }

    private func channel(_ role: WebSocketSession.Role, _ delegate: RecordingDelegate) throws -> EmbeddedChannel {
        let channel = EmbeddedChannel()
        try WebSocketStreamHandler.add(to: channel.pipeline.syncOperations, role: role)
        let configuration = EngineConfiguration(role: role == .client ? .client : .server, containerID: "c")
        try channel.pipeline.syncOperations.addHandler(
            AMQPChannelHandler(engine: AMQPEngine(configuration), delegate: delegate))
        return channel
    }

    private func connect(_ channel: EmbeddedChannel) throws {
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 443)).wait()
    }

    @Test(arguments: [1, 7, 100_000])
    func carriesAConversation(piece: Int) throws {
        let (client, server) = (RecordingDelegate(), RecordingDelegate())
        let clientChannel = try channel(.client, client)
        let serverChannel = try channel(.server, server)
        client.onConnected = { connection in
            connection.engine.open()
            let receiver = connection.engine.attach(
                LinkSpecification(
                    session: connection.engine.begin(), name: "r", role: .receiver, source: Terminus(address: "a"),
                    target: Terminus(address: "b")))
            connection.engine.grantCredit(receiver, 10)
        }
        let body = [UInt8](repeating: 7, count: 3000)
        server.onEvent = { event, connection in
            guard case .credit(let link, let credit, _) = event else { return }
            for _ in 0..<credit {
                body.withUnsafeBytes { _ = connection.engine.send(link, message: $0, settled: true) }
            }
        }
        try connect(clientChannel)
        try connect(serverChannel)
        var isBusy = true
        while isBusy {
            let there = try move(from: clientChannel, to: serverChannel, piece: piece)
            isBusy = try move(from: serverChannel, to: clientChannel, piece: piece) || there
        }
        #expect(client.messageCount == 10)
        client.connection?.close()
        while try move(from: clientChannel, to: serverChannel, piece: piece)
            || move(from: serverChannel, to: clientChannel, piece: piece)
        {}
        #expect(client.disconnects.count == 1 && client.disconnects[0] == nil)
    }

    /// The handler of one end alone, with what it passes on and writes.
    private func alone(_ role: WebSocketSession.Role = .client) throws -> EmbeddedChannel {
        let channel = EmbeddedChannel()
        try WebSocketStreamHandler.add(to: channel.pipeline.syncOperations, role: role)
        try connect(channel)
        return channel
    }

    private func written(_ channel: EmbeddedChannel) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let part = try channel.readOutbound(as: ByteBuffer.self) { bytes += part.readableBytesView }
        return bytes
    }

    @Test func writesAreMaskedByClientsAloneAndBounded() throws {
        let server = try alone(.server)
        try server.writeOutbound(ByteBuffer(repeating: 1, count: WebSocketStreamHandler.frameBytesMax + 5))
        let bytes = try written(server)
        #expect(bytes.prefix(10) == [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0])
        #expect(bytes.count == 10 + WebSocketStreamHandler.frameBytesMax + 2 + 5)
        #expect(bytes[(10 + WebSocketStreamHandler.frameBytesMax)...].prefix(2) == [0x82, 5])
        let client = try alone(.client)
        try client.writeOutbound(ByteBuffer(bytes: [1, 2, 3, 4]))
        let masked = try written(client)
        #expect(masked.count == 10 && masked[0] == 0x82 && masked[1] == 0x84)
        #expect(zip(masked[6...], masked[2..<6]).map { $0 ^ $1 } == [1, 2, 3, 4])
    }

    @Test func pingsAreAnsweredBetweenFragments() throws {
        let channel = try alone()
        try channel.writeInbound(ByteBuffer(bytes: [0x02, 1, 65, 0x89, 2, 8, 9, 0x80, 1, 66]))
        #expect(try channel.readInbound(as: ByteBuffer.self) == ByteBuffer(bytes: [65]))
        #expect(try channel.readInbound(as: ByteBuffer.self) == ByteBuffer(bytes: [66]))
        let pong = try written(channel)
        #expect(pong.count == 8 && pong[0] == 0x8A && pong[1] == 0x82)
        #expect([pong[6] ^ pong[2], pong[7] ^ pong[3]] == [8, 9])
    }

    @Test func aFrameThatIsTooLongIsRefusedByItsLength() throws {
        let channel = try alone()
        let error = #expect(throws: TransportRefusal.self) {
            try channel.writeInbound(ByteBuffer(bytes: [0x82, 127, 0, 0, 0, 0, 0x7F, 0, 0, 0]))
        }
        #expect(error?.summary.contains("more than 4194304 bytes") == true)
        let close = try written(channel)
        #expect(close.count == 8 && close[0] == 0x88)
        #expect([close[6] ^ close[2], close[7] ^ close[3]] == [0x03, 0xF1], "1009")
        #expect(!channel.isActive)
        #expect(throws: (any Error).self) { try channel.writeOutbound(ByteBuffer(bytes: [1])) }
    }

    @Test(
        arguments: [
            [0x82, 127, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], [0x09, 0], [0x89, 126, 0, 126], [0xC2, 0],
            [0x82, 0x81, 1, 2, 3, 4, 5], [0x80, 0], [0x81, 1, 65], [0x83, 0], [0x88, 1, 3],
        ] as [[UInt8]])
    func brokenFramesEndItWithAReason(bytes: [UInt8]) throws {
        let channel = try alone()
        let error = #expect(throws: TransportRefusal.self) { try channel.writeInbound(ByteBuffer(bytes: bytes)) }
        #expect(error?.isRetriable == true)
        #expect(!channel.isActive)
    }

    @Test func anOrderlyCloseIsAnsweredWithoutAnError() throws {
        let channel = try alone()
        try channel.writeInbound(ByteBuffer(bytes: [0x88, 2, 0x03, 0xE8]))
        #expect(try written(channel).first == 0x88)
        #expect(!channel.isActive)
        let own = try alone(.server)
        try own.close().wait()
        #expect(try written(own) == [0x88, 2, 0x03, 0xE8])
    }
}
