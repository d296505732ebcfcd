/// Finds IP addresses inside a text.
enum AddressScan {
    /// The text with each of them replaced; ports and what is around them stay.
    static func masked(_ text: String, by make: (String) -> String) -> String {
        let bytes = Array(text.utf8)
        var ranges: [Range<Int>] = []
        var at = 0
        while at < bytes.count {
            guard isPart(bytes[at]) else {
                at += 1
                continue
            }
            var end = at
            while end < bytes.count, isPart(bytes[end]) { end += 1 }
            if let range = address(bytes, at..<end) { ranges.append(range) }
            at = end
        }
        return ranges.isEmpty ? text : SecretText.replacing(ranges, in: text, by: make)
    }

    /// Hexadecimal digits, dots and colons; `*` as Azure masks the last octet.
    private static func isPart(_ byte: UInt8) -> Bool {
        byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 6 || byte == UInt8(ascii: ".") || byte == UInt8(ascii: ":")
            || byte == UInt8(ascii: "*")
    }

    private static func address(_ bytes: [UInt8], _ range: Range<Int>) -> Range<Int>? {
        if range.lowerBound > 0, SecretScan.isWord(bytes[range.lowerBound - 1]) { return nil }
        if range.upperBound < bytes.count, SecretScan.isWord(bytes[range.upperBound]) { return nil }
        var end = range.upperBound
        while end > range.lowerBound, bytes[end - 1] == UInt8(ascii: ".") || bytes[end - 1] == UInt8(ascii: ":") {
            end -= 1
        }
        // Version 4, with a port or without.
        let dotted = bytes[range.lowerBound..<end].prefix { $0 != UInt8(ascii: ":") }
        let octets = dotted.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        if octets.count == 4, octets.allSatisfy(isOctet) { return dotted.indices }
        // Version 6: two colons at least, groups of four digits at most; times of day have three short groups.
        let groups = bytes[range.lowerBound..<end].split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        let isShort = zip(bytes[range.lowerBound..<end], bytes[range.lowerBound..<end].dropFirst())
            .contains { $0 == UInt8(ascii: ":") && $1 == UInt8(ascii: ":") }
        guard groups.count == 8 || (isShort && groups.count >= 3), groups.count <= 8,
            groups.dropLast().allSatisfy({ $0.count <= 4 && !$0.contains(UInt8(ascii: ".")) })
        else { return nil }
        return range.lowerBound..<end
    }

    private static func isOctet(_ part: ArraySlice<UInt8>) -> Bool {
        if part.allSatisfy({ $0 == UInt8(ascii: "*") }) { return !part.isEmpty }
        guard (1...3).contains(part.count), part.allSatisfy({ $0 &- 0x30 < 10 }) else { return false }
        return part.reduce(0) { $0 * 10 + Int($1 - 0x30) } < 256
    }
}
