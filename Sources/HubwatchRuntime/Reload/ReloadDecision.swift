import HubwatchConfiguration
import RuleFormats

/// What a reload has to do: a pure function of what is in force and what was read.
enum ReloadDecision: Hashable {
    /// What was read is what is in force.
    case nothing
    /// What was read cannot be taken, for these reasons; all of it stays out.
    case refused([String])
    /// These settings are taken at once; the session goes on.
    case live([String])
    /// A new session takes over with these settings and files.
    case session(settings: [String], files: [String])

    /// What of the settings, the rules and the files matters for the decision.
    struct Facts {
        /// Settings whose value is another one, with what they were and are, and where they stand.
        var changes: [Change] = []
        /// Namespace and hub that are read, and those that were read from the settings now.
        var source = (old: "", new: "")
        /// Rules that were refused before.
        var refusedBefore: [RuleDiagnostic] = []
        /// Rules that are refused now.
        var refusedNow: [RuleDiagnostic] = []
        /// How many rules can run now.
        var runnable = 1
        /// Whether any refused rule is one too many.
        var refusesAnyRule = false
        /// Files whose content is another one.
        var files: [String] = []
    }

    /// One setting that has changed.
    struct Change: Hashable {
        var path: String
        var effect: Setting.Effect
        var old: String
        var new: String
        var place: String
    }

    static func decide(_ facts: Facts) -> ReloadDecision {
        var reasons: [String] = []
        for change in facts.changes where change.effect == .start {
            reasons.append(
                "\(change.place): '\(change.path)' changes from \(change.old) to \(change.new): that takes a restart")
        }
        if facts.source.old != facts.source.new {
            reasons.append(
                "the source changes from \(facts.source.old) to \(facts.source.new): positions of one mean nothing in the other, so that takes a restart with another state file"
            )
        }
        reasons += newRefusals(facts).map { "\($0)" }
        if facts.runnable == 0 { reasons.append("no rule can run: check rules.paths with `hubwatch rules check`") }
        guard reasons.isEmpty else { return .refused(reasons) }
        let settings = facts.changes.map(\.path)
        if facts.files.isEmpty, facts.changes.allSatisfy({ $0.effect == .live }) {
            return settings.isEmpty ? .nothing : .live(settings)
        }
        return .session(settings: settings, files: facts.files)
    }

    /// Rules that are refused now and were not before: taking the others would end a rule that runs, or pass over one that
    /// its author believes to run.
    private static func newRefusals(_ facts: Facts) -> [RuleDiagnostic] {
        if facts.refusesAnyRule { return facts.refusedNow }
        // A refused rule may move within its file.
        var known = facts.refusedBefore.map(Refusal.init)
        return facts.refusedNow.filter { refusal in
            guard let at = known.firstIndex(of: Refusal(refusal)) else { return true }
            known.remove(at: at)
            return false
        }
    }

    private struct Refusal: Hashable {
        var file: String
        var rule: String?
        var reason: String

        init(_ diagnostic: RuleDiagnostic) {
            (file, rule, reason) = (diagnostic.file, diagnostic.rule, diagnostic.reason)
        }
    }
}
