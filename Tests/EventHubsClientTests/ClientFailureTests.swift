import AMQPTypes
import EventHubs
import EventHubsClient
import NIOCore
import NIOPosix
import Testing

/// Goal: what cannot work says what, where and what to do; what can work later is tried again.
///
/// Method: scripted refusals; `run` must throw the right error, or the connection must come back.
@Suite(.timeLimit(.minutes(1))) struct ClientFailureTests {
    private func failure(of client: EventHubsClient, partitions: PartitionSelection = .all) async -> EventHubsError? {
        do throws(EventHubsError) {
            try await client.run(partitions: partitions, into: Recorder())
            return nil
        } catch {
            return error
        }
    }

    @Test func aWrongKeyIsExplainedAndNotRepeated() async throws {
        try await withHub(prepare: { $0.key = Secret("right") }) { hub in
            let error = await failure(of: try hub.client(hub.configuration(key: "WRONGKEY")))
            #expect(error?.code == .unauthorized)
            let text = "\(error.map { "\($0)" } ?? "")"
            #expect(text.contains("InvalidSignature"))
            #expect(text.contains("Check SharedAccessKeyName"))
            #expect(!text.contains("WRONGKEY"))
        }
    }

    @Test func theRightKeyIsAccepted() async throws {
        try await withHub(prepare: { $0.key = Secret("right") }) { hub in
            let client = try hub.client()
            #expect(try await client.hubProperties().partitionIDs == ["0", "1"])
            #expect(try await client.partitionProperties("1").isEmpty)
            await client.shutdown()
        }
    }

    @Test func anUnknownHubIsExplained() async throws {
        try await withHub { hub in
            let error = await failure(of: try hub.client(hub.configuration(hub: "lgos")))
            #expect(error?.code == .notFound)
            #expect(error.map { "\($0)" }?.contains("lgos") == true)
        }
    }

    @Test func anUnknownConsumerGroupIsExplained() async throws {
        try await withHub(prepare: { $0.knowsGroup = false }) { hub in
            let error = await failure(of: try hub.client())
            #expect(error?.code == .notFound)
            #expect(error.map { "\($0)" }?.contains("ConsumerGroups/$Default") == true)
        }
    }

    @Test func aSelectionThatTheHubDoesNotHaveIsExplained() async throws {
        try await withHub { hub in
            let error = await failure(of: try hub.client(), partitions: try PartitionSelection(parsing: "0,5"))
            #expect(error?.code == .invalidSelection)
            #expect(error?.summary.contains("5") == true)
        }
    }

    @Test func anExpiredTokenIsExplained() async throws {
        try await withHub { hub in
            var configuration = hub.configuration()
            configuration.credential = .signature(
                SASToken(resource: "sb://127.0.0.1/logs", keyName: "p", key: Secret("k"), expiry: 1000))
            let error = await failure(of: try hub.client(configuration))
            #expect(error?.code == .tokenExpired)
            #expect(error?.remedy.contains("new token") == true)
        }
    }

    @Test func anUnreachableHostIsExplained() async throws {
        try await withHub { hub in
            var configuration = hub.configuration()
            configuration.port = try await Self.closedPort(hub.clientLoops)
            configuration.startDeadline = .zero
            let error = await failure(of: try hub.client(configuration))
            #expect(error?.code == .unreachable)
            #expect(error?.isRetriable == true)
            #expect(error?.summary.contains("127.0.0.1:\(configuration.port)") == true)
            #expect(error?.summary.lowercased().contains("refused") == true)
        }
    }

    /// A port that was just free.
    private static func closedPort(_ group: MultiThreadedEventLoopGroup) async throws -> Int {
        let channel = try await ServerBootstrap(group: group).bind(host: "127.0.0.1", port: 0).get()
        let port = channel.localAddress?.port ?? 1
        try await channel.close().get()
        return port
    }

    @Test func tlsToAPlainPortIsExplained() async throws {
        try await withHub { hub in
            var configuration = hub.configuration()
            configuration.security = .tls()
            configuration.startDeadline = .zero
            let error = await failure(of: try hub.client(configuration))
            #expect(error != nil)
            #expect(error?.code == .tlsRefused)
            #expect(error?.remedy.contains("does not speak TLS") == true, "\(String(describing: error))")
        }
    }

    @Test func garbageInsteadOfFramesIsSurvived() async throws {
        try await withHub(partitions: 1, prepare: { $0.sendsGarbage = true }) { hub in
            try await hub.append(["a"], to: 0)
            let recorder = Recorder()
            try await running(try hub.client(), into: recorder) {
                let lost = await recorder.first {
                    if case .connection(let change) = $0, case .lost(let error, _) = change.kind { error } else { nil }
                }
                #expect(lost?.isRetriable == true)
                try await hub.run { $0.sendsGarbage = false }
                #expect(await recorder.numbers(1) == [0])
            }
        }
    }

    @Test func badSettingsAreRefusedBeforeConnecting() throws {
        let group = MultiThreadedEventLoopGroup.singleton
        var configuration = EventHubsConfiguration(
            host: "", port: 1, security: .plain, hub: "h", credential: .none)
        #expect(throws: EventHubsError.self) {
            try EventHubsClient(configuration: configuration, eventLoopGroup: group, logger: HubServer.quiet)
        }
        configuration.host = "localhost"
        configuration.security = .tls(authorities: "/nonexistent/ca.pem")
        #expect(throws: EventHubsError.self) {
            try EventHubsClient(configuration: configuration, eventLoopGroup: group, logger: HubServer.quiet)
        }
        configuration.security = .plain
        configuration.plainBroker = .init(addressTemplate: "q", partitions: ["0", "1"])
        #expect(throws: EventHubsError.self) {
            try EventHubsClient(configuration: configuration, eventLoopGroup: group, logger: HubServer.quiet)
        }
    }

    @Test func aConnectionStringSetsPortAndSecurity() throws {
        let cloud = try EventHubsConfiguration(
            ConnectionString(
                parsing: "Endpoint=sb://ns.example/;SharedAccessKeyName=a;SharedAccessKey=b;EntityPath=logs"))
        #expect(cloud.port == 5671 && cloud.hub == "logs")
        guard case .tls(authorities: nil) = cloud.security else {
            Issue.record("not TLS")
            return
        }
        let local = try EventHubsConfiguration(
            ConnectionString(parsing: "Endpoint=sb://localhost:15999;UseDevelopmentEmulator=true"), hub: "logs")
        #expect(local.port == 15999)
        #expect(throws: EventHubsError.self) {
            try EventHubsConfiguration(ConnectionString(parsing: "Endpoint=sb://h;UseDevelopmentEmulator=true"))
        }
        #expect(throws: EventHubsError.self) {
            try EventHubsConfiguration(
                ConnectionString(parsing: "Endpoint=sb://h;UseDevelopmentEmulator=true;EntityPath=a"), hub: "b")
        }
    }

    @Test func tokensAreRenewedWhileLinksStay() async throws {
        try await withHub(partitions: 1, loops: 1, prepare: { $0.key = Secret("right") }) { hub in
            var configuration = hub.configuration()
            configuration.tokenLifetime = .seconds(1)
            let recorder = Recorder()
            try await running(try hub.client(configuration), into: recorder) {
                // Discovery keeps the observations coming while the token ages.
                _ = await recorder.first { if case .attached = $0 { true } else { nil } }
                while try await hub.run({ $0.log.tokensPut }) < 6 {
                    _ = await recorder.first { if case .hub = $0 { true } else { nil } }
                }
                try await hub.append(["a"], to: 0)
                #expect(await recorder.numbers(1) == [0])
            }
            let log = try await hub.run { $0.log }
            #expect(log.connections == 1)
            #expect(log.attachedSelectors.count == 1)
        }
    }
}
