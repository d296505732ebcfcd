import DevBroker
import EventHubs
import EventHubsClient
import FindingFormats
import Foundation
import Logging
import Receivers
import Sinks
import StateStore
import Synchronization
import Testing
import TransportPeers

@testable import NetworkSinks

/// Goal: findings come through a proxy as they come without one; a proxy that makes no tunnel is named with its reason and a remedy, and
/// waited for; what is not encrypted goes through none.
///
/// Method: real proxies, web servers and brokers on loopback, under names that only the proxy knows; pauses step a clock.
@Suite(.timeLimit(.minutes(2))) struct SinkProxyTests {
    private static let host = "hooks.example"
    private static let password = "CANARY-proxy-password"
    private static let login = "Basic " + Data("scout:\(password)".utf8).base64EncodedString()

    private func address(_ proxy: ConnectProxy, user: String? = nil) -> ProxyAddress {
        ProxyAddress(host: "127.0.0.1", port: proxy.port, user: user, password: Secret(Self.password))
    }

    private func carrier(
        _ url: String, through proxy: ProxyAddress, authorities: String? = nil, timeout: Duration = .seconds(10)
    ) throws -> HTTPCarrier {
        var settings = HTTPCarrier.Settings(url: Secret(url), productVersion: "1")
        settings.trust = ReceiverTrust(authorityFile: authorities)
        settings.timeout = timeout
        settings.proxy = proxy
        settings.proxySetting = "sinks.soc.proxy"
        return try HTTPCarrier(settings, group: loops, now: WallTime.now) { entry in
            Array(format.line(entry, logged: WallTime.now()).dropLast())
        }
    }

    /// Runs a body with a receiver behind a proxy.
    private func with(
        _ behaviours: [ConnectProxy.Behaviour],
        _ body: (_ receiver: HTTPReceiver, _ url: String, _ authorities: String, ConnectProxy, StateUnderTest)
            async throws -> Void
    ) async throws {
        let state = try StateUnderTest()
        let certificates = try TestCertificates(host: Self.host)
        let receiver = try await HTTPReceiver(tls: certificates.server) { _, _ in .reply(200) }
        try await ConnectProxy.with(behaviours, on: loops) { proxy in
            try await body(
                receiver, "https://\(Self.host):\(receiver.port)/hook/CANARY-path",
                try certificates.authorityFile(in: state.folder), proxy, state)
        }
        await receiver.close()
    }

    private func attempt(_ carrier: HTTPCarrier) async -> CarryOutcome {
        let outcome = await carrier.carry([Parcel(journalID: 1, entry: entry(1))])
        await carrier.close()
        return outcome
    }

    @Test func findingsComeThroughTheProxy() async throws {
        try await with([.tunnel(login: Self.login)]) { receiver, url, authorities, proxy, state in
            let store = try state.open()
            try await state.commit((1...3).map { entry($0) }, to: store)
            let carrier = try carrier(url, through: address(proxy, user: "scout"), authorities: authorities)
            try await state.deliver(with: carrier, store, upTo: 3)
            await carrier.close()
            #expect(
                receiver.requests.map { $0.header("webhook-id") } == [
                    "finding1-create", "finding2-create", "finding3-create",
                ])
            #expect(proxy.requests.count == 1, "the tunnel is used again")
            #expect(proxy.requests[0].hasPrefix("CONNECT \(Self.host):\(receiver.port) HTTP/1.1\r\n"))
            #expect(!proxy.requests[0].contains("CANARY"))
            #expect(proxy.bytesPassed > receiver.requests.reduce(0) { $0 + $1.body.count })
            // The login is for the proxy alone.
            #expect(receiver.requests.allSatisfy { $0.header("proxy-authorization") == nil })
            try await store.close()
        }
    }

    @Test(
        arguments: [
            (.tunnel(login: "Basic x"), nil, "wants a login (407", "sinks.soc.proxy_password_file"),
            (.tunnel(login: "Basic x"), "scout", "refused the login (407", "password of sinks.soc.proxy"),
            (.answer("HTTP/1.1 403 Forbidden\r\n\r\n"), nil, "does not allow a tunnel to hooks.example:", "allow it"),
            (.answer("HTTP/1.1 503 Busy\r\n\r\n"), nil, "could not reach hooks.example:", "the proxy itself"),
            (.answer("220 mail.example ESMTP\r\n"), nil, "not HTTP", "sinks.soc.proxy"),
            (.hangUp, nil, "closed the connection", "HTTP proxy"), (.hang, nil, "did not answer within", "HTTP proxy"),
        ] as [(ConnectProxy.Behaviour, String?, String, String)])
    func aProxyThatMakesNoTunnelIsNamed(
        behaviour: ConnectProxy.Behaviour, user: String?, summary: String, remedy: String
    ) async throws {
        try await with([behaviour]) { receiver, url, authorities, proxy, _ in
            let limit = Duration.seconds(behaviour == .hang ? 4 : 10)
            let failure = await attempt(
                try carrier(url, through: address(proxy, user: user), authorities: authorities, timeout: limit)
            ).failure
            #expect(failure?.kind == .unavailable)
            #expect(failure?.summary.contains("The proxy 127.0.0.1:\(proxy.port) ") == true, "\(failure as Any)")
            #expect(failure?.summary.contains(summary) == true, "\(failure as Any)")
            #expect(failure?.remedy.contains(remedy) == true, "\(failure as Any)")
            #expect("\(failure as Any)".contains("CANARY") == false)
            #expect(receiver.requests.isEmpty && proxy.requests.count <= 2)
        }
    }

    @Test func aProxyThatIsNotThereIsNamed() async throws {
        try await with([.hangUp]) { _, url, authorities, proxy, _ in
            await proxy.stop()
            let failure = await attempt(try carrier(url, through: address(proxy), authorities: authorities)).failure
            #expect(failure?.kind == .unavailable)
            #expect(failure?.summary.contains("the proxy 127.0.0.1:\(proxy.port)") == true, "\(failure as Any)")
            #expect(failure?.summary.lowercased().contains("refused") == true, "\(failure as Any)")
        }
    }

    @Test func aProxyThatRefusesIsWaitedForAndSaid() async throws {
        let refusal = ConnectProxy.Behaviour.answer("HTTP/1.1 403 Forbidden\r\n\r\n")
        // Two attempts that fail, each asking for a tunnel and then for the reason.
        try await with([refusal, refusal, refusal, refusal, .tunnel()]) { receiver, url, authorities, proxy, state in
            let store = try state.open()
            try await state.commit((1...2).map { entry($0) }, to: store)
            let carrier = try carrier(url, through: address(proxy), authorities: authorities)
            try await state.deliver(with: carrier, store, upTo: 2)
            await carrier.close()
            #expect(receiver.requests.map { $0.header("webhook-id") } == ["finding1-create", "finding2-create"])
            #expect(proxy.requests.count == 5)
            #expect(state.elapsed >= .seconds(1), "there was a pause")
            let said = state.reports.withLock { $0.map(\.description).joined(separator: "\n") }
            #expect(
                said.contains("does not allow a tunnel to \(Self.host):\(receiver.port) (403 Forbidden)"), "\(said)")
            #expect(try await store.sinkLetterCounts().isEmpty)
            try await store.close()
        }
    }

    @Test func theReceiversCertificateIsVerifiedThroughTheProxy() async throws {
        try await with([.tunnel()]) { receiver, url, _, proxy, _ in
            let failure = await attempt(try carrier(url, through: address(proxy))).failure
            #expect(failure?.summary.contains("TLS to https://\(Self.host)") == true, "\(failure as Any)")
            #expect(failure?.remedy.contains("ca_file") == true, "\(failure as Any)")
            #expect(receiver.requests.isEmpty && proxy.requests.count == 1)
        }
    }

    @Test func whatIsNotEncryptedGoesThroughNoProxy() async throws {
        let receiver = try await HTTPReceiver { _, _ in .reply(200) }
        try await ConnectProxy.with([.tunnel()], on: loops) { proxy in
            let outcome = await attempt(
                try carrier("http://127.0.0.1:\(receiver.port)/hook", through: address(proxy, user: "scout")))
            #expect(outcome.accepted == 1 && receiver.requests.count == 1)
            #expect(proxy.requests.isEmpty)
            #expect(receiver.requests.allSatisfy { $0.header("proxy-authorization") == nil })
        }
        await receiver.close()
    }

    // MARK: Event hubs

    @Test func anEventHubIsReachedThroughTheProxy() async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let broker = try DevBroker(
            configuration: DevBrokerConfiguration(
                listeners: [.init(port: 0)], hubs: [HubDefinition(name: "findings", partitionCount: 1)]),
            group: loops, logger: logger)
        let port = try await broker.start().amqp[0].port
        func carrier(_ proxy: ConnectProxy) throws -> EventHubCarrier {
            let text =
                "Endpoint=sb://hub.example:\(port);SharedAccessKeyName=send;SharedAccessKey=a2V5;UseDevelopmentEmulator=true"
            var configuration = try EventHubsConfiguration(try ConnectionString(parsing: text), hub: "findings")
            configuration.proxy = address(proxy)
            configuration.proxySetting = "sinks.hub.proxy"
            configuration.transportSetting = "sinks.hub.transport"
            return EventHubCarrier(
                configuration, timeout: .seconds(10), group: loops, format: format, now: WallTime.now, logger: logger)
        }
        try await ConnectProxy.with([.tunnel()], on: loops) { proxy in
            let carrier = try carrier(proxy)
            let outcome = await carrier.carry([Parcel(journalID: 1, entry: entry(1))])
            #expect(outcome.accepted == 1, "\(outcome)")
            #expect(proxy.requests.first?.hasPrefix("CONNECT hub.example:\(port) ") == true && proxy.bytesPassed > 0)
            await carrier.close()
        }
        try await ConnectProxy.with([.tunnel(login: "Basic x")], on: loops) { proxy in
            let carrier = try carrier(proxy)
            let outcome = await carrier.carry([Parcel(journalID: 1, entry: entry(1))])
            #expect(outcome.accepted == 0 && outcome.failure?.kind == .unavailable)
            #expect(outcome.failure?.summary.contains("The proxy 127.0.0.1:\(proxy.port)") == true, "\(outcome)")
            #expect(outcome.failure?.remedy.contains("sinks.hub.proxy_password_file") == true, "\(outcome)")
            await carrier.close()
        }
        try await ConnectProxy.with([.answer("HTTP/1.1 403 Forbidden\r\n\r\n")], on: loops) { proxy in
            let carrier = try carrier(proxy)
            let outcome = await carrier.carry([Parcel(journalID: 1, entry: entry(1))])
            #expect(outcome.failure?.remedy.contains("(sinks.hub.transport: websockets)") == true, "\(outcome)")
            await carrier.close()
        }
        await broker.shutdown()
    }
}
