/// The JSON grammar once more, written for clarity: what the decoder is measured by.
///
/// As the decoder promises: any escape passes inside strings, any size of number, at most 64 containers.
struct PlainJSON {
    /// Stands in a text for a dead letter: it may have taken the ends of what is open there.
    static let letter: UInt8 = 1

    private let bytes: ArraySlice<UInt8>
    private var at: Int
    /// A ``letter`` was met: what is open may stay open.
    private var isLoose = false

    /// A string may hold raw control characters and end with the text: the decoder repairs both, and what it then hands
    /// out of the string lies elsewhere.
    private let allowsBrokenStrings: Bool

    private init(_ bytes: ArraySlice<UInt8>, allowsBrokenStrings: Bool = false) {
        self.bytes = bytes
        self.allowsBrokenStrings = allowsBrokenStrings
        at = bytes.startIndex
    }

    /// Whether bytes are one object.
    static func isObject(_ bytes: [UInt8]) -> Bool {
        var reader = PlainJSON(bytes[...])
        return bytes.first == UInt8(ascii: "{") && reader.value(depth: 0) && reader.at == bytes.endIndex
    }

    /// Whether bytes are values one after another, with blanks between them.
    static func isSequence(_ bytes: [UInt8]) -> Bool {
        var reader = PlainJSON(bytes[...], allowsBrokenStrings: true)
        while true {
            reader.skipBlanks()
            guard reader.at < bytes.endIndex else { return true }
            reader.isLoose = false
            guard reader.value(depth: 0) else { return false }
        }
    }

    /// Whether a text has nothing that is repaired, passed over or read twice: printable ASCII without quotes of the
    /// other kind, without escapes, and without the one list that is no JSON.
    static func isPlain(_ text: UnsafeRawBufferPointer) -> Bool {
        text.allSatisfy { byte in
            (0x20..<0x7F).contains(byte) && byte != UInt8(ascii: "'") && byte != UInt8(ascii: "\\") || byte == 0x0A
                || byte == 0x0D || byte == 0x09
        } && !String(decoding: text, as: UTF8.self).utf8.contains("blob".utf8)
    }

    /// Bytes as text for a message.
    static func shown(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }

    /// The end of the value at an offset of a well-formed text.
    static func end(of text: ArraySlice<UInt8>, at start: Int) -> Int? {
        var reader = PlainJSON(text)
        reader.at = start
        return reader.value(depth: 0) ? reader.at : nil
    }

    private var next: UInt8? { at < bytes.endIndex ? bytes[at] : nil }

    private mutating func skipBlanks() {
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { at += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        skipBlanks()
        guard next == byte else { return false }
        at += 1
        return true
    }

    private mutating func value(depth: Int) -> Bool {
        skipBlanks()
        switch next {
        case Self.letter: return passLetter()
        case UInt8(ascii: "{"): return depth < 64 && container(UInt8(ascii: "}"), depth: depth + 1, isObject: true)
        case UInt8(ascii: "["): return depth < 64 && container(UInt8(ascii: "]"), depth: depth + 1, isObject: false)
        case UInt8(ascii: "\""): return string()
        case UInt8(ascii: "t"): return word("true")
        case UInt8(ascii: "f"): return word("false")
        case UInt8(ascii: "n"): return word("null")
        default: return number()
        }
    }

    private mutating func passLetter() -> Bool {
        at += 1
        isLoose = true
        return true
    }

    private mutating func container(_ close: UInt8, depth: Int, isObject: Bool) -> Bool {
        at += 1
        if take(close) { return true }
        while true {
            skipBlanks()
            if isObject, next != Self.letter {
                guard next == UInt8(ascii: "\""), string() else { return false }
                if !take(UInt8(ascii: ":")), next != Self.letter { return false }
            }
            guard value(depth: depth) else { return false }
            if take(Self.letter) { isLoose = true }
            if take(close) { return true }
            let comma = at
            guard take(UInt8(ascii: ",")) else { return isLoose }
            skipBlanks()
            if isObject, isLoose, next != UInt8(ascii: "\""), next != Self.letter {
                // The letter took the end of this object: the comma belongs to what is around it.
                at = comma
                return true
            }
        }
    }

    private mutating func string() -> Bool {
        at += 1
        while let byte = next {
            at += 1
            if byte == UInt8(ascii: "\"") { return true }
            if byte < 0x20, !allowsBrokenStrings { return false }
            if byte == UInt8(ascii: "\\") { at += 1 }
        }
        isLoose = allowsBrokenStrings
        return allowsBrokenStrings
    }

    private mutating func word(_ word: String) -> Bool {
        guard bytes[at...].starts(with: word.utf8) else { return false }
        at += word.utf8.count
        return endsWord
    }

    private mutating func digits() -> Bool {
        let start = at
        while let byte = next, byte &- 0x30 < 10 { at += 1 }
        return at > start
    }

    private mutating func number() -> Bool {
        if next == UInt8(ascii: "-") { at += 1 }
        let isZero = next == UInt8(ascii: "0")
        if isZero { at += 1 } else if !digits() { return false }
        if next == UInt8(ascii: ".") {
            at += 1
            guard digits() else { return false }
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            at += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { at += 1 }
            guard digits() else { return false }
        }
        return endsWord
    }

    private var endsWord: Bool {
        guard let byte = next else { return true }
        return byte <= 0x20 || ",]}{[\":".utf8.contains(byte)
    }
}

/// The split of a well-formed envelope, by a plain reader.
enum PlainEnvelope {
    struct Outcome {
        let isRecord: Bool
        let bytes: ArraySlice<UInt8>
    }

    /// What a well-formed text without escapes should be split into; nil where strings may hold records.
    static func outcomes(_ text: UnsafeRawBufferPointer) -> [Outcome]? {
        var outcomes: [Outcome] = []
        let whole = trimmed([UInt8](text)[...])
        return add(whole, mayWrap: true, mayList: true, &outcomes) ? outcomes : nil
    }

    private static func add(
        _ value: ArraySlice<UInt8>, mayWrap: Bool, mayList: Bool, _ outcomes: inout [Outcome]
    ) -> Bool {
        switch value.first {
        case UInt8(ascii: "{"):
            let members = parts(value)
            let lists = members.filter { isRecordsMember($0) }
            guard mayWrap, !lists.isEmpty else {
                outcomes.append(Outcome(isRecord: true, bytes: value))
                return true
            }
            return lists.allSatisfy { list in
                list.value.first == UInt8(ascii: "n")
                    || add(list.value, mayWrap: false, mayList: true, &outcomes)
            }
        case UInt8(ascii: "[") where mayList:
            return parts(value).allSatisfy { add($0.value, mayWrap: mayWrap, mayList: false, &outcomes) }
        case UInt8(ascii: "\""): return false
        default:
            outcomes.append(Outcome(isRecord: false, bytes: value))
            return true
        }
    }

    private static func isRecordsMember(_ part: (name: ArraySlice<UInt8>, value: ArraySlice<UInt8>)) -> Bool {
        guard PlainJSON.shown(part.name).lowercased() == "records" else { return false }
        return "[{n\"".utf8.contains(part.value.first ?? 0)
    }

    private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var text = text
        while let last = text.last, last <= 0x20 { text.removeLast() }
        while let first = text.first, first <= 0x20 { text.removeFirst() }
        return text
    }

    /// Members of an object, or elements of an array (without names).
    private static func parts(
        _ container: ArraySlice<UInt8>
    ) -> [(name: ArraySlice<UInt8>, value: ArraySlice<UInt8>)] {
        var parts: [(name: ArraySlice<UInt8>, value: ArraySlice<UInt8>)] = []
        var name: ArraySlice<UInt8> = []
        var at = container.startIndex + 1
        while at < container.endIndex - 1 {
            if container[at] <= 0x20 || container[at] == UInt8(ascii: ",") {
                at += 1
                continue
            }
            guard let end = PlainJSON.end(of: container, at: at) else { return parts }
            let text = container[at..<end]
            at = end
            while at < container.endIndex, container[at] <= 0x20 { at += 1 }
            if container[at] == UInt8(ascii: ":") {
                name = text.dropFirst().dropLast()
                at += 1
            } else {
                parts.append((name, text))
            }
        }
        return parts
    }
}
