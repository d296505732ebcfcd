extension RecordWalker {
    /// Takes the value at the cursor for a node: fills its slot and goes on below it.
    func takeValue(_ cursor: inout IndexCursor, node: Int, depth: Int, nesting: Int) -> Bool {
        guard cursor.at < cursor.count else { return cursor.fail() }
        let start = cursor.offset
        let address = UnsafeRawPointer(cursor.base + start)
        let slot = Int(nodes[node].slot)
        switch cursor.base[start] {
        case UInt8(ascii: "\""):
            let end = cursor.stringEnd(entry: cursor.at)
            let hasEscapes = cursor.hasBackslash(from: start + 1, to: end)
            let text = FieldSlot(.string, address + 1, end - start - 1, hasEscapes: hasEscapes)
            cursor.at += 1
            if slot >= 0 { put(text, in: slot) }
            if nodes[node].opensTexts { walkNestedText(text, node: node, nesting: nesting) }
            return true
        case UInt8(ascii: "{"):
            let passed =
                nodes[node].hasChildren
                ? walkObject(&cursor, node: Int32(node), depth: depth, nesting: nesting)
                : cursor.skipContainer(depth: depth)
            guard passed else { return false }
            if slot >= 0 { put(FieldSlot(.object, address, containerEnd(cursor) - start), in: slot) }
            return true
        case UInt8(ascii: "["):
            let passed =
                nodes[node].hasIndexes
                ? walkIndexedArray(&cursor, node: node, depth: depth, nesting: nesting)
                : cursor.skipContainer(depth: depth)
            guard passed else { return false }
            let length = containerEnd(cursor) - start
            if slot >= 0 { put(FieldSlot(.array, address, length), in: slot) }
            for i in Int(nodes[node].severalStart)..<Int(nodes[node].severalEnd) {
                var value = FieldSlot(.several, address, length)
                value.continuation = several[i].continuation
                put(value, in: Int(several[i].slot))
            }
            return true
        default:
            guard let end = cursor.bareWordEnd() else { return cursor.fail() }
            if slot >= 0 { put(Self.bareWord(cursor.base[start], address, end - start), in: slot) }
            cursor.at += 1
            return true
        }
    }

    /// The slot of a literal or a number, told apart by its first byte.
    static func bareWord(_ first: UInt8, _ address: UnsafeRawPointer, _ length: Int) -> FieldSlot {
        switch first {
        case UInt8(ascii: "t"): FieldSlot(kind: .true)
        case UInt8(ascii: "f"): FieldSlot(kind: .false)
        case UInt8(ascii: "n"): FieldSlot(kind: .null)
        default: FieldSlot(.number, address, length)
        }
    }

    /// Offset behind the closing bracket that was just passed.
    private func containerEnd(_ cursor: IndexCursor) -> Int { Int(cursor.offsets[cursor.at - 1]) + 1 }

    /// Walks an array some of whose elements are asked for by number.
    private func walkIndexedArray(_ cursor: inout IndexCursor, node: Int, depth: Int, nesting: Int) -> Bool {
        guard depth < JSONLimits.depthMax else { return cursor.fail(.tooDeep) }
        cursor.at += 1
        if cursor.byte == UInt8(ascii: "]") {
            cursor.at += 1
            return true
        }
        var number = 0
        while true {
            let child = indexedChild(of: node, number: number)
            let passed =
                child < 0
                ? cursor.skipValue(depth: depth + 1)
                : takeValue(&cursor, node: child, depth: depth + 1, nesting: nesting)
            guard passed else { return false }
            number += 1
            let next = cursor.byte
            guard next == UInt8(ascii: ",") || next == UInt8(ascii: "]") else { return cursor.fail() }
            cursor.at += 1
            if next == UInt8(ascii: "]") { return true }
        }
    }

    /// The node of an array's element, or -1.
    private func indexedChild(of node: Int, number: Int) -> Int {
        guard number < 1_000_000_000 else { return -1 }
        // The digits of the number, as the name of a member would be.
        var digits = (UInt64(0), UInt64(0))
        return withUnsafeMutableBytes(of: &digits) { text in
            var (start, rest) = (9, number)
            repeat {
                start -= 1
                text[start] = UInt8(truncatingIfNeeded: rest % 10) | 0x30
                rest /= 10
            } while rest > 0
            guard let base = text.baseAddress else { return -1 }
            let entry = findName(
                base + start, 9 - start, below: node, isRoot: false, lengths: nodes[node].lengths)
            return entry < 0 ? -1 : Int(entries[entry].node)
        }
    }

    /// Goes on inside a string that holds JSON, if it does.
    ///
    /// What is no JSON stays text, and nothing below it is found.
    ///
    /// Azure services write `properties` and other members as object or as its text for the same field.
    private func walkNestedText(_ value: FieldSlot, node: Int, nesting: Int) {
        guard nesting < JSONLimits.nestedTextsMax, Self.looksLikeContainer(value.memory) else { return }
        let text = value.hasEscapes ? arena.unescaped(value.memory) : value.memory
        if walkText(text, node: node, nesting: nesting) {
            if node == Int(propertiesNode) { notes.pointee.flags.insert(.propertiesFromString) }
            return
        }
        clearBelow(node: node)
        var repairer = JSONRepairer(text: text, enabled: [.singleQuotes, .escapedControlCharacters])
        guard let repaired = repairer.run(into: arena) else { return }
        if walkText(repaired.bytes, node: node, nesting: nesting) {
            notes.pointee.repairs.formUnion(repaired.applied)
            if node == Int(propertiesNode) { notes.pointee.flags.insert(.propertiesFromString) }
        } else {
            clearBelow(node: node)
        }
    }

    /// Walks a whole text as the value of a node.
    func walkText(_ text: UnsafeRawBufferPointer, node: Int, nesting: Int) -> Bool {
        guard case .success(var inner) = indexer(nesting: nesting).index(text) else { return false }
        let own = nodes[node].slot
        let kept = own >= 0 ? slots[Int(own)] : .missing
        guard takeValue(&inner, node: node, depth: 0, nesting: nesting + 1), inner.at == inner.count else {
            return false
        }
        // Another member than `properties` stays the text that it is in the record.
        if own >= 0, node != 0, node != Int(propertiesNode) { put(kept, in: Int(own)) }
        return true
    }

    private func clearBelow(node: Int) {
        let own = nodes[node].slot
        let kept = own >= 0 ? slots[Int(own)] : .missing
        clear(node: node)
        if own >= 0 { put(kept, in: Int(own)) }
    }

    /// Whether a text, blanks aside, starts like an object or an array.
    static func looksLikeContainer(_ text: UnsafeRawBufferPointer) -> Bool {
        for (i, byte) in text.enumerated() where !IndexCursor.isBlank(byte) {
            if byte == UInt8(ascii: "\\"), i + 1 < text.count {
                // Blanks in front, or the bracket itself, may be written as escapes: \n, \r, \t, \u007b.
                return "nrtu".utf8.contains(text[i + 1])
            }
            return byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[")
        }
        return false
    }
}
