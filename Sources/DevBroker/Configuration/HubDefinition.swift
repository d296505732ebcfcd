/// What a hub is to be: name, partitions, consumer groups.
public struct HubDefinition: Sendable, Hashable {
    /// The hub's name, matched without regard to case.
    public var name: String
    /// How many partitions it has, numbered from 0.
    public var partitionCount: Int
    /// Consumer groups besides `$Default`, which always exists.
    public var consumerGroups: [String]

    /// Most partitions that a hub may have; the service's largest tier allows as many.
    public static let partitionCountMax = 1024

    /// Makes a definition; nothing is checked until the broker creates the hub.
    public init(name: String, partitionCount: Int, consumerGroups: [String] = []) {
        self.name = name
        self.partitionCount = partitionCount
        self.consumerGroups = consumerGroups
    }

    /// Reads `NAME:PARTITIONS`, or `NAME` for four partitions, as the `--hub` flag takes it.
    public init(flag: String) throws(DevBrokerError) {
        let parts = flag.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, let name = parts.first else {
            throw DevBrokerError(.hubInvalid, "`\(flag)` is no hub: write NAME or NAME:PARTITIONS, such as logs:4.")
        }
        var count = 4
        if parts.count == 2 {
            guard let number = Int(parts[1]) else {
                throw DevBrokerError(.hubInvalid, "`\(parts[1])` in `\(flag)` is no number of partitions.")
            }
            count = number
        }
        self.init(name: String(name), partitionCount: count)
        try check()
    }

    /// Checks the names and the partition count.
    func check() throws(DevBrokerError) {
        guard Self.isValidName(name), name.utf8.count <= 256 else {
            throw DevBrokerError(
                .hubInvalid,
                "`\(name)` is no valid hub name: up to 256 letters, digits, `_`, `-`, `.` and `/`, beginning and ending with a "
                    + "letter or digit.")
        }
        guard (1...Self.partitionCountMax).contains(partitionCount) else {
            throw DevBrokerError(
                .hubInvalid,
                "Hub `\(name)` cannot have \(partitionCount) partitions: 1 to \(Self.partitionCountMax) are allowed.")
        }
        for group in consumerGroups where group.lowercased() != "$default" {
            guard Self.isValidName(group), group.utf8.count <= 50 else {
                throw DevBrokerError(.hubInvalid, "`\(group)` of hub `\(name)` is no valid consumer group name.")
            }
        }
    }

    /// Whether a name follows the emulator's pattern for hubs and consumer groups.
    static func isValidName(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        guard let first = bytes.first, let last = bytes.last else { return false }
        let inner = Array("_-./".utf8)
        return isAlphanumeric(first) && isAlphanumeric(last)
            && bytes.allSatisfy { isAlphanumeric($0) || inner.contains($0) }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }
}
