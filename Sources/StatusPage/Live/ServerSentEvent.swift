/// One event of a `text/event-stream`.
///
/// **Source**: WHATWG HTML, "Server-sent events", section "Parsing an event stream": a line feed, a carriage return or both
/// end a line, so each line of the data gets a field of its own, and no data can begin a new event.
public struct ServerSentEvent: Sendable {
    /// Its name; a literal, so that it holds no line end.
    public var name: StaticString?
    /// Its data, UTF-8.
    public var data: [UInt8]

    /// Makes an event.
    public init(name: StaticString? = nil, data: [UInt8]) {
        self.name = name
        self.data = data
    }

    /// A line that says nothing: it shows that the connection lives.
    public static let heartbeat: [UInt8] = Array(": \n\n".utf8)

    /// How soon a client that lost its connection comes back.
    public static func retry(milliseconds: Int) -> [UInt8] { Array("retry: \(max(0, milliseconds))\n\n".utf8) }

    /// The bytes on the wire.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(data.count + 64)
        if let name {
            bytes += "event: ".utf8
            bytes += "\(name)".utf8
            bytes.append(Self.lineFeed)
        }
        bytes += Self.field
        var afterReturn = false
        for byte in data {
            switch byte {
            case Self.lineFeed where afterReturn: afterReturn = false
            case Self.lineFeed, Self.carriageReturn:
                bytes.append(Self.lineFeed)
                bytes += Self.field
                afterReturn = byte == Self.carriageReturn
            default:
                bytes.append(byte)
                afterReturn = false
            }
        }
        bytes.append(Self.lineFeed)
        bytes.append(Self.lineFeed)
        return bytes
    }

    private static let lineFeed = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")
    private static let field = Array("data: ".utf8)
}
