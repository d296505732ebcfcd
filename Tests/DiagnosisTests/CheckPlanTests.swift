import Testing

@testable import Diagnosis

/// Goal: the plan tries everything in an order in which nothing comes before what it needs, and passes over what cannot work.
///
/// Method: verdicts in, steps out.
@Suite struct CheckPlanTests {
    /// The checks that are examined when these fail.
    private func examined(_ plan: CheckPlan, failing: [Check: Verdict] = [:]) -> (
        tried: [Check], passed: [Check: Check]
    ) {
        var plan = plan
        var tried: [Check] = []
        var passed: [Check: Check] = [:]
        while let step = plan.next() {
            switch step {
            case .examine(let check):
                tried.append(check)
                plan.concluded(result(check, failing[check] ?? .ok))
            case .passedOver(let result): passed[result.check] = result.obstacle
            }
        }
        return (tried, passed)
    }

    private func result(_ check: Check, _ verdict: Verdict) -> CheckResult {
        let symptom =
            verdict == .failed
            ? Symptom("x", check, exit: .unavailable, "", do: "") : Symptom("x", check, verdict, "")
        return CheckResult(check, tried: "", [Sighting(symptom)])
    }

    @Test func everyCheckStandsInThePlanOnceBehindWhatItNeeds() {
        #expect(PlannedCheck.all.map(\.check) == Check.allCases)
        for (index, planned) in PlannedCheck.all.enumerated() {
            for need in planned.needs {
                let before = PlannedCheck.all[..<index].map(\.check)
                #expect(before.contains(need), "\(planned.check) needs \(need)")
            }
        }
    }

    @Test func aHealthyPlanTriesAll() {
        #expect(examined(CheckPlan()).tried == Check.allCases)
    }

    @Test func whatNeedsAFailureIsPassedOverAndSaysBecauseOfWhat() {
        let (tried, passed) = examined(CheckPlan(), failing: [.hub: .failed])
        #expect(passed[.partitions] == .hub && passed[.clock] == .hub)
        #expect(passed[.claims] == .partitions && passed[.group] == .claims && passed[.fields] == .group)
        #expect(passed[.retention] == .partitions && passed[.lag] == .partitions)
        #expect(tried.contains(.state) && tried.contains(.rules) && tried.contains(.sinks))
    }

    @Test(arguments: [Verdict.warning, .unknown, .notNeeded]) func onlyFailuresAreObstacles(_ verdict: Verdict) {
        #expect(examined(CheckPlan(), failing: [.tls: verdict, .cbs: verdict, .state: verdict]).passed.isEmpty)
    }

    @Test func onlyBringsWhatIsNeededAndSkipLeavesOut() {
        #expect(
            examined(CheckPlan(only: [.hub])).tried == [
                .configuration, .dns, .tcp, .proxy, .tls, .sasl, .signIn, .cbs, .hub,
            ])
        #expect(examined(CheckPlan(only: [.state])).tried == [.state])
        let (tried, passed) = examined(CheckPlan(skip: [.tcp]), failing: [.dns: .failed])
        #expect(!tried.contains(.tcp) && tried.contains(.tls), "what was left out holds nothing up")
        #expect(passed[.sasl] == nil)
    }

    @Test func theFirstFailureDecidesTheExitCode() {
        var report = Report([result(.dns, .ok), result(.tls, .warning)])
        #expect(report.exitCode(strict: false) == 0)
        #expect(report.exitCode(strict: true) == 1)
        report.results.append(CheckResult(.cbs, tried: "", [Sighting(.keyWrong)]))
        report.results.append(CheckResult(.disk, tried: "", [Sighting(.diskFull)]))
        #expect(report.exitCode(strict: false) == 77)
        #expect(report.firstFailure?.check == .cbs)
    }
}
