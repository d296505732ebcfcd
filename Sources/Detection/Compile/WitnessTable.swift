/// The hash table and the automaton of one indexed field, in raw memory: looked at for every record.
///
/// **Isolation**: owned by one evaluator, which frees it; never shared (its automaton is, and belongs to the rules).
struct WitnessTable {
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
    private let pieces: LiteralAutomaton.View?
    private let recent: RecentTexts
    private let unlessPlain: UnsafeMutableBufferPointer<Int32>
    private let whenText: UnsafeMutableBufferPointer<Int32>
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
        pieces = field.automaton?.view
        recent = RecentTexts()
        unlessPlain = Self.copy(field.unlessPlain)
        whenText = Self.copy(field.whenText)
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

    /// Frees the memory.
    func deallocate() {
        buckets.deallocate()
        texts.deallocate()
        rules.deallocate()
        recent.deallocate()
        unlessPlain.deallocate()
        whenText.deallocate()
        whenNull.deallocate()
        all.deallocate()
    }

    private static func copy<T>(_ list: [T]) -> UnsafeMutableBufferPointer<T> {
        let memory = UnsafeMutableBufferPointer<T>.allocate(capacity: list.count)
        _ = memory.initialize(from: list)
        return memory
    }

    /// Calls back with the rules that a text admits.
    ///
    /// `isString` is false for numbers and JSON, whose texts functions may read in other ways; `scratch` is used to fold
    /// texts that are not ASCII.
    @inline(__always)
    func forEachRule(
        for text: UnsafeRawBufferPointer, isString: Bool, scratch: UnsafeMutablePointer<[UInt8]>,
        _ body: (UnsafeBufferPointer<Int32>) -> Void
    ) {
        if let known = recent.rules(for: text, isString: isString) { return body(known) }
        recent.begin()
        find(text, isString, scratch) { rules in
            recent.add(rules)
            body(rules)
        }
        recent.keep(text, isString: isString)
    }

    private func find(
        _ text: UnsafeRawBufferPointer, _ isString: Bool, _ scratch: UnsafeMutablePointer<[UInt8]>,
        _ body: (UnsafeBufferPointer<Int32>) -> Void
    ) {
        let (hash, isASCII) = Self.hash(text)
        if !whenText.isEmpty { body(UnsafeBufferPointer(whenText)) }
        if !isString || !isASCII, !unlessPlain.isEmpty { body(UnsafeBufferPointer(unlessPlain)) }
        guard !isASCII else {
            pieces?.forEachPiece(in: text, body)
            return look(text, hash, body)
        }
        // Folding leaves no ASCII capital, so that the same look-up serves.
        CaseFolding.fold(text, into: &scratch.pointee)
        scratch.pointee.withUnsafeBytes { folded in
            pieces?.forEachPiece(in: folded, body)
            look(folded, Self.hash(folded).hash, body)
        }
    }

    private func look(
        _ text: UnsafeRawBufferPointer, _ hash: UInt64, _ body: (UnsafeBufferPointer<Int32>) -> Void
    ) {
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

    /// Hashes a text as if ASCII capitals were small, sixteen bytes a step in two chains that do not wait for each other.
    static func hash(_ text: UnsafeRawBufferPointer) -> (hash: UInt64, isASCII: Bool) {
        var first = UInt64(truncatingIfNeeded: text.count) &* 0x9e37_79b9_7f4a_7c15
        var second: UInt64 = 0x2545_f491_4f6c_dd1d
        var seen: UInt64 = 0
        var at = 0
        while at + 16 <= text.count {
            let low = text.loadUnaligned(fromByteOffset: at, as: UInt64.self)
            let high = text.loadUnaligned(fromByteOffset: at + 8, as: UInt64.self)
            seen |= low | high
            first = mix(first, fold(low))
            second = mix(second, fold(high))
            at += 16
        }
        if at + 8 <= text.count {
            let word = text.loadUnaligned(fromByteOffset: at, as: UInt64.self)
            seen |= word
            first = mix(first, fold(word))
            at += 8
        }
        var last: UInt64 = 0
        while at < text.count {
            last = last << 8 | UInt64(text[at])
            at += 1
        }
        seen |= last
        return (mix(first ^ (second << 32 | second >> 32), fold(last)), seen & 0x8080_8080_8080_8080 == 0)
    }

    @inline(__always)
    private static func mix(_ hash: UInt64, _ word: UInt64) -> UInt64 {
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
