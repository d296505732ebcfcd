import Testing

@testable import Detection

/// Goal: what rules hold is told without looking at every group.
///
/// Method: scripts of messages; the count by iteration over all groups is the measure.
@Suite struct RuleLoadTests {
    @Test func openWindowsAreThoseThatIterationFinds() throws {
        let bench = try Bench([ModelRules.all[0]])
        #expect(bench.merger.ruleLoads.map(\.openWindows) == [0])
        bench.send(at: 1, times: 3)
        bench.commit()
        let load = try #require(bench.merger.ruleLoads.first)
        #expect(load.ruleID == ModelRules.all[0].metadata.id)
        #expect(load.groups == 1)
        #expect(load.openWindows > 1)
        #expect(load.openWindows == Int64(bench.merger.openWindowCount))
        var last = load.openWindows
        for second in stride(from: 10.001, through: 70.001, by: 10) {
            bench.idle(at: second)
            bench.commit()
            let now = try #require(bench.merger.ruleLoads.first).openWindows
            #expect(now == Int64(bench.merger.openWindowCount), "at \(second) s")
            #expect(now <= last)
            last = now
        }
        #expect(last == 0)
    }

    @Test func matchRulesHoldNothing() throws {
        let bench = try Bench(ModelRules.all)
        bench.send(at: 1, times: 2)
        bench.commit()
        for (rule, load) in zip(bench.merger.rules.bodies, bench.merger.ruleLoads) where rule.grouped == nil {
            #expect(load.groups == 0 && load.openWindows == 0)
        }
    }
}
