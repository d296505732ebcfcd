/// The bytes around and between the records of one message.
struct MessageEnvelope {
    var opening: [UInt8]
    var separator: UInt8
    var closing: [UInt8]

    /// The envelope for a message with the given quirk, or the usual `{"records":[…]}`.
    init(_ quirk: Quirk?) {
        separator = UInt8(ascii: ",")
        switch quirk {
        case .bareArray:
            opening = [UInt8(ascii: "[")]
            closing = [UInt8(ascii: "]")]
        case .singleObject:
            opening = []
            closing = []
        case .lines:
            opening = []
            separator = 0x0A
            closing = []
        case .nestedEnvelope:
            opening = Array(#"[{"records":["#.utf8)
            closing = Array("]}]".utf8)
        case .byteOrderMark:
            opening = [0xEF, 0xBB, 0xBF] + Array(#"{"records":["#.utf8)
            closing = Array("]}".utf8)
        case .trailingFragment:
            opening = Array(#"{"records":["#.utf8)
            closing = Array(#"]}{"correlationId":"00000000-0000-4000-8000-000000000000","isEnd":true}}]}"#.utf8)
        default:
            opening = Array(#"{"records":["#.utf8)
            closing = Array("]}".utf8)
        }
    }
}

extension [UInt8] {
    /// Turns the whole body into an array that holds it as a JSON string.
    mutating func encodeTwice() {
        var twice: [UInt8] = [UInt8(ascii: "["), UInt8(ascii: "\"")]
        twice.reserveCapacity(count + count / 4)
        twice.append(escaping: self)
        twice.append(text: "\"]")
        self = twice
    }
}
