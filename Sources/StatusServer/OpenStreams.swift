import NIOCore
import Synchronization

/// The answers that go on for ever: how many there are, and their end with their connection.
///
/// **Bounds**: at most `streamsMax`; each may be `elementsMax` elements ahead of its client, then it is cut off.
final class OpenStreams: Sendable {
    private static let elementsMax = 64
    private let open = Mutex(0)
    private let streamsMax: Int
    private let executor: any TaskExecutor

    init(streamsMax: Int, executor: any TaskExecutor) {
        self.streamsMax = streamsMax
        self.executor = executor
    }

    /// A stream that ends with its connection, also while there is nothing to say; nil when there are too many.
    func open(_ stream: AsyncStream<[UInt8]>, on channel: any Channel) -> AsyncStream<[UInt8]>? {
        let mayOpen = open.withLock { open in
            guard open < streamsMax else { return false }
            open += 1
            return true
        }
        guard mayOpen else { return nil }
        let (relay, continuation) = AsyncStream.makeStream(
            of: [UInt8].self, bufferingPolicy: .bufferingOldest(Self.elementsMax))
        let feeding = Task(executorPreference: executor) {
            for await bytes in stream {
                guard case .enqueued = continuation.yield(bytes) else { break }
            }
            continuation.finish()
            self.open.withLock { $0 -= 1 }
        }
        continuation.onTermination = { _ in feeding.cancel() }
        channel.closeFuture.whenComplete { _ in
            continuation.finish()
            feeding.cancel()
        }
        return relay
    }
}
