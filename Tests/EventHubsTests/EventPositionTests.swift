import AMQPTypes
import EventHubs
import Testing

/// Goal: a position survives the way into a filter and back, in every spelling that clients use.
///
/// Method: round trips, and a table of foreign expressions and descriptors.
@Suite struct EventPositionTests {
    private static let positions: [EventPosition] = [
        .earliest, .latest, .offset("4294967296", inclusive: false), .offset("a:b", inclusive: true),
        .sequenceNumber(-1, inclusive: false), .sequenceNumber(42, inclusive: true),
        .enqueuedTime(milliseconds: 1_700_000_000_000, inclusive: false),
        .enqueuedTime(milliseconds: 0, inclusive: true),
    ]

    @Test(arguments: positions) func roundTrips(position: EventPosition) throws {
        #expect(try EventPosition(selector: position.selector) == position)
        #expect(try SelectorFilter.position(in: SelectorFilter.encode(position)) == position)
        #expect(try SelectorFilter.position(in: SelectorFilter.echo(position.selector)) == position)
    }

    @Test func spellsExpressionsAsTheServiceDoes() {
        #expect(EventPosition.earliest.selector == "amqp.annotation.x-opt-offset > '-1'")
        #expect(EventPosition.latest.selector == "amqp.annotation.x-opt-offset > '@latest'")
        #expect(
            EventPosition.sequenceNumber(7, inclusive: true).selector
                == "amqp.annotation.x-opt-sequence-number >= '7'")
    }

    @Test(arguments: [
        ("amqp.annotation.x-opt-offset>'12'", EventPosition.offset("12", inclusive: false)),
        ("amqp.annotation.x-opt-offset >= \"12\"", .offset("12", inclusive: true)),
        ("amqp.annotation.x-opt-offset > 12", .offset("12", inclusive: false)),
        ("  amqp.annotation.x-opt-sequence-number>=5 ", .sequenceNumber(5, inclusive: true)),
        ("amqp.annotation.x-opt-enqueuedtimeutc > 1000", .enqueuedTime(milliseconds: 1000, inclusive: false)),
        ("amqp.annotation.x-opt-offset >= '-1'", .earliest),
    ])
    func readsForeignSpellings(selector: String, expected: EventPosition) throws {
        #expect(try EventPosition(selector: selector) == expected)
    }

    @Test(arguments: [
        "", "x > 1", "amqp.annotation.x-opt-offset", "amqp.annotation.x-opt-offset < '1'",
        "amqp.annotation.x-opt-offset > '1", "amqp.annotation.x-opt-offset > '1' or 1=1",
        "amqp.annotation.x-opt-offset > 1 2", "amqp.annotation.x-opt-sequence-number > 'x'",
        "amqp.annotation.x-opt-colour > '1'", "amqp.annotation.x-opt-offset > ''", "amqp.annotation.x-opt-offset >",
    ])
    func refusesWhatItCannotRead(selector: String) {
        #expect(throws: EventHubsError.self) { try EventPosition(selector: selector) }
    }

    @Test func readsEveryDescriptor() throws {
        let text = EventPosition.offset("9", inclusive: false).selector
        let descriptors: [AMQPValue] = [
            .symbol(SelectorFilter.name), .ulong(0x0000_468C_0000_0004), .ulong(0x0000_0013_7000_000A),
        ]
        for descriptor in descriptors {
            let filter: AMQPMap = [
                .symbol("another-filter"): .string("x"),
                .symbol(SelectorFilter.name): .described(descriptor: descriptor, value: .string(text)),
            ]
            #expect(try SelectorFilter.position(in: filter) == .offset("9", inclusive: false))
        }
        #expect(try SelectorFilter.position(in: [:]) == .earliest)
        let foreign: AMQPMap = [.symbol(SelectorFilter.name): .described(descriptor: .ulong(1), value: .string(text))]
        #expect(throws: EventHubsError.self) { try SelectorFilter.position(in: foreign) }
        let number: AMQPMap = [.symbol(SelectorFilter.name): .int(1)]
        #expect(throws: EventHubsError.self) { try SelectorFilter.position(in: number) }
    }
}
