import Testing

@testable import HubwatchRuntime

/// Goal: hubs that had one name, one after the other, have different numbers, for good.
@Suite struct HubIncarnationsTests {
    private let first = HubIncarnations.Hub(namespace: "n", name: "h", createdMs: 10)
    private let second = HubIncarnations.Hub(namespace: "n", name: "h", createdMs: 20)

    @Test func aFirstHubHasNumberZeroAndKeepsItOverRestarts() throws {
        var incarnations = HubIncarnations([:])
        #expect(incarnations.number(of: first, partition: 0) == nil)
        let registered = incarnations.register(first)
        let entry = try #require(registered)
        #expect(incarnations.register(first) == nil)
        #expect(incarnations.number(of: first, partition: 3) == 0)
        let restored = HubIncarnations([entry.key: entry.value, "instance": "a", "incarnation:x": "-4"])
        #expect(restored == incarnations)
    }

    @Test func anotherHubAndARewoundPartitionHaveNumbersOfTheirOwn() throws {
        var incarnations = HubIncarnations([:])
        _ = incarnations.register(first)
        _ = incarnations.register(second)
        #expect(incarnations.number(of: second, partition: 0) == 1)
        _ = incarnations.renumber(2, of: second)
        #expect(incarnations.number(of: second, partition: 2) == 2)
        #expect(incarnations.number(of: second, partition: 1) == 1)
        _ = incarnations.renumber(2, of: second)
        #expect(incarnations.number(of: second, partition: 2) == 3)
        #expect(incarnations.number(of: first, partition: 2) == 0)
    }
}
