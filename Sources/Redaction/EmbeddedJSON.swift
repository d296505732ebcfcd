/// Finds JSON inside a text: an object or a list that a service has written into a string.
enum EmbeddedJSON {
    /// Where the first object or list begins, in bytes; nil when there is none.
    ///
    /// `{` before a quote, a brace or a backslash, and `[` before a quote or one of these: placeholders such as `{id}` and
    /// addresses such as `[2001:db8::1]` are none.
    static func start(in text: String) -> Int? {
        var text = text
        return text.withUTF8 { bytes in
            for at in bytes.indices where bytes[at] == UInt8(ascii: "{") || bytes[at] == UInt8(ascii: "[") {
                var next = at + 1
                while next < bytes.count, isBlank(bytes[next]) { next += 1 }
                guard next < bytes.count else { continue }
                switch bytes[next] {
                case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "\\"), UInt8(ascii: "{"): return at
                case UInt8(ascii: "["): if bytes[at] == UInt8(ascii: "[") { return at }
                default: continue
                }
            }
            return nil
        }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }
}
