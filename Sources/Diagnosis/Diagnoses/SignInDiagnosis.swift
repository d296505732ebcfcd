public import AzureTokens
import EventHubs

/// A file that a way to sign in reads.
public struct CredentialFile: Hashable, Sendable {
    /// Its path.
    public var path: String
    /// Whether it is there.
    public var exists: Bool
    /// When the token in it ends, milliseconds since the Unix epoch; nil where it holds none that says so.
    public var endMs: Int64?

    /// Makes a description.
    public init(path: String, exists: Bool, endMs: Int64? = nil) {
        self.path = path
        self.exists = exists
        self.endMs = endMs
    }
}

/// A way to sign in, and what came of it.
public struct SignInWay: Hashable, Sendable {
    /// How it ended.
    public enum Outcome: Hashable, Sendable {
        /// It is not set up, for this reason.
        case notSetUp(String)
        /// It gave a token.
        case signedIn
        /// It gave none.
        case failed(CredentialFailure)
    }

    /// The way.
    public var kind: CredentialKind
    /// Names and places in words, never a value.
    public var label: String
    /// How it ended.
    public var outcome: Outcome
    /// The file that it reads; nil for none.
    public var file: CredentialFile?

    /// Makes a way.
    public init(_ kind: CredentialKind, label: String, _ outcome: Outcome, file: CredentialFile? = nil) {
        self.kind = kind
        self.label = label
        self.outcome = outcome
        self.file = file
    }
}

/// What came of signing in.
public struct SignInObservation: Hashable, Sendable {
    /// The ways that were tried, and those that are not set up, in order; the last one decided.
    public var ways: [SignInWay]
    /// Whether a setting names the way, so that no other is tried.
    public var isNamed: Bool
    /// When the token ends, milliseconds since the Unix epoch; nil without one.
    public var endMs: Int64?

    /// Makes an observation.
    public init(_ ways: [SignInWay], isNamed: Bool, endMs: Int64? = nil) {
        self.ways = ways
        self.isNamed = isNamed
        self.endMs = endMs
    }
}

extension Diagnosis {
    /// Judges the ways to sign in; nil where no identity signs in.
    public static func signIn(_ observation: SignInObservation?, nowMs: Int64) -> [Sighting] {
        guard let observation else { return [Sighting(.signInNotNeeded)] }
        guard let last = observation.ways.last else { return [exhausted(observation)] }
        let passed = passed(observation.ways.dropLast())
        switch last.outcome {
        case .signedIn: return [signedIn(last, observation, nowMs: nowMs)] + passed
        case .failed(.failed(let error)): return [refused(last, error, nowMs: nowMs)] + passed
        case .failed(.unavailable(let error)) where observation.isNamed: return [refused(last, error, nowMs: nowMs)]
        case .failed(.unavailable), .notSetUp: return [exhausted(observation)] + observation.ways.map(absent)
        }
    }

    private static func signedIn(_ way: SignInWay, _ observation: SignInObservation, nowMs: Int64) -> Sighting {
        let end = observation.endMs ?? nowMs
        let figures = [
            Figure("way", .text(way.kind.rawValue)), Figure("identity", .text(way.label)), Figure("end", .time(end)),
            Figure("life", .span(max(0, end.subtractingReportingOverflow(nowMs).partialValue))),
        ]
        switch way.kind {
        case .sharedAccessSignature: return Sighting(.signatureRead, figures)
        case .azureCLI where !observation.isNamed: return Sighting(.signedInAsPerson, figures)
        default: return Sighting(.signedIn, figures)
        }
    }

    private static func exhausted(_ observation: SignInObservation) -> Sighting {
        Sighting(.waysExhausted, [Figure("count", .number(Int64(observation.ways.count)))])
    }

    private static func absent(_ way: SignInWay) -> Sighting {
        let reason: Figure
        switch way.outcome {
        case .notSetUp(let why): reason = Figure("said", .text(why))
        case .failed(let failure): reason = said(failure.error)
        case .signedIn: reason = Figure("said", .text(""))
        }
        return Sighting(.wayAbsent, [Figure("way", .text(way.kind.rawValue)), reason])
    }

    /// One line for what stands before the way that decided; the reasons in full belong to those who find none.
    private static func passed(_ ways: ArraySlice<SignInWay>) -> [Sighting] {
        guard !ways.isEmpty else { return [] }
        let texts = ways.map { way in
            if case .failed(let failure) = way.outcome { return "\(way.kind.rawValue) (\(failure.error.summary))" }
            return "\(way.kind.rawValue) (not set up)"
        }
        return [Sighting(.waysPassed, [Figure("passed", .list(texts))])]
    }

    // MARK: refusals

    private static func refused(_ way: SignInWay, _ error: EventHubsError, nowMs: Int64) -> Sighting {
        var figures = [
            Figure("way", .text(way.kind.rawValue)), Figure("identity", .text(way.label)), said(error),
            Figure("advice", .text(error.remedy.isEmpty ? "Check tenant, application and credential" : error.remedy)),
        ]
        if let symptom = onTheWay(way.kind, error.code) { return Sighting(symptom, figures) }
        if let file = way.file {
            figures.append(Figure("path", .text(file.path)))
            guard file.exists else {
                return Sighting(
                    way.kind == .workloadIdentity ? .federatedTokenMissing : .credentialFileMissing, figures)
            }
            if let end = file.endMs, end <= nowMs {
                figures += [Figure("end", .time(end)), Figure("ago", .span(nowMs - end))]
                return Sighting(.federatedTokenEnded, figures)
            }
        }
        return Sighting(answered(way.kind, error), figures)
    }

    /// What kept the question from being answered; nil when it was, or was never asked.
    private static func onTheWay(_ kind: CredentialKind, _ code: EventHubsError.Code) -> Symptom? {
        // The CLI asks by itself: what it says about its way is not ours to tell.
        if kind == .azureCLI { return .azureCLIUnusable }
        switch code {
        case .unreachable: return kind == .managedIdentity ? .metadataSilent : .issuerUnreachable
        case .timedOut: return kind == .managedIdentity ? .metadataSilent : .issuerSilent
        case .tlsRefused: return .issuerUntrusted
        case .proxyRefused: return .issuerProxyRefused
        case .throttled, .serviceFault: return .issuerBusy
        case .protocolViolation: return .issuerStrange
        default: return nil
        }
    }

    /// What the codes of Entra ID mean that have a symptom of their own; ``AzureTokens/IssuerRefusal`` has words for more.
    private static let issuerCodes: [Int: Symptom] = [
        7_000_215: .clientSecretWrong, 7_000_222: .clientSecretEnded, 700_016: .applicationUnknown,
        90_002: .tenantUnknown, 900_023: .tenantUnknown, 700_027: .clientCertificateUnknown,
        70_021: .federationRefused, 700_211: .federationRefused, 700_212: .federationRefused,
        700_213: .federationRefused, 700_024: .assertionOutOfTime, 500_011: .scopeUnknown, 70_011: .scopeUnknown,
    ]

    private static func answered(_ kind: CredentialKind, _ error: EventHubsError) -> Symptom {
        if let symptom = IssuerRefusal.code(in: error.summary).flatMap({ issuerCodes[$0] }) { return symptom }
        switch error.code {
        case .invalidConfiguration, .invalidToken: return .credentialUnusable
        case .tokenExpired: return kind == .sharedAccessSignature ? .credentialUnusable : .tokenEndedOnArrival
        default: return kind == .managedIdentity ? .managedIdentityRefused : .signInRefused
        }
    }
}
