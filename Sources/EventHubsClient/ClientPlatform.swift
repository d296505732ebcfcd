package import EventHubs
package import NIOCore
import NIOPosix

/// What a client takes from the machine it runs on: the way to a broker, the time of day, and chance.
///
/// Replaced as a whole by the simulation, which connects through memory, steps its clock and draws from a seed.
package struct ClientPlatform: Sendable {
    /// Makes a channel on a loop; the initializer runs before the channel is active.
    package typealias Dial =
        @Sendable (
            _ loop: any EventLoop, _ host: String, _ port: Int, _ timeout: TimeAmount,
            _ initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
        ) -> EventLoopFuture<any Channel>

    /// The way to a broker.
    package var dial: Dial
    /// The time of day in nanoseconds since 1970.
    package var clock: @Sendable () -> Int64
    /// Jitter, and the container's id.
    package var chance: Chance

    /// Makes a platform.
    package init(dial: @escaping Dial, clock: @escaping @Sendable () -> Int64, chance: Chance) {
        self.dial = dial
        self.clock = clock
        self.chance = chance
    }

    /// Sockets, the real-time clock and the system's random numbers.
    package static let system = ClientPlatform(
        dial: { loop, host, port, timeout, initializer in
            ClientBootstrap(group: loop)
                .connectTimeout(timeout)
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelOption(.socketOption(.so_keepalive), value: 1)
                .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 65_536))
                .channelInitializer(initializer)
                .connect(host: host, port: port)
        }, clock: { WallClock.nanoseconds() }, chance: .system)
}
