import Detection
import DiagnosticLogs
import Foundation
import RuleFormats
import SampleLogs
import Testing

/// Goal: however many rules are loaded, each record is judged by each as if it were alone.
///
/// Method: a thousand generated rules over generated logs, each pair of rule and record judged by the engine, which has
/// an index and shares tests, and by a walk over the rule's condition. What is generated names words of the logs
/// nearly always, so that rules are satisfied and fail late.
@Suite struct GeneratedRulesTests {
    static func load(_ generator: RuleGenerator, _ count: Int) -> [Rule] {
        var rules: [Rule] = []
        for generated in generator.rules(count) {
            let loaded = RuleLoader.load(text: generated.text, file: generated.file)
            #expect(loaded.refusals.map(\.description) == [], "\(generated.text)")
            #expect(loaded.rules.map(\.metadata.id) == [generated.id])
            rules += loaded.rules
        }
        return rules
    }

    /// The bodies of single records, and what the system's JSON library reads in them; metrics are left out.
    private static func records(seed: UInt64, count: Int) throws -> [(body: [UInt8], record: NaiveRecord)] {
        var configuration = LogGenerator.Configuration(
            seed: seed, records: count, start: EventTime(seconds: 1_767_225_600))
        configuration.recordsPerMessage = 1...1
        configuration.attacks = .none
        configuration.mix = try LogMix(parsing: "activity=60,openai=20,signin=10,noise=10")
        return try LogGenerator(configuration).compactMap { message in
            guard case .object(let envelope) = try JSON.parse(String(decoding: message.body, as: UTF8.self)),
                case .array(let records)? = envelope["records"], case .object(let members)? = records.first,
                members["metricName"] == nil
            else { return nil }
            return (message.body, NaiveRecord(.object(members)))
        }
    }

    /// A dimension of the log source that the record does not have fits every rule.
    private static func fits(_ record: NaiveRecord, _ source: LogSource?) -> Bool {
        let dimensions: [(String?, Field)] = [
            (source?.service, .derived(.service)), (source?.dataset, .derived(.dataset)),
        ]
        return dimensions.allSatisfy { wanted, field in
            guard let wanted, let text = record.values(field).first?.text else { return true }
            return text == wanted
        }
    }

    @Test(arguments: UInt64(1)...3)
    func everyPairOfRuleAndRecordAgrees(seed: UInt64) throws {
        let generator = RuleGenerator(seed: seed, familiarPerThousand: 950, keywordsPerThousand: 20)
        let rules = Self.load(generator, 1_000)
        let compiled = try CompiledRules(rules)
        let fold = PartitionFold(rules: compiled, partition: 0)
        let time = Timestamp(milliseconds: 1_767_225_600_000)
        let sample = try Self.records(seed: seed, count: 1_200)
        #expect(sample.count > 1_100)
        var pairs = 0
        var satisfied: Set<String> = []
        for (number, (body, plain)) in sample.enumerated() {
            Array("\(number)".utf8).withUnsafeBytes { offset in
                _ = fold.fold(
                    MessageHeader(
                        sequenceNumber: Int64(number), offset: offset, enqueuedTime: time, receivedAt: time),
                    copying: body)
            }
            let found = Set((fold.takeDelta()?.ruleCounts ?? []).map(\.ruleID))
            var record = plain
            record.read(compiled.plan.fields)
            for rule in rules {
                let expected = Self.fits(record, rule.logSource) && record.satisfies(rule.condition)
                if expected != found.contains(rule.metadata.id) {
                    Issue.record(
                        "seed \(seed), \(rule.metadata.title): expected \(expected) of record \(number), \(String(decoding: body, as: UTF8.self)), with \(rule.condition)"
                    )
                }
                if expected {
                    pairs += 1
                    satisfied.insert(rule.metadata.id)
                }
            }
        }
        // Rules that nothing satisfies prove little.
        #expect(satisfied.count > 80, "seed \(seed): \(satisfied.count) rules are satisfied by \(pairs) pairs")
    }

    @Test func fewRulesAreTheFirstOfMany() {
        let generator = RuleGenerator(seed: 9)
        #expect(generator.rules(10) == Array(generator.rules(300).prefix(10)))
        #expect(Set(generator.rules(300).map(\.id)).count == 300)
        #expect(RuleGenerator(seed: 10).rules(10) != generator.rules(10))
    }

    /// Rules without an index entry are tested against every record: only those that name no text at all may be.
    @Test func fewRulesTestEveryRecord() throws {
        let rules = Self.load(RuleGenerator(seed: 5), 1_000)
        let compiled = try CompiledRules(rules)
        let always = rules.filter { compiled.explanation(of: $0.metadata.id)?.testsEveryRecord == true }
        #expect(always.count <= 15, "\(always.map(\.condition))")
    }
}
