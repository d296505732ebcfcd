import CSimdjson

/// A walk over the structural index of one text.
///
/// The index lists every bracket, colon, comma, opening quote and first byte of a bare word. Walking it checks the
/// grammar of all it passes, also of what it skips, so that a text is accepted or refused whatever the plan asks for.
/// It does not look inside strings: a bad escape is only seen, and read literally, when the string is wanted.
///
/// **Bounds**: `offsets[count]` is readable and equals `length`; 64 bytes behind the text are readable.
struct IndexCursor {
    let base: UnsafePointer<UInt8>
    let offsets: UnsafePointer<UInt32>
    /// Number of entries in the index.
    let count: Int
    /// Length of the text.
    let length: Int
    /// The entry to be read next.
    var at = 0
    /// There is no backslash in `backslashAsked..<nextBackslash`, and one at `nextBackslash` unless that is the end.
    private var backslashAsked = 0
    private var nextBackslash = 0
    /// Why a walk stopped.
    private(set) var fault: Fault?
    /// Byte offset where it stopped.
    private(set) var faultPosition = 0

    enum Fault: UInt8 {
        /// The grammar is broken.
        case malformed
        /// The text ends inside a value.
        case truncated
        /// More containers inside each other than ``JSONLimits/depthMax``.
        case tooDeep
    }

    init(base: UnsafePointer<UInt8>, offsets: UnsafePointer<UInt32>, count: Int, length: Int) {
        self.base = base
        self.offsets = offsets
        self.count = count
        self.length = length
    }

    /// Offset of the entry to be read next; the text's length at its end.
    @inline(__always)
    var offset: Int { Int(offsets[at]) }

    /// The structural byte to be read next; 0 at the end.
    @inline(__always)
    var byte: UInt8 { at < count ? base[Int(offsets[at])] : 0 }

    /// The structural byte of a later entry; 0 behind the end.
    @inline(__always)
    func byte(ahead: Int) -> UInt8 { at + ahead < count ? base[Int(offsets[at + ahead])] : 0 }

    /// Records why the walk stopped; returns false so that callers can pass it on.
    @inline(never)
    mutating func fail(_ reason: Fault? = nil) -> Bool {
        if fault == nil {
            fault = reason ?? (isAtCut ? .truncated : .malformed)
            faultPosition = at < count ? Int(offsets[at]) : length
        }
        return false
    }

    /// Nothing is left, or only a name or a bare word that the text's end may have cut.
    private var isAtCut: Bool {
        guard at < count else { return true }
        return at == count - 1 && !"{}[],:".utf8.contains(byte)
    }

    /// Forgets a fault, to go on behind a broken element.
    mutating func clearFault() { fault = nil }

    /// There is no backslash from where was asked last up to here.
    var plainEnd: Int { nextBackslash }

    /// Whether a range of the text holds a backslash.
    ///
    /// Ranges must be asked in rising order to be cheap: each byte of the text is then looked at once at most, however
    /// many questions.
    @inline(__always)
    mutating func hasBackslash(from start: Int, to end: Int) -> Bool {
        if start < backslashAsked || nextBackslash <= start { findBackslash(from: start) }
        return nextBackslash < end
    }

    @inline(never)
    private mutating func findBackslash(from start: Int) {
        if start < backslashAsked {
            // The walk has gone back a little. Looking at the rest again each time would take quadratic time.
            let gap = backslashAsked - start
            let found = csj_find(base + start, gap, UInt8(ascii: "\\"))
            backslashAsked = start
            if found < gap { nextBackslash = start + found }
        } else {
            backslashAsked = start
            nextBackslash = start + csj_find(base + start, max(0, length - start), UInt8(ascii: "\\"))
        }
    }

    /// Goes to another entry.
    mutating func move(to entry: Int) { at = entry }

    /// Offset of the closing quote of the string whose opening quote is entry `entry`.
    @inline(__always)
    func stringEnd(entry: Int) -> Int {
        let start = Int(offsets[entry])
        var end = Int(offsets[entry &+ 1]) &- 1
        // Only blanks can lie between a closing quote and the next structural byte.
        while end > start, base[end] != UInt8(ascii: "\"") { end &-= 1 }
        return end
    }

    /// End of the bare word at the current entry, or nil when it is no literal and no number.
    @inline(__always)
    func bareWordEnd() -> Int? {
        let start = Int(offsets[at])
        let limit = Int(offsets[at + 1])
        let end: Int
        switch base[start] {
        case UInt8(ascii: "t"): end = matches("true", at: start, limit: limit)
        case UInt8(ascii: "n"): end = matches("null", at: start, limit: limit)
        case UInt8(ascii: "f"): end = matches("false", at: start, limit: limit)
        default: end = JSONNumber.end(base, from: start, limit: limit)
        }
        guard end > start, end == limit || Self.isBlank(base[end]) else { return nil }
        return end
    }

    @inline(__always)
    private func matches(_ word: StaticString, at start: Int, limit: Int) -> Int {
        let size = word.utf8CodeUnitCount
        guard start + size <= limit, csj_equal(base + start, word.utf8Start, size) != 0 else { return start }
        return start + size
    }

    @inline(__always)
    static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }
}
