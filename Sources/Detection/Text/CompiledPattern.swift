/// A ``StringPattern`` made ready: literal bytes, folded where case does not count, split at the wildcards.
///
/// A pattern is a list of segments between `any`s: the first is anchored at the front, the last at the end, those
/// between are searched left to right, which is enough for wildcards without back-tracking.
struct CompiledPattern: Sendable {
    /// One byte of a segment, or any single character.
    private enum Unit: Sendable, Hashable {
        case byte(UInt8)
        case character
    }

    private struct Segment: Sendable {
        var units: [Unit]
        /// The bytes, when the segment holds no single-character wildcard.
        var literal: [UInt8]?

        init(_ units: [Unit]) {
            self.units = units
            var bytes: [UInt8] = []
            for unit in units {
                guard case .byte(let byte) = unit else { return }
                bytes.append(byte)
            }
            literal = bytes
        }
    }

    private let segments: [Segment]
    /// False when case counts.
    let foldsCase: Bool

    /// The whole text that must be equal, folded when case does not count; nil when the pattern has wildcards.
    let exact: [UInt8]?
    /// True when any text passes that the pattern could be extended by at either end: worth trying on raw JSON.
    let hasOpenEnd: Bool

    init(_ pattern: StringPattern) {
        foldsCase = !pattern.caseSensitive
        var segments: [Segment] = []
        var units: [Unit] = []
        for part in pattern.parts {
            switch part {
            case .literal(let text):
                let prepared = pattern.caseSensitive ? text : CaseFolding.fold(text)
                units.append(contentsOf: prepared.utf8.map { .byte($0) })
            case .one: units.append(.character)
            case .any:
                segments.append(Segment(units))
                units = []
            }
        }
        segments.append(Segment(units))
        self.segments = segments
        exact = segments.count == 1 ? segments[0].literal : nil
        hasOpenEnd = segments.count > 1
    }

    /// Where a pattern of one literal wants it.
    enum Shape {
        case whole, prefix, suffix, piece
    }

    /// The literal of a pattern that has no more than one, and where it must be; nil for all other patterns.
    var simple: (Shape, [UInt8])? {
        let literals = segments.compactMap(\.literal)
        guard literals.count == segments.count, (1...3).contains(segments.count) else { return nil }
        switch (literals.count, literals.firstIndex { !$0.isEmpty }) {
        case (1, _): return (.whole, literals[0])
        case (2, 0?) where literals[1].isEmpty: return (.prefix, literals[0])
        case (2, 1?): return (.suffix, literals[1])
        case (3, 1?) where literals[2].isEmpty: return (.piece, literals[1])
        default: return nil
        }
    }

    /// Tests a text; `scratch` is used to fold texts that are not ASCII.
    func matches(_ text: UnsafeRawBufferPointer, scratch: inout [UInt8]) -> Bool {
        guard foldsCase else { return run(text, fold: false) }
        if CaseFolding.isASCII(text) { return run(text, fold: true) }
        CaseFolding.fold(text, into: &scratch)
        return scratch.withUnsafeBytes { run($0, fold: false) }
    }

    /// Tests a text of a value; allocates, for rows of a hop.
    func matches(_ text: String) -> Bool {
        var copy = text
        var scratch: [UInt8] = []
        return copy.withUTF8 { matches(UnsafeRawBufferPointer($0), scratch: &scratch) }
    }

    private func run(_ text: UnsafeRawBufferPointer, fold: Bool) -> Bool {
        guard let first = segments.first else { return text.isEmpty }
        guard var at = match(first, text, at: 0, fold: fold) else { return false }
        if segments.count == 1 { return at == text.count }
        for index in 1..<(segments.count - 1) {
            guard let end = find(segments[index], text, from: at, fold: fold) else { return false }
            at = end
        }
        return endsWith(segments[segments.count - 1], text, from: at, fold: fold)
    }

    /// The end of a segment that begins at `start`; nil when it does not.
    private func match(_ segment: Segment, _ text: UnsafeRawBufferPointer, at start: Int, fold: Bool) -> Int? {
        if let literal = segment.literal {
            guard start + literal.count <= text.count else { return nil }
            for index in 0..<literal.count {
                let byte = text[start + index]
                if (fold ? CaseFolding.foldASCII(byte) : byte) != literal[index] { return nil }
            }
            return start + literal.count
        }
        var at = start
        for unit in segment.units {
            guard at < text.count else { return nil }
            switch unit {
            case .byte(let wanted):
                let byte = fold ? CaseFolding.foldASCII(text[at]) : text[at]
                if byte != wanted { return nil }
                at += 1
            case .character: at = Self.next(text, at)
            }
        }
        return at
    }

    private func find(_ segment: Segment, _ text: UnsafeRawBufferPointer, from start: Int, fold: Bool) -> Int? {
        if segment.units.isEmpty { return start }
        var at = start
        if let literal = segment.literal {
            // A plain search for the first byte; the rest is compared only where it occurs.
            let last = text.count - literal.count
            let first = literal[0]
            while at <= last {
                let byte = fold ? CaseFolding.foldASCII(text[at]) : text[at]
                if byte == first, let end = match(segment, text, at: at, fold: fold) { return end }
                at += 1
            }
            return nil
        }
        while at <= text.count {
            if let end = match(segment, text, at: at, fold: fold) { return end }
            guard at < text.count else { return nil }
            at = Self.next(text, at)
        }
        return nil
    }

    private func endsWith(_ segment: Segment, _ text: UnsafeRawBufferPointer, from start: Int, fold: Bool) -> Bool {
        if let literal = segment.literal {
            let at = text.count - literal.count
            return at >= start && match(segment, text, at: at, fold: fold) != nil
        }
        // With single-character wildcards the length in bytes is unknown: step over characters from the end.
        var at = text.count
        for _ in segment.units where at > start {
            if match(segment, text, at: at, fold: fold) == text.count { return true }
            at = Self.previous(text, at)
        }
        return at >= start && match(segment, text, at: at, fold: fold) == text.count
    }

    private static func next(_ text: UnsafeRawBufferPointer, _ at: Int) -> Int {
        var end = at + 1
        while end < text.count, text[end] & 0xc0 == 0x80 { end += 1 }
        return end
    }

    private static func previous(_ text: UnsafeRawBufferPointer, _ at: Int) -> Int {
        var start = at - 1
        while start > 0, text[start] & 0xc0 == 0x80 { start -= 1 }
        return max(0, start)
    }
}
