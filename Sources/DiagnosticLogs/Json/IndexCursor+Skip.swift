extension IndexCursor {
    /// Passes one value and checks its grammar.
    ///
    /// `depth` is the number of containers around it.
    @inline(__always)
    mutating func skipValue(depth: Int) -> Bool {
        guard at < count else { return fail() }
        switch base[Int(offsets[at])] {
        case UInt8(ascii: "\""):
            at += 1
            return true
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            return skipContainer(depth: depth)
        default:
            guard bareWordEnd() != nil else { return fail() }
            at += 1
            return true
        }
    }

    /// Passes an object or array.
    ///
    /// Iterative; the kinds of the open containers are bits of one word.
    @inline(never)
    mutating func skipContainer(depth: Int) -> Bool {
        var kinds: UInt64 = 0
        var level = depth
        repeat {
            // Here a value is expected.
            let first = byte
            if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") {
                guard level < JSONLimits.depthMax else { return fail(.tooDeep) }
                level += 1
                let isObject = first == UInt8(ascii: "{")
                kinds = kinds &<< 1 | (isObject ? 1 : 0)
                at += 1
                let close = isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")
                if byte == close {
                    guard closeContainers(&kinds, &level, depth: depth) else { return false }
                } else if isObject {
                    guard passName() else { return false }
                }
            } else {
                guard passScalar(first), closeContainers(&kinds, &level, depth: depth) else { return false }
            }
        } while level > depth
        return true
    }

    @inline(__always)
    private mutating func passScalar(_ first: UInt8) -> Bool {
        if first != UInt8(ascii: "\"") {
            guard at < count, bareWordEnd() != nil else { return fail() }
        }
        at += 1
        return true
    }

    /// Passes the name of a member, and before it all members in a row whose values are strings and that another
    /// member follows: most of a record is that.
    @inline(__always)
    private mutating func passName() -> Bool {
        let quote = UInt8(ascii: "\"")
        var entry = at
        while entry + 4 < count, base[Int(offsets[entry])] == quote,
            base[Int(offsets[entry + 1])] == UInt8(ascii: ":"), base[Int(offsets[entry + 2])] == quote,
            base[Int(offsets[entry + 3])] == UInt8(ascii: ",")
        {
            entry += 4
        }
        at = entry
        guard byte == UInt8(ascii: "\""), byte(ahead: 1) == UInt8(ascii: ":") else { return fail() }
        at += 2
        return true
    }

    /// Behind a value: passes closing brackets, then a comma and, in objects, the next name.
    @inline(__always)
    private mutating func closeContainers(_ kinds: inout UInt64, _ level: inout Int, depth: Int) -> Bool {
        while level > depth {
            let isObject = kinds & 1 == 1
            let next = byte
            if next == UInt8(ascii: ",") {
                at += 1
                return isObject ? passName() : true
            }
            guard next == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else { return fail() }
            at += 1
            kinds &>>= 1
            level -= 1
        }
        return true
    }

    /// Passes a broken or too deep element by counting brackets alone.
    ///
    /// Returns the entry behind it, or nil when no end can be told.
    ///
    /// Lists hold objects: an end is a place where the brackets are even, or one too many is closed, and where the list
    /// ends or another object begins. None lies before `offset`: lists inside the element were read up to there.
    func entryBehindBrokenElement(from entry: Int, notBefore offset: Int) -> Int? {
        var level = 0
        var next = entry
        while next < count {
            switch base[Int(offsets[next])] {
            case UInt8(ascii: "{"), UInt8(ascii: "["): level += 1
            case UInt8(ascii: "}"): level -= 1
            case UInt8(ascii: "]"):
                if level == 0, Int(offsets[next]) >= offset { return next > entry ? next : nil }
                level -= 1
            default: break
            }
            next += 1
            if level <= 0, isElementEnd(next), Int(offsets[next]) >= offset { return next }
        }
        return nil
    }

    private func isElementEnd(_ entry: Int) -> Bool {
        guard entry < count else { return false }
        switch base[Int(offsets[entry])] {
        case UInt8(ascii: "]"): return true
        case UInt8(ascii: ","): return entry + 1 < count && base[Int(offsets[entry + 1])] == UInt8(ascii: "{")
        default: return false
        }
    }
}
