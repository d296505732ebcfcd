extension RecordWalker {
    /// Walks an object whose opening brace is the current entry.
    func walkObject(_ cursor: inout IndexCursor, node: Int32, depth: Int, nesting: Int) -> Bool {
        guard depth < JSONLimits.depthMax else { return cursor.fail(.tooDeep) }
        cursor.at += 1
        if cursor.byte == UInt8(ascii: "}") {
            cursor.at += 1
            return true
        }
        // Copies in registers: the cursor's own members are in memory that calls may change.
        let (base, offsets, count) = (cursor.base, cursor.offsets, cursor.count)
        let lengths = nodes[Int(node)].lengths
        let table = lengthTables + Int(nodes[Int(node)].table)
        let quote = UInt8(ascii: "\"")
        var at = cursor.at
        while true {
            // A member has at least a name, a colon, a value and what follows.
            guard at + 3 < count else {
                cursor.at = at
                return cursor.fail()
            }
            let start = Int(offsets[at]) + 1
            let colon = Int(offsets[at + 1])
            guard base[start - 1] == quote, base[colon] == UInt8(ascii: ":") else {
                cursor.at = at
                return cursor.fail()
            }
            var end = colon - 1
            while base[end] != quote { end -= 1 }
            let length = end - start
            let value = base[Int(offsets[at + 2])]
            var entry: Int32 = -1
            if cursor.hasBackslash(from: start, to: end) {
                entry = findEscapedName(UnsafeRawBufferPointer(start: base + start, count: length), node: node)
            } else if lengths & (1 &<< UInt64(min(length, 63))) != 0 {
                entry = findName(base + start, length, table: table, isRoot: node == 0)
            }
            if entry < 0, value == quote {
                at += 3
            } else {
                cursor.at = at + 2
                let passed =
                    entry < 0
                    ? cursor.skipValue(depth: depth + 1)
                    : takeMember(
                        &cursor, entry: Int(entry), isRoot: node == 0, name: base + start, length: length,
                        depth: depth + 1, nesting: nesting)
                guard passed else { return false }
                at = cursor.at
            }
            let next = at < count ? base[Int(offsets[at])] : 0
            if next == UInt8(ascii: ",") {
                at += 1
                continue
            }
            cursor.at = at
            guard next == UInt8(ascii: "}") else { return cursor.fail() }
            cursor.at = at + 1
            return true
        }
    }

    /// The entry of a name below a node, or -1.
    @inline(__always)
    private func findName(
        _ name: UnsafePointer<UInt8>, _ length: Int, table: UnsafePointer<Int32>, isRoot: Bool
    ) -> Int32 {
        let bucket = min(length, 63)
        var entry = table[bucket]
        let last = table[bucket + 1]
        guard entry < last else { return -1 }
        var head = UnsafeRawPointer(name).loadUnaligned(as: UInt64.self).littleEndian
        if isRoot { head |= 0x2020_2020_2020_2020 }
        if length < 8 { head &= (1 &<< UInt64(8 * length)) &- 1 }
        while entry < last {
            let candidate = entries + Int(entry)
            if candidate.pointee.head == head, Int(candidate.pointee.nameLength) == length {
                let known = names + Int(candidate.pointee.nameOffset)
                if isRoot {
                    let isSame =
                        candidate.pointee.isPlain
                        ? equals(known, name, length, fold: Self.foldBits) : equalsWithoutCase(known, name, length)
                    if isSame { return entry }
                } else if equals(known, name, length, fold: 0) {
                    return entry
                }
            }
            entry += 1
        }
        return -1
    }

    /// Sets the bit that tells small ASCII letters from capitals, in eight bytes at once.
    private static let foldBits: UInt64 = 0x2020_2020_2020_2020

    /// Compares what lies behind the first eight bytes, which are known to be equal, in steps of eight bytes that may
    /// overlap.
    ///
    /// Names of the plan and texts both have readable memory in front of a ninth byte and behind the last.
    @inline(__always)
    private func equals(_ a: UnsafePointer<UInt8>, _ b: UnsafePointer<UInt8>, _ length: Int, fold: UInt64) -> Bool {
        guard length > 8 else { return true }
        var at = 8
        while at + 8 < length {
            if Self.load(a + at) | fold != Self.load(b + at) | fold { return false }
            at += 8
        }
        return Self.load(a + length - 8) | fold == Self.load(b + length - 8) | fold
    }

    @inline(__always)
    private static func load(_ bytes: UnsafePointer<UInt8>) -> UInt64 {
        UnsafeRawPointer(bytes).loadUnaligned(as: UInt64.self)
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
        let table = lengthTables + Int(nodes[Int(node)].table)
        return findName(base.assumingMemoryBound(to: UInt8.self), plain.count, table: table, isRoot: node == 0)
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
            if entries[entry].isDocumented, Self.isSame(known, name, length) {
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

    @inline(__always)
    private static func isSame(_ a: UnsafePointer<UInt8>, _ b: UnsafePointer<UInt8>, _ length: Int) -> Bool {
        if length <= 8 {
            let mask: UInt64 = length < 8 ? (1 &<< UInt64(8 * length)) &- 1 : .max
            return (load(a) ^ load(b)).littleEndian & mask == 0
        }
        var at = 0
        while at + 8 < length {
            if load(a + at) != load(b + at) { return false }
            at += 8
        }
        return load(a + length - 8) == load(b + length - 8)
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
