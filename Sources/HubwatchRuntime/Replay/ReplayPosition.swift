public import DiagnosticLogs
import EventHubs

/// Where the replay of a partition begins.
public enum ReplayStart: Hashable, Sendable, CustomStringConvertible {
    /// At the oldest message that is kept.
    case earliest
    /// Where the state file of the live run has got to, with its open windows.
    case checkpoint
    /// At the message with this offset, which only the broker can compare.
    case offset(String)
    /// At this sequence number.
    case sequence(Int64)
    /// At the first message that the broker took at this time or later.
    case time(Timestamp)

    /// Reads `earliest`, `checkpoint`, `offset:…`, `sequence:…`, `time:…`, a bare number or a bare time.
    public init(parsing text: String) throws(ReplayError) {
        switch BoundText(text) {
        case .word("earliest"): self = .earliest
        case .word("checkpoint"): self = .checkpoint
        case .offset(let offset): self = .offset(offset)
        case .sequence(let number): self = .sequence(number)
        case .time(let time): self = .time(time)
        default:
            throw ReplayError(
                .badRequest,
                "--from takes earliest, checkpoint, offset:…, sequence:… or time:2026-01-31T12:00:00Z; '\(text)' is none"
            )
        }
    }

    /// As it is written on the command line.
    public var description: String {
        switch self {
        case .earliest: "earliest"
        case .checkpoint: "checkpoint"
        case .offset(let offset): "offset:\(offset)"
        case .sequence(let number): "sequence:\(number)"
        case .time(let time): "time:\(time.iso8601)"
        }
    }

    /// The position to ask the broker for; nil for a checkpoint, which is looked up.
    var eventPosition: EventPosition? {
        switch self {
        case .earliest: .earliest
        case .checkpoint: nil
        case .offset(let offset): .offset(offset, inclusive: true)
        case .sequence(let number): .sequenceNumber(number, inclusive: true)
        case .time(let time): .enqueuedTime(milliseconds: time.milliseconds, inclusive: true)
        }
    }
}

/// Where the replay of a partition ends.
public enum ReplayEnd: Hashable, Sendable, CustomStringConvertible {
    /// With the last message that the partition holds when the replay begins.
    case latest
    /// With this sequence number.
    case sequence(Int64)
    /// Before the first message that the broker took at this time or later.
    case time(Timestamp)

    /// Reads `latest`, `sequence:…`, `time:…`, a bare number or a bare time.
    public init(parsing text: String) throws(ReplayError) {
        switch BoundText(text) {
        case .word("latest"): self = .latest
        case .sequence(let number): self = .sequence(number)
        case .time(let time): self = .time(time)
        default:
            throw ReplayError(
                .badRequest, "--to takes latest, sequence:… or time:2026-01-31T12:00:00Z; '\(text)' is none")
        }
    }

    /// As it is written on the command line.
    public var description: String {
        switch self {
        case .latest: "latest"
        case .sequence(let number): "sequence:\(number)"
        case .time(let time): "time:\(time.iso8601)"
        }
    }
}

/// One bound for all partitions, and others for some of them: `earliest,3=sequence:10`.
public struct PartitionBounds<Bound: Hashable & Sendable>: Hashable, Sendable {
    /// For every partition that is not named.
    public var common: Bound
    /// For those that are.
    public var byPartition: [Int: Bound]

    /// Makes bounds.
    public init(_ common: Bound, byPartition: [Int: Bound] = [:]) {
        self.common = common
        self.byPartition = byPartition
    }

    /// Reads a list such as `earliest,3=sequence:10`; what is not named keeps the given default.
    public init(
        parsing text: String, default common: Bound, _ read: (String) throws(ReplayError) -> Bound
    ) throws(ReplayError) {
        self.init(common)
        var hasCommon = false
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let sign = part.firstIndex(of: "="), let partition = Int(part[..<sign]) else {
                guard !hasCommon else {
                    throw ReplayError(.badRequest, "'\(text)' gives two bounds for all partitions; write N=… for one")
                }
                self.common = try read(String(part))
                hasCommon = true
                continue
            }
            guard partition >= 0, byPartition[partition] == nil else {
                throw ReplayError(.badRequest, "'\(text)': partition \(partition) cannot have this bound, or has two")
            }
            byPartition[partition] = try read(String(part[part.index(after: sign)...]))
        }
    }

    /// The bound of a partition.
    public subscript(partition: Int) -> Bound { byPartition[partition] ?? common }
}

extension PartitionBounds: CustomStringConvertible where Bound: CustomStringConvertible {
    /// As it is written on the command line.
    public var description: String {
        ([common.description] + byPartition.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" })
            .joined(separator: ",")
    }
}

/// The text of one bound, taken apart.
private enum BoundText: Equatable {
    case word(String)
    case offset(String)
    case sequence(Int64)
    case time(Timestamp)
    case wrong

    init(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        let value = parts.count == 2 ? parts[1] : ""
        switch parts.first?.lowercased() {
        case "offset": self = value.isEmpty ? .wrong : .offset(value)
        case "sequence": self = Self.number(value)
        case "time": self = Self.moment(value)
        case .some where Self.number(text) != .wrong: self = Self.number(text)
        case .some where Self.moment(text) != .wrong: self = Self.moment(text)
        case .some(let word) where parts.count == 1: self = .word(word)
        default: self = .wrong
        }
    }

    private static func number(_ text: String) -> Self {
        Int64(text).flatMap { $0 >= 0 ? .sequence($0) : nil } ?? .wrong
    }

    private static func moment(_ text: String) -> Self {
        // Bare numbers are sequence numbers, never times.
        guard text.first?.isNumber == true, text.contains("-") else { return .wrong }
        return Timestamp(parsing: text).map { .time($0) } ?? .wrong
    }
}
