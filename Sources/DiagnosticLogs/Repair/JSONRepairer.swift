/// Rewrites a text that is almost JSON, in one pass, and remembers where.
///
/// A tokenizer that knows which quote opened the string it is in: a blanket swap of quotes would destroy apostrophes,
/// and deleting line ends would join newline-delimited bodies.
struct JSONRepairer {
    private let text: UnsafeRawBufferPointer
    private let enabled: RepairSet
    private var output: [UInt8] = []
    private var changes: [RepairedText.Change] = []
    private var applied: RepairSet = []
    private var at = 0
    private var end: Int

    init(text: UnsafeRawBufferPointer, enabled: RepairSet) {
        self.text = text
        self.enabled = enabled
        self.end = text.count
    }

    /// The repaired text in the arena's memory; nil when nothing was changed.
    mutating func run(into arena: RecordArena) -> RepairedText? {
        output.reserveCapacity(text.count + 256)
        if enabled.contains(.strippedMarks) { stripEnds() }
        while at < end { passOutside() }
        guard !applied.isEmpty else { return nil }
        let bytes = output.withUnsafeBytes { arena.copy($0) }
        return RepairedText(bytes: bytes, applied: applied, changes: changes)
    }

    private mutating func note(_ repair: RepairSet, from start: Int) {
        applied.formUnion(repair)
        changes.append(
            RepairedText.Change(
                output: UInt32(truncatingIfNeeded: start), outputEnd: UInt32(truncatingIfNeeded: output.count),
                inputEnd: UInt32(truncatingIfNeeded: at), repair: repair))
    }

    /// A byte-order mark in front, NUL bytes and blanks at both ends.
    private mutating func stripEnds() {
        var stripped = false
        while at < end {
            if text[at] == 0xEF, at + 2 < end, text[at + 1] == 0xBB, text[at + 2] == 0xBF {
                at += 3
                stripped = true
            } else if text[at] == 0 {
                at += 1
                stripped = true
            } else if IndexCursor.isBlank(text[at]) {
                at += 1
            } else {
                break
            }
        }
        while end > at, text[end - 1] == 0 || IndexCursor.isBlank(text[end - 1]) {
            stripped = stripped || text[end - 1] == 0
            end -= 1
        }
        if stripped {
            note(.strippedMarks, from: 0)
        } else {
            // Blanks alone are no repair: they stay, or all places behind them would be off.
            at = 0
            end = text.count
        }
    }

    /// One step outside strings.
    private mutating func passOutside() {
        let byte = text[at]
        switch byte {
        case UInt8(ascii: "\""):
            output.append(byte)
            at += 1
            passDoubleQuoted()
        case UInt8(ascii: "'") where enabled.contains(.singleQuotes):
            let start = output.count
            output.append(UInt8(ascii: "\""))
            at += 1
            note(.singleQuotes, from: start)
            passSingleQuoted()
        case UInt8(ascii: "[") where enabled.contains(.postgresBlobList):
            let start = output.count
            if let next = blobListEnd() {
                output += [UInt8(ascii: "{"), UInt8(ascii: "}")]
                at = next
                note(.postgresBlobList, from: start)
            } else {
                output.append(byte)
                at += 1
            }
        default:
            if byte < 0x80 {
                output.append(byte)
                at += 1
            } else {
                passCharacter()
            }
        }
    }

    private mutating func passDoubleQuoted() {
        while at < end {
            let byte = text[at]
            if byte == UInt8(ascii: "\\"), at + 1 < end, text[at + 1] >= 0x20, text[at + 1] < 0x80 {
                output.append(byte)
                output.append(text[at + 1])
                at += 2
            } else if byte == UInt8(ascii: "\"") {
                output.append(byte)
                at += 1
                return
            } else {
                passCharacter()
            }
        }
    }

    private mutating func passSingleQuoted() {
        while at < end {
            let byte = text[at]
            let next = at + 1 < end ? text[at + 1] : 0
            if byte == UInt8(ascii: "\\"), next == UInt8(ascii: "'") {
                output.append(next)
                at += 2
            } else if byte == UInt8(ascii: "\\"), next >= 0x20, next < 0x80 {
                output.append(byte)
                output.append(next)
                at += 2
            } else if byte == UInt8(ascii: "\"") {
                output.append(UInt8(ascii: "\\"))
                output.append(byte)
                at += 1
                note(.singleQuotes, from: output.count - 2)
            } else if byte == UInt8(ascii: "'"), endsSingleQuoted() {
                let start = output.count
                output.append(UInt8(ascii: "\""))
                at += 1
                note(.singleQuotes, from: start)
                return
            } else {
                passCharacter()
            }
        }
    }

    /// A single quote ends its string only in front of what may follow a string; otherwise it is an apostrophe.
    private func endsSingleQuoted() -> Bool {
        var next = at + 1
        while next < end, IndexCursor.isBlank(text[next]) { next += 1 }
        guard next < end else { return true }
        return ":,}]".utf8.contains(text[next])
    }

    /// One character: a raw control character is escaped, a broken one replaced, where asked for.
    private mutating func passCharacter() {
        let byte = text[at]
        let start = output.count
        if byte < 0x20, enabled.contains(.escapedControlCharacters) {
            let digits = Array("0123456789abcdef".utf8)
            output += Array("\\u00".utf8)
            output.append(digits[Int(byte >> 4)])
            output.append(digits[Int(byte & 15)])
            at += 1
            note(.escapedControlCharacters, from: start)
        } else if byte >= 0x80, enabled.contains(.replacedInvalidUTF8) {
            let length = UTF8Sequence.length(text, at: at, end: end)
            if length > 0 {
                for i in at..<at + length { output.append(text[i]) }
                at += length
            } else {
                output += [0xEF, 0xBF, 0xBD]
                at += 1
                note(.replacedInvalidUTF8, from: start)
            }
        } else {
            output.append(byte)
            at += 1
        }
    }

    /// End of `[ 218 B blob data ]` at the current place, or nil.
    private func blobListEnd() -> Int? {
        var next = at + 1
        func skip(_ accepted: (UInt8) -> Bool) -> Int {
            let start = next
            while next < end, next - at < 64, accepted(text[next]) { next += 1 }
            return next - start
        }
        _ = skip(IndexCursor.isBlank)
        guard skip({ JSONNumber.isDigit($0) || $0 == UInt8(ascii: ".") }) > 0 else { return nil }
        _ = skip(IndexCursor.isBlank)
        guard skip({ $0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A }) > 0 else { return nil }
        _ = skip(IndexCursor.isBlank)
        for byte in "blob data".utf8 {
            guard next < end, text[next] == byte else { return nil }
            next += 1
        }
        _ = skip(IndexCursor.isBlank)
        return next < end && text[next] == UInt8(ascii: "]") ? next + 1 : nil
    }
}

/// Well-formed UTF-8 (Unicode 15, table 3-7).
enum UTF8Sequence {
    /// Length of the sequence of two to four bytes at a place, or 0 when it is malformed.
    static func length(_ text: UnsafeRawBufferPointer, at: Int, end: Int) -> Int {
        let first = text[at]
        let length: Int
        var low: UInt8 = 0x80
        var high: UInt8 = 0xBF
        switch first {
        case 0xC2...0xDF: length = 2
        case 0xE0: (length, low) = (3, 0xA0)
        case 0xE1...0xEC, 0xEE...0xEF: length = 3
        case 0xED: (length, high) = (3, 0x9F)
        case 0xF0: (length, low) = (4, 0x90)
        case 0xF1...0xF3: length = 4
        case 0xF4: (length, high) = (4, 0x8F)
        default: return 0
        }
        guard at + length <= end, text[at + 1] >= low, text[at + 1] <= high else { return 0 }
        for i in 2..<max(2, length) where text[at + i] & 0xC0 != 0x80 { return 0 }
        return length
    }
}
