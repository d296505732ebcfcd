import Detection
import Diagnosis
import HubwatchConfiguration
import HubwatchRuntime
import RuleFormats

/// Tells what came of loading the rules.
enum RuleProbe {
    static func observation(of selection: RuleSelection, _ settings: Configuration.Rules) -> RulesObservation {
        let missing = settings.paths.filter { !DiskProbe.exists($0) }
        return RulesObservation(
            running: selection.rules.count,
            refusals: selection.refusals.filter { !missing.contains($0.file) }.map(fault),
            warnings: selection.warnings.map(fault), missingPaths: missing,
            refusalsStop: !settings.ignoreRefused)
    }

    private static func fault(_ diagnostic: RuleDiagnostic) -> RulesObservation.Fault {
        RulesObservation.Fault(
            text: "\(diagnostic)", advice: diagnostic.suggestion.map { "write \"\($0)\"" } ?? "")
    }
}
