internal import DiagnosticLogs

/// Rules by their witnesses: which rules a record can possibly satisfy, at the price of one hash probe per indexed
/// field.
struct WitnessIndex: Sendable {
    /// The rules that want a text in a field.
    struct Entry: Sendable {
        var text: [UInt8]
        var rules: [Int32]
    }

    /// The rules that want eight bytes at one end of a text.
    struct WordEntry: Sendable {
        var word: UInt64
        var rules: [Int32]
    }

    /// One indexed field.
    struct IndexedField: Sendable {
        var slot: Int
        var entries: [Entry]
        /// Rules by the first and by the last eight bytes of the text.
        var beginnings: [WordEntry] = []
        var ends: [WordEntry] = []
        /// Rules that accept that the field is missing or null.
        var whenNull: [Int32]
        /// All rules indexed here: for values whose texts are not compared byte by byte.
        var all: [Int32]
    }

    private(set) var fields: [IndexedField] = []
    /// Rules without a witness.
    private(set) var always: [Int32] = []

    /// Builds the index; `witnesses` are in rule order.
    init(_ witnesses: [Witness?], slot: (Field) -> Int) {
        var positions: [Int: Int] = [:]
        for (number, witness) in witnesses.enumerated() {
            let rule = Int32(number)
            guard let witness else {
                always.append(rule)
                continue
            }
            for literal in witness.literals {
                let slot = slot(literal.field)
                let at = positions[slot] ?? fields.count
                if at == fields.count {
                    positions[slot] = at
                    fields.append(IndexedField(slot: slot, entries: [], whenNull: [], all: []))
                }
                if fields[at].all.last != rule { fields[at].all.append(rule) }
                switch literal.form {
                case .null: fields[at].whenNull.append(rule)
                case .text(let text): fields[at].add(Array(text.utf8), rule)
                case .beginning(let word): Self.add(word, rule, to: &fields[at].beginnings)
                case .end(let word): Self.add(word, rule, to: &fields[at].ends)
                }
            }
        }
        for at in fields.indices {
            fields[at].entries.sort { $0.text.lexicographicallyPrecedes($1.text) }
        }
    }

    private static func add(_ word: UInt64, _ rule: Int32, to entries: inout [WordEntry]) {
        if let at = entries.firstIndex(where: { $0.word == word }) {
            if entries[at].rules.last != rule { entries[at].rules.append(rule) }
        } else {
            entries.append(WordEntry(word: word, rules: [rule]))
        }
    }
}

extension WitnessIndex.IndexedField {
    fileprivate mutating func add(_ text: [UInt8], _ rule: Int32) {
        if let at = entries.firstIndex(where: { $0.text == text }) {
            if entries[at].rules.last != rule { entries[at].rules.append(rule) }
        } else {
            entries.append(WitnessIndex.Entry(text: text, rules: [rule]))
        }
    }
}

/// The hash table of one indexed field, in raw memory: looked at for every record.
///
/// **Isolation**: owned by one evaluator; never shared.
final class WitnessTable {
    private struct Bucket {
        var hash: UInt64
        var text: Int32
        var textLength: Int32
        var rules: Int32
        /// Zero marks an empty bucket.
        var ruleCount: Int32
    }

    let slot: Int
    private let mask: Int
    private let buckets: UnsafeMutableBufferPointer<Bucket>
    private let texts: UnsafeMutableBufferPointer<UInt8>
    private let rules: UnsafeMutableBufferPointer<Int32>
    private let beginnings: WordTable
    private let ends: WordTable
    let whenNull: UnsafeMutableBufferPointer<Int32>
    let all: UnsafeMutableBufferPointer<Int32>

    init(_ field: WitnessIndex.IndexedField) {
        slot = field.slot
        var capacity = 8
        while capacity < field.entries.count * 2 { capacity *= 2 }
        mask = capacity - 1
        buckets = .allocate(capacity: capacity)
        buckets.initialize(repeating: Bucket(hash: 0, text: 0, textLength: 0, rules: 0, ruleCount: 0))
        texts = Self.copy(field.entries.flatMap(\.text))
        rules = Self.copy(field.entries.flatMap(\.rules))
        beginnings = WordTable(field.beginnings)
        ends = WordTable(field.ends)
        whenNull = Self.copy(field.whenNull)
        all = Self.copy(field.all)
        var textStart = 0
        var ruleStart = 0
        for entry in field.entries {
            let hash = entry.text.withUnsafeBytes { Self.hash($0).hash }
            var at = Int(truncatingIfNeeded: hash) & mask
            while buckets[at].ruleCount > 0 { at = (at + 1) & mask }
            buckets[at] = Bucket(
                hash: hash, text: Int32(textStart), textLength: Int32(entry.text.count), rules: Int32(ruleStart),
                ruleCount: Int32(entry.rules.count))
            textStart += entry.text.count
            ruleStart += entry.rules.count
        }
    }

    deinit {
        buckets.deallocate()
        texts.deallocate()
        rules.deallocate()
        whenNull.deallocate()
        all.deallocate()
    }

    private static func copy<T>(_ list: [T]) -> UnsafeMutableBufferPointer<T> {
        let memory = UnsafeMutableBufferPointer<T>.allocate(capacity: list.count)
        _ = memory.initialize(from: list)
        return memory
    }

    /// Calls back with the rules that a text admits; all of them when the text is not ASCII, because folding it is not
    /// done here.
    func forEachRule(for text: UnsafeRawBufferPointer, _ body: (UnsafeBufferPointer<Int32>) -> Void) {
        let (hash, isASCII) = Self.hash(text)
        guard isASCII else { return body(UnsafeBufferPointer(all)) }
        if text.count >= 8 {
            if !beginnings.isEmpty {
                body(beginnings.rules(for: Self.fold(text.loadUnaligned(as: UInt64.self))))
            }
            if !ends.isEmpty {
                body(ends.rules(for: Self.fold(text.loadUnaligned(fromByteOffset: text.count - 8, as: UInt64.self))))
            }
        }
        var at = Int(truncatingIfNeeded: hash) & mask
        while buckets[at].ruleCount > 0 {
            let bucket = buckets[at]
            if bucket.hash == hash, Int(bucket.textLength) == text.count, equals(text, Int(bucket.text)) {
                let start = Int(bucket.rules)
                return body(
                    UnsafeBufferPointer(rebasing: UnsafeBufferPointer(rules)[start..<start + Int(bucket.ruleCount)]))
            }
            at = (at + 1) & mask
        }
    }

    private func equals(_ text: UnsafeRawBufferPointer, _ start: Int) -> Bool {
        for index in 0..<text.count where CaseFolding.foldASCII(text[index]) != texts[start + index] { return false }
        return true
    }

    /// Hashes a text as if ASCII capitals were small, eight bytes a step.
    static func hash(_ text: UnsafeRawBufferPointer) -> (hash: UInt64, isASCII: Bool) {
        var hash = UInt64(truncatingIfNeeded: text.count) &* 0x9e37_79b9_7f4a_7c15
        var seen: UInt64 = 0
        var at = 0
        while at + 8 <= text.count {
            let word = text.loadUnaligned(fromByteOffset: at, as: UInt64.self)
            seen |= word
            hash = mix(hash, fold(word))
            at += 8
        }
        var last: UInt64 = 0
        while at < text.count {
            last = last << 8 | UInt64(text[at])
            at += 1
        }
        seen |= last
        return (mix(hash, fold(last)), seen & 0x8080_8080_8080_8080 == 0)
    }

    @inline(__always)
    fileprivate static func mix(_ hash: UInt64, _ word: UInt64) -> UInt64 {
        let product = (hash ^ word) &* 0xff51_afd7_ed55_8ccd
        return product ^ product >> 32
    }

    /// Sets the small-letter bit of every byte that is an ASCII capital.
    @inline(__always)
    private static func fold(_ word: UInt64) -> UInt64 {
        let low = word & 0x7f7f_7f7f_7f7f_7f7f
        let aboveZ = low &+ 0x2525_2525_2525_2525
        let fromA = low &+ 0x3f3f_3f3f_3f3f_3f3f
        let capitals = ~word & 0x8080_8080_8080_8080 & (fromA ^ aboveZ)
        return word | capitals >> 2
    }
}

/// Rules by eight bytes of text, in raw memory.
final class WordTable {
    private let mask: Int
    private let words: UnsafeMutableBufferPointer<(word: UInt64, start: Int32, count: Int32)>
    private let list: UnsafeMutableBufferPointer<Int32>
    let isEmpty: Bool

    init(_ entries: [WitnessIndex.WordEntry]) {
        var capacity = 4
        while capacity < entries.count * 2 { capacity *= 2 }
        mask = capacity - 1
        isEmpty = entries.isEmpty
        words = .allocate(capacity: capacity)
        words.initialize(repeating: (0, 0, 0))
        list = .allocate(capacity: entries.reduce(0) { $0 + $1.rules.count })
        _ = list.initialize(from: entries.flatMap(\.rules))
        var start = 0
        for entry in entries {
            var at = Int(truncatingIfNeeded: WitnessTable.mix(0, entry.word)) & mask
            while words[at].count > 0 { at = (at + 1) & mask }
            words[at] = (entry.word, Int32(start), Int32(entry.rules.count))
            start += entry.rules.count
        }
    }

    deinit {
        words.deallocate()
        list.deallocate()
    }

    /// The rules that want these bytes.
    func rules(for word: UInt64) -> UnsafeBufferPointer<Int32> {
        var at = Int(truncatingIfNeeded: WitnessTable.mix(0, word)) & mask
        while words[at].count > 0 {
            if words[at].word == word {
                let start = Int(words[at].start)
                return UnsafeBufferPointer(rebasing: UnsafeBufferPointer(list)[start..<start + Int(words[at].count)])
            }
            at = (at + 1) & mask
        }
        return UnsafeBufferPointer(start: nil, count: 0)
    }
}
