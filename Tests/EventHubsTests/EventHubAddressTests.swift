import EventHubs
import Testing

/// Goal: every spelling of an address that a client library uses means the same to us.
///
/// Method: a table of spellings, and a round trip of every kind.
@Suite struct EventHubAddressTests {
    private static let receiver = EventHubAddress.receiver(hub: "eh1", group: "$Default", partition: "0")

    @Test(arguments: [
        ("eh1/ConsumerGroups/$Default/Partitions/0", receiver),
        ("/eh1/ConsumerGroups/$Default/Partitions/0", receiver),
        ("amqps://localhost:15999/eh1/ConsumerGroups/$Default/Partitions/0", receiver),
        ("AMQPS://ns.servicebus.windows.net/eh1/consumergroups/$Default/partitions/0/", receiver),
        ("sb://h/eh1/ConsumerGroups/%24Default/Partitions/0", receiver),
        ("eh1", .hub("eh1")),
        ("amqps://h/eh1", .hub("eh1")),
        ("a/b.c-d", .hub("a/b.c-d")),
        ("eh1/Partitions/3", .partition(hub: "eh1", id: "3")),
        ("a/b/partitions/3", .partition(hub: "a/b", id: "3")),
        ("eh1/Publishers/p", .publisher(hub: "eh1", name: "p")),
        ("$management", .management(hub: nil)),
        ("amqps://h/$Management", .management(hub: nil)),
        ("eh1/$management", .management(hub: "eh1")),
        ("$cbs", .cbs),
        ("amqp://h:5672/$CBS", .cbs),
    ])
    func parses(text: String, expected: EventHubAddress) throws {
        #expect(try EventHubAddress(parsing: text) == expected)
    }

    @Test(arguments: [
        "", "/", "amqps://h", "amqps://h/", "a//b", "ConsumerGroups/g/Partitions/0", "eh1/ConsumerGroups/g",
    ])
    func refuses(text: String) {
        #expect(throws: EventHubsError.self) { try EventHubAddress(parsing: text) }
    }

    @Test func refusesWhatIsTooLong() {
        #expect(throws: EventHubsError.self) { try EventHubAddress(parsing: String(repeating: "a", count: 5000)) }
    }

    @Test func roundTrips() throws {
        let all: [EventHubAddress] = [
            Self.receiver, .hub("h"), .partition(hub: "h", id: "1"), .publisher(hub: "h", name: "p"),
            .management(hub: nil), .management(hub: "h"), .cbs,
        ]
        for address in all {
            #expect(try EventHubAddress(parsing: address.path) == address)
            #expect(try EventHubAddress(parsing: address.url(authority: "ns:5671")) == address)
        }
    }

    @Test func writesTheAudiencesOfTheService() {
        #expect(EventHubAddress.audience(authority: "h:1", hub: "e") == "sb://h:1/e")
        #expect(EventHubAddress.audience(authority: "h", hub: "e", group: "G") == "sb://h/e/consumergroups/G")
    }
}
