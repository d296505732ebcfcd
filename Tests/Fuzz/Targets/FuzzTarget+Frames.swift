import AMQPEngine
import AMQPTypes

extension FuzzTarget {
    /// The engine fed at once, in pieces, and in pieces with answers in between.
    static let frames = FuzzTarget(
        name: "frames", summary: "bytes from a peer: AMQP engine in both roles, in pieces of any size", lengthMax: 1024
    ) {
        .now { try checkFrames($0) }
    }

    private static func checkFrames(_ input: UnsafeRawBufferPointer) throws {
        let script = FrameScript(input)
        let whole = FrameRun(script)
        whole.receive(script.bytes[...])
        let facts = whole.facts()
        let pieces = FrameRun(script)
        for piece in script.pieces { pieces.receive(piece) }
        let others = pieces.facts()
        for (one, two) in zip(facts, others) where one != two {
            throw Disagreement("at once: \(one); in pieces: \(two)")
        }
        try require(facts.count == others.count, "at once \(facts), in pieces \(others)")
        try whole.finish()
        try pieces.finish()

        let served = FrameRun(script)
        for piece in script.pieces {
            served.receive(piece)
            served.serve()
        }
        try served.finish()
    }
}

/// What an input means: who the engine is, what the peer says, and how it is cut.
///
/// The first byte holds the choices, the second seeds the cuts. The rest is the peer's bytes as they are, or bodies of
/// frames with their lengths, which get headers here: so that the fuzzer need not find out how long frames are.
private struct FrameScript {
    let role: EngineRole
    let bytes: [UInt8]
    let pieces: [ArraySlice<UInt8>]

    init(_ input: UnsafeRawBufferPointer) {
        let choices = input.count > 0 ? input[0] : 0
        let seed = input.count > 1 ? input[1] : 0
        let rest = input.dropFirst(2)
        role = choices & 1 == 0 ? .client : .server
        var bytes: [UInt8] = choices & 2 == 0 ? Self.handshake(role) : []
        if choices & 4 == 0 {
            var at = rest.startIndex
            while at < rest.endIndex {
                let size = min(Int(rest[at]), rest.endIndex - at - 1)
                bytes += Self.frame(Array(rest[(at + 1)..<(at + 1 + size)]))
                at += 1 + size
            }
        } else {
            bytes += rest
        }
        self.bytes = bytes
        var pieces: [ArraySlice<UInt8>] = []
        var state = UInt32(seed) &+ 1
        var at = 0
        while at < bytes.count {
            state = state &* 1_664_525 &+ 1_013_904_223
            let end = min(bytes.count, at + 1 + Int(state >> 16) % 40)
            pieces.append(bytes[at..<end])
            at = end
        }
        self.pieces = pieces
    }

    private static func frame(_ body: [UInt8], type: UInt8 = 0) -> [UInt8] {
        let size = UInt16(body.count + 8)
        return [0, 0, UInt8(size >> 8), UInt8(size & 255), 2, type, 0, 0] + body
    }

    private static func performative(_ code: UInt64, _ fields: [AMQPValue]) -> [UInt8] {
        AMQPEncoder.encode(.described(descriptor: .ulong(code), value: .list(fields)))
    }

    /// Login, open and begin, as a peer of the role sends them.
    private static func handshake(_ role: EngineRole) -> [UInt8] {
        var bytes: [UInt8] = [0x41, 0x4d, 0x51, 0x50, 3, 1, 0, 0]
        if role == .server {
            bytes += frame(performative(0x41, [.symbol("ANONYMOUS")]), type: 1)
        } else {
            bytes += frame(performative(0x40, [.array([.symbol("ANONYMOUS")])]), type: 1)
            bytes += frame(performative(0x44, [.ubyte(0)]), type: 1)
        }
        bytes += [0x41, 0x4d, 0x51, 0x50, 0, 1, 0, 0]
        bytes += frame(performative(0x10, [.string("peer"), .null, .uint(1024), .ushort(10)]))
        let channel: AMQPValue = role == .client ? .ushort(0) : .null
        return bytes + frame(performative(0x11, [channel, .uint(0), .uint(100), .uint(100)]))
    }
}

/// One engine and what its user does.
private final class FrameRun {
    private let engine: AMQPEngine
    private var sessions: [SessionHandle] = []
    private var links: [LinkHandle] = []
    private var hasFinished = false

    init(_ script: FrameScript) {
        var configuration = EngineConfiguration(
            role: script.role, containerID: "x",
            authentication: script.role == .client ? .anonymous : .mechanisms(["ANONYMOUS"]))
        configuration.maxFrameSize = 1024
        configuration.slabSize = 4096
        configuration.deliverySizeMax = 8192
        engine = AMQPEngine(configuration)
        guard script.role == .client else { return }
        engine.open()
        let session = engine.begin()
        sessions = [session]
        for (name, role) in [("link", LinkRole.receiver), ("s", .sender)] {
            links.append(
                engine.attach(
                    LinkSpecification(
                        session: session, name: name, role: role, source: Terminus(address: "a"),
                        target: Terminus(address: "b"))))
        }
        engine.grantCredit(links[0], 10)
    }

    func receive(_ piece: ArraySlice<UInt8>) {
        piece.withUnsafeBytes { engine.receive($0) }
    }

    /// What has happened, without any answer: the judgement of a login apart, without which nothing would.
    ///
    /// Batches are taken apart: how deliveries come together depends on how the bytes did.
    func facts() -> [String] {
        var facts: [String] = []
        while let event = engine.nextEvent() {
            switch event {
            case .authenticationRequested:
                engine.authenticate(accepted: true)
                facts.append("\(event)")
            case .deliveries(let link, let batch):
                for delivery in batch.deliveries {
                    facts.append("\(link.raw) \(batch.tag(of: delivery)) \([UInt8](batch.bytes(of: delivery)))")
                }
            // When depends on when the output is taken.
            case .finished: hasFinished = true
            // The description quotes what of the bytes was there.
            case .failed(let condition): facts.append("failed \(condition.name)")
            default: facts.append("\(event)")
            }
        }
        return facts
    }

    /// Does everything that a user of the engine does.
    func serve() {
        while let event = engine.nextEvent() {
            switch event {
            case .authenticationRequested: engine.authenticate(accepted: true)
            case .opened: engine.open()
            case .begun(let session, byPeer: true):
                sessions.append(session)
                engine.accept(session: session)
            case .attached(let link, _, let attach, byPeer: true):
                links.append(link)
                if attach.name.hasPrefix("no") {
                    engine.refuse(link: link, AMQPCondition(name: "amqp:not-found", description: "no"))
                } else {
                    engine.accept(link: link, AttachReply(echoing: attach))
                    engine.grantCredit(link, 10)
                    send(link)
                }
            case .credit(let link, _, _): send(link)
            case .deliveries(_, let batch):
                for delivery in batch.deliveries {
                    _ = batch.bytes(of: delivery).reduce(0) { $0 &+ Int($1) }
                    engine.settle(delivery.handle, .accepted)
                }
            case .finished: hasFinished = true
            default: break
            }
        }
        while engine.withOutput({ $0.count }) {}
    }

    private func send(_ link: LinkHandle) {
        let message: [UInt8] = [1, 2, 3]
        _ = message.withUnsafeBytes { engine.send(link, message: $0, tag: [1], settled: false, messageFormat: 0) }
    }

    /// Orders that come late, then the end: it must come, whatever happened before.
    func finish() throws {
        serve()
        _ = engine.tick(now: 1_000_000)
        for link in links { engine.detach(link) }
        for session in sessions { engine.end(session) }
        engine.close()
        serve()
        engine.disconnected()
        serve()
        try require(engine.isFinished && hasFinished, "the engine does not finish")
    }
}
