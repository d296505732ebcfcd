public import AzureTokens
public import EventHubs
public import EventHubsClient
public import Logging
public import NIOCore
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Gives a client its tokens from Entra ID or another issuer: the shell of ``AzureTokens/CredentialChain`` and
/// ``AzureTokens/TokenLedger``.
///
/// One fetch serves every connection and every audience, however many ask at once.
///
/// **Isolation**: from any thread. **Errors**: `unauthorized` and `invalidConfiguration` when a person must change something;
/// everything else is worth another try, which the ledger spaces out.
public final class TokenIssuer: TokenProvider {
    /// What an issuer takes from the machine.
    public struct Surroundings: Sendable {
        /// The event loops for HTTP.
        public var group: any EventLoopGroup
        /// Where the way that works is said, and what fails.
        public var logger: Logger
        /// A PEM file of authorities to trust besides the system's.
        public var authorities: String?
        /// The proxy on the way to Entra ID; nil to ask it directly.
        ///
        /// Metadata services are asked directly, and the Azure CLI has its own settings.
        public var proxy: ProxyAddress?
        /// The folders that are searched for the Azure CLI, as in `PATH`.
        public var searchPath: String
        /// How long the Azure CLI may take.
        package var commandLimit: Duration = .seconds(30)
        /// The most that any one exchange may take; nil: what the request says.
        package var exchangeLimit: Duration?
        /// Where the agent of Azure Arc puts its keys.
        package var arcFolder = ArcChallenge.folder
        /// The time of day, in seconds since 1970.
        package var wallSeconds: @Sendable () -> Int64 = {
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            return Int64(time.tv_sec)
        }
        /// The time since any fixed moment.
        package var monotonic: @Sendable () -> Duration = {
            let start = startOfTime
            return start.duration(to: .now)
        }
        /// Jitter.
        package var chance = Chance.system
        /// Between fetches that fail.
        package var backoff = Backoff(first: .seconds(1), longest: .seconds(60))
        /// Told what came of each way that is tried, nil when it gave a token; nil for nobody.
        package var trace: (@Sendable (CredentialMethod, CredentialFailure?) -> Void)?

        /// Makes surroundings.
        public init(
            group: any EventLoopGroup, logger: Logger, authorities: String? = nil, searchPath: String = ""
        ) {
            self.group = group
            self.logger = logger
            self.authorities = authorities
            self.searchPath = searchPath
        }
    }

    private static let startOfTime = ContinuousClock.now

    private struct State: Sendable {
        var chain: CredentialChain
        var ledger: TokenLedger
        var chance: Chance
        var fetch: Task<Void, Never>?
    }

    private let state: Mutex<State>
    private let surroundings: Surroundings
    private let fetch: CredentialFetch

    /// Makes an issuer; nothing is asked before the first token is wanted.
    public init(_ settings: CredentialSettings, _ surroundings: Surroundings) {
        self.surroundings = surroundings
        fetch = CredentialFetch(
            client: IssuerClient(
                group: surroundings.group, authorities: surroundings.authorities, proxy: surroundings.proxy,
                limit: surroundings.exchangeLimit),
            scope: settings.scope,
            command: AzureCommand(searchPath: surroundings.searchPath, limit: surroundings.commandLimit),
            arcFolder: surroundings.arcFolder, now: surroundings.wallSeconds)
        state = Mutex(
            State(
                chain: CredentialChain(CredentialPlan(settings)), ledger: TokenLedger(backoff: surroundings.backoff),
                chance: surroundings.chance))
    }

    /// The way that works, in words; nil before one has.
    public var credential: String? { state.withLock { $0.chain.winner?.label } }

    /// How long the token in force is still valid; nil without one.
    public var remaining: Duration? {
        let now = surroundings.monotonic()
        return state.withLock { $0.ledger.end.map { max(.zero, $0 - now) } }
    }

    /// A token, the same for every audience.
    @concurrent
    public func token(for audience: String) async throws(EventHubsError) -> CBSMachine.Token {
        let (answer, task) = state.withLock { state -> (TokenLedger.Answer, Task<Void, Never>?) in
            let answer = state.ledger.wanted(now: surroundings.monotonic())
            if answer == .fetch { state.fetch = Task { await self.run() } }
            return (answer, state.fetch)
        }
        switch answer {
        case .use(let token): return token
        case .refuse(let error): throw error
        case .fetch, .wait: break
        }
        await task?.value
        switch state.withLock({ $0.ledger.settle(now: surroundings.monotonic()) }) {
        case .use(let token): return token
        case .refuse(let error): throw error
        case .fetch, .wait: throw EventHubsError(.cancelled, "The fetch of a token ended without an outcome")
        }
    }

    /// The service did not take a token: the next to ask gets another one.
    public func refused(_ token: Secret) {
        state.withLock { $0.ledger.refused(token, now: surroundings.monotonic(), using: &$0.chance) }
    }

    /// One fetch: the ways that the chain gives, until one works or the attempt is over.
    private func run() async {
        var action = state.withLock { $0.chain.begin() }
        while true {
            let method: CredentialMethod
            switch action {
            case .attempt(let next): method = next
            case .fail(let error): return failed(error)
            }
            let isSearching = state.withLock { $0.chain.isSearching }
            do throws(CredentialFailure) {
                let token = try await fetch.token(method, isSearching: isSearching)
                surroundings.trace?(method, nil)
                return issued(token, by: method)
            } catch {
                surroundings.trace?(method, error)
                if isSearching {
                    surroundings.logger.debug("\(method.kind.rawValue) gives no token: \(error.error)")
                }
                action = state.withLock { $0.chain.failed(error) }
            }
        }
    }

    private func issued(_ token: IssuedToken, by method: CredentialMethod) {
        let (isFirst, wasFailing) = state.withLock { state in
            let wasFailing = state.ledger.isFailing
            state.ledger.issued(
                token, now: surroundings.monotonic(), wallSeconds: surroundings.wallSeconds(), using: &state.chance)
            return (state.chain.succeeded(), wasFailing)
        }
        let minutes = token.lifetime.components.seconds / 60
        if isFirst {
            surroundings.logger.notice(
                "Signed in with \(method.kind.rawValue), \(method.label). The token lives for \(minutes) min.")
        } else if wasFailing {
            surroundings.logger.notice("The issuer of tokens answers again. The token lives for \(minutes) min.")
        } else {
            surroundings.logger.debug("A new token, for \(minutes) min")
        }
    }

    private func failed(_ error: EventHubsError) {
        let now = surroundings.monotonic()
        let left = state.withLock { state -> Duration? in
            state.ledger.failed(error, now: now, using: &state.chance)
            return state.ledger.end.flatMap { $0 > now ? $0 - now : nil }
        }
        guard let left else { return }
        surroundings.logger.warning(
            "No new token; the old one is used while it lives, for \(left.components.seconds) s more: \(error)")
    }
}
