import Detection
import DiagnosticLogs
import RuleFormats

extension FuzzTarget {
    /// Rule text: refused with a place, or compiled to something that can judge records.
    static let rules = FuzzTarget(
        name: "rules", summary: "rule text behind a first byte: S Sigma, E Elastic, Q bare ES|QL", lengthMax: 4096
    ) {
        .now { try checkRules($0) }
    }

    private static func checkRules(_ input: UnsafeRawBufferPointer) throws {
        // What is not UTF-8 is refused before it is text.
        guard let format = input.first, let text = String(validating: input.dropFirst(), as: UTF8.self) else { return }
        let loaded: LoadedRules
        switch format {
        case UInt8(ascii: "E"): loaded = RuleLoader.load(text: text, file: "rule.toml")
        case UInt8(ascii: "Q"):
            let window = HoppingWindow(length: .seconds(600), hop: .seconds(60))
            loaded = RuleLoader.load(query: text, id: "query", window: window)
        default: loaded = RuleLoader.load(text: text, file: "rule.yml")
        }
        try require(!loaded.rules.isEmpty || !loaded.refusals.isEmpty, "neither a rule nor a refusal")
        for diagnostic in loaded.refusals + loaded.warnings { try checkPlace(diagnostic, text) }
        for rule in loaded.rules { try judge(rule) }
        guard loaded.rules.count > 1 else { return }
        // Ids are unique by now: what loads one by one loads together.
        _ = try? CompiledRules(loaded.rules)
    }

    private static func checkPlace(_ diagnostic: RuleDiagnostic, _ text: String) throws {
        let lines = text.unicodeScalars.count { $0.properties.isWhitespace } + 1
        try require((1...(lines + 1)).contains(diagnostic.line), "\(diagnostic) in \(lines) lines")
        let width = text.unicodeScalars.count + 2
        try require((1...width).contains(diagnostic.column), "\(diagnostic) in a text of \(width)")
        try require(!diagnostic.reason.isEmpty, "a refusal without a reason")
    }

    /// Folds records, closes windows, and takes what was decided: twice, with the same result.
    private static func judge(_ rule: Rule) throws {
        guard let rules = try? CompiledRules([rule]) else { return }
        let first = try run(rules)
        try require(first == run(rules), "the same records give different findings")
    }

    private static func run(_ rules: CompiledRules) throws -> [JournalEntry] {
        let start: Int64 = 1_735_689_600_000
        let fold = PartitionFold(rules: rules, partition: 0)
        for (sequence, body) in records.enumerated() {
            let time = Timestamp(milliseconds: start + Int64(sequence) * 1_000)
            Array("\(sequence)".utf8).withUnsafeBytes { offset in
                let header = MessageHeader(
                    sequenceNumber: Int64(sequence), offset: offset, enqueuedTime: time, receivedAt: time)
                _ = fold.fold(header, copying: body)
            }
        }
        let end = Timestamp(milliseconds: start + 10_800_000)
        fold.idle(watermark: end)
        var merger = Merger(
            rules: rules, partitions: [0], options: MergerOptions(emptyWindowsMax: 50))
        if let delta = fold.takeDelta() { merger.merge(delta, now: end) }
        merger.advance(now: end)
        return merger.takeCommit()?.journal ?? []
    }

    private static let records: [[UInt8]] = [
        #"{"records":[{"time":"2025-01-01T00:00:00Z","category":"Audit","operationName":"ListKey","resultType":"Success","callerIpAddress":"10.0.0.1","resourceId":"/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.COGNITIVESERVICES/ACCOUNTS/A","identity":{"claims":{"appid":"x"}},"properties":{"a":"one","b":{"c":5},"d":[1,2,"three"]}}]}"#,
        #"{"records":[{"time":"2025-01-01T00:00:01Z","category":"SignInLogs","operationName":"Sign-in activity","level":"4","location":"DE","durationMs":12,"properties":{"userPrincipalName":"ann@x.y","appId":"1","status":{"errorCode":50126}}},{"category":"Administrative"}]}"#,
        #"{"records":[{"time":"2025-01-01T00:00:02Z","category":"RequestResponse","operationName":"ChatCompletions_Create","properties":"{\"modelDeploymentName\":\"g\",\"requestLength\":100}"}]}"#,
    ].map { Array($0.utf8) }
}
