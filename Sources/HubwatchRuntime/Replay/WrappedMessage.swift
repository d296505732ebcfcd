public import DiagnosticLogs

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A message with its place in a hub, as one line of a file.
///
///     {"partition":3,"sequence":17,"offset":"4312","enqueued":"2026-01-31T12:00:00.123Z","body":{"records":[…]}}
///
/// The body is JSON as it stands, or, where it is none, text in `"text"` or bytes in `"base64"`. A line is one of these iff
/// its first member is `partition`: no log of Azure begins so. Replayed from such lines, findings have the ids that they have
/// in the hub.
public struct WrappedMessage: Hashable, Sendable {
    /// Partition number.
    public var partition: Int
    /// Sequence number in it.
    public var sequence: Int64
    /// The broker's opaque offset; empty when the line has none.
    public var offset: String
    /// When the broker took the message.
    public var enqueued: Timestamp
    /// The message's body.
    public var body: [UInt8]

    /// Makes a message.
    public init(partition: Int, sequence: Int64, offset: String, enqueued: Timestamp, body: [UInt8]) {
        self.partition = partition
        self.sequence = sequence
        self.offset = offset
        self.enqueued = enqueued
        self.body = body
    }

    /// The line, without its line end.
    ///
    /// - Parameter isJSON: whether the body is JSON on one line and may stand as it is.
    public func line(isJSON: Bool) -> [UInt8] {
        var line = Array("{\"partition\":\(partition),\"sequence\":\(sequence)".utf8)
        if !offset.isEmpty {
            line += Array(",\"offset\":\"".utf8) + offset.utf8.filter { $0 > 0x1F && $0 != 0x22 && $0 != 0x5C }
            line.append(UInt8(ascii: "\""))
        }
        line += Array(",\"enqueued\":\"\(enqueued.iso8601)\",".utf8)
        if isJSON {
            line += Array("\"body\":".utf8) + body
        } else {
            line += Array("\"base64\":\"".utf8) + Array(Data(body).base64EncodedString().utf8)
            line.append(UInt8(ascii: "\""))
        }
        line.append(UInt8(ascii: "}"))
        return line
    }

    /// Whether a line claims to be one.
    public static func isWrapped(_ line: UnsafeRawBufferPointer) -> Bool {
        var cursor = WrapperCursor(line)
        return cursor.take(UInt8(ascii: "{"))
            && cursor.string().map { line[$0].elementsEqual("partition".utf8) } == true
    }

    /// Reads a line; nil when a member is missing, twice there or of another kind.
    public init?(line: UnsafeRawBufferPointer) {
        var cursor = WrapperCursor(line)
        guard cursor.take(UInt8(ascii: "{")) else { return nil }
        var members: [String: Range<Int>] = [:]
        repeat {
            guard let name = cursor.string(), cursor.take(UInt8(ascii: ":")), let value = cursor.value(),
                members.updateValue(value, forKey: String(decoding: line[name], as: UTF8.self)) == nil
            else { return nil }
        } while cursor.take(UInt8(ascii: ","))
        guard cursor.take(UInt8(ascii: "}")), cursor.isAtEnd else { return nil }
        func text(_ name: String) -> Substring? {
            guard let range = members[name] else { return nil }
            let raw = Substring(String(decoding: line[range], as: UTF8.self))
            return raw.hasPrefix("\"") ? raw.dropFirst().dropLast() : raw
        }
        guard let partition = text("partition").flatMap({ Int($0) }), partition >= 0, partition <= Int(Int32.max),
            let sequence = text("sequence").flatMap({ Int64($0) }), sequence >= 0,
            let enqueued = text("enqueued").flatMap({ Timestamp(parsing: String($0)) })
        else { return nil }
        let offset = text("offset").map(String.init) ?? ""
        let body: [UInt8]
        switch (members["body"], members["text"], members["base64"]) {
        case (let range?, nil, nil): body = Array(line[range])
        case (nil, let range?, nil):
            guard let text = JSONStringText.decode(line[range]) else { return nil }
            body = text
        case (nil, nil, .some):
            guard let bytes = Data(base64Encoded: String(text("base64") ?? "")) else { return nil }
            body = [UInt8](bytes)
        default: return nil
        }
        self.init(partition: partition, sequence: sequence, offset: offset, enqueued: enqueued, body: body)
    }
}

/// Steps over the outermost members of a JSON object without reading what is inside.
private struct WrapperCursor {
    private let bytes: UnsafeRawBufferPointer
    private var at = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool {
        mutating get {
            skipBlanks()
            return at == bytes.count
        }
    }

    private mutating func skipBlanks() { while at < bytes.count, bytes[at] <= 0x20 { at += 1 } }

    mutating func take(_ byte: UInt8) -> Bool {
        skipBlanks()
        guard at < bytes.count, bytes[at] == byte else { return false }
        at += 1
        return true
    }

    /// The range between the quotation marks.
    mutating func string() -> Range<Int>? {
        guard take(UInt8(ascii: "\"")) else { return nil }
        let start = at
        while at < bytes.count {
            if bytes[at] == UInt8(ascii: "\\") {
                at += 2
            } else if bytes[at] == UInt8(ascii: "\"") {
                at += 1
                return start..<(at - 1)
            } else {
                at += 1
            }
        }
        at = bytes.count
        return nil
    }

    /// The range of a value of any kind, quotation marks and brackets included.
    mutating func value() -> Range<Int>? {
        skipBlanks()
        let start = at
        guard at < bytes.count else { return nil }
        switch bytes[at] {
        case UInt8(ascii: "\""): return string().map { ($0.lowerBound - 1)..<($0.upperBound + 1) }
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            var depth = 0
            while at < bytes.count {
                switch bytes[at] {
                case UInt8(ascii: "\""):
                    guard string() != nil else { return nil }
                    continue
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
                default: break
                }
                at += 1
                if depth == 0 { return start..<at }
            }
            return nil
        default:
            while at < bytes.count, !",}] \t\r\n".utf8.contains(bytes[at]) { at += 1 }
            return at > start ? start..<at : nil
        }
    }
}

/// The text of a JSON string.
private enum JSONStringText {
    static func decode(_ quoted: Slice<UnsafeRawBufferPointer>) -> [UInt8]? {
        guard quoted.count >= 2, quoted.first == UInt8(ascii: "\""), quoted.last == UInt8(ascii: "\"") else {
            return nil
        }
        var text: [UInt8] = []
        var units: [UInt16] = []
        var rest = quoted.dropFirst().dropLast()[...]
        func flush() {
            guard !units.isEmpty else { return }
            text += Array(String(decoding: units, as: UTF16.self).utf8)
            units = []
        }
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                flush()
                text.append(byte)
                continue
            }
            guard let kind = rest.popFirst() else { return nil }
            if kind == UInt8(ascii: "u") {
                guard rest.count >= 4, let unit = UInt16(String(decoding: rest.prefix(4), as: UTF8.self), radix: 16)
                else { return nil }
                rest = rest.dropFirst(4)
                units.append(unit)
                continue
            }
            flush()
            guard let plain = escapes[kind] else { return nil }
            text.append(plain)
        }
        flush()
        return text
    }

    private static let escapes: [UInt8: UInt8] = [
        UInt8(ascii: "\""): UInt8(ascii: "\""), UInt8(ascii: "\\"): UInt8(ascii: "\\"),
        UInt8(ascii: "/"): UInt8(ascii: "/"), UInt8(ascii: "b"): 8, UInt8(ascii: "f"): 12, UInt8(ascii: "n"): 10,
        UInt8(ascii: "r"): 13, UInt8(ascii: "t"): 9,
    ]
}
