internal import DiagnosticLogs

/// The rules that the last texts of a field admitted: most fields of logs take few values, and comparing a text with one
/// seen before is several times faster than walking an automaton over it.
///
/// **Bounds**: 256 texts of at most 192 bytes, and of at most 24 rules each, about 80 kB. A text takes the place of
/// another whose length, end and middle lead to the same entry. Nothing but speed depends on what is kept.
struct RecentTexts {
    private static let entryCount = 256
    private static let textMax = 192
    private static let rulesMax = 24

    private struct Entry {
        /// -1 marks an empty entry.
        var length: Int32 = -1
        var ruleCount: Int16 = 0
        var isString = false
    }

    private let entries: UnsafeMutablePointer<Entry>
    private let texts: UnsafeMutableRawPointer
    private let rules: UnsafeMutablePointer<Int32>
    /// What the text in hand has admitted so far; its count is -1 once it is too much.
    private let draft: UnsafeMutablePointer<Int32>
    private let draftCount: UnsafeMutablePointer<Int>

    init() {
        entries = .allocate(capacity: Self.entryCount)
        entries.initialize(repeating: Entry(), count: Self.entryCount)
        // Not touched before it is used, so that idle partitions cost address space only.
        texts = .allocate(byteCount: Self.entryCount * Self.textMax, alignment: 8)
        rules = .allocate(capacity: Self.entryCount * Self.rulesMax)
        draft = .allocate(capacity: Self.rulesMax)
        draft.initialize(repeating: 0, count: Self.rulesMax)
        draftCount = .allocate(capacity: 1)
        draftCount.initialize(to: 0)
    }

    func deallocate() {
        entries.deallocate()
        texts.deallocate()
        rules.deallocate()
        draft.deallocate()
        draftCount.deallocate()
    }

    /// Where a text is kept: by its length, its end and its middle, where texts of one field differ.
    @inline(__always)
    private static func place(of text: UnsafeRawBufferPointer) -> Int {
        var hash = UInt64(truncatingIfNeeded: text.count) &* 0x9e37_79b9_7f4a_7c15
        if text.count >= 8 {
            hash ^= text.loadUnaligned(fromByteOffset: text.count - 8, as: UInt64.self) &* 0xff51_afd7_ed55_8ccd
            hash ^= text.loadUnaligned(fromByteOffset: (text.count - 8) / 2, as: UInt64.self) &* 0xc4ce_b9fe_1a85_ec53
        } else {
            for byte in text { hash = (hash ^ UInt64(byte)) &* 0xff51_afd7_ed55_8ccd }
        }
        return Int(truncatingIfNeeded: (hash ^ hash >> 32) &* 0x9e37_79b9_7f4a_7c15 >> 56) & (entryCount - 1)
    }

    /// The rules of a text seen before, byte for byte; nil when it is not known.
    @inline(__always)
    func rules(for text: UnsafeRawBufferPointer, isString: Bool) -> UnsafeBufferPointer<Int32>? {
        let at = Self.place(of: text)
        let entry = entries[at]
        guard Int(entry.length) == text.count, entry.isString == isString else { return nil }
        let known = UnsafeRawPointer(texts + at * Self.textMax)
        var offset = 0
        while offset + 8 <= text.count {
            if text.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                != known.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            {
                return nil
            }
            offset += 8
        }
        while offset < text.count {
            if text[offset] != known.load(fromByteOffset: offset, as: UInt8.self) { return nil }
            offset += 1
        }
        return UnsafeBufferPointer(start: rules + at * Self.rulesMax, count: Int(entry.ruleCount))
    }

    /// Begins a text that is not known.
    @inline(__always)
    func begin() { draftCount.pointee = 0 }

    /// Notes rules of the text in hand.
    func add(_ rules: UnsafeBufferPointer<Int32>) {
        for rule in rules {
            let count = draftCount.pointee
            guard count >= 0 else { return }
            if (0..<count).contains(where: { draft[$0] == rule }) { continue }
            guard count < Self.rulesMax else {
                draftCount.pointee = -1
                return
            }
            draft[count] = rule
            draftCount.pointee = count + 1
        }
    }

    /// Keeps the text in hand, if it is small enough.
    func keep(_ text: UnsafeRawBufferPointer, isString: Bool) {
        let count = draftCount.pointee
        guard count >= 0, text.count <= Self.textMax else { return }
        let at = Self.place(of: text)
        UnsafeMutableRawBufferPointer(start: texts + at * Self.textMax, count: Self.textMax).copyBytes(from: text)
        (rules + at * Self.rulesMax).update(from: draft, count: count)
        entries[at] = Entry(length: Int32(text.count), ruleCount: Int16(count), isString: isString)
    }
}
