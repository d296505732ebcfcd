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

    @Test func everyMessageIsKnownAgain() {
        let stream = DrillStream(seed: 5, messages: 400)
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

    @Test(arguments: [UInt64(1), 2, 3]) func halfOfTheCyclesDieAtPointsAndEveryTenthLivesLonger(seed: UInt64) {
        let plans = (0..<640).map { KillPlan(cycle: $0, seed: seed) }
        #expect(plans.count(where: \.isPoint) == 320)
        #expect(plans.count { $0.commits > 2 } == 64)
        #expect(plans.map(\.description) == (0..<640).map { KillPlan(cycle: $0, seed: seed).description })
        let points = Set(plans.filter(\.isPoint).map(\.name))
        #expect(points == Set(CrashPoint.allCases.map(\.rawValue)))
    }
}
