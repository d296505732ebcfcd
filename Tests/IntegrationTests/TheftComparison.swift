import Detection
import Foundation
import RuleFormats
import SampleLogs

/// The model-theft rules over a large sample of generated logs.
enum TheftComparison {
    /// What is compared over the large sample; computed once for all tests about it.
    struct Outcome {
        var own: Answers
        /// Nil when the published rule is not at hand.
        var published: Answers?
        /// Every group of every window, also those that the rules do not report.
        var everyGroup: Answers
        /// Findings whose record count is not the count that they report.
        var miscounted: Int
    }

    /// The rule as its vendor publishes it, from the file that `HUBWATCH_PUBLISHED_RULE` names.
    ///
    /// Its licence keeps it out of this repository. What stands in front of `[metadata]` is no part of it.
    static let publishedText: String? = {
        guard let path = ProcessInfo.processInfo.environment["HUBWATCH_PUBLISHED_RULE"],
            let text = try? String(contentsOfFile: path, encoding: .utf8), let start = text.range(of: "[metadata]")
        else { return nil }
        return String(text[start.lowerBound...])
    }()

    static let outcome = Result { try compare() }

    private static func compare() throws -> Outcome {
        try DuckDB.requirePython()
        let clock = ContinuousClock()
        let begin = clock.now
        let (messages, expected) = try sample()
        let records = try Comparison.flatten(messages)
        let read = clock.now
        var rules = [
            try Comparison.rule(
                RuleLoader.load(paths: [
                    DuckDB.root.appending(path: "Config/rules/azure_openai_model_theft.toml").path()
                ]))
        ]
        if let publishedText {
            rules.append(try Comparison.rule(RuleLoader.load(text: publishedText, file: "published.toml")))
        }
        let pair = everyGroup
        rules.append(try Comparison.rule(RuleLoader.load(query: pair.esql, id: pair.name, window: pair.window)))
        let (span, idle) = (messages.timeSpan, messages.timeSpan.upperBound + Comparison.idleMilliseconds)
        let run = try InterleavedRun(rules, over: messages, idleUntil: idle, seed: Comparison.seed)
        let folded = clock.now
        let (first, last) = pair.ends(first: span.lowerBound, idleUntil: idle)
        let names = rules.map { $0.metadata.id }
        let queries = zip(names, names.indices).map { name, index in
            DuckDB.Query(
                name: name, sql: theftSQL(index: index, isLast: index == names.count - 1),
                lengthMilliseconds: 3_600_000, hopMilliseconds: 600_000, firstMilliseconds: first,
                lastMilliseconds: last)
        }
        let batch = try DuckDB.lines(of: queries, over: records)
        let answers = names.map { Comparison.answer(name: $0, run, batch) }
        let miscounted = run.final.filter { finding in
            guard let count = finding.values.first(where: { ["count", "key_listings", "n"].contains($0.name) }) else {
                return true
            }
            return count.value != .long(finding.count)
        }
        print(
            """
            Model theft: \(records.count) records in \(run.counters.messages) messages over \(Comparison.partitionCount) partitions, \
            \(records.count { $0.enqueuedMilliseconds % 600_000 == 0 }) of them on a border, \(run.counters.matched) \
            matches; \(run.deltas) deltas, \(run.commits) commits; \(queries[0].windows) hops; \(expected.modelThefts.count) \
            planted groups; rows compared: \(answers.map { "\($0.batch.count)" }.joined(separator: " + ")). \
            Written and read in \(begin.duration(to: read)), folded in \(read.duration(to: folded)), \
            DuckDB in \(folded.duration(to: clock.now)).
            """)
        return Outcome(
            own: answers[0], published: publishedText == nil ? nil : answers[1], everyGroup: answers[answers.count - 1],
            miscounted: miscounted.count)
    }

    /// The rule's aggregation without its test.
    private static let everyGroup = QueryPair(
        name: "every group",
        esql: """
            FROM logs-azure_openai.logs-*
            | WHERE azure.open_ai.operation_name == "ListKey" AND azure.open_ai.category == "Audit"
            | STATS n = COUNT(*), m = MAX(azure.open_ai.properties.response_length)
                BY azure.resource.group, azure.resource.name
            """, sql: "")

    private static func theftSQL(index: Int, isLast: Bool) -> String {
        let (count, largest) =
            isLast ? ("n", "m") : index == 0 ? ("key_listings", "largest_response") : ("count", "max_data_transferred")
        let test = isLast ? "" : "HAVING count(*) >= 100 OR max(length) >= 1000000"
        return """
            SELECT lower(grp) AS "azure.resource.group", lower(name) AS "azure.resource.name", count(*) AS \(count),
                max(length) AS \(largest)
            FROM openai WHERE operation = 'ListKey' AND category = 'Audit' GROUP BY ALL \(test)
            """
    }

    /// 100,000 records of five hours, most of them of Azure OpenAI audit logs, with bursts of key listings.
    private static func sample() throws -> (PartitionedMessages, ExpectedFindings) {
        var configuration = LogGenerator.Configuration(
            seed: Comparison.seed, records: 100_000, start: EventTime(nanoseconds: OddRecords.start * 1_000_000))
        configuration.mix = try LogMix(parsing: "audit=70,requestresponse=10,activity=10,trace=5,signin=3,noise=2")
        configuration.attacks = try AttackPlan(parsing: "keys=3,thefts=40,transfers=12,near-misses=yes")
        configuration.span = .seconds(5 * 3_600)
        var generator = try LogGenerator(configuration)
        var random = SeededGenerator(seed: Comparison.seed)
        var messages = PartitionedMessages(partitionCount: Comparison.partitionCount)
        while let message = generator.next() {
            messages.append(
                message.body, near: message.facts.lastEventTime.nanoseconds / 1_000_000, random: &random)
        }
        return (messages, generator.expected)
    }
}
