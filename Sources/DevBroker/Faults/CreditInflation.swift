import AMQPTypes
import NIOCore

/// Makes the broker believe that a client gave more credit than it did, so that its links send too much.
///
/// Stands in front of the AMQP handler and rewrites the flow frames of the client; everything else passes unchanged.
/// **Isolation**: the channel's event loop. **Bounds**: at most one frame of 16 MB is gathered; a larger one passes as it is.
final class CreditInflation: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private static let frameSizeMax = 16 << 20
    private static let flowDescriptor: UInt64 = 0x13
    private static let linkCreditField = 6
    /// The credit that is added to each flow that gives some.
    var events: UInt32 = 0
    private var gathered = ByteBuffer()
    private var isPassingAll = false

    /// Passes whole frames on.
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isPassingAll else { return context.fireChannelRead(data) }
        var buffer = unwrapInboundIn(data)
        gathered.writeBuffer(&buffer)
        var ready = ByteBuffer()
        while let frame = nextFrame() { ready.writeBytes(frame) }
        if isPassingAll { ready.writeBuffer(&gathered) }
        gathered.discardReadBytes()
        if ready.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(ready)) }
    }

    private func nextFrame() -> [UInt8]? {
        guard let size = gathered.getInteger(at: gathered.readerIndex, as: UInt32.self) else { return nil }
        // The protocol's name, at the begin and after the login.
        if size == 0x414D_5150 { return gathered.readBytes(length: 8) }
        guard (8...UInt32(Self.frameSizeMax)).contains(size) else {
            isPassingAll = true
            return nil
        }
        return gathered.readBytes(length: Int(size)).map(inflated)
    }

    private func inflated(_ frame: [UInt8]) -> [UInt8] {
        let start = Int(frame[4]) * 4
        guard events > 0, frame[5] == 0, frame.count > start + 2, frame[start] == 0, frame[start + 1] == 0x53,
            frame[start + 2] == UInt8(Self.flowDescriptor),
            let value = try? AMQPDecoder.decode(Array(frame[start...])),
            case .described(let descriptor, .list(var fields)) = value, fields.indices.contains(Self.linkCreditField),
            let credit = fields[Self.linkCreditField].integer, credit > 0
        else { return frame }
        fields[Self.linkCreditField] = .uint(UInt32(clamping: Int64(UInt32(clamping: credit)) + Int64(events)))
        let body = AMQPEncoder.encode(.described(descriptor: descriptor, value: .list(fields)))
        var made = frame[..<start] + body
        let size = UInt32(clamping: made.count).bigEndian
        withUnsafeBytes(of: size) { made.replaceSubrange(0..<4, with: $0) }
        return Array(made)
    }
}
