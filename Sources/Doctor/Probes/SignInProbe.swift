import AzureIdentity
import AzureTokens
import Diagnosis
import DiagnosticLogs
import EventHubs
import EventHubsClient
import HubwatchConfiguration
import HubwatchRuntime
import Synchronization

/// Signs in for a whole visit, by the issuer of tokens that a run has, and remembers which ways it tried.
final class SignInProbe: Sendable {
    private typealias Attempt = (method: CredentialMethod, failure: CredentialFailure?)

    /// What came of each way, in order; told by the issuer.
    private final class Record: Sendable {
        private let attempts = Mutex<[Attempt]>([])

        func note(_ method: CredentialMethod, _ failure: CredentialFailure?) {
            attempts.withLock { $0.append((method, failure)) }
        }

        /// The last outcome of a way; nil when it was not tried.
        func outcome(of kind: CredentialKind) -> Attempt? {
            attempts.withLock { $0.last { $0.method.kind == kind } }
        }
    }

    private let plan: CredentialPlan
    private let issuer: TokenIssuer
    private let clock: WallClock
    private let record = Record()
    /// Whether an issuer gives tokens; false for a finished signature.
    let isIdentity: Bool

    /// Nil for a source that no identity signs in to; nothing is asked yet.
    init?(_ source: Configuration.Source, within limit: Duration, _ surroundings: DoctorSurroundings) {
        guard let identity = source.identity else { return nil }
        plan = CredentialPlan(identity)
        isIdentity = if case .ready(.sharedAccessSignature)? = plan.candidates.first { false } else { true }
        clock = surroundings.clock
        var own = surroundings.issuer(source)
        own.exchangeLimit = limit
        // Never less than in a run: the CLI starts slowly, and what a run waits for is no failure here.
        own.commandLimit = max(limit, own.commandLimit)
        let record = record
        own.trace = { record.note($0, $1) }
        issuer = TokenIssuer(identity, own)
    }

    /// What gives the clients their tokens.
    var tokens: any TokenProvider { issuer }

    /// Who signs in, in words: the way that worked; before one has, no more than is known.
    var name: String { issuer.credential ?? (isIdentity ? "the identity" : "the signature") }

    /// How long the token in force lives, in milliseconds; nil without one.
    var lifeMs: Int64? { issuer.remaining?.milliseconds }

    /// Gets a token, unless one is there; what goes wrong is in the record, way by way.
    @concurrent
    func signIn() async { _ = try? await issuer.token(for: "") }

    /// Gets a token, and tells which ways were tried for it.
    @concurrent
    func look() async -> SignInObservation {
        await signIn()
        var ways: [SignInWay] = []
        for candidate in plan.candidates {
            switch candidate {
            case .missing(let kind, let why): ways.append(SignInWay(kind, label: kind.rawValue, .notSetUp(why)))
            case .ready(let method):
                guard let (method, failure) = record.outcome(of: method.kind) else { break }
                ways.append(
                    SignInWay(
                        method.kind, label: method.label, failure.map { .failed($0) } ?? .signedIn,
                        file: Self.file(of: method)))
                if case .unavailable? = failure { continue }
                return SignInObservation(
                    ways, isNamed: plan.isNamed, endMs: lifeMs.map { clock.now().milliseconds + $0 })
            }
        }
        return SignInObservation(ways, isNamed: plan.isNamed)
    }

    // MARK: files

    private static func file(of method: CredentialMethod) -> CredentialFile? {
        switch method {
        case .workloadIdentity(_, let path):
            CredentialFile(path: path, exists: DiskProbe.exists(path), endMs: endMs(ofTokenIn: path))
        case .clientSecret(_, .file(let path)), .clientCertificate(_, let path, _),
            .sharedAccessSignature(.file(let path)):
            CredentialFile(path: path, exists: DiskProbe.exists(path))
        case .clientSecret(_, .text), .managedIdentity, .azureCLI, .sharedAccessSignature(.text): nil
        }
    }

    /// When the token in a file says that it ends; nil for what is none.
    private static func endMs(ofTokenIn path: String) -> Int64? {
        // A time beyond any calendar is one that never comes.
        FederatedTokenFile.end(in: path).map { Int64(max(0, min($0, 253_402_300_799)) * 1000) }
    }
}
