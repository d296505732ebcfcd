/// An address range in CIDR form, IPv4 or IPv6, and the addresses that Azure writes (with ports, in brackets, mapped).
struct NetworkMatcher: Sendable {
    private let prefix: [UInt8]
    private let bits: Int

    /// Reads `10.0.0.0/8`, `2001:db8::/32` or a single address; nil for anything else.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let first = parts.first, parts.count <= 2, let address = Self.bytes(Array(first.utf8)[...]) else {
            return nil
        }
        var length = address.count * 8
        if parts.count == 2 {
            guard let given = Int(parts[1]), (0...length).contains(given) else { return nil }
            length = given
        }
        prefix = address
        bits = length
    }

    /// True when the text is an address (with or without a port) inside the network.
    func contains(_ text: UnsafeRawBufferPointer) -> Bool {
        guard text.count <= 64, let address = Self.address(Array(text)[...]) else { return false }
        guard address.count == prefix.count else { return false }
        let whole = bits / 8
        guard address.prefix(whole).elementsEqual(prefix.prefix(whole)) else { return false }
        let rest = bits % 8
        guard rest > 0 else { return true }
        return (address[whole] ^ prefix[whole]) >> UInt8(8 - rest) == 0
    }

    /// The bytes of an address after a port and brackets are stripped; an IPv4-mapped one as IPv4.
    private static func address(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        if text.first == 0x5b, let close = text.firstIndex(of: 0x5d) {
            return bytes(text[(text.startIndex + 1)..<close])
        }
        if let colon = text.firstIndex(of: 0x3a), text.lastIndex(of: 0x3a) == colon {
            return bytes(text[..<colon])
        }
        return bytes(text)
    }

    private static func bytes(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        guard text.contains(0x3a) else { return version4(text) }
        guard let full = version6(text) else { return nil }
        if full.prefix(10).allSatisfy({ $0 == 0 }), full[10] == 0xff, full[11] == 0xff { return Array(full[12...]) }
        return full
    }

    private static func version4(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        let parts = text.split(separator: 0x2e, omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            guard (1...3).contains(part.count) else { return nil }
            var value = 0
            for digit in part {
                guard digit >= 0x30, digit <= 0x39 else { return nil }
                value = value * 10 + Int(digit - 0x30)
            }
            guard value <= 255 else { return nil }
            bytes.append(UInt8(value))
        }
        return bytes
    }

    private static func version6(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        let zone = text.firstIndex(of: 0x25) ?? text.endIndex
        let parts = text[..<zone].split(separator: 0x3a, omittingEmptySubsequences: false).map(Array.init)
        guard parts.count >= 3, parts.count <= 9 else { return nil }
        var front: [UInt8] = []
        var back: [UInt8]?
        var index = 0
        while index < parts.count {
            let part = parts[index]
            if part.isEmpty {
                // A leading or trailing "::" gives two empty parts; only one gap is allowed.
                if back != nil, index != parts.count - 1 { return nil }
                let atEdge = index == 0 || index == parts.count - 1
                if index == 0 { guard parts[1].isEmpty else { return nil } }
                if index == parts.count - 1 { guard back != nil, parts[index - 1].isEmpty else { return nil } }
                back = back ?? []
                index += index == 0 && atEdge ? 2 : 1
                continue
            }
            guard let bytes = group(part, isLast: index == parts.count - 1) else { return nil }
            if back == nil { front += bytes } else { back? += bytes }
            index += 1
        }
        guard let tail = back else { return front.count == 16 ? front : nil }
        guard front.count + tail.count <= 14 else { return nil }
        return front + [UInt8](repeating: 0, count: 16 - front.count - tail.count) + tail
    }

    private static func group(_ part: [UInt8], isLast: Bool) -> [UInt8]? {
        if isLast, part.contains(0x2e) { return version4(part[...]) }
        guard part.count <= 4, let value = UInt16(String(decoding: part, as: UTF8.self), radix: 16) else { return nil }
        return [UInt8(value >> 8), UInt8(value & 0xff)]
    }
}
