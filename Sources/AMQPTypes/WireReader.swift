/// Checked reads over bytes that a peer wrote; the base of the decoder and the section scanner.
///
/// **Bounds**: every read is checked against the end; no arithmetic on a size from the wire can trap, because sizes are
/// at most 32 bits and are compared with what remains before they are added.
/// **Isolation**: borrows the memory; the caller keeps it alive.
package struct WireReader {
    package let base: UnsafeRawPointer?
    package var offset: Int
    package var end: Int

    @inlinable @inline(__always)
    package init(_ bytes: UnsafeRawBufferPointer, from offset: Int = 0) {
        base = bytes.baseAddress
        end = bytes.count
        self.offset = min(max(offset, 0), bytes.count)
    }

    @inlinable package var remaining: Int {
        @inline(__always) get { end &- offset }
    }

    @inlinable @inline(__always)
    package mutating func byte() throws(AMQPDecodingError) -> UInt8 {
        guard offset < end, let base else { throw AMQPDecodingError(.truncated, at: offset) }
        let value = base.load(fromByteOffset: offset, as: UInt8.self)
        offset &+= 1
        return value
    }

    /// A fixed-width number in network order.
    @inlinable @inline(__always)
    package mutating func integer<Number: FixedWidthInteger & BitwiseCopyable>(
        _: Number.Type
    ) throws(AMQPDecodingError) -> Number {
        let width = MemoryLayout<Number>.size
        guard remaining >= width, let base else { throw AMQPDecodingError(.truncated, at: offset) }
        let value = base.loadUnaligned(fromByteOffset: offset, as: Number.self)
        offset &+= width
        return Number(bigEndian: value)
    }

    /// Steps over a number of bytes and says where they are.
    @inlinable @inline(__always)
    package mutating func take(_ count: Int) throws(AMQPDecodingError) -> Range<Int> {
        guard count >= 0, remaining >= count else { throw AMQPDecodingError(.truncated, at: offset) }
        let range = offset..<(offset &+ count)
        offset &+= count
        return range
    }

    @inlinable
    package func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        guard let base, range.lowerBound >= 0, range.upperBound <= end else {
            return UnsafeRawBufferPointer(start: nil, count: 0)
        }
        return UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count)
    }

    /// The content of a value of the given constructor, which has just been read: where its bytes are, without size.
    ///
    /// The upper half of a constructor says how wide the content is (part 1.2 of the specification), so that values of
    /// every defined type are stepped over in constant time.
    @inlinable @inline(__always)
    package mutating func content(of constructor: UInt8) throws(AMQPDecodingError) -> Range<Int> {
        switch constructor >> 4 {
        case 0x4: return try take(0)
        case 0x5: return try take(1)
        case 0x6: return try take(2)
        case 0x7: return try take(4)
        case 0x8: return try take(8)
        case 0x9: return try take(16)
        case 0xa, 0xc, 0xe: return try take(Int(try byte()))
        case 0xb, 0xd, 0xf: return try take(Int(try integer(UInt32.self)))
        default: throw AMQPDecodingError(.unknownConstructor(constructor), at: offset &- 1)
        }
    }

    /// Steps over one value of any type.
    @inlinable
    package mutating func skipValue() throws(AMQPDecodingError) {
        // A described value is two values in a row. Both may be described again: count what is owed, do not recurse.
        var owed = 1
        while owed > 0 {
            let constructor = try byte()
            if constructor == FormatCode.described {
                owed += 1
                guard owed <= AMQPDecoder.depthMax else { throw AMQPDecodingError(.tooDeep, at: offset) }
            } else {
                _ = try content(of: constructor)
                owed -= 1
            }
        }
    }
}
