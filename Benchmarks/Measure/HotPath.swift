import AMQPEngine
import AMQPTypes
import Detection
import DiagnosticLogs
import EventHubs
import Foundation
import SampleLogs

/// A fixed piece of work on a hot path, always the same.
struct HotPath {
    static let names = ["decode", "fold", "receive", "merge", "commit"]

    /// Brings everything into the state that ``run`` begins in.
    var prepare: () -> Void
    var run: () -> Void
    /// What the last run did, to see that it did it.
    var done: () -> Int

    static func make(_ name: String, rules: String) throws -> HotPath {
        switch name {
        case "decode": return try decode()
        case "fold": return try fold(rules)
        case "receive": return receive()
        case "merge": return try merge()
        case "commit": return try commit()
        default: throw MeasureFailure("no path '\(name)'")
        }
    }

    /// The sample of the gate: 2,000 records.
    private static func sample() throws -> SampleBodies {
        let start = EventTime(nanoseconds: 1_790_000_000_000_000_000)
        var generator = try LogGenerator(LogGenerator.Configuration(seed: 7, records: 2_000, start: start))
        var bodies: [[UInt8]] = []
        while let message = generator.next() { bodies.append(message.body) }
        return SampleBodies(bodies: bodies)
    }

    /// Decoding with ten fields.
    private static func decode() throws -> HotPath {
        let bodies = try sample()
        let decoder = EnvelopeDecoder(plan: try FieldPlan(DecodeVariants.typedFields))
        var records = 0
        return HotPath(prepare: { records = 0 }) {
            for index in bodies.ranges.indices {
                decoder.decode(bodies[index], enqueued: bodies.enqueued[index]) { _ in
                    records += 1
                } onDeadLetter: { _ in
                }
            }
        } done: {
            records
        }
    }

    /// Decoding and judging by the rules that come with hubwatch and 100 others.
    private static func fold(_ rules: String) throws -> HotPath {
        let bodies = try sample()
        let fold = JudgingFold(try RuleSets.filled(rules, to: 100))
        var matches = 0
        return HotPath(prepare: {}, run: { matches = fold.judge(bodies) }, done: { matches })
    }

    /// 5,000 transfers of 300 bytes through the client's engine, with annotations read.
    private static func receive() -> HotPath {
        let wire = TransferWire(messages: 5_000)
        var found = 0
        return HotPath(prepare: { wire.prepare() }, run: { found = wire.receive() }, done: { found })
    }

    /// 400 deltas of 100 records each, over 2,000 groups.
    private static func merge() throws -> HotPath {
        let deltas = try GroupedDeltas(count: 400)
        var merger = deltas.merger()
        return HotPath(prepare: { merger = deltas.merger() }) {
            for delta in deltas.deltas { merger.merge(delta, now: GroupedDeltas.time) }
        } done: {
            merger.groupCount
        }
    }

    /// The commit of these deltas.
    private static func commit() throws -> HotPath {
        let deltas = try GroupedDeltas(count: 400)
        var merger = deltas.merger()
        var bytes = 0
        return HotPath(prepare: {
            merger = deltas.merger()
            for delta in deltas.deltas { merger.merge(delta, now: GroupedDeltas.time) }
        }) {
            bytes = merger.takeCommit()?.stateDeltas.reduce(0) { $0 + $1.bytes.count } ?? 0
        } done: {
            bytes
        }
    }
}

/// Deltas of one partition, made before anything is counted.
private struct GroupedDeltas {
    static let time = Timestamp(milliseconds: 1_790_000_000_000)
    let rules: CompiledRules
    let deltas: [PartitionDelta]

    init(count: Int) throws {
        rules = try CompiledRules([WindowRules.rule("count")])
        let bodies = SampleBodies(bodies: WindowRules.bodies(records: count * 100, groups: 2_000))
        let fold = PartitionFold(rules: rules, partition: 0)
        deltas = (0..<count).compactMap { number in
            WindowRules.fold(fold, bodies, number, sequence: Int64(number))
            return fold.takeDelta()
        }
    }

    func merger() -> Merger { Merger(rules: rules, partitions: [0]) }
}

/// A server's transfers as bytes, and a client that is attached to take them.
private final class TransferWire {
    private let messages: Int
    private var client: AMQPEngine
    private var bytes: [UInt8] = []

    init(messages: Int) {
        self.messages = messages
        client = AMQPEngine(EngineConfiguration(role: .client, containerID: "client", hostname: "hub"))
    }

    /// Attaches a fresh client, and has a server send to it without delivering.
    func prepare() {
        client = AMQPEngine(EngineConfiguration(role: .client, containerID: "client", hostname: "hub"))
        let server = AMQPEngine(EngineConfiguration(role: .server, containerID: "server"))
        var serverLink: LinkHandle?
        client.open()
        let session = client.begin()
        let link = client.attach(
            LinkSpecification(
                session: session, name: "link", role: .receiver, source: Terminus(address: "from"),
                target: Terminus(address: "to")))
        client.grantCredit(link, UInt32(messages))
        for _ in 0..<8 {
            Self.carry(from: client) { server.receive($0) }
            while let event = server.nextEvent() {
                switch event {
                case .opened: server.open()
                case .begun(let session, byPeer: true): server.accept(session: session)
                case .attached(let link, _, let attach, byPeer: true):
                    server.accept(link: link, AttachReply(echoing: attach))
                    serverLink = link
                default: break
                }
            }
            Self.carry(from: server) { client.receive($0) }
            while client.nextEvent() != nil {}
        }
        bytes = []
        guard let serverLink else { return }
        for number in 0..<messages {
            var message = AMQPMessage(body: .data([SyntheticBody.ofSize(300)]))
            message.messageAnnotations = [
                .symbol(DialectName.sequenceNumber): .long(Int64(number)),
                .symbol(DialectName.offset): .string("\(number * 400)"),
                .symbol(DialectName.enqueuedTime): .timestamp(1_790_000_000_000),
            ]
            _ = message.encoded().withUnsafeBytes { server.send(serverLink, message: $0, tag: [], settled: true) }
        }
        Self.carry(from: server) { bytes.append(contentsOf: $0) }
    }

    private static func carry(from engine: AMQPEngine, to receive: (UnsafeRawBufferPointer) -> Void) {
        while engine.withOutput({ bytes in
            receive(bytes)
            return bytes.count
        }) {}
    }

    /// Hands over the bytes in reads of 64 KiB; the events that were found.
    func receive() -> Int {
        var found = 0
        bytes.withUnsafeBytes { all in
            for start in stride(from: 0, to: all.count, by: 65_536) {
                client.receive(UnsafeRawBufferPointer(rebasing: all[start..<min(start + 65_536, all.count)]))
                while let event = client.nextEvent() {
                    guard case .deliveries(_, let batch) = event else { continue }
                    for delivery in batch.deliveries {
                        let message = batch.bytes(of: delivery)
                        guard let sections = try? MessageSections.scan(message) else { continue }
                        if EventAnnotations(message, sections).sequenceNumber != nil { found += 1 }
                    }
                }
            }
        }
        return found
    }
}
