import AMQPTypes
import EventHubs
import EventHubsClient
import Testing

/// Goal: every event is folded once and in order, through connections and links that break, and what cannot be is said.
///
/// Method: the client over loopback sockets against a scripted hub; tests wait for what consumers are told.
@Suite(.timeLimit(.minutes(1))) struct ClientReadingTests {
    @Test func readsEveryPartitionFromTheStart() async throws {
        try await withHub(partitions: 4) { hub in
            for partition in 0..<4 {
                try await hub.append((0..<50).map { "p\(partition)-\($0)" }, to: partition)
            }
            let recorder = Recorder()
            try await running(try hub.client(), into: recorder) {
                var bodies: [String: [String]] = [:]
                for await case .event(let id, _, let body?, let offset) in recorder.observations {
                    #expect(!offset.isEmpty)
                    bodies[id, default: []].append(body)
                    if bodies.values.reduce(0, { $0 + $1.count }) == 200 { break }
                }
                for partition in 0..<4 {
                    #expect(bodies["\(partition)"] == (0..<50).map { "p\(partition)-\($0)" })
                }
                try await hub.append(["live"], to: 2)
                let live = await recorder.first { if case .event("2", 50, let body?, _) = $0 { body } else { nil } }
                #expect(live == "live")
            }
            let log = try await hub.run { $0.log }
            #expect(log.connections == 2)
            #expect(log.tokensPut == 4)
            #expect(log.closesReceived == 2)
            #expect(log.detachesReceived == 4)
        }
    }

    @Test func readsOnlyTheSelectedPartitionsFromTheirPositions() async throws {
        try await withHub(partitions: 4) { hub in
            for partition in 0..<4 { try await hub.append((0..<10).map(String.init), to: partition) }
            let recorder = Recorder(starts: [
                "1": .after(sequenceNumber: 4, offset: nil), "3": .first(.sequenceNumber(8, inclusive: true)),
            ])
            var configuration = hub.configuration()
            configuration.ownerLevel = 7
            configuration.receiverName = "me"
            try await running(
                try hub.client(configuration), into: recorder, partitions: PartitionSelection(parsing: "1,3")
            ) {
                var numbers: [String: [Int64]] = [:]
                for await case .event(let id, let number, _, _) in recorder.observations {
                    numbers[id, default: []].append(number)
                    if numbers.values.reduce(0, { $0 + $1.count }) == 7 { break }
                }
                #expect(numbers == ["1": [5, 6, 7, 8, 9], "3": [8, 9]])
            }
            let log = try await hub.run { $0.log }
            #expect(
                Set(log.attachedSelectors) == [
                    "1: amqp.annotation.x-opt-sequence-number > '4'", "3: amqp.annotation.x-opt-sequence-number >= '8'",
                ])
            let expected: AMQPMap = [
                .symbol(DialectName.epoch): .long(7), .symbol(DialectName.receiverName): .string("me"),
            ]
            #expect(log.attachedProperties.allSatisfy { $0 == expected })
        }
    }

    @Test func latestIsFixedOnceSoThatNothingIsPassedOver() async throws {
        try await withHub(partitions: 1) { hub in
            try await hub.append(["old", "old"], to: 0)
            let recorder = Recorder(starts: ["0": .first(.latest)])
            try await running(try hub.client(), into: recorder) {
                _ = await recorder.first { if case .attached = $0 { true } else { nil } }
                // The connection breaks, and the event arrives before the client is back.
                try await hub.run { hub in
                    hub.cutConnections()
                    hub.append("new", to: 0)
                }
                #expect(await recorder.numbers(1) == [2])
            }
        }
    }

    @Test func aBrokenConnectionLosesAndRepeatsNothing() async throws {
        try await withHub(partitions: 1) { hub in
            let recorder = Recorder()
            var configuration = hub.configuration()
            configuration.prefetchMax = 7
            try await running(try hub.client(configuration), into: recorder) {
                var numbers: [Int64] = []
                for round in 0..<8 {
                    try await hub.append((0..<20).map { "\(round)-\($0)" }, to: 0)
                    numbers += await recorder.numbers(13)
                    try await hub.run { $0.cutConnections() }
                }
                numbers += await recorder.numbers(160 - numbers.count)
                #expect(numbers == Array(0..<160))
            }
        }
    }

    @Test func aForcedDetachIsFollowedByAnotherAttach() async throws {
        try await withHub(partitions: 1) { hub in
            try await hub.append(["a", "b"], to: 0)
            let recorder = Recorder()
            try await running(try hub.client(), into: recorder) {
                #expect(await recorder.numbers(2) == [0, 1])
                try await hub.run { $0.detach("0", AMQPCondition(name: ErrorCondition.linkDetachForced)) }
                let lost = await recorder.first {
                    if case .detached(_, .lost(let error, _)) = $0 { error } else { nil }
                }
                #expect(lost?.code == .forcedClose)
                try await hub.append(["c"], to: 0)
                #expect(await recorder.numbers(1) == [2])
            }
            #expect(try await hub.run { $0.log.connections } == 1)
            #expect(try await hub.run { $0.log.attachedSelectors.last } == "0: amqp.annotation.x-opt-offset > '107'")
        }
    }

    @Test func aStolenPartitionStopsUntilItIsOrderedBack() async throws {
        try await withHub(partitions: 1) { hub in
            try await hub.append(["a"], to: 0)
            let recorder = Recorder()
            try await running(try hub.client(), into: recorder) {
                let control = await recorder.first {
                    if case .attached(_, _, let control) = $0 { control } else { nil }
                }
                #expect(await recorder.numbers(1) == [0])
                try await hub.run { $0.steal("0") }
                let pause = await recorder.first {
                    if case .detached(_, .stolen(_, let pause)) = $0 { pause } else { nil }
                }
                #expect(pause ?? .zero >= .seconds(600))
                #expect(try await hub.run { $0.log.attachedSelectors.count } == 1)
                try await hub.append(["b"], to: 0)
                control?.retry()
                #expect(await recorder.numbers(1) == [1])
            }
        }
    }

    @Test func aPositionPastTheEndIsReportedAndNotTriedAgain() async throws {
        try await withHub(partitions: 1) { hub in
            try await hub.append(["a"], to: 0)
            let recorder = Recorder(starts: ["0": .after(sequenceNumber: 488, offset: nil)])
            try await running(try hub.client(), into: recorder) {
                let refused = await recorder.first {
                    if case .detached(_, .positionRefused(let error, let position)) = $0 {
                        (error, position)
                    } else {
                        nil
                    }
                }
                #expect(refused?.0.code == .positionRefused)
                #expect(refused?.1 == .sequenceNumber(488, inclusive: false))
            }
            #expect(try await hub.run { $0.log.attachedSelectors.count } == 1)
        }
    }

    @Test func aRecreatedHubIsNoticedAndLeftAlone() async throws {
        try await withHub(partitions: 1) { hub in
            try await hub.append((0..<10).map(String.init), to: 0)
            let recorder = Recorder()
            try await running(try hub.client(), into: recorder) {
                #expect(await recorder.numbers(10) == Array(0..<10))
                try await hub.run { hub in
                    // Another log under the same name, in which the old offset lies in the middle.
                    hub.cutConnections()
                    hub.partitions[0] = hub.partitions[0].map { event in
                        var event = event
                        event.sequenceNumber -= 5
                        return event
                    }
                    hub.append("new", to: 0)
                    hub.partitions[0][10].sequenceNumber = 3
                }
                let refused = await recorder.first {
                    if case .detached(_, .positionRefused(let error, _)) = $0 { error } else { nil }
                }
                #expect(refused?.summary.contains("another hub") == true)
            }
        }
    }

    @Test func retentionThatPassedThePositionIsAGapWithItsRange() async throws {
        try await withHub(partitions: 1) { hub in
            try await hub.append((0..<10).map(String.init), to: 0)
            try await hub.run { $0.firstKept[0] = 7 }
            let recorder = Recorder(starts: ["0": .after(sequenceNumber: 2, offset: nil)])
            try await running(try hub.client(), into: recorder) {
                let gap = await recorder.first { if case .missing(_, let gap) = $0 { gap } else { nil } }
                #expect(gap == SequenceGap(first: 3, last: 6))
                #expect(await recorder.numbers(3) == [7, 8, 9])
            }
        }
    }

    @Test func bodiesOfEveryKindArriveAndUnusableOnesSaySo() async throws {
        try await withHub(partitions: 1) { hub in
            try await hub.run { hub in
                hub.append(.data([[]]), to: 0)
                hub.append(.data([Array("two ".utf8), Array("parts".utf8)]), to: 0)
                hub.append(.value(.string("text")), to: 0)
                hub.append(.value(.binary(Array("bytes".utf8))), to: 0)
                hub.append(.value(.int(1)), to: 0)
                hub.append(.sequences([[.int(1)]]), to: 0)
                hub.append(.none, to: 0)
                hub.append(.data([Array(repeating: 65, count: 1_000_000)]), to: 0)
            }
            let recorder = Recorder()
            try await running(try hub.client(), into: recorder) {
                var bodies: [String?] = []
                for await case .event(_, _, let body, _) in recorder.observations {
                    bodies.append(body)
                    if bodies.count == 8 { break }
                }
                #expect(bodies.dropLast() == ["", "two parts", "text", "bytes", nil, nil, nil])
                #expect(bodies.last??.utf8.count == 1_000_000)
            }
        }
    }

    @Test func quietPartitionsAreReportedIdle() async throws {
        try await withHub(partitions: 2) { hub in
            try await hub.append(["a"], to: 0)
            let recorder = Recorder()
            try await running(try hub.client(), into: recorder) {
                var idle: Set<String> = []
                for await case .idle(let id, let properties, let askedAt) in recorder.observations {
                    #expect(askedAt > 1_700_000_000_000_000_000)
                    #expect(properties.lastSequenceNumber == (id == "0" ? 0 : -1))
                    idle.insert(id)
                    if idle.count == 2 { break }
                }
            }
        }
    }

    @Test func aLinkThatDeliversNothingIsAttachedAgain() async throws {
        try await withHub(partitions: 1) { hub in
            try await hub.run { $0.stalledPartitions = ["0"] }
            try await hub.append(["a"], to: 0)
            let recorder = Recorder()
            var configuration = hub.configuration()
            configuration.stallDeadline = .milliseconds(50)
            try await running(try hub.client(configuration), into: recorder) {
                let behind = await recorder.first { if case .detached(_, .stalled(let n)) = $0 { n } else { nil } }
                #expect(behind == 1)
                try await hub.run { $0.stalledPartitions = [] }
                #expect(await recorder.numbers(1) == [0])
            }
        }
    }

    @Test func partitionsThatAppearAreFound() async throws {
        try await withHub(partitions: 1) { hub in
            let recorder = Recorder()
            try await running(try hub.client(), into: recorder) {
                _ = await recorder.first { if case .attached("0", _, _) = $0 { true } else { nil } }
                try await hub.run { hub in
                    hub.partitions.append([])
                    hub.firstKept.append(0)
                    hub.append("x", to: 1)
                }
                #expect(await recorder.numbers(1, of: "1") == [0])
            }
        }
    }

    @Test func creditIsGivenOnlyForWhatIsFolded() async throws {
        try await withHub(partitions: 1) { hub in
            try await hub.append((0..<100).map(String.init), to: 0)
            let recorder = Recorder(holdsAfter: 1)
            var configuration = hub.configuration()
            configuration.prefetchMax = 10
            try await running(try hub.client(configuration), into: recorder) {
                let control = await recorder.first {
                    if case .attached(_, _, let control) = $0 { control } else { nil }
                }
                _ = await recorder.numbers(1)
                // Other answers come and go; the held partition gets nothing beyond its window.
                _ = await recorder.first { if case .hub = $0 { true } else { nil } }
                _ = await recorder.first { if case .hub = $0 { true } else { nil } }
                let held = try await hub.run { $0.log.delivered }
                #expect(held <= 10)
                control?.resume()
                _ = await recorder.numbers(1)
                let resumed = try await hub.run { $0.log.delivered }
                #expect(resumed <= 30)
            }
        }
    }
}
