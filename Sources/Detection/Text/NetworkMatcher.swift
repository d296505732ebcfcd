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
        Address(text).map { mask.contains($0) } ?? false
    }

    /// The network as bits to compare.
    var mask: Mask {
        let whole = Address(prefix)
        let bits = prefix.count == 4 ? self.bits + 96 : self.bits
        let high: UInt64 = bits == 0 ? 0 : (bits >= 64 ? .max : .max << UInt64(64 - bits))
        let low: UInt64 = bits <= 64 ? 0 : .max << UInt64(128 - bits)
        return Mask(
            high: whole.high & high, low: whole.low & low, highMask: high, lowMask: low, isVersion4: whole.isVersion4)
    }

    /// An address as two words; one of version 4 fills the lowest 32 bits.
    struct Address {
        var high: UInt64 = 0
        var low: UInt64 = 0
        var isVersion4 = false

        /// Reads a text, with or without a port; nil when it is no address.
        init?(_ text: UnsafeRawBufferPointer) {
            if let quick = Self.dotted(text) {
                self = quick
                return
            }
            // Without a colon or brackets only the common form is an address.
            guard text.count <= 64, text.contains(0x3a) || text.first == 0x5b,
                let bytes = NetworkMatcher.address(Array(text)[...])
            else { return nil }
            self.init(bytes)
        }

        fileprivate init(_ bytes: [UInt8]) {
            isVersion4 = bytes.count == 4
            for byte in bytes {
                high = high << 8 | low >> 56
                low = low << 8 | UInt64(byte)
            }
        }

        /// The common form, four numbers and perhaps a port, read in place; nil for all others.
        private static func dotted(_ text: UnsafeRawBufferPointer) -> Address? {
            var address = Address([])
            address.isVersion4 = true
            var (parts, digits, value) = (0, 0, UInt64(0))
            var end = 0
            while end <= text.count {
                let byte = end < text.count ? text[end] : 0x3a
                if byte &- 0x30 <= 9 {
                    value = value * 10 + UInt64(byte - 0x30)
                    digits += 1
                    guard digits <= 3 else { return nil }
                } else {
                    guard digits > 0, value <= 255, byte == (parts < 3 ? 0x2e : 0x3a) else { return nil }
                    address.low = address.low << 8 | value
                    (parts, digits, value) = (parts + 1, 0, 0)
                    // What follows a colon is a port, unless it holds another colon.
                    if parts == 4 { break }
                }
                end += 1
            }
            guard parts == 4, end >= text.count || !text[(end + 1)...].contains(0x3a), text.count <= 64 else {
                return nil
            }
            return address
        }
    }

    /// The bits that an address of a network has.
    struct Mask {
        var high: UInt64 = 0
        var low: UInt64 = 0
        var highMask: UInt64 = 0
        var lowMask: UInt64 = 0
        var isVersion4 = false

        @inline(__always)
        func contains(_ address: Address) -> Bool {
            address.isVersion4 == isVersion4 && address.high & highMask == high && address.low & lowMask == low
        }
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
