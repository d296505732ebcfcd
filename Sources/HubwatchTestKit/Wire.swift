import NIOCore
import NIOEmbedded

/// A connection in memory: bytes move in pieces of any size, late, or not at all.
///
/// **Isolation**: the simulation's thread.
final class Wire: @unchecked Sendable {
    /// One way of a wire.
    enum Direction: CaseIterable {
        case toBroker
        case toClient
    }

    private let client: EmbeddedChannel
    private let broker: EmbeddedChannel
    private var toBroker = ByteBuffer()
    private var toClient = ByteBuffer()
    private(set) var isCut = false
    /// Bytes that were delivered, both ways.
    private(set) var delivered = 0

    init(client: EmbeddedChannel, broker: EmbeddedChannel) {
        self.client = client
        self.broker = broker
    }

    /// Whether something waits to be moved.
    var hasWork: Bool {
        guard !isCut else { return false }
        collect()
        return toBroker.readableBytes > 0 || toClient.readableBytes > 0 || client.isActive != broker.isActive
    }

    /// Moves some bytes one way, or tells one end that the other has closed.
    func move(_ direction: Direction, atMost limit: Int) {
        guard !isCut else { return }
        collect()
        switch direction {
        case .toBroker: delivered += move(from: &toBroker, of: client, to: broker, limit)
        case .toClient: delivered += move(from: &toClient, of: broker, to: client, limit)
        }
    }

    /// Loses what is under way and ends both sides.
    func cut() {
        guard !isCut else { return }
        isCut = true
        close(client)
        close(broker)
    }

    /// The client's process is gone: the broker sees the end of the connection, the client nothing more.
    func abandon() {
        guard !isCut else { return }
        isCut = true
        close(broker)
    }

    private func collect() {
        while let bytes = try? client.readOutbound(as: ByteBuffer.self) { toBroker.writeImmutableBuffer(bytes) }
        while let bytes = try? broker.readOutbound(as: ByteBuffer.self) { toClient.writeImmutableBuffer(bytes) }
    }

    private func move(
        from waiting: inout ByteBuffer, of source: EmbeddedChannel, to target: EmbeddedChannel, _ limit: Int
    ) -> Int {
        if let piece = waiting.readSlice(length: min(limit, waiting.readableBytes)), piece.readableBytes > 0 {
            waiting.discardReadBytes()
            // A copy of its own: a slice would keep the bytes behind it alive and in place.
            if target.isActive { _ = try? target.writeInbound(ByteBuffer(bytes: piece.readableBytesView)) }
            return piece.readableBytes
        }
        if !source.isActive, target.isActive { close(target) }
        return 0
    }

    private func close(_ channel: EmbeddedChannel) {
        guard channel.isActive else { return }
        channel.close(promise: nil)
    }
}
