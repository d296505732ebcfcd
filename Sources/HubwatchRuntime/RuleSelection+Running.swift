import Detection
import HubwatchConfiguration
import Logging

extension RuleSelection {
    /// The rules of a run: says which are refused and which run, and ends the run where the configuration wants that.
    static func running(
        _ settings: Configuration.Rules, adding others: [Rule] = [], _ logger: Logger
    ) throws(HubwatchError) -> CompiledRules {
        let selection = RuleSelection(loading: settings, adding: others)
        for refusal in selection.refusals { logger.error("\(refusal)") }
        for warning in selection.warnings { logger.warning("\(warning)") }
        if !selection.refusals.isEmpty, !settings.ignoreRefused {
            throw .rulesRefused(count: selection.refusals.count)
        }
        guard let rules = selection.compiled else { throw .noRules(refused: selection.refusals.count) }
        logger.info("\(rules.rules.count) rules loaded: \(rules.rules.map(\.metadata.title).joined(separator: "; "))")
        return rules
    }
}
