import AMQPEngine
import AMQPTypes
import Testing

/// Goal: every way in which a link, a session or a connection ends is told once, with its reason, and answered.
///
/// Method: both engines joined in memory; one side ends something, the events and frames of the other are looked at.
@Suite struct EndingTests {
    private let stolen = AMQPCondition(
        name: "amqp:link:stolen", description: "New receiver", info: [.symbol("tracking"): .string("t")])

    private func codes(_ bytes: [UInt8]) -> [UInt64] {
        frames(bytes).filter { $0.type == 0 }.map(\.code)
    }

    @Test func detachesWithAnError() throws {
        let loop = Loopback()
        let (session, link) = loop.attach(.receiver)
        loop.client.grantCredit(link, 5)
        loop.run()
        let serverLink = try #require(loop.serverLink)
        _ = loop.server.send(serverLink, [1, 2])
        loop.server.detach(serverLink, stolen)
        loop.run()
        let told = loop.clientEvents.suffix(2)
        guard case .deliveries(link, _)? = told.first, case .detached(link, closed: true, let condition)? = told.last
        else {
            Issue.record("\(told)")
            return
        }
        #expect(condition == stolen)
        #expect(loop.serverEvents.contains { if case .detached(serverLink, true, nil) = $0 { true } else { false } })
        #expect(codes(loop.clientBytes).last == 0x16, "a detach is answered with a detach")
        // Orders on what is over do nothing.
        loop.client.grantCredit(link, 1)
        loop.client.detach(link)
        #expect(loop.client.send(link, [1]) == nil)
        #expect(loop.client.credit(of: link) == 0)
        #expect(loop.client.takeOutput() == [])
        // The session goes on: a link of the same name takes the place.
        let again = loop.client.attach(
            LinkSpecification(
                session: session, name: "link", role: .receiver, source: Terminus(address: "a"),
                target: Terminus(address: "b")))
        loop.run()
        #expect(again != link)
        #expect(loop.clientEvents.contains { if case .attached(again, _, _, _) = $0 { true } else { false } })
    }

    @Test func detachesWithoutClosing() throws {
        let loop = Loopback()
        let (_, link) = loop.attach(.receiver)
        loop.client.detach(link, closed: false)
        loop.run()
        let serverLink = try #require(loop.serverLink)
        #expect(
            loop.serverEvents.contains {
                if case .detached(serverLink, closed: false, nil) = $0 { true } else { false }
            })
        #expect(loop.clientEvents.contains { if case .detached(link, closed: false, nil) = $0 { true } else { false } })
    }

    @Test(arguments: [LinkRole.receiver, .sender])
    func refusesWithAnAttachWithoutTerminus(role: LinkRole) throws {
        let loop = Loopback()
        loop.onServerEvent = { [stolen] event, engine in
            if case .attached(let link, _, _, byPeer: true) = event {
                engine.refuse(link: link, stolen)
                engine.refuse(link: link, stolen)
            }
        }
        loop.client.open()
        let session = loop.client.begin()
        let link = loop.client.attach(
            LinkSpecification(
                session: session, name: "x", role: role, source: Terminus(address: "a"), target: Terminus(address: "b"))
        )
        loop.run()
        let own = loop.clientEvents.filter { event in
            switch event {
            case .attached, .detached: true
            default: false
            }
        }
        guard own.count == 2, case .attached(link, session, let attach, byPeer: false) = own[0],
            case .detached(link, closed: true, let condition) = own[1]
        else {
            Issue.record("\(own)")
            return
        }
        #expect((role == .receiver ? attach.source : attach.target) == nil)
        #expect((role == .receiver ? attach.target : attach.source) != nil)
        #expect(condition == stolen)
        #expect(codes(loop.serverBytes) == [0x10, 0x11, 0x12, 0x16])
    }

    @Test func answersADetachOfALinkThatNobodyAccepted() throws {
        let loop = Loopback()
        loop.client.open()
        let session = loop.client.begin()
        let link = loop.client.attach(
            LinkSpecification(session: session, name: "x", role: .receiver, source: Terminus(address: "a")))
        loop.client.detach(link)
        loop.run()
        let serverLink = try #require(loop.serverLink)
        loop.server.accept(link: serverLink, AttachReply(echoing: RemoteAttach(name: "x", role: .receiver)))
        loop.run()
        #expect(loop.clientEvents.contains { if case .detached(link, closed: true, nil) = $0 { true } else { false } })
    }

    @Test func endsSessions() throws {
        let loop = Loopback()
        let (session, link) = loop.attach(.sender)
        let serverLink = try #require(loop.serverLink)
        loop.client.end(session, AMQPCondition(name: "amqp:internal-error", description: "done"))
        #expect(loop.client.send(link, [1]) == nil)
        loop.run()
        #expect(
            loop.serverEvents.contains {
                if case .ended(_, let condition) = $0 { condition?.name == "amqp:internal-error" } else { false }
            })
        #expect(loop.clientEvents.contains { if case .ended(session, nil) = $0 { true } else { false } })
        loop.server.grantCredit(serverLink, 1)
        loop.client.end(session)
        loop.client.detach(link)
        loop.run()
        let next = loop.client.begin()
        loop.run()
        #expect(loop.clientEvents.contains { if case .begun(next, byPeer: false) = $0 { true } else { false } })
    }

    @Test func closesConnections() throws {
        let loop = Loopback()
        let (session, link) = loop.attach(.sender)
        let forced = AMQPCondition(name: "amqp:connection:forced", description: "inactive", info: [:])
        loop.server.close(forced)
        loop.run()
        guard case .closed(let condition)? = loop.clientEvents.dropLast().last ?? loop.clientEvents.last else {
            Issue.record("\(loop.clientEvents)")
            return
        }
        #expect(condition == forced)
        #expect(loop.client.isWriteClosed)
        #expect(loop.server.isWriteClosed)
        loop.client.disconnected()
        loop.server.disconnected()
        #expect(!loop.takeFailures())
        #expect(loop.client.isFinished && loop.server.isFinished)
        // Nothing of this may do anything, or trap.
        loop.client.open()
        #expect(loop.client.attach(LinkSpecification(session: session, name: "y", role: .sender)) != link)
        _ = loop.client.begin()
        loop.client.close()
        loop.client.grantCredit(link, 1)
        loop.client.end(session)
        #expect(loop.client.takeOutput() == [])
    }

    @Test func aDroppedSocketIsAFailure() throws {
        let loop = Loopback()
        let (_, link) = loop.attach(.sender)
        loop.client.disconnected()
        let events = loop.client.takeEvents()
        guard case .failed(let condition)? = events.first, case .finished? = events.last else {
            Issue.record("\(events)")
            return
        }
        #expect(condition.name == "amqp:connection:framing-error")
        #expect(loop.client.isFinished)
        #expect(loop.client.send(link, [1]) == nil)
    }

    @Test func abortTellsItsReason() throws {
        let loop = Loopback()
        _ = loop.attach(.sender)
        loop.client.abort(AMQPCondition(name: "hubwatch:stalled", description: "100 % silent %s"))
        let events = loop.client.takeEvents()
        guard case .failed(let condition)? = events.first, case .finished? = events.last else {
            Issue.record("\(events)")
            return
        }
        #expect(condition.name == "hubwatch:stalled")
        #expect(condition.description == "100 % silent %s")
    }

    @Test func framesAfterTheEndOfASessionAreAClose() throws {
        let loop = Loopback()
        let (session, link) = loop.attach(.receiver)
        loop.client.end(session)
        loop.run()
        // A detach on the channel that was ended, as one client sends it when it closes.
        loop.server.receive(InventedFrames.frame(0x16, [.uint(0), .boolean(true), .null]))
        let events = loop.server.takeEvents()
        #expect(events.contains { if case .closed(nil) = $0 { true } else { false } })
        #expect(!events.contains { if case .failed = $0 { true } else { false } })
        loop.server.grantCredit(link, 1)
    }

    @Test func discardsWhatArrivesOnADetachedLink() throws {
        let loop = Loopback()
        let (_, link) = loop.attach(.receiver)
        loop.client.grantCredit(link, 5)
        loop.run()
        let serverLink = try #require(loop.serverLink)
        // Sent before the server learns of the detach.
        _ = loop.server.send(serverLink, [UInt8](repeating: 1, count: 200_000), tag: [1], settled: false)
        loop.client.detach(link)
        loop.run()
        #expect(Loopback.messages(loop.clientEvents) == [])
        #expect(loop.clientEvents.contains { if case .detached(link, _, nil) = $0 { true } else { false } })
    }

    @Test func messagesBeyondTheLimitDetachTheLink() throws {
        let loop = Loopback()
        loop.onServerEvent = { event, engine in
            guard case .attached(let link, _, let attach, byPeer: true) = event else { return }
            var reply = AttachReply(echoing: attach)
            reply.maxMessageSize = 100_000
            engine.accept(link: link, reply)
            engine.grantCredit(link, 10)
        }
        loop.client.open()
        let session = loop.client.begin()
        let link = loop.client.attach(
            LinkSpecification(
                session: session, name: "s", role: .sender, source: Terminus(address: "a"),
                target: Terminus(address: "b")))
        loop.run()
        _ = loop.client.send(link, [UInt8](repeating: 1, count: 100_000))
        _ = loop.client.send(link, [UInt8](repeating: 1, count: 300_000))
        loop.run()
        #expect(Loopback.messages(loop.serverEvents).map(\.count) == [100_000])
        #expect(
            loop.clientEvents.contains {
                if case .detached(link, true, let condition?) = $0 {
                    condition.name == "amqp:link:message-size-exceeded"
                } else {
                    false
                }
            })
    }
}

extension Loopback {
    /// Takes pending events and says whether there is a failure among all.
    func takeFailures() -> Bool {
        _ = takeEvents()
        return (clientEvents + serverEvents).contains { if case .failed = $0 { true } else { false } }
    }
}
