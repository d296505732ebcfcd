import Detection
import HubwatchConfiguration
import Logging

extension RuleSelection {
    /// The rules of a run: says which are refused and which run, and ends the run where the configuration wants that.
    static func running(
        _ settings: Configuration.Rules, adding others: [Rule] = [], _ logger: Logger
    ) throws(HubwatchError) -> CompiledRules {
        try RuleSelection(loading: settings, adding: others).running(settings, logger)
    }

    /// The rules of a run: says which are refused and which run, and ends the run where the configuration wants that.
    func running(_ settings: Configuration.Rules, _ logger: Logger) throws(HubwatchError) -> CompiledRules {
        for refusal in refusals { logger.error("\(refusal)") }
        for warning in warnings { logger.warning("\(warning)") }
        if !refusals.isEmpty, !settings.ignoreRefused { throw .rulesRefused(count: refusals.count) }
        guard let rules = compiled else { throw .noRules(refused: refusals.count) }
        logger.info("\(rules.rules.count) rules loaded: \(rules.rules.map(\.metadata.title).joined(separator: "; "))")
        return rules
    }
}
