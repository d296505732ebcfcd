import DiagnosticLogs

/// The stream of a drill: what message `n` holds is a function of the seed and of `n`; only its times are those of its
/// publication.
struct DrillStream: Sendable {
    /// Seed of everything in it.
    var seed: UInt64
    /// Number of messages.
    var messages: Int
    /// Where the day of some records ends.
    var crossing: DayCrossing
    /// Records in a message.
    static let recordsPerMessage = 20
    /// Longest time that a record is older than its publication, those of another day not counted; beyond the lateness of
    /// the rules on event time.
    static let delayMaximum = 6_000

    /// Number of records, those of malformed messages not counted.
    var records: Int { messages * Self.recordsPerMessage }

    /// The partition that a message is published to.
    func partition(of number: Int, among partitions: Int) -> Int {
        var random = SeededGenerator(seed: seed, part: .partitions, number)
        return random.below(partitions)
    }

    /// What a message holds.
    func message(_ number: Int) -> DrillMessage {
        var random = SeededGenerator(seed: seed, part: .messages, number)
        if random.below(67) == 0 { return DrillMessage(number: number, content: .malformed(random.below(3))) }
        var records: [DrillRecord] = []
        for index in 0..<Self.recordsPerMessage {
            records.append(DrillRecord(message: number, index, crossing, &random))
        }
        return DrillMessage(number: number, content: .records(records))
    }
}

/// One message of the stream.
struct DrillMessage: Sendable {
    /// What it holds.
    enum Content: Sendable {
        /// Log records.
        case records([DrillRecord])
        /// Something that is no log; which kind.
        case malformed(Int)
    }

    var number: Int
    var content: Content

    /// The body as it is published at a time.
    ///
    /// Number and time stand in it, so that whoever reads the hub knows the message again.
    func body(publishedMilliseconds time: Int64) -> [UInt8] {
        let name = Self.prefix + Self.padded(number, 8) + "-" + Self.padded(Int(time), 13)
        switch content {
        case .malformed(0): return Array("no log at all: \(name)".utf8)
        case .malformed(1): return Array("{\"records\":[{\"correlationId\":\"\(name)-00\",\"category\":\"Au".utf8)
        case .malformed: return [0xFF, 0xFE, 0x00] + Array(name.utf8)
        case .records(let records):
            let texts = records.enumerated().map { index, record in
                record.json(correlation: "\(name)-\(Self.padded(index, 2))", publishedMilliseconds: time)
            }
            return Array("{\"records\":[\(texts.joined(separator: ","))]}".utf8)
        }
    }

    /// Number and time of publication of a message that was read; nil for one of somebody else.
    static func origin(of body: some Collection<UInt8>) -> (number: Int, publishedMilliseconds: Int64)? {
        let bytes = Array(body)
        let mark = Array(prefix.utf8)
        guard let start = bytes.indices.first(where: { bytes[$0...].starts(with: mark) }) else { return nil }
        let name = String(decoding: bytes[(start + mark.count)...].prefix(22), as: UTF8.self).split(separator: "-")
        guard name.count == 2, let number = Int(name[0]), let time = Int64(name[1]) else { return nil }
        return (number, time)
    }

    private static let prefix = "drill-"

    private static func padded(_ number: Int, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}

/// One record: what the engine reads as JSON and the oracle as a row.
struct DrillRecord: Sendable {
    var operation: String
    var category: String
    var hasFailed: Bool
    var user: String
    var client: String
    var zone: String
    var number: Int?
    /// A multiple of a quarter: sums of them are the same in any order.
    var score: Double
    /// The operation that it belongs to, where it belongs to one.
    var operationID: String?
    /// How much older it is than its publication.
    var delay: Int

    init(message: Int, _ index: Int, _ crossing: DayCrossing, _ random: inout SeededGenerator) {
        let share = random.below(20_000)
        operation =
            switch share {
            case ..<9_200: "Read"
            case ..<9_400: "Grant"
            case ..<9_600: "Revoke"
            case ..<9_800: "Export"
            case ..<10_000: "Visit"
            case ..<15_000: "Write"
            case ..<17_000: "Delete"
            case ..<19_000: "Login"
            case ..<19_940: "ListKey"
            case ..<19_960: "Purge"
            case ..<19_985: "Rotate"
            default: "MICROSOFT.COGNITIVESERVICES/ACCOUNTS/LISTKEYS/ACTION"
            }
        category = share < 19_985 ? "Audit" : "Administrative"
        hasFailed = random.below(4) == 0
        // Low numbers are more frequent, so that some groups are over a threshold and others are not.
        user = "user-\(min(random.below(8), random.below(8)))"
        client = "client-\(random.below(200))"
        zone = "zone-\(random.below(3))"
        number = random.below(4) == 0 ? nil : random.below(1_000)
        score = Double(random.below(4_000)) / 4 + 0.25
        // Two operations a message: their records repeat them.
        operationID = operation == "Rotate" ? "rotation-\(message)-\(index % 2)" : nil
        // Visits are of another day, and never late for the rule that reads them.
        let isDelayed = operation != "Visit" && random.below(10) == 0
        delay =
            (operation == "Visit" ? Int(crossing.shift) : 0)
            + random.below(isDelayed ? DrillStream.delayMaximum : 500)
    }

    func json(correlation: String, publishedMilliseconds time: Int64) -> String {
        let application = category == "Administrative" ? "\"identity\":{\"claims\":{\"appid\":\"drill\"}}," : ""
        var properties = "\"user\":\"\(user)\",\"client\":\"\(client)\",\"zone\":\"\(zone)\",\"score\":\(score)"
        if let number { properties += ",\"n\":\(number)" }
        if let operationID { properties += ",\"operation\":\"\(operationID)\"" }
        return """
            {"time":"\(Timestamp(milliseconds: time - Int64(delay)).iso8601)","resourceId":"\(Self.resource)",\
            "operationName":"\(operation)","category":"\(category)","resultType":"\(hasFailed ? "Failure" : "Success")",\
            "correlationId":"\(correlation)",\(application)"properties":{\(properties)}}
            """
    }

    private static let resource =
        "/SUBSCRIPTIONS/00000000-0000-4000-8000-000000000001/RESOURCEGROUPS/RG-DRILL/PROVIDERS/MICROSOFT.COGNITIVESERVICES/ACCOUNTS/DRILL"

    /// Columns of the oracle's table behind partition, sequence, idx, enqueued_ms and event_ms, with their SQL types.
    static let columns = [
        ("operation", "VARCHAR"), ("failed", "BOOLEAN"), ("usr", "VARCHAR"), ("client", "VARCHAR"), ("zone", "VARCHAR"),
        ("n", "BIGINT"), ("score", "DOUBLE"), ("operation_id", "VARCHAR"),
    ]

    /// The values of ``columns``, separated by commas; nothing in them needs quotes.
    var row: String {
        [
            operation, hasFailed ? "true" : "false", user, client, zone, number.map(String.init) ?? "", "\(score)",
            operationID ?? "",
        ].joined(separator: ",")
    }
}

/// A generator that gives the same numbers for the same seed on every machine (SplitMix64).
struct SeededGenerator: Sendable {
    /// What numbers are drawn for: each part has its own.
    enum Part: UInt64 {
        case messages = 1
        case partitions, kills
    }

    private var state: UInt64

    /// The numbers of the n-th member of a part.
    init(seed: UInt64, part: Part, _ number: Int) {
        // Each step is a hash, so that neighbours do not share numbers, as seeds one increment apart would.
        state = seed
        state = next() ^ part.rawValue
        state = next() ^ UInt64(truncatingIfNeeded: number)
        state = next()
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
        return word ^ word >> 31
    }

    /// A number from 0 up to, not including, a bound above 0.
    mutating func below(_ bound: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(bound)).high) }
}
