import EventHubs
import Testing

/// Goal: keys are hashed as the vendor's producers and, as far as is known, the service itself hash them.
///
/// Method: the vectors of the vendor's own tests, and the recorded keys.
@Suite struct PartitionKeyHashTests {
    @Test(arguments: [
        ("7", -15263, 3, 31), ("7149583486996073602", 12977, 1, 17), ("FWfAT", -22341, 1, 5),
        ("sOdeEAsyQoEuEFPGerWO", -6503, 3, 7), ("!c*_!I@1^c", 15372, 0, 12), ("p4*!jioeO/z-!-;w:dh", -3104, 0, 0),
        ("$0cb", 26269, 1, 29), ("-4189260826195535198", 453, 1, 5), ("", 0, 0, 0),
    ])
    func hashesLikeTheProducers(key: String, hash: Int, ofFour: Int, of32: Int) {
        #expect(Int(PartitionKeyHash.sdkHash(key)) == hash)
        #expect(PartitionKeyHash.sdkPartition(for: key, count: 4) == ofFour)
        #expect(PartitionKeyHash.sdkPartition(for: key, count: 32) == of32)
    }

    @Test(arguments: [
        ("test_partition_a", 3187, [0, 0, 0]), ("test_partition_b", 15335, [0, 1, 3]),
        ("test_partition_c", 192, [0, 0, 0]), ("test_partition_d", 27774, [1, 3, 6]),
        ("test_partition_e", 23921, [1, 2, 5]), ("test_partition_f", 19518, [1, 2, 4]), ("device-1", 8119, [0, 0, 1]),
    ])
    func placesKeysLikeTheService(key: String, point: Int, partitions: [Int]) {
        #expect(PartitionKeyHash.servicePoint(key) == point)
        #expect([2, 4, 8].map { PartitionKeyHash.servicePartition(for: key, count: $0) } == partitions)
    }

    @Test func everyPartitionIsInRange() {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<2000 {
            let key = String(
                (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                    Character(UnicodeScalar(UInt8.random(in: 32...126, using: &generator)))
                })
            for count in [1, 2, 3, 5, 32, 1024, 32_767, 40_000] {
                #expect((0..<count).contains(PartitionKeyHash.sdkPartition(for: key, count: count)))
                #expect((0..<count).contains(PartitionKeyHash.servicePartition(for: key, count: count)))
            }
        }
        #expect(PartitionKeyHash.servicePartition(for: "a", count: 0) == 0)
        #expect(PartitionKeyHash.sdkPartition(for: "a", count: 0) == 0)
    }
}
