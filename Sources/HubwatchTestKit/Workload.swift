import Detection
import DiagnosticLogs

/// The messages of one simulation and when they are sent: a pure value made of a seed.
///
/// Times fall on the borders of windows often, partitions go quiet, groups repeat, records come late within the bound, and
/// some bodies are damaged.
public struct Workload: Sendable {
    /// One message.
    public struct Message: Sendable {
        /// Milliseconds after the start.
        public var due: Int64
        /// Partition number.
        public var partition: Int
        /// The body.
        public var records: [Record]
        /// Whether the body is cut, so that a record of it is damaged.
        public var isDamaged: Bool
    }

    /// One record.
    public struct Record: Sendable {
        /// Operation name.
        public var operation: String
        /// Category.
        public var category: String
        /// Group.
        public var user: String
        /// A number to fold; nil for none.
        public var number: Double?
        /// How much older the record is than its message, in milliseconds.
        public var age: Int64
    }

    /// The messages, in the order in which they are sent.
    public var messages: [Message]
    /// How many partitions there are.
    public var partitions: Int

    /// The lateness bound of the rules on the event clock, in milliseconds.
    public static let lateness: Int64 = 4_000

    /// Makes the messages of a seed.
    public init(seed: UInt64, partitions: Int, count: Int) {
        var generator = SeededGenerator(seed: seed ^ 0x10ad)
        self.partitions = partitions
        var time: Int64 = 0
        messages = (0..<count).map { _ in
            time += [0, 0, 5, 40, 100, 250, 1_000].randomElement(using: &generator) ?? 0
            let records = (0..<Int.random(in: 1...3, using: &generator)).map { _ in
                Record(
                    operation: ["ListKey", "Create", "LISTKEY", "Delete"].randomElement(using: &generator) ?? "",
                    category: ["Audit", "Trace"].randomElement(using: &generator) ?? "",
                    user: ["ann", "bob", "cy", "dee"].randomElement(using: &generator) ?? "",
                    number: [3, 12, -4, 0.1, 2.5e10, -0.7, nil].randomElement(using: &generator) ?? nil,
                    age: generator.once(in: 3)
                        ? Int64.random(in: 0...Self.lateness / 1_000, using: &generator) * 1_000 : 0)
            }
            return Message(
                due: time, partition: Int.random(in: 0..<partitions, using: &generator), records: records,
                isDamaged: generator.once(in: 25))
        }
    }
}

extension Workload.Message {
    /// The body as it is sent at a time (milliseconds since 1970).
    func body(at time: Int64) -> [UInt8] {
        let list = records.map { record in
            let number = record.number.map { "\($0)" } ?? "null"
            return """
                {"time":"\(Timestamp(milliseconds: time - record.age).iso8601)","operationName":"\(record.operation)",\
                "category":"\(record.category)","resultType":"Success",\
                "properties":{"user":"\(record.user)","n":\(number)}}
                """
        }
        let whole = Array("{\"records\":[\(list.joined(separator: ","))]}".utf8)
        return isDamaged ? Array(whole.dropLast(20)) : whole
    }
}
