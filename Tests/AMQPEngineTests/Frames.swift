import AMQPTypes

/// One frame of a recorded stream.
struct RecordedFrame {
    var type: UInt8
    var channel: UInt16
    /// The code of the performative; 0 for an empty frame.
    var code: UInt64
    var fields: [AMQPValue]
    var payload: [UInt8]
}

/// Cuts a recorded stream into frames, leaving out protocol headers.
func frames(_ stream: [UInt8]) -> [RecordedFrame] {
    var result: [RecordedFrame] = []
    var at = 0
    while at + 8 <= stream.count {
        if stream[at..<(at + 4)].elementsEqual([0x41, 0x4d, 0x51, 0x50]) {
            at += 8
            continue
        }
        let size = stream[at..<(at + 4)].reduce(0) { $0 << 8 | Int($1) }
        let start = at + Int(stream[at + 4]) * 4
        guard size >= 8, at + size <= stream.count else { break }
        let body = Array(stream[start..<(at + size)])
        var frame = RecordedFrame(
            type: stream[at + 5], channel: UInt16(stream[at + 6]) << 8 | UInt16(stream[at + 7]), code: 0, fields: [],
            payload: [])
        body.withUnsafeBytes { bytes in
            var decoder = AMQPDecoder(bytes)
            if case .described(.ulong(let code), .list(let fields))? = try? decoder.next() {
                frame.code = code
                frame.fields = fields
                frame.payload = Array(bytes[decoder.offset...])
            }
        }
        result.append(frame)
        at += size
    }
    return result
}
