/// The bytes of an IP address in text, for comparing addresses and networks.
///
/// **Shape**: 4 bytes for dotted decimals, 16 for IPv6 in any of its spellings; an IPv6 address that maps an IPv4 one is that.
/// A zone (`%eth0`) is not part of an address.
struct IPAddressText: Hashable, Sendable {
    let bytes: [UInt8]

    /// Nil for anything but an address.
    init?(_ text: some StringProtocol) {
        let address = text.prefix { $0 != "%" }
        guard let bytes = address.contains(":") ? Self.version6(address) : Self.version4(address) else { return nil }
        let mapped = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]
        self.bytes = bytes.count == 16 && bytes.starts(with: mapped) ? Array(bytes[12...]) : bytes
    }

    /// Whether the first bits are those of another address of the same kind.
    func matches(_ network: IPAddressText, bits: Int) -> Bool {
        guard bytes.count == network.bytes.count else { return false }
        for (index, byte) in bytes.enumerated() {
            let left = bits - index * 8
            if left <= 0 { break }
            let mask = left >= 8 ? 0xFF : ~(UInt8(0xFF) >> UInt8(left))
            if byte & mask != network.bytes[index] & mask { return false }
        }
        return true
    }

    private static func version4(_ text: some StringProtocol) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            guard part.count <= 3, part.utf8.allSatisfy({ (48...57).contains($0) }), let byte = UInt8(part) else {
                return nil
            }
            bytes.append(byte)
        }
        return bytes
    }

    private static func version6(_ text: some StringProtocol) -> [UInt8]? {
        var halves: [[UInt8]] = [[]]
        var parts = text.split(separator: ":", omittingEmptySubsequences: false)
        // An address may begin or end with the gap, but not with a single colon.
        if parts[0].isEmpty {
            guard parts.count > 2, parts[1].isEmpty else { return nil }
            parts.removeFirst()
        }
        if parts[parts.count - 1].isEmpty {
            guard parts.count > 1, parts[parts.count - 2].isEmpty else { return nil }
            parts.removeLast()
        }
        for (index, part) in parts.enumerated() {
            if part.isEmpty {
                halves.append([])
            } else if index == parts.count - 1, part.contains(".") {
                guard let tail = version4(part) else { return nil }
                halves[halves.count - 1] += tail
            } else {
                guard part.count <= 4, part.utf8.allSatisfy({ $0 < 0x80 }), part.first != "+",
                    let number = UInt16(part, radix: 16)
                else { return nil }
                halves[halves.count - 1] += [UInt8(number >> 8), UInt8(number & 0xFF)]
            }
        }
        guard halves.count <= 2 else { return nil }
        let count = halves.reduce(0) { $0 + $1.count }
        if halves.count == 1 { return count == 16 ? halves[0] : nil }
        guard count <= 14 else { return nil }
        return halves[0] + [UInt8](repeating: 0, count: 16 - count) + halves[1]
    }
}
