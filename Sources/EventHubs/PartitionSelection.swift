/// Which partitions of a hub this instance reads.
///
/// **Shape**: `all`; a list of numbers and ranges such as `0-3,7`; or one instance of several, `1/4`: partition n belongs to
/// instance n mod 4 + 1.
public enum PartitionSelection: Hashable, Sendable {
    /// Every partition, also those that appear later.
    case all
    /// The partitions with these numbers.
    case listed([ClosedRange<Int>])
    /// Every `count`-th partition, starting with the instance's number; counted from 1.
    case instance(Int, of: Int)

    /// The highest partition number that may be selected.
    public static let numberMax = 4095
    /// The largest number of instances.
    public static let instancesMax = 1024

    /// Parses a list, `all` or an instance.
    public init(parsing text: String) throws(EventHubsError) {
        let text = Substring(text).trimmed
        if text.lowercased() == "all" || text == "*" {
            self = .all
        } else if text.contains("/") {
            self = try Self.parseInstance(text)
        } else {
            self = try Self.parseList(text)
        }
    }

    private static func parseInstance(_ text: Substring) throws(EventHubsError) -> Self {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(\.trimmed)
        guard parts.count == 2, let number = Int(parts[0]), let count = Int(parts[1]) else {
            throw invalid("`\(text)` is not an instance: write number/count, for example 1/4")
        }
        guard (1...instancesMax).contains(count) else {
            throw invalid("`\(text)` has a count outside 1 to \(instancesMax)")
        }
        guard (1...count).contains(number) else {
            throw invalid("`\(text)` has a number outside 1 to \(count)")
        }
        return .instance(number, of: count)
    }

    private static func parseList(_ text: Substring) throws(EventHubsError) -> Self {
        var ranges: [ClosedRange<Int>] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false).map(\.trimmed) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map(\.trimmed)
            guard ends.count <= 2, let low = ends.first.flatMap({ Int($0) }), let high = ends.last.flatMap({ Int($0) })
            else {
                throw invalid("`\(part)` is not a partition number or range: write for example 0-3,7")
            }
            guard low <= high else { throw invalid("`\(part)` runs backwards") }
            guard low >= 0, high <= numberMax else { throw invalid("`\(part)` is outside 0 to \(numberMax)") }
            if let earlier = ranges.first(where: { $0.overlaps(low...high) }) {
                throw invalid("`\(part)` overlaps \(earlier.lowerBound)-\(earlier.upperBound)")
            }
            ranges.append(low...high)
        }
        return .listed(ranges.sorted { $0.lowerBound < $1.lowerBound })
    }

    private static func invalid(_ why: String) -> EventHubsError {
        EventHubsError(.invalidSelection, "The partition selection cannot be used: \(why)")
    }

    /// Whether a partition is selected; ids that are not numbers belong to instances by their place in the hub's list.
    public func contains(id: String, index: Int) -> Bool {
        switch self {
        case .all: true
        case .listed(let ranges): ranges.contains { $0.contains(Int(id) ?? index) }
        case .instance(let number, let count): max(Int(id) ?? index, 0) % count == number - 1
        }
    }

    /// The selected ones of a hub's partitions, in the hub's order.
    public func select(from ids: [String]) -> [String] {
        ids.enumerated().filter { contains(id: $0.element, index: $0.offset) }.map(\.element)
    }

    /// The listed numbers that a hub does not have; a person most likely mistyped them.
    public func missing(from ids: [String]) -> [Int] {
        guard case .listed(let ranges) = self else { return [] }
        let known = Set(ids.enumerated().map { Int($0.element) ?? $0.offset })
        return ranges.flatMap { Array($0) }.filter { !known.contains($0) }
    }

    /// Whether some of these partitions are left to others.
    public func isPartial(of ids: [String]) -> Bool { select(from: ids).count < ids.count }
}

extension PartitionSelection: CustomStringConvertible {
    /// The selection as it can be parsed again.
    public var description: String {
        switch self {
        case .all: "all"
        case .listed(let ranges):
            ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
                .joined(separator: ",")
        case .instance(let number, let count): "\(number)/\(count)"
        }
    }
}
