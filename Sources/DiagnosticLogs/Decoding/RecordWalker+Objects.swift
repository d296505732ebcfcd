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
        let (isRoot, lengths) = (node == 0, nodes[Int(node)].lengths)
        let quote = UInt8(ascii: "\"")
        // From the name at hand to here there is no backslash.
        var plainEnd = 0
        var at = cursor.at
        while true {
            // A member has at least a name, a colon, a value and what follows.
            guard at &+ 3 < count else {
                cursor.at = at
                return cursor.fail()
            }
            let start = Int(offsets[at]) &+ 1
            let colon = Int(offsets[at &+ 1])
            guard base[start &- 1] == quote, base[colon] == UInt8(ascii: ":") else {
                cursor.at = at
                return cursor.fail()
            }
            var end = colon &- 1
            while base[end] != quote { end &-= 1 }
            var name = UnsafeRawPointer(base + start)
            var length = end &- start
            if end > plainEnd {
                if cursor.hasBackslash(from: start, to: end) { (name, length) = plainName(name, length) }
                plainEnd = cursor.plainEnd
            }
            let isString = base[Int(offsets[at &+ 2])] == quote
            if lengths & Self.lengthBit(length) == 0, isString {
                at &+= 3
            } else {
                let entry = findName(name, length, below: Int(node), isRoot: isRoot, lengths: lengths)
                if isString, entry < 0 || takeText(&cursor, entry: entry, name: name, at: at &+ 2, &plainEnd) {
                    at &+= 3
                } else {
                    cursor.at = at &+ 2
                    let passed =
                        entry < 0
                        ? cursor.skipValue(depth: depth &+ 1)
                        : takeMember(
                            &cursor, entry: entry, isRoot: isRoot, name: name, depth: depth &+ 1, nesting: nesting)
                    guard passed else { return false }
                    at = cursor.at
                }
            }
            let next = at < count ? base[Int(offsets[at])] : 0
            if next == UInt8(ascii: ",") {
                at &+= 1
                continue
            }
            cursor.at = at
            guard next == UInt8(ascii: "}") else { return cursor.fail() }
            cursor.at = at &+ 1
            return true
        }
    }

    /// The bit of a name's length in ``PlanNode/lengths``, modulo 64.
    @inline(__always)
    static func lengthBit(_ length: Int) -> UInt64 { 1 &<< UInt64(truncatingIfNeeded: length) }

    /// Takes the text of a string at an index entry for a member that was not there yet, if that is all there is to do.
    @inline(__always)
    private func takeText(
        _ cursor: inout IndexCursor, entry: Int, name: UnsafeRawPointer, at: Int, _ plainEnd: inout Int
    ) -> Bool {
        let node = Int(entries[entry].node)
        let serial = notes.pointee.serial
        guard !nodes[node].opensTexts, nodes[node].slot >= 0, visits[node].serial != serial else { return false }
        visits[node] = NodeVisit(name: name, serial: serial)
        let start = Int(cursor.offsets[at]) &+ 1
        let end = cursor.stringEnd(entry: at)
        var hasEscapes = false
        if end > plainEnd {
            hasEscapes = cursor.hasBackslash(from: start, to: end)
            plainEnd = cursor.plainEnd
        }
        put(
            FieldSlot(.string, UnsafeRawPointer(cursor.base + start), end &- start, hasEscapes: hasEscapes),
            in: Int(nodes[node].slot))
        return true
    }

    /// The entry of a name below a node, or -1.
    ///
    /// 8 bytes behind the name's start must be readable.
    @inline(__always)
    func findName(
        _ name: UnsafeRawPointer, _ length: Int, below node: Int, isRoot: Bool, lengths: UInt64
    ) -> Int {
        guard lengths & Self.lengthBit(length) != 0 else { return -1 }
        let ends = NameEnds(name, length, fold: isRoot ? NameEnds.foldBits : 0)
        let entry = Int(nodes[node].table) &+ Int(ends.place(length, shift: nodes[node].tableShift))
        let first = entries + entry
        // Mostly the first place tells.
        if first.pointee.ends == ends {
            if Int(first.pointee.nameLength) == length, length <= 16, first.pointee.isPlain { return entry }
            return findNameFurther(name, length, below: node, isRoot: isRoot)
        }
        return first.pointee.isLast ? -1 : findNameFurther(name, length, below: node, isRoot: isRoot)
    }

    @inline(never)
    private func findNameFurther(_ name: UnsafeRawPointer, _ length: Int, below node: Int, isRoot: Bool) -> Int {
        let ends = NameEnds(name, length, fold: isRoot ? NameEnds.foldBits : 0)
        var place = ends.place(length, shift: nodes[node].tableShift)
        while true {
            let entry = Int(nodes[node].table) &+ Int(place)
            let candidate = entries + entry
            // An empty place ends the search; the table always has one.
            if candidate.pointee.nameLength < 0 { return -1 }
            if candidate.pointee.ends == ends, Int(candidate.pointee.nameLength) == length,
                isSame(candidate, name, length, isRoot: isRoot)
            {
                return entry
            }
            place = (place &+ 1) & nodes[node].tableMask
        }
    }

    /// Compares names whose ends are equal.
    private func isSame(
        _ entry: UnsafePointer<PlanEntry>, _ name: UnsafeRawPointer, _ length: Int, isRoot: Bool
    ) -> Bool {
        let known = UnsafeRawPointer(names + Int(entry.pointee.nameOffset))
        guard isRoot, !entry.pointee.isPlain else {
            return Self.isSame(known, name, length, fold: isRoot ? NameEnds.foldBits : 0)
        }
        for i in 0..<length {
            let (a, b) = (known.load(fromByteOffset: i, as: UInt8.self), name.load(fromByteOffset: i, as: UInt8.self))
            if FieldAliases.asciiLowercased(a) != FieldAliases.asciiLowercased(b) { return false }
        }
        return true
    }

    /// Compares in steps of eight bytes, of which the last may overlap the one before.
    ///
    /// Names of the plan and texts both have readable memory behind the last byte.
    @inline(__always)
    private static func isSame(
        _ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ length: Int, fold: UInt64
    ) -> Bool {
        if length <= 8 { return NameEnds(a, length, fold: fold) == NameEnds(b, length, fold: fold) }
        var at = 0
        while at &+ 8 < length {
            if NameEnds.load(a + at) | fold != NameEnds.load(b + at) | fold { return false }
            at &+= 8
        }
        return NameEnds.load(a + length - 8) | fold == NameEnds.load(b + length - 8) | fold
    }

    /// A sender may spell a name with escapes; it must not hide from a rule that way.
    @inline(never)
    private func plainName(_ name: UnsafeRawPointer, _ length: Int) -> (UnsafeRawPointer, Int) {
        let plain = arena.unescaped(UnsafeRawBufferPointer(start: name, count: length))
        return (plain.baseAddress ?? name, plain.count)
    }

    /// Takes the value of a member that the plan knows.
    @inline(__always)
    private func takeMember(
        _ cursor: inout IndexCursor, entry: Int, isRoot: Bool, name: UnsafeRawPointer, depth: Int, nesting: Int
    ) -> Bool {
        let node = Int(entries[entry].node)
        if visits[node].serial == notes.pointee.serial {
            if isRoot, spelling(of: entry, name) < spelling(of: entry, visits[node].name) {
                return cursor.skipValue(depth: depth)
            }
            clear(node: node)
        }
        visits[node] = NodeVisit(name: name, serial: notes.pointee.serial)
        return takeValue(&cursor, node: node, depth: depth, nesting: nesting)
    }

    /// How well the top-level name of an entry is spelled: 2 as documented, 1 with a small first letter, else 0.
    ///
    /// A name that occurs twice: the later one wins. At the top level a better spelling wins first.
    @inline(never)
    private func spelling(of entry: Int, _ name: UnsafeRawPointer) -> Int {
        let length = Int(entries[entry].nameLength)
        let known = UnsafeRawPointer(names + Int(entries[entry].nameOffset))
        if entries[entry].isDocumented, Self.isSame(known, name, length, fold: 0) { return 2 }
        return length > 0 && name.load(as: UInt8.self) &- 0x61 < 26 ? 1 : 0
    }

    /// Whether the record has the top-level name of an entry, spelled as documented.
    func isSpelledAsDocumented(_ entry: Int) -> Bool {
        let visit = visits[Int(entries[entry].node)]
        return visit.serial == notes.pointee.serial && spelling(of: entry, visit.name) == 2
    }
}
