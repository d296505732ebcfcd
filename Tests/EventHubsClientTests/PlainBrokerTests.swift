import AMQPTypes
import EventHubs
import EventHubsClient
import Testing

/// Goal: a broker without the dialect works: addresses by template, login, acceptance only after release.
///
/// Method: the scripted peer as a plain broker, with unsettled deliveries and no annotations.
@Suite(.timeLimit(.minutes(1))) struct PlainBrokerTests {
    private func configuration(_ hub: HubServer, partitions: [String] = ["0", "1"]) -> EventHubsConfiguration {
        var made = hub.configuration()
        made.plainBroker = .init(
            addressTemplate: "queue-{partition}", partitions: partitions,
            login: .plain(user: "guest", password: Secret("pw")))
        return made
    }

    @Test func messagesAreAcceptedWhenReleased() async throws {
        try await withHub(prepare: { hub in
            hub.settles = false
            hub.login = { mechanism, response in
                mechanism == "PLAIN" && response == [0] + Array("guest".utf8) + [0] + Array("pw".utf8)
            }
        }) { hub in
            try await hub.append(["a", "b", "c"], to: 0)
            let recorder = Recorder(starts: ["0": .after(sequenceNumber: 99, offset: nil)])
            try await running(try hub.client(configuration(hub, partitions: ["0"])), into: recorder) {
                let control = await recorder.first {
                    if case .attached(_, _, let control) = $0 { control } else { nil }
                }
                #expect(await recorder.numbers(3) == [100, 101, 102])
                #expect(try await hub.run { $0.log.accepted } == 0)
                control?.release(upTo: 101)
                // What follows on the same link arrives behind the dispositions.
                while try await hub.run({ $0.log.accepted }) < 2 { await Task.yield() }
                #expect(try await hub.run { $0.log.accepted } == 2)
            }
            #expect(try await hub.run { $0.log.tokensPut } == 0)
        }
    }

    @Test func aRefusedLoginIsExplained() async throws {
        try await withHub(prepare: { $0.login = { _, _ in false } }) { hub in
            let client = try hub.client(configuration(hub))
            do throws(EventHubsError) {
                try await client.run(into: Recorder())
                Issue.record("no error")
            } catch {
                #expect(error.code == .unauthorized)
                #expect(error.remedy.contains("user and password"))
                #expect(!"\(error)".contains("pw"))
            }
        }
    }

    @Test func theTemplateNamesThePartition() {
        let broker = EventHubsConfiguration.PlainBroker(
            addressTemplate: "a/{partition}/{x}/{partition}", partitions: [])
        #expect(broker.address(of: "7") == "a/7/{x}/7")
    }

    @Test func publishingToAPlainBrokerSendsSingleMessages() async throws {
        try await withHub { hub in
            let producer = try hub.producer(configuration(hub))
            try await producer.send(bodies: [[65], [66]], to: .partition("1"))
            await producer.shutdown()
            #expect(try await hub.run { $0.partitions[1].count } == 2)
            #expect(try await hub.run { $0.log.batchesReceived } == [0, 0])
        }
    }
}
