import EventHubs
import FoundationEssentials
import Logging

/// What every connection of a broker shares.
struct BrokerContext: Sendable {
    let configuration: DevBrokerConfiguration
    let namespace: HubNamespace
    let tokens: TokenService
    let management: ManagementService
    let faults: FaultDirector
    let logger: Logger
    private let clock: @Sendable () -> Int64

    init(configuration: DevBrokerConfiguration, logger: Logger) throws(DevBrokerError) {
        self.configuration = configuration
        self.logger = logger
        faults = FaultDirector(observer: configuration.observer, logger: logger)
        clock = configuration.clock ?? { Int64(Date().timeIntervalSince1970 * 1000) }
        var folder: HubFolder?
        if let path = configuration.dataFolder { folder = try HubFolder(path: path) }
        namespace = try HubNamespace(
            name: configuration.namespaceName, retention: configuration.retention.map(\.wholeMilliseconds),
            folder: folder)
        let authority = TokenAuthority(
            policies: configuration.policies, isStrict: configuration.isAuthStrict,
            webTokens: configuration.webTokens)
        tokens = TokenService(authority: authority, namespace: namespace)
        management = ManagementService(authority: authority, namespace: namespace)
        for hub in configuration.hubs {
            try namespace.put(hub, now: now)
        }
    }

    /// The broker's time in milliseconds since the Unix epoch.
    var now: Int64 { clock() }

    /// The end of an error text that concerns no particular entity.
    func trail(_ path: String) -> BrokerCondition.Trail { namespace.trail(path: path, now: now) }
}

extension Duration {
    /// Milliseconds, rounded down and held within 64 bits.
    var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflows) = seconds.multipliedReportingOverflow(by: 1000)
        guard !overflows else { return seconds < 0 ? .min : .max }
        return product.addingReportingOverflow(attoseconds / 1_000_000_000_000_000).partialValue
    }
}
