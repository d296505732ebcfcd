import EventHubs
import Testing

/// Goal: an operator's selection picks exactly the partitions that it says, and a mistyped one is explained.
///
/// Method: tables, and the property that the instances of a count share the partitions without overlap.
@Suite struct PartitionSelectionTests {
    private let ids = (0..<8).map(String.init)

    @Test(arguments: [
        ("all", ["0", "1", "2", "3", "4", "5", "6", "7"]), ("0-3,7", ["0", "1", "2", "3", "7"]),
        (" 5 , 1 - 2 ", ["1", "2", "5"]), ("1/4", ["0", "4"]), ("4/4", ["3", "7"]),
        ("1/1", ["0", "1", "2", "3", "4", "5", "6", "7"]),
    ])
    func selects(text: String, expected: [String]) throws {
        #expect(try PartitionSelection(parsing: text).select(from: ids) == expected)
    }

    @Test(arguments: [
        "", "a", "3-1", "1,1", "0-3,2", "0/4", "5/4", "1/0", "1/2/3", "-1", "99999", "1-", "1-2-3", "1,,2",
    ])
    func refuses(text: String) {
        #expect(throws: EventHubsError.self) { try PartitionSelection(parsing: text) }
    }

    @Test func namesWhatTheHubDoesNotHave() throws {
        #expect(try PartitionSelection(parsing: "6-9").missing(from: ids) == [8, 9])
        #expect(try PartitionSelection(parsing: "0-7").isPartial(of: ids) == false)
        #expect(try PartitionSelection(parsing: "0").isPartial(of: ids))
    }

    @Test func describesItselfInWordsThatParse() throws {
        for text in ["all", "0-3,7", "2/5"] {
            #expect(try PartitionSelection(parsing: text).description == text)
        }
    }

    @Test func instancesShareAllPartitionsWithoutOverlap() {
        for count in 1...9 {
            var owners: [String: Int] = [:]
            for number in 1...count {
                for id in PartitionSelection.instance(number, of: count).select(from: ids) {
                    owners[id, default: 0] += 1
                }
            }
            #expect(owners.count == ids.count)
            #expect(owners.values.allSatisfy { $0 == 1 })
        }
    }
}
