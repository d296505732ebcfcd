/// Walks through the plan: says what is examined next, and what is passed over because something it needs has failed.
///
/// **States**: the checks that wait, and the verdicts so far. A check that was deselected holds nothing up: what needs it
/// finds out for itself.
public struct CheckPlan: Sendable {
    /// What to do next.
    public enum Step: Hashable, Sendable {
        /// Examine this, and tell the plan the verdict with ``concluded(_:)``.
        case examine(Check)
        /// Not tried, and why: the result is final.
        case passedOver(CheckResult)
    }

    private var waiting: ArraySlice<PlannedCheck>
    private var verdicts: [Check: Verdict] = [:]

    /// Selects checks.
    ///
    /// - Parameters:
    ///   - only: these and what they need; empty for all.
    ///   - skip: none of these.
    public init(only: Set<Check> = [], skip: Set<Check> = []) {
        let wanted = only.isEmpty ? Set(Check.allCases) : only.reduce(only) { $0.union(PlannedCheck.needs(of: $1)) }
        waiting = PlannedCheck.all.filter { wanted.contains($0.check) && !skip.contains($0.check) }[...]
    }

    /// The next step; nil when the plan is carried out.
    public mutating func next() -> Step? {
        guard let planned = waiting.popFirst() else { return nil }
        guard let obstacle = planned.needs.first(where: { verdicts[$0]?.isObstacle == true }) else {
            return .examine(planned.check)
        }
        verdicts[planned.check] = .notTried
        return .passedOver(.passedOver(planned.check, because: obstacle))
    }

    /// A check has come to its result.
    public mutating func concluded(_ result: CheckResult) { verdicts[result.check] = result.verdict }
}
