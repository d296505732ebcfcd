import Detection
import Foundation
import Testing

@testable import KillDrill

/// Goal: the drill sees what it is there to see: a finding too many, too few, twice, or torn.
@Suite struct DrillJudgementTests {
    @Test func differencesAreNamedOnBothSides() {
        var comparison = DrillComparison()
        comparison.same("findings", ["a", "b"], "one", ["b", "a"], "other")
        comparison.once("lines", ["a", "b"])
        comparison.holds(true, "not said")
        #expect(comparison.differences.isEmpty)
        comparison.same("findings", ["a", "a"], "one", ["a", "b"], "other")
        #expect(
            comparison.differences == [
                "findings: 1 only in one, 1 only in other", "  only in one: a", "  only in other: b",
            ])
        comparison.once("lines", ["a", "b", "a"])
        #expect(comparison.differences.suffix(2) == ["lines: 1 more than once", "  2 times: a"])
        comparison.holds(false, "said")
        #expect(comparison.differences.last == "said")
    }

    @Test func aFileIsReadLineByLineAndATornOneIsSeen() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "drill-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let line = "{\"metadata\":{\"uid\":\"x-create\"}}"
        try Data("\(line)\n\(line)\n".utf8).write(to: URL(filePath: path))
        let whole = try FindingsFile(path: path)
        #expect(whole.keys == ["x-create", "x-create"])
        #expect(whole.broken.isEmpty)
        try Data("\(line)\n\(line.dropLast(3))".utf8).write(to: URL(filePath: path))
        let torn = try FindingsFile(path: path)
        #expect(torn.keys == ["x-create"])
        #expect(torn.broken.count == 2)
    }

    @Test func theStreamIsSpreadOverALifeAndNeverRunsBack() {
        let pace = PublishingPace(first: 100, last: 200, milliseconds: 400)
        #expect([-1, 0, 3.9, 4, 200, 399, 400, 9_000].map(pace.due) == [100, 100, 100, 101, 150, 199, 200, 200])
        #expect(PublishingPace(first: 5, last: 5, milliseconds: 0).due(after: 0) == 5)
        #expect(PublishingPace(first: 9, last: 5, milliseconds: 100).due(after: 1_000) == 9)
        #expect(PublishingPace(first: 0, last: 7, milliseconds: 0).due(after: 0) == 7)
    }

    @Test func everyMessageIsKnownAgain() {
        let stream = DrillStream(seed: 5, messages: 400, crossing: DayCrossing(milliseconds: 1_795_258_800_000))
        var malformed = 0
        for number in 0..<stream.messages {
            let message = stream.message(number)
            if case .malformed = message.content { malformed += 1 }
            let body = message.body(publishedMilliseconds: 1_795_258_800_123)
            let origin = DrillMessage.origin(of: body.prefix(1024))
            #expect(origin?.number == number)
            #expect(origin?.publishedMilliseconds == 1_795_258_800_123)
            #expect(body == stream.message(number).body(publishedMilliseconds: 1_795_258_800_123))
        }
        #expect(malformed > 0)
    }

    @Test func everyMonoidAndEveryKindIsDrilledAndHasItsTruth() throws {
        let rules = DrillRules(pace: 500, crossing: DayCrossing(milliseconds: 1_795_258_800_000)).all
        #expect(rules.allSatisfy { $0.truth != nil })
        #expect(Set(rules.map(\.id)).count == rules.count)
        let made = rules.compactMap(\.rule)
        _ = try CompiledRules(made)
        var functions: Set<AggregateFunction> = []
        var (kinds, tests): (Set<String>, Set<String>) = ([], [])
        func name(_ value: Any) -> String { String("\(value)".prefix { $0 != "(" }) }
        for rule in made {
            kinds.insert(name(rule.body))
            if case .aggregate(let body) = rule.body { functions.formUnion(body.aggregates.map(\.function)) }
            if case .correlation(let body) = rule.body { tests.insert(name(body.test)) }
        }
        #expect(
            functions == [
                .countRows, .count, .sum, .average, .minimum, .maximum, .countDistinct, .values, .percentile, .first,
                .last,
            ])
        #expect(kinds == ["match", "aggregate", "correlation", "sequence", "newTerm", "absence"])
        #expect(
            tests == [
                "eventCount", "valueCount", "valueSum", "valueAverage", "valuePercentile", "temporal",
                "temporalOrdered",
            ])
    }

    /// Whenever a drill runs, its day ends in it, at midnight of the shifted times.
    @Test(arguments: [1_795_258_800_123, 1_795_305_599_999, 1_795_305_600_000] as [Int64])
    func theDayEndsHalfway(start: Int64) {
        let crossing = DayCrossing(seconds: 150, after: start)
        #expect(crossing.milliseconds == (start + 150_000) / 1000 * 1000)
        #expect(crossing.dayEnd % 86_400_000 == 0)
        #expect(crossing.dayEnd + crossing.shift == crossing.milliseconds)
        #expect((0..<86_400_000).contains(crossing.shift))
        #expect(crossing.lateness - crossing.shift == 2000)
    }

    @Test(arguments: [UInt64(1), 2, 3]) func halfOfTheCyclesDieAtPointsAndEveryTenthLivesLonger(seed: UInt64) {
        let plans = (0..<640).map { KillPlan(cycle: $0, seed: seed) }
        #expect(plans.count(where: \.isPoint) == 320)
        #expect(plans.count { $0.commits > 2 } == 64)
        #expect(plans.map(\.description) == (0..<640).map { KillPlan(cycle: $0, seed: seed).description })
        let points = Set(plans.filter(\.isPoint).map(\.name))
        #expect(points == Set(CrashPoint.allCases.map(\.rawValue)))
    }
}
