/// Whether a text is a whole IP address: what OCSF calls `ip_t`.
///
/// Masked addresses and addresses with a port are not.
enum AddressText {
    static func isWhole(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard (2...39).contains(bytes.count) else { return false }
        return bytes.contains(UInt8(ascii: ":")) ? isVersion6(bytes) : isVersion4(bytes)
    }

    private static func isVersion4(_ bytes: [UInt8]) -> Bool {
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return false }
        return parts.allSatisfy { part in
            guard (1...3).contains(part.count), part.count == 1 || part.first != UInt8(ascii: "0"),
                part.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
                let value = Int(String(decoding: part, as: UTF8.self))
            else { return false }
            return value <= 255
        }
    }

    /// Eight groups of hexadecimal digits; one run of groups may be left out.
    ///
    /// Zones and embedded IPv4 are refused.
    private static func isVersion6(_ bytes: [UInt8]) -> Bool {
        let colon = UInt8(ascii: ":")
        let gap = bytes.indices.dropLast().first { bytes[$0] == colon && bytes[$0 + 1] == colon }
        guard let gap else { return groups(bytes[...]) == 8 }
        guard let left = groups(bytes[..<gap]), let right = groups(bytes[(gap + 2)...]) else { return false }
        return left + right <= 7
    }

    /// Number of groups, 0 for no text; nil when one is not made of one to four hexadecimal digits.
    private static func groups(_ bytes: ArraySlice<UInt8>) -> Int? {
        guard !bytes.isEmpty else { return 0 }
        let parts = bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        return parts.allSatisfy { (1...4).contains($0.count) && $0.allSatisfy(isHexadecimal) } ? parts.count : nil
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }
}
