/// First looks at a text that is not JSON as it stands.
enum TextSniffing {
    /// The reason why no repair can help, or nil.
    static func unreadableKind(_ text: UnsafeRawBufferPointer) -> DeadLetterReason? {
        if starts(text, [0x1F, 0x8B]) || starts(text, [0x28, 0xB5, 0x2F, 0xFD]) || isZlib(text) { return .compressed }
        if starts(text, [0xFF, 0xFE]) || starts(text, [0xFE, 0xFF]) { return .utf16 }
        if text.count >= 4, text[0] == 0 && isOpening(text[1]) || isOpening(text[0]) && text[1] == 0 { return .utf16 }
        return startsLikeJSON(text) || firstByte(text) == UInt8(ascii: "\"") ? nil : .notAnObject
    }

    /// Whether a text, marks and blanks aside, starts like an object or an array.
    static func startsLikeJSON(_ text: UnsafeRawBufferPointer?) -> Bool {
        guard let text, let first = firstByte(text) else { return false }
        return isOpening(first)
    }

    private static func firstByte(_ text: UnsafeRawBufferPointer) -> UInt8? {
        var at = starts(text, [0xEF, 0xBB, 0xBF]) ? 3 : 0
        while at < text.count, IndexCursor.isBlank(text[at]) || text[at] == 0 { at += 1 }
        return at < text.count ? text[at] : nil
    }

    /// Whether each line looks like a value of its own.
    ///
    /// Every line that is not blank opens an object or an array, and half of them end with a closing bracket: the lines
    /// of a pretty-printed list end with commas, those of a pretty-printed object start with quotes.
    static func isLineDelimited(_ text: UnsafeRawBufferPointer) -> Bool {
        var lines = 0
        var closed = 0
        var start = 0
        while start < text.count {
            let end = lineEnd(text, from: start)
            var last = end
            while last > start, IndexCursor.isBlank(text[last - 1]) || text[last - 1] == 0 { last -= 1 }
            if last > start {
                guard startsLikeJSON(UnsafeRawBufferPointer(rebasing: text[start..<last])) else { return false }
                lines += 1
                if text[last - 1] == UInt8(ascii: "}") || text[last - 1] == UInt8(ascii: "]") { closed += 1 }
            }
            start = end + 1
        }
        return lines > 1 && closed * 2 >= lines
    }

    /// Offset of the next line feed, or the end.
    static func lineEnd(_ text: UnsafeRawBufferPointer, from start: Int) -> Int {
        var at = start
        while at < text.count, text[at] != 0x0A { at += 1 }
        return at
    }

    private static func isOpening(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") }

    private static func isZlib(_ text: UnsafeRawBufferPointer) -> Bool {
        starts(text, [0x78, 0x9C]) || starts(text, [0x78, 0xDA]) || starts(text, [0x78, 0x01])
    }

    private static func starts(_ text: UnsafeRawBufferPointer, _ mark: [UInt8]) -> Bool {
        text.count >= mark.count && mark.indices.allSatisfy { text[$0] == mark[$0] }
    }
}
