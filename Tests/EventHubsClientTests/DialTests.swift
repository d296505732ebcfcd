import NIOCore
import NIOPosix
import Testing

@testable import EventHubsClient

/// Goal: sockets are set up as meant, and by any user.
///
/// Method: a connection on loopback, and what the kernel says of it. SO_DEBUG has the number of TCP_NODELAY one level up, and only
/// root may set it.
@Suite(.timeLimit(.minutes(1))) struct DialTests {
    @Test func smallFramesAreNotHeldBackAndNothingNeedsRights() async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let server = try await ServerBootstrap(group: group).bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(server.localAddress?.port)
        let channel = try await ClientPlatform.system.dial(group.next(), "127.0.0.1", port, .seconds(10)) {
            $0.eventLoop.makeSucceededVoidFuture()
        }.get()
        #expect(try await channel.getOption(.tcpOption(.tcp_nodelay)).get() != 0)
        #expect(try await channel.getOption(.socketOption(.so_keepalive)).get() != 0)
        // The same number, one level up: SO_DEBUG.
        #expect(try await channel.getOption(.socketOption(.tcp_nodelay)).get() == 0)
        try await channel.close()
        try await server.close()
    }
}
