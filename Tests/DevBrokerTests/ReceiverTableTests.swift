import AMQPTypes
import Testing

@testable import DevBroker

/// Goal: who may receive from a partition follows the service's epoch rules, with its texts.
///
/// Method: scripts over the table, and random attaches against the invariant.
@Suite struct ReceiverTableTests {
    private let trail = BrokerCondition.Trail(trackingID: "T", system: "ns:eventhub:h~1|g", time: 1_700_000_000_000)
    private let end = "TrackingId:T, SystemTracker:ns:eventhub:h~1|g, Timestamp:2023-11-14T22:13:20"

    private func receiver(_ number: UInt64, epoch: Int64? = nil, name: String? = nil) -> ReceiverIdentity {
        ReceiverIdentity(link: LinkID(rawValue: number), name: name, epoch: epoch)
    }

    @Test func fiveWithoutEpochThenRefused() {
        var table = ReceiverTable()
        for number in 1...5 {
            #expect(
                table.attachRequested(receiver(UInt64(number), name: "r\(number)"), trail: trail)
                    == .admitted(detached: []))
        }
        guard case .refused(let condition) = table.attachRequested(receiver(6), trail: trail) else {
            Issue.record("the sixth was admitted")
            return
        }
        #expect(condition.name == "amqp:resource-limit-exceeded")
        #expect(
            condition.description
                == "Exceeded the maximum number of allowed receivers per partition in a consumer group which is 5. "
                + "List of connected receivers - r1, r2, r3, r4, r5. \(end)")
        table.detached(LinkID(rawValue: 2))
        #expect(table.attachRequested(receiver(7), trail: trail) == .admitted(detached: []))
    }

    @Test func anEpochDetachesAllWithout() {
        var table = ReceiverTable()
        _ = table.attachRequested(receiver(1), trail: trail)
        _ = table.attachRequested(receiver(2, name: "b"), trail: trail)
        guard case .admitted(let evictions) = table.attachRequested(receiver(3, epoch: 0, name: "n"), trail: trail)
        else {
            Issue.record("the owner was refused")
            return
        }
        #expect(evictions.map(\.link.rawValue) == [1, 2])
        #expect(
            evictions.last?.condition.description
                == "New receiver 'n' with higher epoch of '0' is created hence current receiver 'b' with epoch '' is getting "
                + "disconnected. If you are recreating the receiver, make sure a higher epoch is used. \(end)")
        #expect(evictions.allSatisfy { $0.condition.name == "amqp:link:stolen" })
        #expect(table.receivers.map(\.link.rawValue) == [3])
    }

    @Test func equalAndHigherEpochsSteal() {
        var table = ReceiverTable()
        _ = table.attachRequested(receiver(1, epoch: 4), trail: trail)
        for (number, epoch) in [(2, Int64(4)), (3, 9)] {
            guard
                case .admitted(let evictions) = table.attachRequested(
                    receiver(UInt64(number), epoch: epoch), trail: trail)
            else {
                Issue.record("epoch \(epoch) was refused")
                return
            }
            #expect(evictions.map(\.link.rawValue) == [UInt64(number - 1)])
        }
    }

    @Test func lowerEpochAndNoneAreRefused() {
        var table = ReceiverTable()
        _ = table.attachRequested(receiver(1, epoch: 4, name: "old"), trail: trail)
        #expect(
            table.attachRequested(receiver(2, epoch: 3, name: "new"), trail: trail)
                == .refused(
                    AMQPCondition(
                        name: "amqp:link:stolen",
                        description:
                            "Receiver 'old' with a higher epoch '4' already exists. Receiver 'new' with epoch 3 "
                            + "cannot be created. Make sure you are creating receiver with increasing epoch value to ensure "
                            + "connectivity, or ensure all old epoch receivers are closed or disconnected. \(end)",
                        info: [:])))
        #expect(
            table.attachRequested(receiver(3), trail: trail)
                == .refused(
                    AMQPCondition(
                        name: "amqp:link:stolen",
                        description:
                            "At least one receiver for the endpoint is created with epoch of '4', and so non-epoch "
                            + "receiver is not allowed. Either reconnect with a higher epoch, or make sure all epoch "
                            + "receivers are closed or disconnected. \(end)",
                        info: [:])))
        table.detached(LinkID(rawValue: 1))
        #expect(table.attachRequested(receiver(4), trail: trail) == .admitted(detached: []))
    }

    @Test(arguments: [11, 12, 13, 14])
    func neverMoreThanFiveOrOneOwner(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var table = ReceiverTable()
        for number in 0..<500 {
            if Bool.random(using: &random), let gone = table.receivers.randomElement(using: &random) {
                table.detached(gone.link)
            }
            let epoch = Bool.random(using: &random) ? nil : Int64.random(in: 0...3, using: &random)
            _ = table.attachRequested(receiver(UInt64(number), epoch: epoch), trail: trail)
            let owners = table.receivers.filter { $0.epoch != nil }.count
            #expect(table.receivers.count <= 5, "seed \(seed)")
            #expect(owners == 0 || table.receivers.count == 1, "seed \(seed)")
        }
    }
}

/// Goal: error texts carry the right date.
///
/// Method: known instants, leap days and the service's year 1.
@Suite struct CivilTimeTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00"), (951_782_400_000, "2000-02-29T00:00:00"),
            (1_709_251_199_999, "2024-02-29T23:59:59"),
            (-1, "1969-12-31T23:59:59"), (-62_135_596_800_000, "0001-01-01T00:00:00"),
            (4_102_444_800_000, "2100-01-01T00:00:00"),
        ] as [(Int64, String)])
    func text(milliseconds: Int64, text: String) {
        #expect(CivilTime(milliseconds: milliseconds).text == text)
    }

    @Test func extremesDoNotTrap() {
        #expect(CivilTime(milliseconds: .max).text == "9999-12-31T23:59:59")
        #expect(CivilTime(milliseconds: .min).text == "0000-01-01T00:00:00")
    }
}
