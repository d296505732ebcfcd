/// The address of a caller, as far as the record gives it away.
public enum CallerAddress: Hashable, Sendable {
    /// A whole IPv4 or IPv6 address, and the port behind it.
    case address(String, port: Int?)
    /// A network: `127.0.0.0/8`, or an address whose last part is masked, as `81.2.69.***`.
    case prefix(String, bits: Int)
    /// A host name, rubbish, or nothing.
    case text(String)

    /// Reads an address as Azure services write it: with a port, in brackets, masked, or not at all.
    public init(_ text: String) {
        var copy = text
        let parsed = copy.withUTF8 { AddressText(UnsafeRawBufferPointer($0)) }
        switch parsed.kind {
        case .whole(let host, let port):
            self = .address(String(decoding: Array(text.utf8)[host], as: UTF8.self), port: port)
        case .masked(let host):
            self = .prefix(String(decoding: Array(text.utf8)[host], as: UTF8.self) + ".0", bits: 24)
        case .network(let host, let bits):
            self = .prefix(String(decoding: Array(text.utf8)[host], as: UTF8.self), bits: bits)
        case .other: self = .text(text)
        }
    }

    /// The address when it is a whole one, without the port.
    public var wholeAddress: String? {
        if case .address(let host, _) = self { host } else { nil }
    }
}

/// What the bytes of an address are.
///
/// No allocation.
struct AddressText {
    enum Kind {
        case whole(Range<Int>, port: Int?)
        /// The first three parts.
        case masked(Range<Int>)
        case network(Range<Int>, bits: Int)
        case other
    }

    let kind: Kind

    init(_ text: UnsafeRawBufferPointer) {
        kind = Self.classify(text)
    }

    private static func classify(_ text: UnsafeRawBufferPointer) -> Kind {
        guard !text.isEmpty, text.count <= 64 else { return .other }
        if text[0] == UInt8(ascii: "[") {
            guard let close = text.firstIndex(of: UInt8(ascii: "]")), isIPv6(text, 1..<close) else { return .other }
            if close + 1 == text.count { return .whole(1..<close, port: nil) }
            guard text[close + 1] == UInt8(ascii: ":"), let port = decimal(text, close + 2..<text.count, max: 65_535)
            else { return .other }
            return .whole(1..<close, port: port)
        }
        if let slash = text.firstIndex(of: UInt8(ascii: "/")) {
            if isIPv4(text, 0..<slash), let bits = decimal(text, slash + 1..<text.count, max: 32) {
                return .network(0..<slash, bits: bits)
            }
            if isIPv6(text, 0..<slash), let bits = decimal(text, slash + 1..<text.count, max: 128) {
                return .network(0..<slash, bits: bits)
            }
            return .other
        }
        if isIPv4(text, 0..<text.count) || isIPv6(text, 0..<text.count) { return .whole(0..<text.count, port: nil) }
        if let colon = text.firstIndex(of: UInt8(ascii: ":")), isIPv4(text, 0..<colon),
            let port = decimal(text, colon + 1..<text.count, max: 65_535)
        {
            return .whole(0..<colon, port: port)
        }
        if let dot = text.lastIndex(of: UInt8(ascii: ".")), isMask(text, dot + 1..<text.count),
            dottedParts(text, 0..<dot) == 3
        {
            return .masked(0..<dot)
        }
        return .other
    }

    private static func isMask(_ text: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
        (1...3).contains(range.count)
            && (range.allSatisfy { text[$0] == UInt8(ascii: "*") }
                || range.allSatisfy { text[$0] | 0x20 == UInt8(ascii: "x") })
    }

    private static func isIPv4(_ text: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
        dottedParts(text, range) == 4
    }

    /// Number of parts of a dotted text whose parts are all 0 to 255, or 0.
    private static func dottedParts(_ text: UnsafeRawBufferPointer, _ range: Range<Int>) -> Int {
        var parts = 0
        var start = range.lowerBound
        for at in range.lowerBound...range.upperBound where at == range.upperBound || text[at] == UInt8(ascii: ".") {
            guard at - start <= 3, decimal(text, start..<at, max: 255) != nil else { return 0 }
            parts += 1
            start = at + 1
        }
        return parts
    }

    private static func decimal(_ text: UnsafeRawBufferPointer, _ range: Range<Int>, max: Int) -> Int? {
        guard (1...5).contains(range.count) else { return nil }
        var value = 0
        for at in range {
            guard JSONNumber.isDigit(text[at]) else { return nil }
            value = value * 10 + Int(text[at] - 0x30)
        }
        return value <= max ? value : nil
    }

    /// RFC 4291, section 2.2: eight groups, or fewer with one `::`, the last two possibly as an IPv4 address.
    private static func isIPv6(_ text: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
        var groups = 0
        var gaps = 0
        var at = range.lowerBound
        guard range.count >= 2 else { return false }
        while at < range.upperBound {
            if text[at] == UInt8(ascii: ":") {
                guard at + 1 < range.upperBound, text[at + 1] == UInt8(ascii: ":") else { return false }
                gaps += 1
                at += 2
                if at == range.upperBound { break }
            }
            let start = at
            while at < range.upperBound, isHexadecimal(text[at]) { at += 1 }
            if at < range.upperBound, text[at] == UInt8(ascii: ".") {
                guard isIPv4(text, start..<range.upperBound) else { return false }
                groups += 2
                break
            }
            guard (1...4).contains(at - start) else { return false }
            groups += 1
            if at == range.upperBound { break }
            guard text[at] == UInt8(ascii: ":") else { return false }
            let isGap = at + 1 < range.upperBound && text[at + 1] == UInt8(ascii: ":")
            if !isGap {
                at += 1
                guard at < range.upperBound else { return false }
            }
        }
        return gaps == 0 && groups == 8 || gaps == 1 && groups < 8
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        JSONNumber.isDigit(byte) || (byte | 0x20) &- 0x61 < 6
    }
}
