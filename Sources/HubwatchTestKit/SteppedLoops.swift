import Dispatch
import NIOCore
import NIOEmbedded
import Synchronization

/// Event loops that only run when they are told to.
final class SteppedLoops: EventLoopGroup {
    let loops: [EmbeddedEventLoop]
    private let turn = Atomic(0)

    init(count: Int) { loops = (0..<count).map { _ in EmbeddedEventLoop() } }

    func next() -> any EventLoop { loops[turn.wrappingAdd(1, ordering: .relaxed).oldValue % loops.count] }

    func any() -> any EventLoop { loops[0] }

    func makeIterator() -> EventLoopIterator { EventLoopIterator(loops) }

    func shutdownGracefully(queue: DispatchQueue, _ callback: @escaping @Sendable ((any Error)?) -> Void) {
        callback(nil)
    }
}
