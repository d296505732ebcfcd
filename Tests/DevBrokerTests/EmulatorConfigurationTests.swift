import Testing

@testable import DevBroker

/// Goal: the official emulator's file is read, and every broken rule is shown where it stands.
///
/// Method: a good file, then one broken rule at a time, with line and column.
@Suite struct EmulatorConfigurationTests {
    private func file(_ entities: String, logging: String = #"{ "Type": "File" }"#) -> String {
        """
        { "UserConfig": {
            "NamespaceConfig": [ { "Type": "EventHub", "Name": "emulatorNs1",
                "Entities": [
        \(entities)
                ] } ],
            "LoggingConfig": \(logging) } }
        """
    }

    private func problems(_ text: String) -> [String] {
        do throws(DevBrokerError) {
            _ = try EmulatorConfiguration(json: Array(text.utf8), file: "Config.json")
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    @Test func readsHubsWithNumberOrTextCounts() throws {
        let text = file(
            """
            { "Name": "eh1", "PartitionCount": 2, "ConsumerGroups": [ { "Name": "cg1" }, { "Name": "cg2" } ] },
            { "Name": "eh2", "PartitionCount": "32" }
            """)
        let configuration = try EmulatorConfiguration(json: [0xEF, 0xBB, 0xBF] + Array(text.utf8), file: "Config.json")
        #expect(
            configuration.hubs == [
                HubDefinition(name: "eh1", partitionCount: 2, consumerGroups: ["cg1", "cg2"]),
                HubDefinition(name: "eh2", partitionCount: 32),
            ])
        #expect(configuration.namespaceName == "emulatorNs1")
    }

    @Test(arguments: [
        (#"{ "Name": "eh1", "PartitionCount": 33 }"#, "PartitionCount: must be a whole number from 1 to 32, not `33`"),
        (
            #"{ "Name": "eh1", "PartitionCount": 1.5 }"#,
            "PartitionCount: must be a whole number from 1 to 32, not `1.5`"
        ),
        (
            #"{ "Name": "eh1", "PartitionCount": "two" }"#,
            "PartitionCount: must be a whole number from 1 to 32, not `two`"
        ),
        (
            #"{ "Name": "eh1", "PartitionCount": null }"#,
            "PartitionCount: must be a whole number from 1 to 32, not null"
        ),
        (#"{ "Name": "eh1" }"#, "Entities[0]: `PartitionCount` is missing"),
        (#"{ "PartitionCount": 1 }"#, "Entities[0]: `Name` is missing"),
        (#"{ "Name": "-x", "PartitionCount": 1 }"#, "`-x` is no valid name"),
        (#"{ "Name": "e h", "PartitionCount": 1 }"#, "`e h` is no valid name"),
        (#"{ "Name": 5, "PartitionCount": 1 }"#, "Name: must be a string, not a number"),
        (#"{ "Name": "e", "Partitions": 1, "PartitionCount": 1 }"#, "unknown member `Partitions`"),
        (
            #"{ "Name": "e", "PartitionCount": 1, "ConsumerGroups": [ { "Name": "$Default" } ] }"#,
            "`$default` always exists and may not be listed"
        ),
        (#"{ "Name": "e", "PartitionCount": 1, "ConsumerGroups": [] }"#, "needs 1 to 20 consumer groups, not 0"),
        (
            #"{ "Name": "e", "PartitionCount": 1 }, { "Name": "E", "PartitionCount": 1 }"#,
            "`E` is defined twice; names do not differ by case"
        ),
    ])
    func brokenEntities(entity: String, message: String) {
        let found = problems(file(entity))
        #expect(found.contains { $0.contains(message) && $0.hasPrefix("4:") }, "\(found)")
    }

    @Test func placesAreExact() {
        #expect(
            problems(file(#"{ "Name": "eh1", "PartitionCount": 99 }"#))
                == [
                    "4:36: UserConfig.NamespaceConfig[0].Entities[0].PartitionCount: must be a whole number from 1 to 32, not `99`"
                ])
    }

    @Test func allProblemsAtOnce() {
        let text = #"{ "UserConfig": { "NamespaceConfig": [ { "Type": "Queue", "Name": "mine", "Entities": [] } ] } }"#
        let found = problems(text)
        #expect(found.count == 4, "\(found)")
        #expect(found.contains { $0.contains("`LoggingConfig` is missing") })
        #expect(found.contains { $0.contains("must be `EventHub`, not `Queue`") })
        #expect(found.contains { $0.contains("must be `emulatorNs1`, not `mine`") })
        #expect(found.contains { $0.contains("needs 1 to 10 event hubs, not 0") })
    }

    @Test(arguments: [
        ("", "the text ends where a value should be"), ("{", "expected a member name"), (#"{"a" 1}"#, "expected `:`"),
        ("[1,]", "expected a JSON value"), ("[1 2]", "expected `,` or `]`"), (#"{"a":1,"a":2}"#, "`a` appears twice"),
        ("nul", "expected a JSON value"), ("1 2", "text after the end"), (#""\x""#, "unknown escape"),
        (#""\ud800""#, "a lone surrogate"), ("\"a\nb\"", "a control character"), ("-", "is no number"),
        (String(repeating: "[", count: 100), "nested deeper than 64 levels"),
    ])
    func brokenJSON(text: String, message: String) {
        let found = problems(text)
        #expect(found.count == 1 && found[0].contains(message), "\(found)")
    }

    @Test func escapesAreRead() throws {
        let value = try LocatedJSONParser.parse(Array(#""\u00e9\ud83d\ude00\n\/""#.utf8))
        guard case .string(let text) = value.value else {
            Issue.record("not a string")
            return
        }
        #expect(text == "é😀\n/")
    }

    @Test(arguments: [31, 32])
    func noTextTraps(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let good = Array(
            file(#"{ "Name": "eh1", "PartitionCount": "2", "ConsumerGroups": [ { "Name": "c\u00e9" } ] }"#).utf8)
        for _ in 0..<2000 {
            var bytes = good
            bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            _ = try? EmulatorConfiguration(
                json: Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random))), file: "")
        }
    }

    @Test func flags() throws {
        #expect(try HubDefinition(flag: "logs:8") == HubDefinition(name: "logs", partitionCount: 8))
        #expect(try HubDefinition(flag: "logs") == HubDefinition(name: "logs", partitionCount: 4))
        for bad in ["", "logs:", "logs:x", "logs:0", "logs:2000", "a:1:2", "-:1"] {
            #expect(throws: DevBrokerError.self) { try HubDefinition(flag: bad) }
        }
    }
}
