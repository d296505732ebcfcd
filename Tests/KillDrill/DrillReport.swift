import Foundation

/// The comparison at the end of a drill.
struct DrillReport: Encodable {
    var seed: UInt64
    var kills: Int
    var killsAtPoints: Int
    var killsByTrigger: [String: Int]
    var missed: [String: Int]
    var stopsBeforeTheSignal: Int
    var cyclesPastSeveralCommits: Int
    var cyclesThatFolded: Int
    var commits: Int64
    var secondsOfKilling: Double
    var millisecondsToFirstFold: Double
    var publishedAtLastKill: Double
    var records: Int
    var closedFindings: Int
    var findingsByRule: [String: Int]
    var rulesWithOracle: Int
    var journalEntriesSent: Int
    var deadLetters: Int
    var unbrokenSeconds: Double
    var oracle: String
    var differences: [String]

    init(_ drill: Drill, oracle: (python: String, script: String)?) async throws {
        let options = drill.options
        // All windows with a record of the stream end within this time.
        let end = Int64(Date().timeIntervalSince1970 * 1000) + DrillRules.lengthMaximum
        let crossing = options.crossing
        let watermark = max(end + DrillRules.latenessMaximum, crossing.dayEnd + crossing.lateness)
        try drill.finish("/killed", watermark: watermark)
        unbrokenSeconds = try drill.finish("/unbroken", watermark: watermark)
        let killed = try await FoundState(path: options.folder + "/killed/state.db", lastWindowEnd: end)
        let unbroken = try await FoundState(path: options.folder + "/unbroken/state.db", lastWindowEnd: end)
        let table = try await HubTable(HubAddress(port: drill.port))
        let rules = options.drillRules.all
        let operations = rules.reduce(into: Set<String>()) { known, rule in
            if case .naive(let own, _)? = rule.truth { known.formUnion(own) }
        }
        let (kept, unordered) = try table.writeRecords(
            of: options.stream, to: options.folder + "/records.csv", keeping: operations)
        let malformed = unordered.sorted()

        var comparison = DrillComparison()
        func lines(_ state: FoundState) -> [String] { state.closed.map { "\($0.key)\t\($0.value)" } }
        comparison.same("closed findings", lines(killed), "the killed run", lines(unbroken), "the unbroken run")
        for (name, state) in [("killed", killed), ("unbroken", unbroken)] {
            let file = try FindingsFile(path: "\(options.folder)/\(name)/findings.ndjson")
            comparison.once("lines of the \(name) run's findings file", file.keys)
            comparison.same("findings file", file.keys, "the file", state.sent, "the journal of the \(name) run")
            comparison.holds(file.broken.isEmpty, "broken lines in the \(name) run's findings file: \(file.broken)")
            comparison.same("dead letters", state.letters, "the \(name) run", malformed, "the hub")
            comparison.holds(
                state.positions == table.last,
                "positions of the \(name) run: \(state.positions), the hub ends at \(table.last)")
            comparison.holds(state.gaps == 0, "the \(name) run recorded \(state.gaps) gaps")
        }
        comparison.holds(
            Set(table.messages.map(\.number)).count == options.messages, "the hub does not hold every message")
        var asked: Set<String> = []
        var answers: [String] = []
        for rule in rules {
            guard case .naive(let operations, let find)? = rule.truth else { continue }
            asked.insert(rule.id)
            answers += find(kept.filter { operations.contains($0.record.operation) }).map { rule.id + "\t" + $0 }
        }
        var queries: [(name: String, sql: String)] = []
        for rule in rules {
            if case .query(let sql)? = rule.truth { queries.append((rule.id, sql)) }
        }
        if let oracle {
            asked.formUnion(queries.lazy.map(\.name))
            answers += try BatchOracle(python: oracle.python, script: oracle.script).answers(
                queries, records: options.folder + "/records.csv", lastWindowEnd: end)
        }
        let found = killed.answers.filter { asked.contains(String($0.prefix { $0 != "\t" })) }
        comparison.same("closed findings", found, "the killed run", answers, "the batch oracle")
        self.oracle =
            (found == answers.sorted() ? "agrees in \(answers.count) findings" : "differs")
            + (oracle == nil ? "; DuckDB left out: no Python was named" : "")
        rulesWithOracle = asked.count
        seed = options.seed
        kills = drill.tally.kills
        killsAtPoints = drill.tally.atPoints
        killsByTrigger = drill.tally.byTrigger
        missed = drill.tally.missed
        stopsBeforeTheSignal = drill.tally.endedFirst
        cyclesPastSeveralCommits = drill.tally.long
        cyclesThatFolded = drill.tally.folding
        commits = drill.tally.commits
        secondsOfKilling = drill.tally.seconds
        let folds = drill.tally.firstFold.sorted()
        millisecondsToFirstFold = folds.isEmpty ? 0 : folds[folds.count / 2]
        publishedAtLastKill = Double(drill.tally.publishedAtLastKill) / Double(options.messages)
        records = options.stream.records
        closedFindings = killed.closed.count
        findingsByRule = killed.answers.reduce(into: [:]) { $0[String($1.prefix { $0 != "\t" }), default: 0] += 1 }
        for rule in rules where findingsByRule[rule.id] == nil { findingsByRule[rule.id] = 0 }
        journalEntriesSent = killed.sent.count
        deadLetters = killed.letters.count
        differences = comparison.differences
    }

    /// For people.
    var text: String {
        func rounded(_ number: Double) -> Double { (number * 10).rounded() / 10 }
        func listed(_ counts: [String: Int]) -> String {
            counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        }
        func sum(_ counts: [String: Int]) -> Int { counts.values.reduce(0, +) }
        return """
            seed \(seed): \(kills) kills in \(rounded(secondsOfKilling)) s over \(records) records; \
            \(rounded(publishedAtLastKill * 100)) % were published at the last kill
            \(killsAtPoints) kills at points, the others from outside: \(listed(killsByTrigger))
            \(sum(missed)) kills came when a trigger had not come in time: \(listed(missed)); \(stopsBeforeTheSignal) \
            orderly stops were over before the signal
            \(cyclesThatFolded) cycles folded, \(cyclesPastSeveralCommits) lived past more than two commits; \(commits) \
            commits; first event folded \(Int(millisecondsToFirstFold)) ms after the start (median)
            \(closedFindings) closed findings: \(listed(findingsByRule))
            \(journalEntriesSent) journal entries, \(deadLetters) dead letters; unbroken run \(rounded(unbrokenSeconds)) s
            batch oracle over \(rulesWithOracle) rules: \(oracle)
            \(differences.isEmpty ? "no difference" : "DIFFERENCES\n" + differences.joined(separator: "\n"))
            """
    }

    /// For programs.
    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}
