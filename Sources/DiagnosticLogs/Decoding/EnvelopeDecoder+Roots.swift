extension EnvelopeDecoder {
    /// How the walk over the roots of a text ended.
    enum RootsEnd {
        case complete
        /// A fault in the root that starts at `rootStart`, whose first outcome would have had number `firstOutcome`.
        case broken(IndexCursor.Fault, at: Int, rootStart: Int, firstOutcome: Int)
        /// Something follows the last root.
        case trailing(at: Int)
    }

    func indexer(for text: BodyText) -> StructuralIndexer { text.isNested ? bodyIndexers.1 : bodyIndexers.0 }

    /// Decodes a text: strictly, then with whatever helps.
    func decodeText(
        _ text: BodyText, _ pass: inout EnvelopePass, _ onRecord: (RecordView) -> Void,
        _ onDeadLetter: (DeadLetter) -> Void, isLine: Bool = false
    ) {
        guard case .success(var cursor) = indexer(for: text).index(text.bytes) else {
            return recover(text, from: 0, &pass, onRecord, onDeadLetter, isLine: isLine)
        }
        pass.mode = .strict
        switch decodeRoots(&cursor, text, &pass, onRecord, onDeadLetter) {
        case .complete: return
        case .broken(_, _, let rootStart, let rootOutcome):
            pass.alreadyGiven = max(pass.outcomes, pass.alreadyGiven)
            pass.outcomes = rootOutcome
            recover(text, from: rootStart, &pass, onRecord, onDeadLetter, isLine: isLine)
        case .trailing(let at):
            pass.alreadyGiven = max(pass.outcomes, pass.alreadyGiven)
            passTrailing(text, at: at, &pass, onRecord, onDeadLetter, isLine: isLine)
        }
    }

    /// Walks values one after another to the end of the text.
    func decodeRoots(
        _ cursor: inout IndexCursor, _ text: BodyText, _ pass: inout EnvelopePass, _ onRecord: (RecordView) -> Void,
        _ onDeadLetter: (DeadLetter) -> Void
    ) -> RootsEnd {
        pass.rootRepairs = []
        repeat {
            let rootStart = cursor.offset
            let firstOutcome = pass.outcomes
            pass.tailStart = rootStart
            guard let isBareObject = decodeRoot(&cursor, text, &pass, onRecord, onDeadLetter) else {
                return .broken(
                    cursor.fault ?? .malformed, at: cursor.faultPosition, rootStart: rootStart,
                    firstOutcome: firstOutcome)
            }
            guard cursor.at < cursor.count else { break }
            let next = cursor.byte
            let isContainer = next == UInt8(ascii: "{") || next == UInt8(ascii: "[")
            if isContainer, hasLineEnd(text.bytes, before: cursor.offset) {
                pass.rootRepairs = []
            } else if next == UInt8(ascii: "{"), isBareObject {
                pass.rootRepairs = .concatenatedValues
            } else {
                pass.tailStart = cursor.offset
                return .trailing(at: cursor.offset)
            }
        } while true
        return .complete
    }

    /// Whether a line ends between two values.
    private func hasLineEnd(_ bytes: UnsafeRawBufferPointer, before offset: Int) -> Bool {
        var at = offset - 1
        while at >= 0, IndexCursor.isBlank(bytes[at]) {
            if bytes[at] == 0x0A { return true }
            at -= 1
        }
        return false
    }

    /// Walks one value.
    ///
    /// True for an object that is a record itself, nil for a fault.
    private func decodeRoot(
        _ cursor: inout IndexCursor, _ text: BodyText, _ pass: inout EnvelopePass, _ onRecord: (RecordView) -> Void,
        _ onDeadLetter: (DeadLetter) -> Void
    ) -> Bool? {
        switch cursor.byte {
        case UInt8(ascii: "{"):
            return decodeObject(&cursor, depth: 0, mayWrap: true, text, &pass, onRecord, onDeadLetter)
        case UInt8(ascii: "["):
            guard decodeElements(&cursor, depth: 0, mayWrap: true, text, &pass, onRecord, onDeadLetter) else {
                return nil
            }
            return false
        default:
            guard decodeOther(&cursor, depth: 0, text, &pass, onRecord, onDeadLetter) else { return nil }
            return false
        }
    }

    /// Walks an object that may be a record or an envelope.
    ///
    /// True when it was a record, nil for a fault.
    func decodeObject(
        _ cursor: inout IndexCursor, depth: Int, mayWrap: Bool, _ text: BodyText, _ pass: inout EnvelopePass,
        _ onRecord: (RecordView) -> Void, _ onDeadLetter: (DeadLetter) -> Void
    ) -> Bool? {
        let entry = cursor.at
        if mayWrap, isRecordsMember(cursor, entry: entry + 1) {
            return decodeEnvelope(&cursor, depth: depth, text, &pass, onRecord, onDeadLetter) ? false : nil
        }
        let passed: Bool
        if pass.mode == .checking {
            passed = mayWrap ? false : cursor.skipValue(depth: depth)
            if passed { pass.goodElements += 1 }
        } else {
            passed = walker.walkRecord(&cursor, depth: depth)
            // Where and why it broke must not depend on the plan: the skipping walk says it.
            if !passed { locateFault(&cursor, entry: entry, depth: depth) }
        }
        if passed, !mayWrap || !walker.holdsRecords {
            if pass.mode != .checking {
                emit(cursor, entry: entry, depth: depth, text, &pass, onRecord, onDeadLetter)
            }
            return true
        }
        guard mayWrap else { return nil }
        // Either an envelope whose `records` is not its first member, or broken: then `records` may come before the fault.
        guard passed || pass.mode != .strict else { return nil }
        let fault = cursor
        cursor.clearFault()
        cursor.move(to: entry)
        let wraps = findsRecordsMember(cursor, entry: entry, depth: depth)
        if wraps { return decodeEnvelope(&cursor, depth: depth, text, &pass, onRecord, onDeadLetter) ? false : nil }
        guard pass.mode == .checking else {
            cursor = fault
            return nil
        }
        guard cursor.skipValue(depth: depth) else { return nil }
        pass.goodElements += 1
        return true
    }

    private func locateFault(_ cursor: inout IndexCursor, entry: Int, depth: Int) {
        var skipping = cursor
        skipping.clearFault()
        skipping.move(to: entry)
        if !skipping.skipValue(depth: depth) { cursor = skipping }
    }

    /// Walks an envelope: every member named `records` holds records, all others are passed over.
    private func decodeEnvelope(
        _ cursor: inout IndexCursor, depth: Int, _ text: BodyText, _ pass: inout EnvelopePass,
        _ onRecord: (RecordView) -> Void, _ onDeadLetter: (DeadLetter) -> Void
    ) -> Bool {
        cursor.at += 1
        if cursor.byte == UInt8(ascii: "}") {
            cursor.at += 1
            return true
        }
        while true {
            guard cursor.byte == UInt8(ascii: "\""), cursor.byte(ahead: 1) == UInt8(ascii: ":") else {
                return cursor.fail()
            }
            let isRecords = isRecordsMember(cursor, entry: cursor.at)
            cursor.at += 2
            let passed: Bool
            switch cursor.byte {
            case UInt8(ascii: "[") where isRecords:
                passed = decodeElements(
                    &cursor, depth: depth + 1, mayWrap: false, text, &pass, onRecord, onDeadLetter)
            case UInt8(ascii: "{") where isRecords:
                passed =
                    decodeObject(
                        &cursor, depth: depth + 1, mayWrap: false, text, &pass, onRecord, onDeadLetter) != nil
            case UInt8(ascii: "\"") where isRecords:
                passed = decodeOther(&cursor, depth: depth + 1, text, &pass, onRecord, onDeadLetter)
            default:
                passed = cursor.skipValue(depth: depth + 1)
            }
            guard passed else { return false }
            let next = cursor.byte
            guard next == UInt8(ascii: ",") || next == UInt8(ascii: "}") else { return cursor.fail() }
            cursor.at += 1
            if next == UInt8(ascii: "}") { return true }
        }
    }

    /// Whether an entry is the name of an envelope's list and holds something that can be one.
    private func isRecordsMember(_ cursor: IndexCursor, entry: Int) -> Bool {
        guard entry + 2 < cursor.count else { return false }
        let start = Int(cursor.offsets[entry])
        guard cursor.base[start] == UInt8(ascii: "\""), cursor.stringEnd(entry: entry) == start + 8 else {
            return false
        }
        for (i, letter) in "records".utf8.enumerated()
        where FieldAliases.asciiLowercased(cursor.base[start + 1 + i]) != letter {
            return false
        }
        let value = cursor.base[Int(cursor.offsets[entry + 2])]
        return value == UInt8(ascii: "[") || value == UInt8(ascii: "{") || value == UInt8(ascii: "n")
            || value == UInt8(ascii: "\"")
    }

    private func findsRecordsMember(_ start: IndexCursor, entry: Int, depth: Int) -> Bool {
        var cursor = start
        cursor.at = entry + 1
        while cursor.byte == UInt8(ascii: "\""), cursor.byte(ahead: 1) == UInt8(ascii: ":") {
            if isRecordsMember(cursor, entry: cursor.at) { return true }
            cursor.at += 2
            guard cursor.skipValue(depth: depth + 1), cursor.byte == UInt8(ascii: ",") else { return false }
            cursor.at += 1
        }
        return false
    }
}

extension RecordWalker {
    /// Whether the object that was just walked has a member that makes it an envelope.
    var holdsRecords: Bool {
        switch slots[CoreSlot.records.rawValue].kind {
        case .array, .object, .null, .string: true
        case .missing, .false, .true, .number, .integer, .timestamp, .several: false
        }
    }
}
