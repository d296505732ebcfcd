import AMQPTypes
import DevBroker
import EventHubs
import EventHubsClient
import NIOPosix
import Testing
import TransportPeers

/// Goal: every way to a broker carries a whole client, and one that fails for a time is tried again until it works.
///
/// Method: a dev broker with all its listeners, a proxy between, real sockets.
@Suite(.timeLimit(.minutes(2))) struct TransportTests {
    private let group = ListeningBroker.group

    @Test(arguments: ListeningBroker.Way.all)
    func everyWayReads(way: ListeningBroker.Way) async throws {
        try await ListeningBroker.with { broker in
            try await broker.expectReading(broker.configuration(way))
        }
    }

    @Test(arguments: ListeningBroker.Way.all)
    func everyWayReadsThroughAProxy(way: ListeningBroker.Way) async throws {
        try await ListeningBroker.with { broker in
            try await ConnectProxy.with([.tunnel()], on: group) { proxy in
                var configuration = broker.configuration(way)
                configuration.proxy = ProxyAddress(host: "127.0.0.1", port: proxy.port)
                try await broker.expectReading(configuration)
                #expect(
                    proxy.requests == [
                        "CONNECT localhost:\(broker.port(way)) HTTP/1.1\r\nHost: localhost:\(broker.port(way))\r\nUser-Agent: hubwatch\r\n\r\n"
                    ])
            }
        }
    }

    @Test func aProxyWithALoginIsPassed() async throws {
        try await ListeningBroker.with { broker in
            let way = ListeningBroker.Way(isWebSocket: true, usesTLS: true)
            let address = ProxyAddress(host: "127.0.0.1", port: 0, user: "user", password: Secret("pass word"))
            try await ConnectProxy.with([.tunnel(login: address.authorization?.revealed)], on: group) { proxy in
                var configuration = broker.configuration(way)
                configuration.proxy = address
                configuration.proxy?.port = proxy.port
                try await broker.expectReading(configuration)
                configuration.proxy?.password = Secret("wrong")
                let error = try await ListeningBroker.refusal(configuration)
                #expect(error.code == .proxyRefused && !error.isRetriable)
                #expect(error.summary.contains("refused the login"))
                #expect(!"\(error)".contains("wrong") && !"\(error)".contains("user:"))
                configuration.proxy?.user = nil
                #expect(try await ListeningBroker.refusal(configuration).summary.contains("wants a login"))
            }
        }
    }

    @Test(arguments: ListeningBroker.Way.all)
    func anotherAddressKeepsTheName(way: ListeningBroker.Way) async throws {
        // The name has no address; the certificate is for it alone.
        try await ListeningBroker.with(names: ["ns.servicebus.example"]) { broker in
            var configuration = broker.configuration(way, host: "ns.servicebus.example")
            configuration.endpointAddress = HostAndPort(host: "127.0.0.1", port: broker.port(way))
            configuration.port = way.isWebSocket ? 443 : 5671
            try await broker.expectReading(configuration)
            guard way.usesTLS else { return }
            configuration.host = "other.servicebus.example"
            let error = try await ListeningBroker.refusal(configuration)
            #expect(error.code == .tlsRefused)
            #expect(error.summary.contains("other host names (ns.servicebus.example)"), "\(error)")
            #expect(error.summary.contains("other.servicebus.example at 127.0.0.1:\(broker.port(way))"))
        }
    }

    @Test func aProxyThatFailsForATimeIsTriedAgain() async throws {
        try await ListeningBroker.with { broker in
            let failures: [ConnectProxy.Behaviour] = [
                .answer("HTTP/1.1 502 Bad Gateway\r\n\r\n"), .hangUp, .answer("HTTP/1.1 503 Busy\r\n\r\n"), .tunnel(),
            ]
            try await ConnectProxy.with(failures, on: group) { proxy in
                var configuration = broker.configuration(.init(isWebSocket: true, usesTLS: false))
                configuration.proxy = ProxyAddress(host: "127.0.0.1", port: proxy.port)
                try await broker.expectReading(configuration)
                #expect(proxy.requests.count == 4)
            }
        }
    }

    @Test(arguments: ListeningBroker.Way.all)
    func aLostConnectionComesBack(way: ListeningBroker.Way) async throws {
        try await ListeningBroker.with { broker in
            let recorder = Recorder()
            try broker.broker.append([AMQPMessage(body: .data([[1]]))], hub: "logs", partition: "0")
            try await running(try ListeningBroker.client(broker.configuration(way)), into: recorder) {
                #expect(await recorder.numbers(1) == [0])
                broker.broker.cutConnections()
                _ = await recorder.first { if case .detached = $0 { true } else { nil } }
                try broker.broker.append([AMQPMessage(body: .data([[2]]))], hub: "logs", partition: "0")
                #expect(await recorder.numbers(1) == [1])
            }
        }
    }

    @Test(arguments: ListeningBroker.Way.all)
    func largeMessagesArriveWhole(way: ListeningBroker.Way) async throws {
        try await ListeningBroker.with { broker in
            let text = String(repeating: "0123456789", count: 90_000)
            try broker.broker.append([AMQPMessage(body: .data([Array(text.utf8)]))], hub: "logs", partition: "0")
            let recorder = Recorder()
            try await running(try ListeningBroker.client(broker.configuration(way)), into: recorder) {
                let body = await recorder.first { if case .event(_, _, let body, _) = $0 { body } else { nil } }
                #expect(body == text)
            }
        }
    }

    @Test(arguments: ListeningBroker.Way.all)
    func producersSend(way: ListeningBroker.Way) async throws {
        try await ListeningBroker.with { broker in
            let producer = try EventHubsProducer(
                configuration: broker.configuration(way), eventLoopGroup: group, logger: HubServer.quiet)
            try await producer.send(bodies: [Array("sent".utf8)], to: .partition("0"))
            await producer.shutdown()
            #expect(broker.broker.hubs.first?.partitions.first?.lastSequenceNumber == 0)
        }
    }

    @Test func aClientThatWaitsForAProxyCanBeStopped() async throws {
        try await ListeningBroker.with { broker in
            try await ConnectProxy.with([.hang], on: group) { proxy in
                var configuration = broker.configuration(.init(isWebSocket: true, usesTLS: true))
                configuration.proxy = ProxyAddress(host: "127.0.0.1", port: proxy.port)
                configuration.connectTimeout = .seconds(3600)
                let client = try ListeningBroker.client(configuration)
                let run = Task { try await client.run(into: Recorder()) }
                while proxy.requests.isEmpty { await Task.yield() }
                await client.shutdown(within: .seconds(3600))
                try await run.value
            }
        }
    }
}
