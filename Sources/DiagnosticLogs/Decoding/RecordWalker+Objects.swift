import CSimdjson

extension RecordWalker {
    /// Walks an object whose opening brace is the current entry.
    func walkObject(_ cursor: inout IndexCursor, node: Int32, depth: Int, nesting: Int) -> Bool {
        guard depth < JSONLimits.depthMax else { return cursor.fail(.tooDeep) }
        cursor.at += 1
        if cursor.byte == UInt8(ascii: "}") {
            cursor.at += 1
            return true
        }
        let lengths = nodes[Int(node)].lengths
        while true {
            // A member has at least a name, a colon, a value and what follows.
            guard cursor.at + 3 < cursor.count else { return failShort(&cursor) }
            let nameEntry = cursor.at
            let start = Int(cursor.offsets[nameEntry]) + 1
            guard cursor.base[start - 1] == UInt8(ascii: "\""), cursor.byte(ahead: 1) == UInt8(ascii: ":") else {
                return cursor.fail()
            }
            let end = cursor.stringEnd(entry: nameEntry)
            let length = end - start
            cursor.at += 2
            var entry: Int32 = -1
            if cursor.hasBackslash(from: start, to: end) {
                entry = findEscapedName(UnsafeRawBufferPointer(start: cursor.base + start, count: length), node: node)
            } else if lengths & (1 &<< UInt64(min(length, 63))) != 0 {
                entry = findName(cursor.base + start, length, node: node)
            }
            let passed =
                entry < 0
                ? cursor.skipValue(depth: depth + 1)
                : takeMember(
                    &cursor, entry: Int(entry), isRoot: node == 0, name: cursor.base + start, length: length,
                    depth: depth + 1, nesting: nesting)
            guard passed else { return false }
            let next = cursor.byte
            cursor.at += 1
            if next == UInt8(ascii: ",") { continue }
            if next == UInt8(ascii: "}") { return true }
            cursor.at -= 1
            return cursor.fail()
        }
    }

    /// Too few entries are left for a member: goes on to where the grammar breaks, or says truncated.
    private func failShort(_ cursor: inout IndexCursor) -> Bool {
        guard cursor.byte == UInt8(ascii: "\"") || cursor.at >= cursor.count else { return cursor.fail() }
        cursor.at = cursor.count
        return cursor.fail(.truncated)
    }

    /// The entry of a name below a node, or -1.
    @inline(__always)
    private func findName(_ name: UnsafePointer<UInt8>, _ length: Int, node: Int32) -> Int32 {
        let record = nodes[Int(node)]
        let bucket = Int(record.table) + min(length, 63)
        var entry = lengthTables[bucket]
        let last = lengthTables[bucket + 1]
        guard entry < last else { return -1 }
        var head = UnsafeRawPointer(name).loadUnaligned(as: UInt64.self).littleEndian
        if record.isRoot { head |= 0x2020_2020_2020_2020 }
        if length < 8 { head &= (1 &<< UInt64(8 * length)) &- 1 }
        while entry < last {
            let candidate = entries[Int(entry)]
            if candidate.head == head, Int(candidate.nameLength) == length {
                let known = names + Int(candidate.nameOffset)
                if csj_equal(known, name, length) != 0 || record.isRoot && equalsWithoutCase(known, name, length) {
                    return entry
                }
            }
            entry += 1
        }
        return -1
    }

    @inline(never)
    private func equalsWithoutCase(_ a: UnsafePointer<UInt8>, _ b: UnsafePointer<UInt8>, _ length: Int) -> Bool {
        for i in 0..<length where FieldAliases.asciiLowercased(a[i]) != FieldAliases.asciiLowercased(b[i]) {
            return false
        }
        return true
    }

    /// A sender may spell a name with escapes; it must not hide from a rule that way.
    @inline(never)
    private func findEscapedName(_ name: UnsafeRawBufferPointer, node: Int32) -> Int32 {
        let plain = arena.unescaped(name)
        guard let base = plain.baseAddress else { return -1 }
        return findName(base.assumingMemoryBound(to: UInt8.self), plain.count, node: node)
    }

    /// Takes the value of a member that the plan knows.
    ///
    /// A name that occurs twice: the later one wins. At the top level a better spelling wins first: the documented one,
    /// then one with a small first letter.
    private func takeMember(
        _ cursor: inout IndexCursor, entry: Int, isRoot: Bool, name: UnsafePointer<UInt8>, length: Int, depth: Int,
        nesting: Int
    ) -> Bool {
        let node = Int(entries[entry].node)
        var spelling: UInt8 = 0
        if isRoot {
            let known = names + Int(entries[entry].nameOffset)
            if entries[entry].isDocumented, csj_equal(known, name, length) != 0 {
                spelling = 2
            } else if length > 0, name[0] &- 0x61 < 26 {
                spelling = 1
            }
        }
        if visits[node] == notes.pointee.serial {
            if isRoot, spelling < spellings[node] { return cursor.skipValue(depth: depth) }
            clear(node: node)
        }
        visits[node] = notes.pointee.serial
        spellings[node] = spelling
        return takeValue(&cursor, node: node, depth: depth, nesting: nesting)
    }

    /// Makes all slots of a node and of what lies below it missing.
    func clear(node: Int) {
        for below in node..<Int(nodes[node].subtreeEnd) where nodes[below].slot >= 0 {
            slots[Int(nodes[below].slot)] = .missing
        }
    }

    /// How well the top-level name of a path was spelled: 2 as documented, 1 with a small first letter, else 0.
    func spelling(ofTopLevelNode node: Int) -> UInt8 {
        visits[node] == notes.pointee.serial ? spellings[node] : 0
    }
}
