import AMQPEngine
import AMQPTypes

/// A small generator with a fixed algorithm: the same seed gives the same test everywhere.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed &+ 0x9e37_79b9_7f4a_7c15
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }
}

/// Two engines joined in memory, each with the events that it has told.
///
/// The server answers like a minimal broker: it opens, accepts sessions, and leaves links to the test.
final class Loopback {
    let client: AMQPEngine
    let server: AMQPEngine
    var clientEvents: [EngineEvent] = []
    var serverEvents: [EngineEvent] = []
    /// Everything sent so far, for looking at frames.
    var clientBytes: [UInt8] = []
    var serverBytes: [UInt8] = []
    var acceptsLogin = true
    var acceptsSessions = true
    var onServerEvent: (EngineEvent, AMQPEngine) -> Void = { _, _ in }
    var onClientEvent: (EngineEvent, AMQPEngine) -> Void = { _, _ in }
    private var generator: SeededGenerator
    private let sizes: ClosedRange<Int>

    init(
        client: EngineConfiguration = EngineConfiguration(role: .client, containerID: "client", hostname: "hub.test"),
        server: EngineConfiguration = EngineConfiguration(role: .server, containerID: "server"),
        fragments: ClosedRange<Int> = (1 << 20)...(1 << 20), seed: UInt64 = 0
    ) {
        self.client = AMQPEngine(client)
        self.server = AMQPEngine(server)
        sizes = fragments
        generator = SeededGenerator(seed: seed)
    }

    /// Carries bytes both ways until nobody has anything to say.
    func run() {
        var isBusy = true
        while isBusy {
            isBusy = false
            isBusy = takeEvents() || isBusy
            isBusy = carry(from: client, to: server, log: &clientBytes) || isBusy
            isBusy = takeEvents() || isBusy
            isBusy = carry(from: server, to: client, log: &serverBytes) || isBusy
        }
    }

    func takeEvents() -> Bool {
        var any = false
        while let event = server.nextEvent() {
            any = true
            serverEvents.append(event)
            switch event {
            case .authenticationRequested: server.authenticate(accepted: acceptsLogin)
            case .opened: server.open()
            case .begun(let session, byPeer: true): if acceptsSessions { server.accept(session: session) }
            default: break
            }
            onServerEvent(event, server)
        }
        while let event = client.nextEvent() {
            any = true
            clientEvents.append(event)
            onClientEvent(event, client)
        }
        return any
    }

    private func carry(from: AMQPEngine, to: AMQPEngine, log: inout [UInt8]) -> Bool {
        var pending: [UInt8] = []
        while from.withOutput({ bytes in
            // Take less than is offered now and then, as a full socket does.
            let count = max(1, Int.random(in: (bytes.count / 2)...bytes.count, using: &generator))
            pending.append(contentsOf: bytes.prefix(count))
            return count
        }) {}
        guard !pending.isEmpty else { return false }
        log.append(contentsOf: pending)
        var at = 0
        while at < pending.count {
            let count = min(Int.random(in: sizes, using: &generator), pending.count - at)
            pending[at..<(at + count)].withUnsafeBytes { to.receive($0) }
            at += count
        }
        return true
    }
}

extension Loopback {
    /// Opens, begins a session and attaches one link that the server accepts as asked; gives the client's handles.
    func attach(
        _ role: LinkRole, name: String = "link", properties: AMQPMap = AMQPMap(), desired: [String] = []
    ) -> (session: SessionHandle, link: LinkHandle) {
        let accept = onServerEvent
        onServerEvent = { event, engine in
            accept(event, engine)
            if case .attached(let link, _, let attach, byPeer: true) = event {
                engine.accept(link: link, AttachReply(echoing: attach))
            }
        }
        client.open()
        let session = client.begin()
        let link = client.attach(
            LinkSpecification(
                session: session, name: name, role: role, source: Terminus(address: "from"),
                target: Terminus(address: "to"), properties: properties, desiredCapabilities: desired))
        run()
        return (session, link)
    }

    /// The server's handle of the only link.
    var serverLink: LinkHandle? {
        for event in serverEvents {
            if case .attached(let link, _, _, _) = event { return link }
        }
        return nil
    }

    /// The messages that came with a list of events, in order.
    static func messages(_ events: [EngineEvent]) -> [[UInt8]] {
        events.flatMap { event -> [[UInt8]] in
            guard case .deliveries(_, let batch) = event else { return [] }
            return batch.deliveries.map { [UInt8](batch.bytes(of: $0)) }
        }
    }
}

extension AMQPEngine {
    func send(
        _ link: LinkHandle, _ bytes: [UInt8], tag: [UInt8] = [], settled: Bool = true, messageFormat: UInt32 = 0
    ) -> DeliveryHandle? {
        bytes.withUnsafeBytes { send(link, message: $0, tag: tag, settled: settled, messageFormat: messageFormat) }
    }

    func receive(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { receive($0) }
    }

    /// All pending output.
    func takeOutput() -> [UInt8] {
        var result: [UInt8] = []
        while withOutput({ bytes in
            result.append(contentsOf: bytes)
            return bytes.count
        }) {}
        return result
    }

    func takeEvents() -> [EngineEvent] {
        var result: [EngineEvent] = []
        while let event = nextEvent() { result.append(event) }
        return result
    }
}
