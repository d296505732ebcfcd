import Detection
import EventHubs
import HubwatchConfiguration

/// The partitions that an instance reads, and those to name in findings when answers are partial.
struct Coverage: Hashable, Sendable {
    var owned: [Int]
    /// Empty when every rule sees all that it needs.
    var partial: [Int]

    /// Checks the selection against the hub, and the rules against the selection.
    init(_ configuration: Configuration, _ hub: HubProperties?, _ rules: CompiledRules) throws(HubwatchError) {
        let ids: [String]
        switch configuration.source.endpoint {
        case .eventHub: ids = hub?.partitionIDs ?? []
        case .plain(let broker): ids = broker.partitions.map(String.init)
        }
        let selection = configuration.source.selection
        owned = selection.select(from: ids).compactMap { Int($0) }.sorted()
        partial = []
        guard !owned.isEmpty, selection.missing(from: ids).isEmpty else {
            throw .noSuchPartitions(selected: "\(selection)", count: ids.count)
        }
        guard selection.isPartial(of: ids) else { return }
        let needing = rules.rulesNeedingAllPartitions
        guard !needing.isEmpty else { return }
        guard configuration.rules.allowPartial else {
            throw .rulesNeedAllPartitions(
                rules: needing.map { "\($0.metadata.title) (\($0.metadata.origin.file))" }, partitions: owned,
                of: ids.count)
        }
        partial = owned
    }
}
