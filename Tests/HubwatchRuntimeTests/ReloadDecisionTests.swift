import HubwatchConfiguration
import RuleFormats
import Testing

@testable import HubwatchRuntime

/// Goal: a reload takes everything or nothing, and says why not.
///
/// Method: scripts of facts and the decision.
@Suite struct ReloadDecisionTests {
    private static func change(_ path: String, _ effect: Setting.Effect) -> ReloadDecision.Change {
        ReloadDecision.Change(path: path, effect: effect, old: "'a'", new: "'b'", place: "hubwatch.yaml:3:5")
    }

    private static func refusal(_ reason: String, line: Int = 1, file: String = "bad.yml") -> RuleDiagnostic {
        RuleDiagnostic(code: .syntax, file: file, position: SourcePosition(line: line, column: 2), reason: reason)
    }

    @Test func whatIsTheSameIsNothing() {
        #expect(ReloadDecision.decide(.init()) == .nothing)
    }

    @Test func liveSettingsNeedNoSession() {
        let facts = ReloadDecision.Facts(changes: [Self.change("log.level", .live)])
        #expect(ReloadDecision.decide(facts) == .live(["log.level"]))
    }

    @Test func otherSettingsAndFilesNeedOne() {
        let changes = [Self.change("log.level", .live), Self.change("rules.shadow", .reload)]
        #expect(
            ReloadDecision.decide(.init(changes: changes, files: ["a.yml"]))
                == .session(settings: ["log.level", "rules.shadow"], files: ["a.yml"]))
        #expect(ReloadDecision.decide(.init(files: ["a.yml"])) == .session(settings: [], files: ["a.yml"]))
    }

    @Test func oneSettingOfTheStartKeepsAllOut() {
        let changes = [Self.change("rules.shadow", .reload), Self.change("state.path", .start)]
        #expect(
            ReloadDecision.decide(.init(changes: changes, files: ["a.yml"]))
                == .refused([
                    "hubwatch.yaml:3:5: 'state.path' changes from 'a' to 'b': that takes a restart"
                ]))
    }

    @Test func anotherSourceIsRefused() {
        guard case .refused(let reasons) = ReloadDecision.decide(.init(source: ("ns/a", "ns/b"))) else {
            Issue.record("it was taken")
            return
        }
        #expect(reasons.count == 1 && reasons[0].hasPrefix("the source changes from ns/a to ns/b"))
    }

    @Test func onlyNewRefusalsCount() {
        let old = Self.refusal("unknown field", line: 4)
        let moved = Self.refusal("unknown field", line: 9)
        #expect(
            ReloadDecision.decide(.init(refusedBefore: [old], refusedNow: [moved], files: ["a.yml"]))
                == .session(settings: [], files: ["a.yml"]))
        let twice = ReloadDecision.decide(.init(refusedBefore: [old], refusedNow: [moved, moved], files: ["a.yml"]))
        #expect(twice == .refused(["\(moved)"]))
        #expect(
            ReloadDecision.decide(.init(refusedNow: [old], files: ["a.yml"]))
                == .refused(["bad.yml:4:2: error: unknown field"]))
    }

    @Test func noRefusalIsTooManyWhereNoneMayBe() {
        let old = Self.refusal("unknown field")
        let facts = ReloadDecision.Facts(refusedBefore: [old], refusedNow: [old], refusesAnyRule: true)
        #expect(ReloadDecision.decide(facts) == .refused(["\(old)"]))
    }

    @Test func noRulesAtAllAreRefused() {
        guard case .refused = ReloadDecision.decide(.init(runnable: 0, files: ["a.yml"])) else {
            Issue.record("it was taken")
            return
        }
    }

    @Test func rulesAreToldApartByIdAndVersion() {
        func version(_ title: String, _ fingerprint: String) -> RuleDifference.Version {
            RuleDifference.Version(title: title, fingerprint: fingerprint)
        }
        let old = ["1": version("One", "a"), "2": version("Two", "b"), "3": version("Three", "c")]
        let new = ["1": version("One, renamed", "a"), "2": version("Two", "B"), "4": version("Four", "d")]
        let difference = RuleDifference(from: old, to: new)
        #expect(difference.text == "rules: 1 kept, 1 added (Four), 1 changed (Two), 1 removed (Three)")
        #expect(RuleDifference(from: old, to: old).isEmpty)
    }
}
