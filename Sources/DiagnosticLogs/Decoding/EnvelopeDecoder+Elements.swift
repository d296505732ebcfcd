extension EnvelopeDecoder {
    /// Walks a list of records.
    func decodeElements(
        _ cursor: inout IndexCursor, depth: Int, mayWrap: Bool, _ text: BodyText, _ pass: inout EnvelopePass,
        _ onRecord: (RecordView) -> Void, _ onDeadLetter: (DeadLetter) -> Void
    ) -> Bool {
        cursor.at += 1
        pass.tailStart = min(cursor.offset, cursor.length)
        if cursor.byte == UInt8(ascii: "]") {
            cursor.at += 1
            return true
        }
        while true {
            let entry = cursor.at
            pass.tailStart = cursor.offset
            let passed: Bool
            if cursor.byte == UInt8(ascii: "{") {
                passed =
                    decodeObject(
                        &cursor, depth: depth + 1, mayWrap: mayWrap, text, &pass, onRecord, onDeadLetter) != nil
            } else {
                passed = decodeOther(&cursor, depth: depth + 1, text, &pass, onRecord, onDeadLetter)
            }
            if !passed {
                guard passBrokenElement(&cursor, entry: entry, text, &pass, onDeadLetter) else { return false }
            }
            pass.tailStart = cursor.offset
            let next = cursor.byte
            guard next == UInt8(ascii: ",") || next == UInt8(ascii: "]") else { return cursor.fail() }
            cursor.at += 1
            if next == UInt8(ascii: "]") { return true }
        }
    }

    /// Goes on behind an element that cannot be read, if its end can be told.
    private func passBrokenElement(
        _ cursor: inout IndexCursor, entry: Int, _ text: BodyText, _ pass: inout EnvelopePass,
        _ onDeadLetter: (DeadLetter) -> Void
    ) -> Bool {
        // A broken envelope may have given records already: the letter holds what is behind them.
        let dealtWith = pass.tailStart
        guard pass.mode != .strict, let next = cursor.entryBehindBrokenElement(from: entry, notBefore: dealtWith) else {
            return false
        }
        pass.badElements += 1
        if pass.mode == .salvaging {
            var end = Int(cursor.offsets[next])
            let start = max(Int(cursor.offsets[entry]), min(dealtWith, end))
            while end > start, IndexCursor.isBlank(text.bytes[end - 1]) { end -= 1 }
            if start < end {
                deadLetter(
                    cursor.fault.reason, start..<end, at: cursor.faultPosition, text, &pass, onDeadLetter)
            }
        }
        cursor.clearFault()
        cursor.move(to: next)
        return true
    }

    /// Walks a value that is not an object: a string may hold records, anything else is no record.
    func decodeOther(
        _ cursor: inout IndexCursor, depth: Int, _ text: BodyText, _ pass: inout EnvelopePass,
        _ onRecord: (RecordView) -> Void, _ onDeadLetter: (DeadLetter) -> Void
    ) -> Bool {
        guard cursor.at < cursor.count else { return cursor.fail() }
        let start = cursor.offset
        let entry = cursor.at
        let isString = cursor.byte == UInt8(ascii: "\"")
        guard cursor.skipValue(depth: depth) else { return false }
        if pass.mode == .checking {
            pass.goodElements += 1
            return true
        }
        if isString, !text.isNested {
            let end = cursor.stringEnd(entry: entry)
            let inner = UnsafeRawBufferPointer(rebasing: text.bytes[start + 1..<end])
            if RecordWalker.looksLikeContainer(inner) {
                decodeNested(inner, at: text.bodyOffset(start), &pass, onRecord, onDeadLetter)
                pass.givenEnd = end + 1
                return true
            }
        }
        let behind = cursor.at < cursor.count ? cursor.offset : cursor.length
        var end = behind
        while end > start, IndexCursor.isBlank(text.bytes[end - 1]) { end -= 1 }
        deadLetter(.notAnObject, start..<end, at: start, text, &pass, onDeadLetter)
        return true
    }

    /// Decodes the JSON inside a string, with its own faults and repairs.
    private func decodeNested(
        _ escaped: UnsafeRawBufferPointer, at position: Int, _ pass: inout EnvelopePass,
        _ onRecord: (RecordView) -> Void, _ onDeadLetter: (DeadLetter) -> Void
    ) {
        let mark = bodyArena.mark
        defer { bodyArena.release(to: mark) }
        let bytes = bodyArena.unescaped(escaped)
        let text = BodyText(bytes: bytes, source: bytes, origin: position, isNested: true)
        let outer = (pass.mode, pass.tailStart, pass.rootRepairs, pass.alreadyGiven)
        decodeText(text, &pass, onRecord, onDeadLetter)
        (pass.mode, pass.tailStart, pass.rootRepairs) = (outer.0, outer.1, outer.2)
        pass.alreadyGiven = outer.3
    }

    /// Hands out the record that the walker has just walked, and that starts at an entry of the index.
    func emit(
        _ cursor: IndexCursor, entry: Int, depth: Int, _ text: BodyText, _ pass: inout EnvelopePass,
        _ onRecord: (RecordView) -> Void, _ onDeadLetter: (DeadLetter) -> Void
    ) {
        let range = Int(cursor.offsets[entry])..<Int(cursor.offsets[cursor.at - 1]) + 1
        pass.tailStart = max(pass.tailStart, range.upperBound)
        let isMetric = walker.isMetric
        if !isMetric, range.count > options.recordBytesMax {
            return deadLetter(
                .recordTooLarge, range, at: range.lowerBound, text, &pass, onDeadLetter)
        }
        let bytes = UnsafeRawBufferPointer(rebasing: text.bytes[range])
        if options.strict, !isMetric, !walker.indexer(nesting: 0).isStrictlyValid(bytes) {
            return deadLetter(.malformed, range, at: range.lowerBound, text, &pass, onDeadLetter)
        }
        guard pass.isNewOutcome() else { return }
        pass.givenEnd = range.upperBound
        if isMetric {
            pass.summary.skippedMetrics += 1
            return
        }
        var repairs = pass.rootRepairs.union(walker.notes.pointee.repairs)
        if let repaired = text.repaired { repairs.formUnion(repaired.repairs(in: range)) }
        var start = cursor
        start.move(to: entry)
        let eventTime = finisher.finish(start, depth: depth, enqueued: pass.enqueued, summary: &pass.summary)
        let flags = walker.notes.pointee.flags
        pass.summary.records += 1
        if !repairs.isEmpty { pass.summary.count(repairs) }
        if flags.contains(.propertiesFromString) { pass.summary.propertiesFromString += 1 }
        onRecord(
            RecordView(
                index: pass.outcomes - 1, bytes: bytes, eventTime: eventTime, enqueuedTime: pass.enqueued, flags: flags,
                repairs: repairs, decoder: self))
    }

    /// Hands out a dead letter for a range of a text.
    func deadLetter(
        _ reason: DeadLetterReason, _ range: Range<Int>, at position: Int, _ text: BodyText,
        _ pass: inout EnvelopePass, _ onDeadLetter: (DeadLetter) -> Void
    ) {
        pass.tailStart = max(pass.tailStart, range.upperBound)
        guard pass.isNewOutcome() else { return }
        pass.givenEnd = range.upperBound
        pass.summary.count(reason)
        let start = text.sourceOffset(range.lowerBound)
        let end = max(start, text.sourceOffset(range.upperBound))
        onDeadLetter(
            DeadLetter(
                reason: reason, bytes: UnsafeRawBufferPointer(rebasing: text.source[start..<end]),
                start: text.bodyOffset(range.lowerBound), position: text.bodyOffset(position), index: pass.outcomes - 1)
        )
    }
}

extension RecordWalker {
    /// Metric samples share hubs with logs: they have a metric name and no category.
    var isMetric: Bool {
        slots[CoreSlot.metricName.rawValue].kind != .missing && slots[CoreSlot.category.rawValue].kind == .missing
    }
}

extension IndexCursor.Fault? {
    /// The dead letter's reason for a fault.
    var reason: DeadLetterReason {
        switch self {
        case .truncated: .truncated
        case .tooDeep: .tooDeep
        case .malformed, nil: .malformed
        }
    }
}
