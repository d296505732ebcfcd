import AMQPTypes

/// Holds the stream back until the open frame has passed, one protocol header or frame at a time.
///
/// Two reasons. A client may send everything up to its first attach behind its SASL choice, and Proton would read that
/// as SASL while the choice is still being judged. And the peer's frame size must be lowered before Proton learns it,
/// because the outgoing filter makes frames longer than Proton believes.
struct HandshakeBuffer {
    /// By how much outgoing frames may grow behind Proton's back.
    static let frameMargin: UInt32 = 64

    /// Whether the open frame, or something that is not AMQP, has passed: from then on bytes need not come here.
    private(set) var isOver = false
    private var held: [UInt8] = []
    private let sizeMax: Int

    init(frameSizeMax: Int) {
        sizeMax = max(frameSizeMax, 1 << 20)
    }

    var isEmpty: Bool { held.isEmpty }

    /// Whether more is held than a handshake can need.
    var isOverfull: Bool { held.count > 2 * sizeMax }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        held.append(contentsOf: bytes)
    }

    /// The next whole unit, or all that is left once the handshake is over; nil when more bytes are needed.
    mutating func next() -> [UInt8]? {
        guard !held.isEmpty else { return nil }
        if isOver { return takeAll() }
        guard held.count >= 8 else { return held[0] == 0x41 || held[0] == 0 ? nil : giveUp() }
        if held.starts(with: [0x41, 0x4d, 0x51, 0x50]) { return take(8) }
        guard let head = held.withUnsafeBytes({ FrameHead($0) }), head.size <= sizeMax else { return giveUp() }
        guard held.count >= head.size else { return nil }
        var frame = take(head.size)
        let performative = frame.withUnsafeBytes { PerformativeHead($0, bodyStart: head.bodyStart) }
        if head.type == 0, let performative, performative.code == Performative.open {
            isOver = true
            Self.lowerFrameSize(&frame, performative)
        }
        return frame
    }

    /// Hands out what is held, whole or not, because nothing more will come.
    mutating func takeAll() -> [UInt8]? {
        guard !held.isEmpty else { return nil }
        defer { held = [] }
        return held
    }

    private mutating func giveUp() -> [UInt8]? {
        isOver = true
        return takeAll()
    }

    private mutating func take(_ count: Int) -> [UInt8] {
        let unit = Array(held.prefix(count))
        held.removeFirst(count)
        return unit
    }

    /// Lowers max-frame-size, the third field of open.
    ///
    /// Absent means no limit, and short forms are below the legal least.
    private static func lowerFrameSize(_ frame: inout [UInt8], _ head: PerformativeHead) {
        guard head.count >= 3, head.fieldsEnd <= frame.count else { return }
        let at: Int? = frame.withUnsafeBytes { bytes in
            var reader = WireReader(bytes, from: head.fieldsStart)
            guard (try? reader.skipValue()) != nil, (try? reader.skipValue()) != nil,
                (try? reader.byte()) == FormatCode.uint, reader.remaining >= 4
            else { return nil }
            return reader.offset
        }
        guard let at, at + 4 <= head.fieldsEnd else { return }
        let size = frame[at..<(at + 4)].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        guard size >= 512 else { return }
        let lowered = max(size - frameMargin, 512)
        for index in 0..<4 { frame[at + index] = UInt8(truncatingIfNeeded: lowered >> (24 - 8 * UInt32(index))) }
    }
}
