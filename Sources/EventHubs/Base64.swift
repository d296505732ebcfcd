/// Base64 of short values (signatures), so that the pure core needs no Foundation.
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Encodes with padding.
    static func encode(_ bytes: some Sequence<UInt8>) -> String {
        var out: [UInt8] = []
        var pending: UInt32 = 0
        var count = 0
        for byte in bytes {
            pending = pending << 8 | UInt32(byte)
            count += 1
            if count == 3 {
                append(pending, digits: 4, to: &out)
                pending = 0
                count = 0
            }
        }
        if count > 0 {
            append(pending << (8 * UInt32(3 - count)), digits: count + 1, to: &out)
            for _ in count..<3 { out.append(UInt8(ascii: "=")) }
        }
        return String(decoding: out, as: UTF8.self)
    }

    private static func append(_ group: UInt32, digits: Int, to out: inout [UInt8]) {
        for i in 0..<digits {
            out.append(alphabet[Int(group >> (18 - 6 * UInt32(i)) & 63)])
        }
    }
}
