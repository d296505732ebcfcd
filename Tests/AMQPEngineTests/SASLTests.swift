import AMQPEngine
import AMQPTypes
import Testing

/// Goal: logins of every mechanism reach the server's judge, and its word reaches the client.
///
/// Method: joined engines, in fragments; and a recorded client that sends everything at once.
@Suite struct SASLTests {
    private let mechanisms = ["MSSBCBS", "PLAIN", "ANONYMOUS", "EXTERNAL"]

    private func server() -> EngineConfiguration {
        EngineConfiguration(role: .server, containerID: "server", authentication: .mechanisms(mechanisms))
    }

    private func client(_ authentication: EngineAuthentication) -> EngineConfiguration {
        EngineConfiguration(role: .client, containerID: "client", hostname: "hub.test", authentication: authentication)
    }

    private func request(_ events: [EngineEvent]) -> (String, [UInt8])? {
        for case .authenticationRequested(let mechanism, let response) in events { return (mechanism, response) }
        return nil
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func anonymous(seed: UInt64) throws {
        let loop = Loopback(client: client(.anonymous), server: server(), fragments: 1...7, seed: seed)
        _ = loop.attach(.receiver)
        #expect(request(loop.serverEvents)?.0 == "ANONYMOUS")
        guard case .authenticated? = loop.clientEvents.first else {
            Issue.record("seed \(seed): \(loop.clientEvents)")
            return
        }
        #expect(loop.serverLink != nil)
        let offered = frames(loop.serverBytes).first { $0.type == 1 }
        #expect(offered?.fields == [.array(mechanisms.map { .symbol($0) })])
    }

    @Test func plain() throws {
        let loop = Loopback(
            client: client(.plain(user: "policy", password: "key=")), server: server(), fragments: 1...3)
        _ = loop.attach(.receiver)
        let (mechanism, response) = try #require(request(loop.serverEvents))
        #expect(mechanism == "PLAIN")
        #expect(response == [UInt8]("\0policy\0key=".utf8))
        #expect(loop.serverLink != nil)
        #expect("\(EngineAuthentication.plain(user: "policy", password: "key="))" == "plain")
    }

    @Test(arguments: [EngineAuthentication.anonymous, .plain(user: "u", password: "p")])
    func refused(authentication: EngineAuthentication) throws {
        let loop = Loopback(client: client(authentication), server: server())
        loop.acceptsLogin = false
        _ = loop.attach(.receiver)
        #expect(
            loop.clientEvents.contains {
                if case .authenticationFailed(let condition) = $0 {
                    condition.name == "amqp:unauthorized-access"
                } else {
                    false
                }
            })
        #expect(!loop.clientEvents.contains { if case .opened = $0 { true } else { false } })
        #expect(!loop.serverEvents.contains { if case .opened = $0 { true } else { false } })
        let outcome = frames(loop.serverBytes).last { $0.type == 1 }
        #expect(outcome?.code == 0x44)
        #expect(outcome?.fields == [.ubyte(1), .null], "a refusal has its second field")
        #expect(loop.server.isWriteClosed)
        loop.client.disconnected()
        loop.server.disconnected()
        _ = loop.takeEvents()
        #expect(loop.client.isFinished && loop.server.isFinished)
    }

    @Test func aClientThatSkipsTheLoginIsRefused() throws {
        let loop = Loopback(client: client(.none), server: server())
        _ = loop.attach(.receiver)
        #expect(loop.serverEvents.contains { if case .failed = $0 { true } else { false } })
        #expect(loop.serverLink == nil)
    }

    /// What a .NET client sends, all at once and before any answer; the judge takes his time.
    @Test(arguments: [1, 2, 3, 5, 8, 1000])
    func everythingAtOnceWaitsForTheJudge(fragment: Int) throws {
        func list(_ code: UInt8, _ fields: [AMQPValue], type: UInt8) -> [UInt8] {
            var encoder = AMQPEncoder()
            encoder.encode(.described(descriptor: .ulong(UInt64(code)), value: .list(fields)))
            let size = encoder.bytes.count + 8
            return [0, 0, UInt8(size >> 8), UInt8(size & 255), 2, type, 0, 0] + encoder.bytes
        }
        var bytes: [UInt8] = [0x41, 0x4d, 0x51, 0x50, 3, 1, 0, 0]
        bytes += list(0x41, [.symbol("MSSBCBS"), .binary([1, 2, 3])], type: 1)
        bytes += [0x41, 0x4d, 0x51, 0x50, 0, 1, 0, 0]
        bytes += list(0x10, [.string("net"), .null, .uint(65536)], type: 0)
        bytes += list(0x11, [.null, .uint(1), .uint(5000), .uint(5000)], type: 0)
        let source = AMQPValue.described(descriptor: .ulong(0x28), value: .list([.string("a")]))
        let target = AMQPValue.described(descriptor: .ulong(0x29), value: .list([.string("b")]))
        bytes += list(
            0x12, [.string("n"), .uint(0), .boolean(true), .ubyte(1), .ubyte(0), source, target], type: 0)
        let engine = AMQPEngine(server())
        for start in stride(from: 0, to: bytes.count, by: fragment) {
            engine.receive(Array(bytes[start..<min(start + fragment, bytes.count)]))
        }
        let (mechanism, response) = try #require(request(engine.takeEvents()))
        #expect(mechanism == "MSSBCBS")
        #expect(response == [1, 2, 3])
        _ = engine.takeOutput()
        #expect(engine.takeEvents().isEmpty)
        engine.authenticate(accepted: true)
        engine.authenticate(accepted: false)
        let events = engine.takeEvents()
        guard events.count == 4, case .authenticated = events[0], case .opened(let open) = events[1],
            case .begun(_, byPeer: true) = events[2], case .attached(_, _, let attach, byPeer: true) = events[3]
        else {
            Issue.record("\(events)")
            return
        }
        #expect(open.containerID == "net")
        #expect(open.maxFrameSize == 65536)
        #expect(attach.senderSettleMode == .settled)
        #expect(attach.source?.address == "a")
    }
}
