import AMQPChannel
import AMQPEngine
import AMQPTypes
import NIOCore
import NIOEmbedded
import Testing

/// Goal: the handler feeds, writes, waits and ends as a channel expects.
///
/// Method: embedded channels, two joined by hand or one alone; time is stepped on the embedded loop.
@Suite struct ChannelHandlerTests {
    /// A client and a server on embedded channels.
    private final class Pair {
        let client = RecordingDelegate()
        let server = RecordingDelegate()
        let clientChannel: EmbeddedChannel
        let serverChannel: EmbeddedChannel

        init(
            client clientConfiguration: EngineConfiguration = EngineConfiguration(role: .client, containerID: "c"),
            server serverConfiguration: EngineConfiguration = EngineConfiguration(role: .server, containerID: "s")
        ) throws {
            clientChannel = EmbeddedChannel(
                handler: AMQPChannelHandler(engine: AMQPEngine(clientConfiguration), delegate: client))
            serverChannel = EmbeddedChannel(
                handler: AMQPChannelHandler(engine: AMQPEngine(serverConfiguration), delegate: server))
        }

        func connect() throws {
            let address = try SocketAddress(ipAddress: "127.0.0.1", port: 5672)
            try clientChannel.connect(to: address).wait()
            try serverChannel.connect(to: address).wait()
        }

        func run() throws {
            var isBusy = true
            while isBusy {
                isBusy = false
                while let bytes = try clientChannel.readOutbound(as: ByteBuffer.self) {
                    isBusy = true
                    if serverChannel.isActive { try serverChannel.writeInbound(bytes) }
                }
                while let bytes = try serverChannel.readOutbound(as: ByteBuffer.self) {
                    isBusy = true
                    if clientChannel.isActive { try clientChannel.writeInbound(bytes) }
                }
            }
        }
    }

    @Test func carriesAConversation() throws {
        let pair = try Pair()
        var link: LinkHandle?
        pair.client.onConnected = { connection in
            let engine = connection.engine
            engine.open()
            let session = engine.begin()
            let receiver = engine.attach(
                LinkSpecification(
                    session: session, name: "r", role: .receiver, source: Terminus(address: "a"),
                    target: Terminus(address: "b")))
            engine.grantCredit(receiver, 10)
            link = receiver
        }
        pair.server.onEvent = { event, connection in
            guard case .credit(let link, let credit, _) = event else { return }
            for index in 0..<credit {
                [UInt8(index), 1].withUnsafeBytes { _ = connection.engine.send(link, message: $0, settled: true) }
            }
        }
        try pair.connect()
        try pair.run()
        #expect(pair.client.messageCount == 10)
        #expect(pair.client.readCompletes > 0)
        // Orders from outside of the delegate are written by flush.
        pair.client.connection?.engine.grantCredit(try #require(link), 5)
        pair.client.connection?.flush()
        try pair.run()
        #expect(pair.client.messageCount == 15)
        pair.client.connection?.close()
        try pair.run()
        #expect(!pair.clientChannel.isActive)
        #expect(!pair.serverChannel.isActive)
        #expect(pair.client.disconnects == [nil])
        #expect(pair.server.disconnects == [nil])
        guard case .finished? = pair.client.events.last, case .finished? = pair.server.events.last else {
            Issue.record("\(pair.client.events)")
            return
        }
    }

    @Test func theAnswerToACloseIsWaitedForAndNotForEver() throws {
        for answers in [true, false] {
            let pair = try Pair()
            pair.client.onConnected = { $0.engine.open() }
            pair.server.onConnected = { $0.engine.open() }
            try pair.connect()
            try pair.run()
            pair.client.connection?.close()
            #expect(pair.clientChannel.isActive && pair.client.disconnects.isEmpty)
            if answers {
                try pair.run()
                #expect(pair.client.events.contains { if case .closed(nil) = $0 { true } else { false } })
            } else {
                pair.clientChannel.embeddedEventLoop.advanceTime(by: .seconds(4))
                #expect(pair.clientChannel.isActive)
                pair.clientChannel.embeddedEventLoop.advanceTime(by: .seconds(1))
            }
            #expect(!pair.clientChannel.isActive && pair.client.disconnects.count == 1)
        }
    }

    @Test func aLostChannelIsToldOnce() throws {
        let pair = try Pair()
        pair.client.onConnected = { $0.engine.open() }
        try pair.connect()
        try pair.run()
        try pair.clientChannel.close().wait()
        #expect(pair.client.disconnects.map { $0?.name } == ["amqp:connection:framing-error"])
        pair.client.connection?.flush()
        pair.client.connection?.abort(AMQPCondition(name: "late"))
        #expect(pair.client.disconnects.count == 1)
        #expect(pair.client.connection?.isWritable == false)
    }

    @Test func errorsGiveTheirText() throws {
        struct Refused: Error, CustomStringConvertible {
            let description = "certificate refused"
        }
        let pair = try Pair()
        pair.client.onConnected = { $0.engine.open() }
        try pair.connect()
        pair.clientChannel.pipeline.fireErrorCaught(Refused())
        #expect(!pair.clientChannel.isActive)
        #expect(pair.client.disconnects.map { $0?.description } == ["certificate refused"])
    }

    @Test func garbageClosesTheChannel() throws {
        let pair = try Pair()
        try pair.connect()
        try pair.serverChannel.writeInbound(ByteBuffer(string: "GET / HTTP/1.1\r\n\r\n"))
        #expect(pair.server.events.contains { if case .failed = $0 { true } else { false } })
        #expect(!pair.serverChannel.isActive)
        #expect(pair.server.disconnects.count == 1)
    }

    @Test func aRefusedLoginIsTheCause() throws {
        let pair = try Pair(
            client: EngineConfiguration(
                role: .client, containerID: "c", authentication: .plain(user: "u", password: "p")),
            server: EngineConfiguration(role: .server, containerID: "s", authentication: .mechanisms(["PLAIN"])))
        pair.client.onConnected = { $0.engine.open() }
        pair.server.onEvent = { event, connection in
            if case .authenticationRequested = event { connection.engine.authenticate(accepted: false) }
        }
        try pair.connect()
        try pair.run()
        if pair.clientChannel.isActive { try pair.clientChannel.close().wait() }
        #expect(pair.client.disconnects.map { $0?.name } == ["amqp:unauthorized-access"])
    }

    @Test func keepsTheConnectionAliveAndNoticesSilence() throws {
        var server = EngineConfiguration(role: .server, containerID: "s")
        server.idleTimeout = .seconds(20)
        let pair = try Pair(server: server)
        pair.client.onConnected = { $0.engine.open() }
        try pair.connect()
        try pair.run()
        // The client owes a frame every few seconds, as the server announced 10.
        for _ in 0..<60 {
            pair.clientChannel.embeddedEventLoop.advanceTime(by: .seconds(1))
            pair.serverChannel.embeddedEventLoop.advanceTime(by: .seconds(1))
            try pair.run()
        }
        #expect(pair.clientChannel.isActive && pair.serverChannel.isActive)
        // Now the client's clock stands still.
        for _ in 0..<60 { pair.serverChannel.embeddedEventLoop.advanceTime(by: .seconds(1)) }
        #expect(!pair.serverChannel.isActive)
        #expect(pair.server.disconnects.map { $0?.name } == ["amqp:resource-limit-exceeded"])
    }

    @Test func writesOnlyWhileTheChannelTakesBytes() throws {
        let pair = try Pair()
        var link: LinkHandle?
        pair.client.onConnected = { connection in
            let engine = connection.engine
            engine.open()
            let session = engine.begin()
            link = engine.attach(
                LinkSpecification(
                    session: session, name: "s", role: .sender, source: Terminus(address: "a"),
                    target: Terminus(address: "b")))
        }
        pair.server.onEvent = { event, connection in
            if case .attached(let link, _, _, _) = event { connection.engine.grantCredit(link, 100) }
        }
        try pair.connect()
        try pair.run()
        let connection = try #require(pair.client.connection)
        let sender = try #require(link)
        pair.clientChannel.isWritable = false
        for _ in 0..<10 {
            [UInt8](repeating: 1, count: 300).withUnsafeBytes {
                _ = connection.engine.send(sender, message: $0, settled: true)
            }
        }
        connection.flush()
        #expect(try pair.clientChannel.readOutbound(as: ByteBuffer.self) == nil)
        pair.client.onWritable = { connection in
            [9].withUnsafeBytes { _ = connection.engine.send(sender, message: $0, settled: true) }
        }
        pair.clientChannel.isWritable = true
        pair.clientChannel.pipeline.fireChannelWritabilityChanged()
        try pair.run()
        #expect(pair.client.writables == 1)
        #expect(pair.server.messageCount == 11)
    }

    @Test func startsOnAChannelThatIsActiveAlready() throws {
        let channel = EmbeddedChannel()
        try channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 5672)).wait()
        let delegate = RecordingDelegate()
        delegate.onConnected = { $0.engine.open() }
        let handler = AMQPChannelHandler(
            engine: AMQPEngine(EngineConfiguration(role: .client, containerID: "c")), delegate: delegate)
        try channel.pipeline.syncOperations.addHandler(handler)
        #expect(try channel.readOutbound(as: ByteBuffer.self) != nil)
        try channel.close().wait()
        #expect(delegate.disconnects.count == 1)
        _ = try channel.finish(acceptAlreadyClosed: true)
    }
}
