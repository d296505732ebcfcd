/// Finds e-mail addresses and principal names (`ann@contoso.com`) inside a text.
enum PersonText {
    /// The text with each of them replaced.
    static func masked(_ text: String, by make: (String) -> String) -> String {
        guard text.utf8.contains(UInt8(ascii: "@")) else { return text }
        let bytes = Array(text.utf8)
        var ranges: [Range<Int>] = []
        for at in bytes.indices where bytes[at] == UInt8(ascii: "@") {
            var start = at
            while start > (ranges.last?.upperBound ?? 0), isLocal(bytes[start - 1]) { start -= 1 }
            var end = at + 1
            while end < bytes.count, isDomain(bytes[end]) { end += 1 }
            while end > at + 1, bytes[end - 1] == UInt8(ascii: ".") { end -= 1 }
            if start < at, end > at + 1 { ranges.append(start..<end) }
        }
        return ranges.isEmpty ? text : SecretText.replacing(ranges, in: text, by: make)
    }

    /// `#` and `_` stand in the names of guests: `ann_fabrikam.com#EXT#@contoso.com`.
    private static func isLocal(_ byte: UInt8) -> Bool {
        SecretScan.isWord(byte) || byte >= 0x80 || ".-+#'!$%*~".utf8.contains(byte)
    }

    private static func isDomain(_ byte: UInt8) -> Bool {
        SecretScan.isWord(byte) || byte >= 0x80 || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
    }
}
