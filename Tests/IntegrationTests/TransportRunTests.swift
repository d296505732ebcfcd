import DevBroker
import EventHubs
import Foundation
import HubwatchRuntime
import NIOPosix
import Testing
import TransportPeers

/// Goal: a whole hubwatch finds the same over every way to the broker, and says of a way that is closed what to do.
///
/// Method: dev broker, proxy and hubwatch in one process, the way chosen by settings alone.
@Suite(.timeLimit(.minutes(3))) struct TransportRunTests {
    private static let login = "SharedAccessKeyName=a;SharedAccessKey=b;EntityPath=logs"

    /// A fixture with a WebSocket listener in TLS besides its others; gives its port and the authority's file.
    private func withWebSocket(_ body: (HubFixture, Int, String) async throws -> Void) async throws {
        try await HubFixture.with(
            partitions: 1,
            adjusting: { $0.listeners.append(.init(port: 0, usesTLS: true, isWebSocket: true)) },
            { hub in
                let authority = hub.path("ca.pem")
                try #require(hub.broker.certificateAuthorityPEM).write(
                    toFile: authority, atomically: true, encoding: .utf8)
                try await body(hub, hub.addresses.amqp[2].port, authority)
            })
    }

    @Test func aWebSocketThroughAProxyWithALoginGivesTheFindings() async throws {
        try await withWebSocket { hub, port, authority in
            let login = ProxyAddress(host: "", port: 0, user: "user", password: Secret("hunter2")).authorization
            let group = MultiThreadedEventLoopGroup.singleton
            try await ConnectProxy.with([.tunnel(login: login?.revealed)], on: group) { proxy in
                try hub.append([Records.keyListing(correlation: "over-websocket")], partition: 0)
                let settings = [
                    "source.connection_string": "Endpoint=sb://localhost:\(port);\(Self.login)",
                    "source.ca_file": authority, "source.transport": "websockets",
                    "source.proxy": "http://user:hunter2@127.0.0.1:\(proxy.port)",
                ]
                try await hub.runToEnd(settings)
                #expect(try hub.findings().count == 1)
                #expect(hub.log.contains("AMQP over WebSockets in TLS through proxy 127.0.0.1:\(proxy.port)"))
                #expect(!proxy.requests.isEmpty)
                var wrong = settings
                wrong["source.proxy"] = "http://user:hunter3@127.0.0.1:\(proxy.port)"
                await #expect(throws: HubwatchError.self) { try await hub.runToEnd(wrong) }
                #expect(!hub.log.contains("hunter"))
            }
        }
    }

    @Test func aProxyThatFailsForATimeIsWaitedFor() async throws {
        try await withWebSocket { hub, port, authority in
            let group = MultiThreadedEventLoopGroup.singleton
            let behaviours: [ConnectProxy.Behaviour] = [
                .answer("HTTP/1.1 502 Bad Gateway\r\n\r\n"), .hangUp, .tunnel(),
            ]
            try await ConnectProxy.with(behaviours, on: group) { proxy in
                try hub.append([Records.keyListing(correlation: "later")], partition: 0)
                try await hub.runToEnd([
                    "source.connection_string": "Endpoint=sb://localhost:\(port);\(Self.login)",
                    "source.ca_file": authority, "source.transport": "websockets",
                    "source.proxy": "127.0.0.1:\(proxy.port)",
                ])
                #expect(try hub.findings().count == 1)
                #expect(hub.log.contains("could not reach localhost:\(port) (502 Bad Gateway)"))
            }
        }
    }
}
