import AMQPEngine
import AMQPTypes
import Testing

/// Goal: no bytes from a peer can do more harm than end the connection.
///
/// Method: a recorded conversation cut at every byte, with bytes changed by seed, and frames of invented fields, fed to
/// a fresh engine that afterwards still answers every order.
@Suite struct HostileInputTests {
    /// What each side of a whole conversation sends: login, attach both ways, messages, outcomes, close.
    private static let recording: (client: [UInt8], server: [UInt8]) = {
        let loop = Loopback(client: configuration(.client), server: configuration(.server))
        let (session, link) = loop.attach(.receiver)
        loop.client.grantCredit(link, 10)
        let sender = loop.client.attach(
            LinkSpecification(
                session: session, name: "s", role: .sender, source: Terminus(address: "a"),
                target: Terminus(address: "b")))
        loop.run()
        for event in loop.serverEvents {
            guard case .attached(let handle, _, let attach, _) = event else { continue }
            if attach.role == .receiver {
                for size in [0, 10, 200] { _ = loop.server.send(handle, [UInt8](repeating: 1, count: size)) }
                _ = loop.server.send(handle, [2], tag: [1], settled: false)
            } else {
                loop.server.grantCredit(handle, 10)
            }
        }
        loop.run()
        _ = loop.client.send(sender, [UInt8](repeating: 3, count: 1500), tag: [1], settled: false, messageFormat: 5)
        _ = loop.client.send(sender, [UInt8](repeating: 3, count: 15), tag: [2], settled: false)
        loop.run()
        for case .deliveries(_, let batch) in loop.serverEvents {
            loop.server.settle(batch.deliveries[0].handle, .rejected(AMQPCondition(name: "x", description: "y")))
        }
        loop.client.detach(link)
        loop.run()
        loop.client.end(session)
        loop.run()
        loop.client.close()
        loop.run()
        return (loop.clientBytes, loop.serverBytes)
    }()

    private static func configuration(_ role: EngineRole) -> EngineConfiguration {
        var configuration = EngineConfiguration(
            role: role, containerID: "x", authentication: role == .client ? .anonymous : .mechanisms(["ANONYMOUS"]))
        configuration.maxFrameSize = 1024
        configuration.slabSize = 4096
        return configuration
    }

    /// An engine in the state in which its side of the recording began.
    private func start(_ role: EngineRole) -> (engine: AMQPEngine, session: SessionHandle, link: LinkHandle) {
        let engine = AMQPEngine(Self.configuration(role))
        guard role == .client else { return (engine, SessionHandle(raw: 1), LinkHandle(raw: 1)) }
        engine.open()
        let session = engine.begin()
        let link = engine.attach(
            LinkSpecification(
                session: session, name: "link", role: .receiver, source: Terminus(address: "from"),
                target: Terminus(address: "to")))
        engine.grantCredit(link, 10)
        let second = engine.attach(
            LinkSpecification(
                session: session, name: "s", role: .sender, source: Terminus(address: "a"),
                target: Terminus(address: "b")))
        _ = second
        return (engine, session, link)
    }

    /// Does everything that a user of the engine does, and reads every message.
    private func serve(_ engine: AMQPEngine) -> Int {
        var read = 0
        while let event = engine.nextEvent() {
            switch event {
            case .authenticationRequested: engine.authenticate(accepted: true)
            case .opened: engine.open()
            case .begun(let session, byPeer: true): engine.accept(session: session)
            case .attached(let link, _, let attach, byPeer: true):
                engine.accept(link: link, AttachReply(echoing: attach))
                engine.grantCredit(link, 10)
                _ = engine.send(link, [1, 2, 3], tag: [1], settled: false)
            case .credit(let link, _, _): _ = engine.send(link, [4], tag: [1], settled: false)
            case .deliveries(_, let batch):
                for delivery in batch.deliveries {
                    read += batch.bytes(of: delivery).reduce(0) { $0 + Int($1) }
                    engine.settle(delivery.handle, .accepted)
                }
            default: break
            }
        }
        _ = engine.takeOutput()
        return read
    }

    private func finish(_ engine: AMQPEngine, _ session: SessionHandle, _ link: LinkHandle) {
        _ = serve(engine)
        engine.detach(link)
        engine.end(session)
        engine.close()
        _ = serve(engine)
        engine.disconnected()
        _ = serve(engine)
        #expect(engine.isFinished)
    }

    @Test(arguments: [EngineRole.client, .server])
    func cutAtEveryByte(role: EngineRole) {
        let bytes = role == .client ? Self.recording.server : Self.recording.client
        #expect(bytes.count > 500)
        for cut in stride(from: role == .client ? 0 : 1, through: bytes.count, by: 2) {
            let (engine, session, link) = start(role)
            for at in stride(from: 0, to: cut, by: 24) {
                engine.receive(Array(bytes[at..<min(at + 24, cut)]))
                _ = serve(engine)
            }
            engine.disconnected()
            let events = engine.takeEvents()
            #expect(events.contains { if case .finished = $0 { true } else { false } })
            finish(engine, session, link)
        }
    }

    @Test(arguments: [EngineRole.client, .server])
    func inPiecesOfEverySize(role: EngineRole) {
        let bytes = role == .client ? Self.recording.server : Self.recording.client
        for size in 1...64 {
            let (engine, session, link) = start(role)
            for at in stride(from: 0, to: bytes.count, by: size) {
                engine.receive(Array(bytes[at..<min(at + size, bytes.count)]))
                _ = serve(engine)
            }
            finish(engine, session, link)
        }
    }

    @Test(arguments: [EngineRole.client, .server], 0..<8 as Range<UInt64>)
    func changedBytes(role: EngineRole, seed: UInt64) {
        let bytes = role == .client ? Self.recording.server : Self.recording.client
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<60 {
            var changed = bytes
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let index = Int.random(in: 0..<changed.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: changed[index] = UInt8.random(in: 0...255, using: &generator)
                case 1: changed[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
                case 2: changed.remove(at: index)
                default: changed.insert(UInt8.random(in: 0...255, using: &generator), at: index)
                }
            }
            let (engine, session, link) = start(role)
            for at in stride(from: 0, to: changed.count, by: 24) {
                engine.receive(Array(changed[at..<min(at + 24, changed.count)]))
                _ = serve(engine)
            }
            finish(engine, session, link)
        }
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func garbage(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for role in [EngineRole.client, .server] {
            for _ in 0..<100 {
                let count = Int.random(in: 1...2000, using: &generator)
                var bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
                if Bool.random(using: &generator) { bytes = [0x41, 0x4d, 0x51, 0x50, 3, 1, 0, 0] + bytes }
                let (engine, session, link) = start(role)
                engine.receive(bytes)
                finish(engine, session, link)
            }
        }
    }

    @Test(arguments: [EngineRole.client, .server], 0..<40 as Range<UInt64>)
    func inventedFrames(role: EngineRole, seed: UInt64) {
        for round in 0..<20 as Range<UInt64> {
            var frames = InventedFrames(seed: seed &* 1000 &+ round)
            var bytes: [UInt8] = InventedFrames.saslHeader
            if role == .server {
                bytes += InventedFrames.frame(0x41, [.symbol("ANONYMOUS")], type: 1)
            } else {
                bytes += InventedFrames.frame(0x40, [.array([.symbol("ANONYMOUS")])], type: 1)
                bytes += InventedFrames.frame(0x44, [.ubyte(0)], type: 1)
            }
            bytes += InventedFrames.header
            bytes += InventedFrames.frame(0x10, [.string("peer"), .null, .uint(1024), .ushort(10)])
            let (engine, session, link) = start(role)
            engine.receive(bytes)
            _ = serve(engine)
            engine.receive(
                InventedFrames.frame(0x11, [role == .client ? .ushort(0) : .null, .uint(0), .uint(100), .uint(100)]))
            for _ in 0..<25 where !engine.isReadClosed {
                let frame = frames.next()
                engine.receive(frame)
                if round % 2 == 0 { _ = serve(engine) }
            }
            finish(engine, session, link)
        }
    }
}
