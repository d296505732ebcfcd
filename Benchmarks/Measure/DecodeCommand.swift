import ArgumentParser
import CSimdjson
import Detection
import DiagnosticLogs
import Foundation
import RuleFormats

/// Decoding and judging bodies that lie in memory, on one thread.
struct DecodeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decode", abstract: "Decode and judge bodies in memory.")

    @Option(help: "Bodies, one a line.") var sample: String
    @Option(help: "Rule files.") var rules = "Config/rules"
    @Option(help: "Variants to prepare, such as dom,seed,rules300.")
    var variants = "memcpy,stage1,dom,foundation,decode,typed,seed,rules10,rules100,rules1000"
    @Option(help: "Take no more than this many bytes of the sample.") var bytesMaximum = Int.max

    func run() async throws {
        let bodies = try SampleBodies(file: sample, bytesMaximum: bytesMaximum)
        let names = self.variants.split(separator: ",").map(String.init)
        let variants = try DecodeVariants(bodies, names, rules: rules)
        try await RoundLoop.answer(
            names,
            facts: [
                "kernel": EnvelopeDecoder.kernelName, "records": "\(bodies.records)", "bytes": "\(bodies.bytes)",
                "messages": "\(bodies.ranges.count)",
                "portals": RulePlaceholders.knownAIPortals.map(\.applicationID).joined(separator: ","),
            ]
        ) { name in try variants.round(name) }
    }
}

/// What is done with the bodies, by name.
final class DecodeVariants {
    private let bodies: SampleBodies
    private let indexer: OpaquePointer
    private let copy: UnsafeMutableRawPointer
    private let bare = EnvelopeDecoder(plan: .empty)
    private let typed: EnvelopeDecoder
    private let typedSlots: [Int]
    private var folds: [String: JudgingFold] = [:]
    private var partitions: [String: [JudgingFold]] = [:]
    private var sized: [String: SampleBodies] = [:]

    init(_ bodies: SampleBodies, _ names: [String], rules: String) throws {
        self.bodies = bodies
        guard let indexer = csj_indexer_new() else { throw MeasureFailure("no memory") }
        self.indexer = indexer
        copy = UnsafeMutableRawPointer.allocate(byteCount: bodies.memory.count, alignment: 64)
        copy.initializeMemory(as: UInt8.self, repeating: 0, count: bodies.memory.count)
        let plan = try FieldPlan(Self.typedFields)
        typed = EnvelopeDecoder(plan: plan)
        typedSlots = Self.typedFields.compactMap { plan.slotNumber(of: $0) }
        for name in names {
            if name == "seed" { folds[name] = JudgingFold(try CompiledRules(RuleSets.files(rules))) }
            if let count = Self.number(in: name, behind: "partitions") {
                let rules = try CompiledRules(RuleSets.files(rules))
                partitions[name] = (0..<count).map { JudgingFold(rules, partition: $0) }
            }
            if let size = Self.number(in: name, behind: "size") {
                folds[name] = JudgingFold(try CompiledRules(RuleSets.files(rules)))
                sized[name] = SampleBodies(bodies: SyntheticBody.ofRecords(size))
            }
            guard let count = Self.number(in: name, behind: "rules") else { continue }
            folds[name] = JudgingFold(try RuleSets.filled(rules, to: count))
        }
    }

    private static func number(in name: String, behind prefix: String) -> Int? {
        name.hasPrefix(prefix) ? Int(name.dropFirst(prefix.count)) : nil
    }

    deinit {
        csj_indexer_free(indexer)
        copy.deallocate()
    }

    /// Ten fields as a detection would want them: a time, a service, an outcome, an address, a number, texts.
    static let typedFields: [Field] = [
        .derived(.eventTime), .derived(.service), .derived(.outcome), .derived(.sourceAddress),
        .path(FieldPath(["operationName"])), .path(FieldPath(["category"])), .path(FieldPath(["resourceId"])),
        .path(FieldPath(["correlationId"])), .path(FieldPath(["durationMs"])),
        .path(FieldPath(["identity", "claims", "appid"])),
    ]

    func round(_ name: String) throws -> Round {
        var round = Round()
        let bodies = sized[name] ?? self.bodies
        round.bytes = bodies.bytes
        round.records = bodies.records
        round.messages = bodies.ranges.count
        let meter = Meter()
        switch name {
        case "memcpy": copyAll()
        case "stage1": try check { csj_index_text(indexer, $0, $1).status }
        case "dom": try check { csj_check_text(indexer, $0, $1, 64) }
        case "foundation": round.matches = try foundation()
        case "decode": round.matches = decode(bare) { _ in 1 }
        case "typed": round.matches = decode(typed) { [typedSlots] in Self.read($0, typedSlots) }
        default:
            if let folds = partitions[name] {
                // Every body to the next partition, as links deliver them.
                for index in bodies.ranges.indices { folds[index % folds.count].judgeOne(bodies, index) }
                break
            }
            guard let fold = folds[name] else { throw MeasureFailure("no variant '\(name)'") }
            round.matches = fold.judge(bodies)
        }
        meter.read(into: &round)
        return round
    }

    private func copyAll() {
        for range in bodies.ranges {
            guard let base = bodies.memory.baseAddress else { return }
            memcpy(copy + range.lowerBound, base + range.lowerBound, range.count)
        }
    }

    private func check(_ parse: (UnsafePointer<UInt8>?, Int) -> csj_status) throws {
        for index in bodies.ranges.indices {
            let body = bodies[index]
            guard parse(body.baseAddress?.assumingMemoryBound(to: UInt8.self), body.count) == csj_ok else {
                throw MeasureFailure("body \(index) is no JSON")
            }
        }
    }

    private func decode(_ decoder: EnvelopeDecoder, _ use: (RecordView) -> Int) -> Int {
        var sum = 0
        for index in bodies.ranges.indices {
            decoder.decode(bodies[index], enqueued: bodies.enqueued[index]) {
                sum &+= use($0)
            } onDeadLetter: { _ in
            }
        }
        return sum
    }

    /// Counts the fields that a record has, and reads its number.
    private static func read(_ record: RecordView, _ slots: [Int]) -> Int {
        var found = 0
        for slot in slots {
            let value = record[slot]
            if !value.isNull { found &+= 1 }
        }
        if let duration = record[slots[8]].integerValue, duration < 0 { found &+= 1 }
        return found
    }

    // MARK: Foundation

    private struct Envelope: Decodable {
        var records: [Record]
    }

    private struct Record: Decodable {
        struct Identity: Decodable {
            struct Claims: Decodable { var appid: String? }
            var claims: Claims?
        }
        var time: String?
        var operationName: String?
        var category: String?
        var resourceId: String?
        var correlationId: String?
        var callerIpAddress: String?
        var resultType: String?
        var identity: Identity?

        enum CodingKeys: String, CodingKey {
            case time, operationName, category, resourceId, correlationId, callerIpAddress, resultType, identity
        }

        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            time = try values.decodeIfPresent(String.self, forKey: .time)
            operationName = try values.decodeIfPresent(String.self, forKey: .operationName)
            category = try values.decodeIfPresent(String.self, forKey: .category)
            resourceId = try values.decodeIfPresent(String.self, forKey: .resourceId)
            correlationId = try values.decodeIfPresent(String.self, forKey: .correlationId)
            callerIpAddress = try values.decodeIfPresent(String.self, forKey: .callerIpAddress)
            // Texts, numbers and objects occur here: whoever wants them typed reads what fits.
            resultType = try? values.decodeIfPresent(String.self, forKey: .resultType)
            identity = try? values.decodeIfPresent(Identity.self, forKey: .identity)
        }
    }

    private func foundation() throws -> Int {
        let decoder = JSONDecoder()
        var sum = 0
        for index in bodies.ranges.indices {
            sum += try decoder.decode(Envelope.self, from: Data(bodies[index])).records.count
        }
        return sum
    }
}

/// A partition's fold that sees the same bodies again and again, as new messages.
final class JudgingFold {
    private let fold: PartitionFold
    private var sequence: Int64 = 0
    /// Messages between two deltas, as a worker would take them.
    private static let messagesPerDelta: Int64 = 64

    init(_ rules: CompiledRules, partition: Int = 0) { fold = PartitionFold(rules: rules, partition: partition) }

    /// Folds all bodies; the number of matches.
    func judge(_ bodies: SampleBodies) -> Int {
        var matched: Int64 = 0
        for index in bodies.ranges.indices { matched += judgeOne(bodies, index) }
        return Int(matched + (fold.takeDelta()?.counters.matched ?? 0))
    }

    /// Folds one body; the number of matches whenever a delta is taken.
    @discardableResult
    func judgeOne(_ bodies: SampleBodies, _ index: Int) -> Int64 {
        let offset: StaticString = "4294967296"
        let text = UnsafeRawBufferPointer(start: offset.utf8Start, count: offset.utf8CodeUnitCount)
        let time = bodies.enqueued[index]
        fold.fold(
            MessageHeader(sequenceNumber: sequence, offset: text, enqueuedTime: time, receivedAt: time),
            body: bodies[index])
        sequence += 1
        return sequence % Self.messagesPerDelta == 0 ? fold.takeDelta()?.counters.matched ?? 0 : 0
    }
}
