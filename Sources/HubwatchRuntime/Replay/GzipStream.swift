import CZlib

/// Unpacks a gzip stream piece by piece, members one after the other as tools that append write them.
///
/// **Bounds**: one output buffer of fixed size; the input is read as it is needed.
/// **Isolation**: confined to whoever reads the file.
final class GzipStream {
    /// What is wrong with the stream, and at which of its bytes.
    struct Damage: Error, Hashable {
        var reason: String
        var byte: Int64
    }

    private var stream = z_stream()
    private var isReady = false
    private var isBetweenMembers = true
    private var consumed: Int64 = 0
    private var output: [UInt8]

    init(outputBytes: Int = 256 << 10) { output = [UInt8](repeating: 0, count: max(1, outputBytes)) }

    deinit { if isReady { inflateEnd(&stream) } }

    /// Whether a file begins as gzip does.
    static func isGzip(_ bytes: some Collection<UInt8>) -> Bool { bytes.starts(with: [0x1F, 0x8B]) }

    /// Unpacks all of a piece of input, giving pieces of output.
    func unpack(_ input: some Sequence<UInt8>, _ give: (UnsafeRawBufferPointer) -> Void) throws(Damage) {
        let bytes = Array(input)
        let result = bytes.withUnsafeBytes { all in
            Result { () throws(Damage) in try unpack(all: all, give) }
        }
        try result.get()
    }

    private func unpack(
        all input: UnsafeRawBufferPointer, _ give: (UnsafeRawBufferPointer) -> Void
    ) throws(Damage) {
        var rest = input
        while !rest.isEmpty {
            if isBetweenMembers { try begin(at: &rest) }
            if !rest.isEmpty { try inflateSome(&rest, give) }
        }
    }

    /// To be called at the end of the input: a stream that ends inside of a member was cut.
    func finish() throws(Damage) {
        guard isBetweenMembers else {
            throw Damage(
                reason: "the file ends inside of the packed data: it was cut, or is still being written", byte: consumed
            )
        }
    }

    /// Looks at what follows a member: another one, or padding with zeros, which tapes and some tools leave.
    private func begin(at rest: inout UnsafeRawBufferPointer) throws(Damage) {
        if consumed > 0, rest[0] == 0 {
            guard rest.allSatisfy({ $0 == 0 }) else {
                throw Damage(reason: "something that is not gzip follows the packed data", byte: consumed)
            }
            consumed += Int64(rest.count)
            rest = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        guard rest[0] == 0x1F else {
            throw Damage(reason: "something that is not gzip follows the packed data", byte: consumed)
        }
        // 31: the largest window, and gzip's header and checksum.
        let result =
            isReady
            ? inflateReset(&stream)
            : inflateInit2_(&stream, 31, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard result == Z_OK else { throw damage(result) }
        isReady = true
        isBetweenMembers = false
    }

    private func inflateSome(
        _ rest: inout UnsafeRawBufferPointer, _ give: (UnsafeRawBufferPointer) -> Void
    ) throws(Damage) {
        let part = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 20))
        var result = Z_OK
        var taken = 0
        var made = 0
        repeat {
            output.withUnsafeMutableBytes { room in
                stream.next_in = UnsafeMutablePointer(
                    mutating: part.baseAddress?.advanced(by: taken).assumingMemoryBound(to: UInt8.self))
                stream.avail_in = UInt32(part.count - taken)
                stream.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
                stream.avail_out = UInt32(room.count)
                result = inflate(&stream, Z_NO_FLUSH)
                taken = part.count - Int(stream.avail_in)
                made = room.count - Int(stream.avail_out)
            }
            if made > 0 { output.withUnsafeBytes { give(UnsafeRawBufferPointer(rebasing: $0.prefix(made))) } }
            // A full buffer may hide more output; the other result that is no failure says that input is wanted.
        } while result == Z_OK && (made == output.count || taken < part.count)
        consumed += Int64(taken)
        rest = UnsafeRawBufferPointer(rebasing: rest[taken...])
        switch result {
        case Z_OK, Z_BUF_ERROR: break
        case Z_STREAM_END: isBetweenMembers = true
        default: throw damage(result)
        }
    }

    private func damage(_ result: Int32) -> Damage {
        let why =
            stream.msg.map { String(cString: $0) } ?? (result == Z_MEM_ERROR ? "no memory" : "zlib error \(result)")
        return Damage(reason: "the packed data is damaged (\(why))", byte: consumed)
    }
}
