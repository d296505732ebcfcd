import DiagnosticLogs
import Testing

@testable import Detection

/// Goal: rules are narrowed, versioned, explained and refused as stated.
///
/// Method: small rules, golden ids.
@Suite struct RuleTests {
    @Test func growthIsOnlyAssumedWhereProven() throws {
        func isEarly(_ columns: [Aggregate], _ stages: [RowStage]) throws -> Bool? {
            let rule = ModelRules.aggregate("r", columns: columns, stages: stages)
            return try CompiledRules([rule]).explanation(of: "r")?.opensEarly
        }
        let count = ModelRules.count
        let (max, sum) = (ModelRules.fold(.maximum), ModelRules.fold(.sum))
        let enough = ModelRules.column("count", .greaterOrEqual, 4)
        #expect(try isEarly([count], [.filter(enough)]) == true)
        #expect(try isEarly([count], []) == true)
        #expect(try isEarly([count], [.filter(.compare(.less, .literal(.long(4)), .column("count")))]) == true)
        #expect(try isEarly([count, max], [.filter(.or(enough, ModelRules.column("maximum", .greater, 9)))]) == true)
        #expect(try isEarly([count], [.filter(.and(enough, .not(.isNull(.column("key0")))))]) == true)
        #expect(
            try isEarly(
                [count],
                [
                    .evaluate([NamedExpression(name: "n", expression: .column("count"))]),
                    .rename([(from: "n", to: "m")]), .filter(ModelRules.column("m", .greater, 3)), .keep(["m"]),
                ]) == true)
        let length = Aggregate(name: "sum", function: .sum, argument: .call(.length, [.field(ModelRules.user)]))
        #expect(try isEarly([length], [.filter(ModelRules.column("sum", .greater, 3))]) == true)
        #expect(try isEarly([sum], [.filter(ModelRules.column("sum", .greater, 3))]) == false)
        #expect(try isEarly([count], [.filter(.not(enough))]) == false)
        #expect(try isEarly([count], [.filter(ModelRules.column("count", .less, 4))]) == false)
        #expect(try isEarly([count], [.filter(ModelRules.column("count", .equal, 4))]) == false)
        #expect(try isEarly([ModelRules.fold(.average)], [.filter(ModelRules.column("average", .greater, 4))]) == false)
        #expect(try isEarly([max], [.filter(.compare(.greater, .column("maximum"), .literal(.string("a"))))]) == false)
        #expect(try isEarly([count], [.filter(enough), .limit(10)]) == false)
        #expect(
            try isEarly(
                [count],
                [.filter(enough), .sort([SortKey(expression: .column("count"), descending: true, nullsFirst: true)])])
                == true)
    }

    @Test func theCheapestWitnessIsChosen() throws {
        let rule = Rule(
            metadata: RuleMetadata(id: "r", title: ""), logSource: LogSource(product: "azure", service: "openai"),
            condition: .all([
                ModelRules.text(ModelRules.category, "Audit"),
                .any([
                    ModelRules.text(ModelRules.operation, "A"),
                    .field(ModelRules.operation, .oneOf(["b", "C"], caseSensitive: false)),
                ]),
            ]), body: .match(MatchRule()))
        let explanation = try #require(try CompiledRules([rule]).explanation(of: "r"))
        #expect(explanation.witnesses == ["operationName = a", "operationName = b", "operationName = c"])
        #expect(!explanation.testsEveryRecord)
        var negated = rule
        negated.logSource = nil
        negated.condition = .not(rule.condition)
        #expect(try CompiledRules([negated]).explanation(of: "r")?.testsEveryRecord == true)
    }

    @Test func rulesThatCannotRunAreRefusedByName() {
        var bad = ModelRules.all[0]
        bad.condition = .field(ModelRules.user, .regex(RegexPattern(source: "(")))
        let error = #expect(throws: DetectionError.self) { try CompiledRules.check(bad) }
        #expect(error?.ruleID == "count" && error?.code == .ruleNotRunnable)
        let twice = #expect(throws: DetectionError.self) { try CompiledRules([ModelRules.all[0], ModelRules.all[0]]) }
        #expect(twice?.code == .duplicateRule)
        let window = ModelRules.aggregate("w", length: 0, columns: [ModelRules.count], stages: [])
        #expect(throws: DetectionError.self) { try CompiledRules.check(window) }
    }

    @Test func onlyGlobalAggregatesNeedAllPartitions() throws {
        let rules = try CompiledRules(ModelRules.all)
        let names = rules.rulesNeedingAllPartitions.map(\.metadata.id)
        #expect(!names.contains("match") && !names.contains("per partition") && names.contains("count"))
    }

    @Test func partialAnswersSayWhichPartitionsTheyCover() throws {
        let whole = try Bench([ModelRules.all[0], ModelRules.all[8]])
        let partial = try Bench(
            [ModelRules.all[0], ModelRules.all[8]], options: MergerOptions(partialPartitions: [2, 0]))
        for bench in [whole, partial] { bench.send(at: 1, times: 4) }
        let (a, b) = (whole.commit().map(\.finding), partial.commit().map(\.finding))
        #expect(a.map(\.partialPartitions) == [[], []] && b.map(\.partialPartitions) == [[0, 2], []])
        #expect(a[0].id != b[0].id)
        #expect(a[1].id == b[1].id, "a rule that judges partitions apart is whole on any of them")
        #expect(a[1].group.first == NamedValue(name: "partition", value: .long(0)))
    }

    @Test func matchFindingsAreReadableAndFinal() throws {
        let rule = Rule(
            metadata: RuleMetadata(id: "keys", title: "Keys listed"),
            condition: .field(
                ModelRules.operation,
                .text(StringPattern(parts: [.any, .literal("/listkeys/"), .any], caseSensitive: false))),
            body: .match(MatchRule()))
        let bench = try Bench([rule])
        let record = """
            {"time":"2026-01-01T00:00:00Z","operationName":"MICROSOFT.COGNITIVESERVICES/ACCOUNTS/LISTKEYS/ACTION",\
            "resourceId":"/SUBSCRIPTIONS/S/RESOURCEGROUPS/AI-PROD/PROVIDERS/MICROSOFT.COGNITIVESERVICES/\
            ACCOUNTS/OPENAI-WEU-01",\
            "callerIpAddress":"198.51.100.23","category":"Administrative","correlationId":"c-1",\
            "identity":{"claims":{"appid":"04b07795-8ddb-461a-bbee-02f9e1bf7b46"}}}
            """
        bench.send(at: 1, body: Array(record.utf8))
        let entries = bench.commit()
        let entry = try #require(entries.first)
        #expect(entries.count == 1 && entry.isFinal && entry.isAlert && entry.activity == .create)
        #expect(entry.finding.evidence.first?.callerAddress == "198.51.100.23")
        #expect(
            entry.finding.reason
                == "LISTKEYS on OPENAI-WEU-01 by application 04b07795-8ddb-461a-bbee-02f9e1bf7b46 at 198.51.100.23")
    }

    @Test func oneOperationIsOneFinding() throws {
        let rule = Rule(
            metadata: RuleMetadata(id: "once", title: ""), condition: ModelRules.text(ModelRules.operation, "listkey"),
            body: .match(MatchRule(oncePer: ModelRules.user)))
        let bench = try Bench([rule], partitions: [0, 1])
        bench.send(0, at: 1, times: 3)
        bench.send(1, at: 2)
        bench.send(1, at: 3, user: .string("bob"))
        bench.send(1, at: 4, user: .null, times: 2)
        let entries = bench.commit()
        #expect(entries.count == 4, "ann, bob, and two records without an operation id")
        let again = try bench.restart()
        again.send(0, at: 5)
        #expect(
            again.commit().map(\.key) == [entries[0].key], "the journal's unique key absorbs what comes after a restart"
        )
    }

    @Test func identitiesAreGolden() throws {
        // Changed on purpose only: a new value makes every stored finding of every user new.
        let rules = try CompiledRules(ModelRules.all)
        #expect(rules.fingerprint(of: "count") == "198882d91c11fd44c9a80c8f42012aa9")
        #expect(rules.fingerprint(of: "every column") == "5de6e857435b32ec74ace132fc9f164b")
        #expect(
            FindingIdentity.record(ruleID: "r", version: "v", RecordPosition(partition: 1, sequence: 2, index: 3))
                == "e2be645e208a965a80cf96c074344da0")
        #expect(
            FindingIdentity.window(ruleID: "r", version: "v", key: [5, 1, 97], end: 600, length: 60, partitions: [])
                == "6e05ae26eac4b01570ec38b2180ed182")
        #expect(FindingIdentity.alert(ruleID: "r", key: [0], slot: -1) == "f2681050cacd907b4eeb68360b754eec")
        #expect(
            StableHash(Array("hubwatch".utf8))
                == StableHash(high: 8_226_128_178_309_819_682, low: 4_163_529_978_750_769_903))
    }

    @Test func storedStateIsGolden() throws {
        let bench = try Bench([ModelRules.all[0]])
        bench.send(at: 1, times: 4)
        bench.commit()
        let blob = try #require(bench.blobs.first)
        #expect(blob.count == 618)
        #expect(
            StableHash(blob) == StableHash(high: 2_366_872_364_444_536_468, low: 11_440_615_159_479_063_780))
    }
}
