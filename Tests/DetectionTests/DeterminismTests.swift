import Testing

@testable import Detection

/// Goal: closed findings are a function of the events, whatever the interleaving, the batching and the crashes.
///
/// Method: random streams through a stepped deployment, compared with one pass and with a naive batch evaluation.
@Suite struct DeterminismTests {
    @Test(arguments: UInt64(1)...12)
    func onePassAgreesWithTheBatchOracle(seed: UInt64) throws {
        let stream = ModelStream(seed: seed, partitions: 3, messages: 60)
        var deployment = try Deployment(CompiledRules(ModelRules.all), stream)
        deployment.runInOnePass()
        let oracle = BatchOracle(stream: stream)
        for rule in ModelRules.all {
            let expected = oracle.findings(rule)
            let found = deployment.closed.filter { $0.rule == rule.metadata.id }
            let missing = expected.subtracting(found).map(\.description).sorted().prefix(3)
            let extra = found.subtracting(expected).map(\.description).sorted().prefix(3)
            #expect(
                missing.isEmpty && extra.isEmpty, "seed \(seed), \(rule.metadata.id): missing \(missing) extra \(extra)"
            )
            let mayBeRare = rule.metadata.id == "silence" || rule.metadata.id == "few"
            #expect(!expected.isEmpty || mayBeRare, "seed \(seed): \(rule.metadata.id) tests nothing")
        }
        #expect(deployment.notices.isEmpty, "seed \(seed): \(deployment.notices)")
    }

    @Test(arguments: UInt64(1)...40)
    func anyInterleavingAndAnyCrashGiveTheSameFindings(seed: UInt64) throws {
        let stream = ModelStream(seed: seed / 4, partitions: 3, messages: 60)
        let rules = try CompiledRules(ModelRules.all)
        var reference = try Deployment(rules, stream)
        reference.runInOnePass()
        var deployment = try Deployment(rules, stream)
        try deployment.runAtRandom(seed: seed)
        #expect(deployment.closedIDs == reference.closedIDs, "seed \(seed)")
        let missing = reference.closed.subtracting(deployment.closed).map(\.description).sorted().prefix(3)
        let extra = deployment.closed.subtracting(reference.closed).map(\.description).sorted().prefix(3)
        #expect(missing.isEmpty && extra.isEmpty, "seed \(seed): missing \(missing) extra \(extra)")
    }

    @Test(arguments: UInt64(1)...10)
    func everyFindingIsCreatedAndClosedOnce(seed: UInt64) throws {
        let stream = ModelStream(seed: seed, partitions: 2, messages: 50)
        var deployment = try Deployment(CompiledRules(ModelRules.all), stream)
        try deployment.runAtRandom(seed: seed &* 77)
        var activities: [String: [JournalEntry.Activity]] = [:]
        for entry in deployment.journal { activities[entry.finding.id, default: []].append(entry.activity) }
        for (id, list) in activities {
            let isMatch = deployment.journal.first { $0.finding.id == id }?.finding.window == nil
            #expect(list == (isMatch ? [.create] : [.create, .close]), "seed \(seed), finding \(id): \(list)")
        }
    }
}
