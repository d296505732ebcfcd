extension EnvelopeDecoder {
    /// Repairs in the order in which they are tried.
    ///
    /// Each attempt keeps those before it; the first changes least.
    private static let ladder: [RepairSet] = [
        .strippedMarks, .replacedInvalidUTF8, .escapedControlCharacters, .singleQuotes, .postgresBlobList,
    ]

    /// Decodes what strict reading refused, from the start of the value that holds the fault.
    func recover(
        _ whole: BodyText, from start: Int, _ pass: inout EnvelopePass, _ onRecord: (RecordView) -> Void,
        _ onDeadLetter: (DeadLetter) -> Void, isLine: Bool
    ) {
        let text = whole.dropping(start)
        if let reason = TextSniffing.unreadableKind(text.bytes) {
            pass.alreadyGiven = max(pass.alreadyGiven, pass.outcomes)
            return deadLetter(reason, 0..<text.bytes.count, at: 0, text, &pass, onDeadLetter)
        }
        let (best, isWhole) = bestRepair(of: text, enqueued: pass.enqueued, onRecord, onDeadLetter)
        // Outcomes are counted, so another reading must come past the same ones: those of the first line.
        let isGivenBehindLine =
            pass.alreadyGiven > pass.outcomes && pass.givenEnd > start + TextSniffing.lineEnd(text.bytes, from: 0)
        if !isWhole, !isLine, !text.isNested, !isGivenBehindLine, TextSniffing.isLineDelimited(text.bytes) {
            return decodeLines(text, &pass, onRecord, onDeadLetter)
        }
        guard var best, var cursor = index(&best) else {
            return deadLetter(.malformed, 0..<text.bytes.count, at: 0, text, &pass, onDeadLetter)
        }
        pass.mode = .salvaging
        switch decodeRoots(&cursor, best, &pass, onRecord, onDeadLetter) {
        case .complete: break
        case .broken(let fault, let at, _, _):
            let tail = min(pass.tailStart, best.bytes.count)
            deadLetter(
                IndexCursor.Fault?.some(fault).reason, tail..<best.bytes.count, at: at, best, &pass, onDeadLetter)
        case .trailing(let at):
            if best.repaired == nil {
                passTrailing(best, at: at, &pass, onRecord, onDeadLetter, isLine: isLine)
            } else {
                deadLetter(.trailingText, at..<best.bytes.count, at: at, best, &pass, onDeadLetter)
            }
        }
    }

    /// Decodes each line by itself.
    private func decodeLines(
        _ text: BodyText, _ pass: inout EnvelopePass, _ onRecord: (RecordView) -> Void,
        _ onDeadLetter: (DeadLetter) -> Void
    ) {
        var start = 0
        while start < text.bytes.count {
            let end = TextSniffing.lineEnd(text.bytes, from: start)
            let line = text.slice(start..<end)
            if line.bytes.contains(where: { !IndexCursor.isBlank($0) && $0 != 0 }) {
                let mark = bodyArena.mark
                decodeText(line, &pass, onRecord, onDeadLetter, isLine: true)
                bodyArena.release(to: mark)
            }
            start = end + 1
        }
    }

    /// What follows a complete value and is none itself: a dead letter up to the line's end, then on with the next line.
    func passTrailing(
        _ text: BodyText, at: Int, _ pass: inout EnvelopePass, _ onRecord: (RecordView) -> Void,
        _ onDeadLetter: (DeadLetter) -> Void, isLine: Bool
    ) {
        var end = text.bytes.count
        if !isLine, text.repaired == nil {
            let lineEnd = TextSniffing.lineEnd(text.bytes, from: at)
            if lineEnd < end, TextSniffing.startsLikeJSON(text.dropping(lineEnd + 1).bytes) { end = lineEnd }
        }
        // Trailing NUL bytes say nothing; everything else does.
        if text.bytes[at..<end].contains(where: { $0 != 0 && !IndexCursor.isBlank($0) }) {
            deadLetter(.trailingText, at..<end, at: at, text, &pass, onDeadLetter)
        }
        // Line by line, because each line may end in rubbish: starting over behind each would take quadratic time.
        if end < text.bytes.count { decodeLines(text.dropping(end + 1), &pass, onRecord, onDeadLetter) }
    }

    /// The form of a text that reads best: the first that reads whole, else the one with the most good records.
    private func bestRepair(
        of text: BodyText, enqueued: Timestamp, _ onRecord: (RecordView) -> Void,
        _ onDeadLetter: (DeadLetter) -> Void
    ) -> (text: BodyText?, isWhole: Bool) {
        var best: BodyText?
        var bestScore = -1
        var enabled: RepairSet = []
        for step in 0...Self.ladder.count {
            var candidate = text
            if step > 0 {
                enabled.formUnion(Self.ladder[step - 1])
                var repairer = JSONRepairer(text: text.bytes, enabled: enabled)
                // A repair that finds nothing to do gives the text that was tried before.
                guard let repaired = repairer.run(into: bodyArena),
                    repaired.applied.isSuperset(of: Self.ladder[step - 1])
                else { continue }
                candidate.bytes = repaired.bytes
                candidate.repaired = repaired
            }
            guard var cursor = index(&candidate) else { continue }
            var check = EnvelopePass(enqueued: enqueued)
            check.mode = .checking
            let end = decodeRoots(&cursor, candidate, &check, onRecord, onDeadLetter)
            if case .complete = end, check.badElements == 0 { return (candidate, true) }
            if check.goodElements > bestScore {
                bestScore = check.goodElements
                best = candidate
            }
        }
        return (best, false)
    }

    /// Indexes a text.
    ///
    /// One that ends inside a string is closed first, so that what lies before can be read.
    private func index(_ text: inout BodyText) -> IndexCursor? {
        let indexer = indexer(for: text)
        switch indexer.index(text.bytes) {
        case .success(let cursor): return cursor
        case .failure(.unclosedString): break
        case .failure: return nil
        }
        // A backslash at the end would escape the first of the quotes; the second then closes.
        for quotes in 1...2 {
            let closed = bodyArena.allocate(text.bytes.count + quotes)
            if let base = text.bytes.baseAddress { closed.copyMemory(from: base, byteCount: text.bytes.count) }
            for i in 0..<quotes {
                closed.storeBytes(of: UInt8(ascii: "\""), toByteOffset: text.bytes.count + i, as: UInt8.self)
            }
            let bytes = UnsafeRawBufferPointer(start: closed, count: text.bytes.count + quotes)
            if case .success(let cursor) = indexer.index(bytes) {
                text.bytes = bytes
                return cursor
            }
        }
        return nil
    }
}

extension BodyText {
    /// The text without its first bytes.
    ///
    /// For texts that are not repaired.
    func dropping(_ count: Int) -> BodyText { slice(count..<bytes.count) }

    /// A part of the text.
    ///
    /// For texts that are not repaired. Quotes that closed the text belong to no part of it.
    func slice(_ range: Range<Int>) -> BodyText {
        let part = UnsafeRawBufferPointer(rebasing: source[range.clamped(to: 0..<source.count)])
        return BodyText(
            bytes: part, source: part, origin: isNested ? origin : origin + range.lowerBound, isNested: isNested)
    }
}
