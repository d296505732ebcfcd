/// Reads JSON text byte by byte, without an index: the slow path for single records.
///
/// Never trusts the text: a broken one ends the walk early. Name rules are those of the walker.
enum JSONReader {
    /// The value that starts at or behind an offset, and the offset behind it; nil when there is none.
    static func value(_ text: UnsafeRawBufferPointer, at start: Int) -> (slot: FieldSlot, next: Int)? {
        var at = start
        while at < text.count, IndexCursor.isBlank(text[at]) { at += 1 }
        guard at < text.count, let base = text.baseAddress else { return nil }
        switch text[at] {
        case UInt8(ascii: "\""):
            guard let end = stringEnd(text, from: at + 1) else { return nil }
            return (FieldSlot(.string, base + at + 1, end.at - at - 1, hasEscapes: end.escaped), end.at + 1)
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            guard let end = containerEnd(text, from: at) else { return nil }
            let kind: FieldSlot.Kind = text[at] == UInt8(ascii: "{") ? .object : .array
            return (FieldSlot(kind, base + at, end - at), end)
        case UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "}"), UInt8(ascii: "]"):
            return nil
        default:
            var end = at
            while end < text.count, !endsBareWord(text[end]) { end += 1 }
            return (RecordWalker.bareWord(text[at], base + at, end - at), end)
        }
    }

    private static func endsBareWord(_ byte: UInt8) -> Bool {
        IndexCursor.isBlank(byte) || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]")
            || byte == UInt8(ascii: ":")
    }

    private static func stringEnd(_ text: UnsafeRawBufferPointer, from start: Int) -> (at: Int, escaped: Bool)? {
        var at = start
        var escaped = false
        while at < text.count {
            if text[at] == UInt8(ascii: "\\") {
                escaped = true
                at += 2
            } else if text[at] == UInt8(ascii: "\"") {
                return (at, escaped)
            } else {
                at += 1
            }
        }
        return nil
    }

    private static func containerEnd(_ text: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var level = 0
        var at = start
        while at < text.count {
            switch text[at] {
            case UInt8(ascii: "{"), UInt8(ascii: "["): level += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                level -= 1
                if level == 0 { return at + 1 }
            case UInt8(ascii: "\""):
                guard let end = stringEnd(text, from: at + 1) else { return nil }
                at = end.at
            default: break
            }
            at += 1
        }
        return nil
    }

    /// Calls `body` with each member of an object until it returns false.
    static func forEachMember(of object: FieldSlot, _ body: (_ name: FieldSlot, _ value: FieldSlot) -> Bool) {
        let text = object.memory
        var at = 1
        while let name = value(text, at: at), name.slot.kind == .string {
            at = name.next
            while at < text.count, IndexCursor.isBlank(text[at]) { at += 1 }
            guard at < text.count, text[at] == UInt8(ascii: ":"), let member = value(text, at: at + 1) else { return }
            guard body(name.slot, member.slot) else { return }
            guard let next = behindComma(text, member.next) else { return }
            at = next
        }
    }

    /// Calls `body` with each element of an array until it returns false; returns false when it did.
    @discardableResult
    static func forEachElement(of array: FieldSlot, _ body: (FieldSlot) -> Bool) -> Bool {
        let text = array.memory
        var at = 1
        while let element = value(text, at: at) {
            guard body(element.slot) else { return false }
            guard let next = behindComma(text, element.next) else { return true }
            at = next
        }
        return true
    }

    private static func behindComma(_ text: UnsafeRawBufferPointer, _ start: Int) -> Int? {
        var at = start
        while at < text.count, IndexCursor.isBlank(text[at]) { at += 1 }
        return at < text.count && text[at] == UInt8(ascii: ",") ? at + 1 : nil
    }
}
