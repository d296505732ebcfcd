import Detection
import DiagnosticLogs
import RuleFormats
import Testing

/// Compiled queries give, in the engine, the rows that a plain batch evaluation gives at every hop.
///
/// Messages are made by a seed, over four partitions, with nulls, missing members, numbers as text, ties, duplicates,
/// and messages exactly on the borders of windows. The batch looks at all messages of the closed window at once.
@Suite struct EngineAgreementTests {
    static let from = "FROM logs-azure_openai.logs-*\n"
    static let cat = "azure.open_ai.category"
    static let op = "azure.open_ai.operation_name"
    static let len = "azure.open_ai.properties.response_length"
    static let model = "azure.open_ai.properties.model_name"
    static let by = "BY azure.resource.group, azure.resource.name"

    static let queries: [String] = [
        "| WHERE \(op) == \"ListKey\" and \(cat) == \"Audit\"\n"
            + "| KEEP @timestamp, \(op), \(cat), azure.resource.group, azure.resource.name, \(len)\n"
            + "| STATS count = count(), largest = max(\(len)) \(by)\n| WHERE count >= 4 or largest >= 900\n"
            + "| SORT count desc",
        "| STATS n = COUNT(*) \(by)", "| STATS n = COUNT(\(len)), m = COUNT(\(model)) BY \(cat)",
        "| STATS n = COUNT(*) BY \(model)",
        "| STATS lo = MIN(\(len)), hi = MAX(\(len)) BY \(op)", "| STATS s = SUM(\(len)) BY \(cat), \(model)",
        "| STATS a = AVG(\(len)) BY azure.resource.name | WHERE a > 100",
        "| STATS d = COUNT_DISTINCT(\(model)) BY \(cat) | WHERE d >= 2",
        "| STATS v = VALUES(\(op)) BY azure.resource.name",
        "| WHERE \(model) != \"gpt-4\" | STATS n = COUNT(*) BY \(model)",
        "| WHERE NOT (\(model) == \"gpt-4\" OR \(len) > 500) | STATS n = COUNT(*) BY \(cat)",
        "| WHERE \(model) IS NULL | STATS n = COUNT(*) BY \(cat)",
        "| WHERE \(model) IN (\"gpt-4\", \"o1\") | STATS n = COUNT(*) BY \(model) | SORT n DESC, \(model)",
        "| WHERE \(op) LIKE \"List*\" | STATS n = COUNT(*) BY \(op)",
        "| WHERE \(op) RLIKE \"(List|Chat).+\" | STATS n = COUNT(*) BY \(op)",
        "| WHERE \(len) >= 100 AND \(len) < 900 | STATS n = COUNT(*), hi = MAX(\(len)) \(by) | WHERE n > 1",
        "| STATS big = COUNT(*) WHERE \(len) > 500, n = COUNT(*) BY \(cat) | WHERE big > 0 | KEEP big, \(cat)",
        "| STATS spread = MAX(\(len)) - MIN(\(len)) BY \(cat) | WHERE spread > 0",
        "| EVAL kb = \(len) / 100 | STATS s = SUM(kb) BY \(cat)",
        "| EVAL size = CASE(\(len) > 500, \"big\", \(len) IS NULL, \"none\", \"small\") | STATS n = COUNT(*) BY size",
        "| STATS n = COUNT(*) BY \(cat), \(model) | STATS total = SUM(n), kinds = COUNT(*) BY \(cat) | WHERE kinds > 1",
        "| STATS n = COUNT(*) BY k = TO_LOWER(\(op)) | RENAME n AS hits "
            + "| WHERE hits >= 3 | DROP k | EVAL twice = hits * 2",
        "| STATS n = COUNT(*), hi = MAX(\(len)) | WHERE n >= 1",
        "| WHERE azure.resource.group == \"RG-B\" | STATS n = COUNT(*) BY azure.resource.name",
        "| WHERE COALESCE(\(model), \"none\") == \"none\" | STATS n = COUNT(*) BY \(cat)",
        "| WHERE azure.open_ai.result_signature == \"200\" | STATS n = COUNT(*) BY azure.open_ai.result_signature",
    ]

    static func messages(seed: UInt64, count: Int) -> [TestMessage] {
        var generator = SeededGenerator(seed: seed)
        var clocks = [Int64](repeating: 1_800_000_000, count: 4)
        var result: [TestMessage] = []
        for _ in 0..<count {
            let partition = Int.random(in: 0..<4, using: &generator)
            // Often exactly on a border of a window, often at the same instant as the message before.
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: clocks[partition] = (clocks[partition] / 600 + 1) * 600
            case 1: break
            default: clocks[partition] += Int64.random(in: 1...200, using: &generator)
            }
            let json = record(&generator)
            let message = TestMessage(json: json, enqueuedSeconds: clocks[partition], partition: partition)
            result.append(message)
            if Int.random(in: 0..<8, using: &generator) == 0 { result.append(message) }
        }
        return result
    }

    private static func record(_ generator: inout SeededGenerator) -> String {
        var properties: [String] = []
        let lengths = ["1", "100", "101", "500", "899", "900", "\"700\"", "null"]
        if Bool.random(using: &generator) { properties.append("\"responseLength\":\(generator.pick(lengths))") }
        let models = ["\"gpt-4\"", "\"o1\"", "\"GPT-4\"", "null", "\"\""]
        if Bool.random(using: &generator) { properties.append("\"modelName\":\(generator.pick(models))") }
        let signature = generator.pick([
            "", "\"resultSignature\":\"200\",", "\"resultSignature\":200,", "\"resultSignature\":\"500\",",
        ])
        let group = generator.pick(["RG-A", "rg-a", "RG-B"])
        let account = "/PROVIDERS/MICROSOFT.COGNITIVESERVICES/ACCOUNTS/" + generator.pick(["ONE", "two"])
        let category = generator.pick(["Audit", "Audit", "RequestResponse"])
        return """
            {"time":"2027-01-15T08:00:00Z","category":"\(category)",\(signature)\
            "operationName":"\(generator.pick(["ListKey", "ListKey", "listkey", "ChatCompletions_Create"]))",\
            "resourceId":"/SUBSCRIPTIONS/S/RESOURCEGROUPS/\(group)\(account)",\
            "properties":{\(properties.joined(separator: ","))}}
            """
    }

    /// A row without order, so that rows can be compared as sets.
    private static func normal(_ row: NaiveRow) -> [String: Value] {
        var result: [String: Value] = [:]
        for column in row {
            if case .bag(let values) = column.value {
                result[column.name] = .bag(values.sorted { "\($0)" < "\($1)" })
            } else {
                result[column.name] = column.value
            }
        }
        return result
    }

    @Test(arguments: Array(queries.indices))
    func engineAgreesWithTheBatch(_ index: Int) throws {
        let query = Self.from + Self.queries[index]
        let window = HoppingWindow(length: .seconds(3600), hop: .seconds(600))
        let loaded = RuleLoader.load(query: query, id: "11111111-2222-3333-4444-555555555555", window: window)
        #expect(loaded.refusals.map(\.description) == [])
        #expect(loaded.warnings.map(\.description) == [])
        let rule = try #require(loaded.rules.first)
        var rowCount = 0
        for seed in UInt64(1)...2 {
            let messages = Self.messages(seed: seed, count: 120)
            let found = try EngineRun.rows(rule, messages, partitions: 4)
            let records = try messages.map { message in
                (message.enqueuedSeconds, try NaiveRecord(text: message.json))
            }
            let first = (messages.map(\.enqueuedSeconds).min() ?? 0) / 600
            let last = (messages.map(\.enqueuedSeconds).max() ?? 0) / 600 + 7
            for hop in first...last {
                let end = hop * 600
                let inside = records.filter { $0.0 >= end - 3600 && $0.0 <= end }.map { $0.1 }
                let expected = NaiveWindow.rows(rule, inside).map(Self.normal)
                let actual = (found[end] ?? []).map(Self.normal)
                rowCount += expected.count
                let missing = expected.filter { !Self.holds($0, in: actual) }
                #expect(missing.isEmpty, "query \(index) seed \(seed) end \(end): missing \(missing), has \(actual)")
                #expect(
                    expected.count == actual.count, "query \(index) seed \(seed) end \(end): \(actual) for \(expected)")
            }
            #expect(Set(found.keys).isSubset(of: Set((first...last).map { $0 * 600 })))
        }
        #expect(rowCount > 0, "query \(index) finds nothing: it proves nothing")
    }

    /// Whether a row is among those of the engine, which name the group's key beside the row's own columns.
    private static func holds(_ row: [String: Value], in rows: [[String: Value]]) -> Bool {
        rows.contains { other in row.allSatisfy { other[$0.key] == $0.value } }
    }

    @Test func everyShippedRuleRunsInTheEngine() throws {
        for rule in RuleLoader.load(paths: [PackTests.folder]).rules { try CompiledRules.check(rule) }
        for (file, text) in MutationTests.texts {
            for rule in RuleLoader.load(text: text, file: file).rules { try CompiledRules.check(rule) }
        }
    }

    /// Every activity record of the portal rules' cases, in one partition: one finding per operation.
    @Test func portalRulesInTheEngine() throws {
        let rules = RuleLoader.load(paths: [PackTests.folder]).rules
        let compiled = try CompiledRules(rules)
        let fold = PartitionFold(rules: compiled, partition: 0)
        let portal = RulePlaceholders.knownAIPortals[0].applicationID
        let cli = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
        // Operation, result, application, correlation id.
        let records: [(String, String, String?, String)] = [
            ("LISTKEYS", "Start", cli, "one"), ("LISTKEYS", "Success", cli, "one"), ("listKeys", "Success", cli, "one"),
            ("LISTKEYS", "Success", portal, "two"), ("LISTKEYS", "Success", nil, "three"),
            ("LISTKEYS", "Failure", cli, "four"), ("LISTKEYS", "Failure", portal, "five"),
            ("READ", "Success", cli, "six"),
        ]
        for (sequence, record) in records.enumerated() {
            let claims = record.2.map { "\"appid\":\"\($0)\"" } ?? ""
            let json = """
                {"records":[{"time":"2027-01-15T08:00:00Z","category":"Administrative","resultType":"\(record.1)",
                "operationName":"MICROSOFT.COGNITIVESERVICES/ACCOUNTS/\(record.0)/ACTION","correlationId":"\(record.3)",
                "resourceId":"/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.COGNITIVESERVICES/ACCOUNTS/A",
                "identity":{"claims":{\(claims)}}}]}
                """
            let time = Timestamp(milliseconds: 1_800_000_000_000)
            Array("0".utf8).withUnsafeBytes { offset in
                let header = MessageHeader(
                    sequenceNumber: Int64(sequence), offset: offset, enqueuedTime: time, receivedAt: time)
                _ = fold.fold(header, copying: Array(json.utf8))
            }
        }
        let matches = try #require(fold.takeDelta()).matches
        let found = matches.map { "\($0.rule.severity) \($0.evidence.first?.correlationID ?? "-")" }
        #expect(Set(found) == ["medium one", "medium three", "low four"])
        #expect(Set(matches.map(\.id)).count == 3)
    }

    @Test func regularExpressionsThatLoadAlsoRun() throws {
        for source in [
            "^a.*\\\\d$", "(a|b)+?", "[^a-z\\\\]]{2,5}", "(?:x)|y", "\\\\bword\\\\b", "[]a]", "a{3}", "(?i)abc",
            "\\\\.\\\\*", "[\\\\w.-]+@x",
        ] {
            let text = Make.sigma("s:\n    level|re: '\(source.replacing("\\\\", with: "\\"))'\ncondition: s")
            let loaded = RuleLoader.load(text: text, file: "t.yml")
            #expect(loaded.refusals.map(\.description) == [])
            for rule in loaded.rules { #expect(throws: Never.self, "\(source)") { try CompiledRules.check(rule) } }
        }
        for source in [
            "a.*", "^a$", "x@", "a\\\\.b", "\\\"q\\\"", "[^a-]+", "(ab)?|c{2,3}", "()", "a\\\\d", "~a", "a-b]}",
        ] {
            let rule = try Make.rule(
                "FROM logs-azure_openai.logs-*\n| WHERE azure.open_ai.category RLIKE \"\(source)\"")
            #expect(throws: Never.self, "\(source)") { try CompiledRules.check(rule) }
        }
    }
}
