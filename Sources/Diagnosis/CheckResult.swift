/// What came of a check.
public struct CheckResult: Hashable, Sendable {
    /// Which check.
    public var check: Check
    /// What was tried.
    public var tried: String
    /// What was seen, worst first; never empty after an examination.
    public var sightings: [Sighting]
    /// The check that this one needs and that failed; nil when it was tried.
    public var obstacle: Check?
    /// How long it took; nil when it was not tried.
    public var took: Duration?

    /// Makes a result; the sightings are put in order.
    public init(_ check: Check, tried: String, _ sightings: [Sighting], took: Duration? = nil) {
        self.check = check
        self.tried = tried
        // Stable: among equals the first seen stays first.
        let order = sightings.enumerated().sorted {
            let (a, b) = ($0.element.symptom.verdict.weight, $1.element.symptom.verdict.weight)
            return a == b ? $0.offset < $1.offset : a > b
        }
        self.sightings = order.map(\.element)
        self.took = took
    }

    static func passedOver(_ check: Check, because obstacle: Check) -> CheckResult {
        var result = CheckResult(check, tried: PlannedCheck.tried(by: check), [])
        result.obstacle = obstacle
        return result
    }

    /// The worst of what was seen.
    public var verdict: Verdict { sightings.first?.symptom.verdict ?? .notTried }

    /// Why it was not tried; nil when it was.
    public var reason: String? {
        obstacle.map { "needs \(PlannedCheck.title(of: $0)), which did not go well" }
    }
}

/// All results of a visit.
public struct Report: Hashable, Sendable {
    /// In the order of the plan.
    public var results: [CheckResult]

    /// Makes a report.
    public init(_ results: [CheckResult] = []) { self.results = results }

    /// The first failure, which decides the exit code; what follows it is often its consequence.
    public var firstFailure: CheckResult? { results.first { $0.verdict == .failed } }

    /// Whether somebody should look at something that works.
    public var hasWarnings: Bool { results.contains { $0.verdict == .warning } }

    /// 0; 1 for warnings when they count; the code of the first failure.
    public func exitCode(strict: Bool) -> Int32 {
        if let failure = firstFailure {
            return (failure.sightings.first?.symptom.exit ?? .unavailable).rawValue
        }
        return strict && hasWarnings ? 1 : 0
    }

    /// How many results have a verdict.
    public func count(_ verdict: Verdict) -> Int { results.count { $0.verdict == verdict } }
}

extension CheckResult {
    /// The result with the subject's figures in the places that its wording leaves for them.
    public func completed(with subject: [Figure]) -> CheckResult {
        var result = self
        result.tried = subject.filling(tried)
        result.sightings = sightings.map { $0.completed(with: subject) }
        return result
    }
}
