import AMQPTypes
public import EventHubs

/// How far a connection came, and what ended it.
public struct ConnectionObservation: Hashable, Sendable {
    /// The last thing that went well.
    public enum Stage: Int, Hashable, Sendable, Comparable {
        /// Nothing.
        case none
        /// TCP, and TLS where it is used.
        case connected
        /// SASL.
        case authenticated
        /// Both opens were exchanged.
        case opened
        /// Tokens are accepted, or none are used.
        case authorized

        /// Earlier stages are less.
        public static func < (a: Stage, b: Stage) -> Bool { a.rawValue < b.rawValue }
    }

    /// The credential as far as it may be shown.
    public struct Credential: Hashable, Sendable {
        /// The policy's name or the kind of credential.
        public var policy: String
        /// What tokens are put for.
        public var audience: String
        /// How long a token lives, milliseconds; nil when it is none of ours.
        public var lifeMs: Int64?
        /// Whether an issuer gave the token: keys and policies have no part in it.
        public var isIdentity: Bool

        /// Makes a description.
        public init(policy: String, audience: String, lifeMs: Int64?, isIdentity: Bool = false) {
            self.policy = policy
            self.audience = audience
            self.lifeMs = lifeMs
            self.isIdentity = isIdentity
        }
    }

    /// How far it came.
    public var stage: Stage
    /// Why it ended; nil while it is open.
    public var error: EventHubsError?
    /// The SASL mechanism.
    public var mechanism: String
    /// The name of the peer's container, when it opened.
    public var container: String
    /// The largest frame that the peer takes.
    public var frameBytes: Int64
    /// The credential; nil without one.
    public var credential: Credential?

    /// Makes an observation.
    public init(
        stage: Stage, error: EventHubsError? = nil, mechanism: String, container: String = "", frameBytes: Int64 = 0,
        credential: Credential? = nil
    ) {
        self.stage = stage
        self.error = error
        self.mechanism = mechanism
        self.container = container
        self.frameBytes = frameBytes
        self.credential = credential
    }
}

extension Diagnosis {
    private static let nothingSaid = EventHubsError(.connectionLost, "nothing was said", scope: .connection)

    /// Judges the login and the opens.
    public static func sasl(_ observation: ConnectionObservation, limitMs: Int64) -> [Sighting] {
        let mechanism = Figure("mechanism", .text(observation.mechanism))
        guard observation.stage < .opened else {
            return [
                Sighting(
                    .loginAccepted,
                    [
                        mechanism, Figure("container", .text(observation.container)),
                        Figure("frame", .bytes(observation.frameBytes)),
                    ])
            ]
        }
        let error = observation.error ?? nothingSaid
        switch error.code {
        case .unauthorized: return [Sighting(.loginRefused, [mechanism, said(error)])]
        case .webSocketRefused: return [Sighting(.webSocketRefused, [said(error)])]
        case .timedOut: return [Sighting(.amqpSilent, [Figure("limit", .span(limitMs))])]
        default: return [Sighting(.amqpBroken, [said(error)])]
        }
    }

    /// What the service says about a token that it refuses, and what that means; the first that fits counts.
    private static let tokenTexts: [(words: String, symptom: Symptom)] = [
        ("InvalidSignature", .keyWrong), ("ExpiredToken", .tokenExpired), ("is expired", .tokenExpired),
        ("InvalidAudience", .tokenForOtherResource), ("policy of the token is unknown", .policyUnknown),
        ("SharedAccessKeyName", .policyUnknown), ("InvalidIssuer", .tokenRefused),
    ]

    /// The same for tokens of an issuer.
    private static let identityTexts: [(words: String, symptom: Symptom)] = [
        ("InvalidAudience", .identityTokenForOther), ("InvalidIssuer", .identityTokenUntrusted),
        ("InvalidSignature", .identityTokenUntrusted), ("ExpiredToken", .identityTokenStale),
        ("is expired", .identityTokenStale), ("ImmatureToken", .identityTokenStale),
        ("claim(s) are required", .identityRoleless),
    ]

    /// What an error of the token step means where no text decides.
    private static let tokenCodes: [EventHubsError.Code: Symptom] = [
        .notFound: .tokenUnjudged, .tokenExpired: .tokenExpired, .timedOut: .tokenSilent, .throttled: .tokenSilent,
        .serviceFault: .tokenSilent, .connectionLost: .tokenSilent, .forcedClose: .tokenSilent,
    ]

    /// Judges the tokens.
    public static func cbs(_ observation: ConnectionObservation) -> [Sighting] {
        guard let credential = observation.credential else { return [Sighting(.tokenNotUsed)] }
        var figures = [
            Figure("policy", .text(credential.policy)), Figure("audience", .text(credential.audience)),
            Figure("life", credential.lifeMs.map { .span($0) } ?? .text("until it ends")),
        ]
        guard observation.stage < .authorized else { return [Sighting(.tokenAccepted, figures)] }
        let error = observation.error ?? nothingSaid
        let text = error.condition?.description ?? error.summary
        figures.append(said(error))
        if credential.isIdentity { return [Sighting(identitySymptom(error, text), figures)] }
        var symptom = tokenTexts.first { text.contains($0.words) }?.symptom ?? tokenCodes[error.code] ?? .tokenRefused
        // A token of a key is made for this connection: only clocks that disagree can end it.
        if symptom == .tokenExpired, credential.lifeMs != nil { symptom = .tokenStale }
        return [Sighting(symptom, figures)]
    }

    private static func identitySymptom(_ error: EventHubsError, _ text: String) -> Symptom {
        if let known = identityTexts.first(where: { text.contains($0.words) }) { return known.symptom }
        switch error.code {
        case .tokenExpired: return .identityTokenStale
        // Without a word of the broker it is the issuer's failure, met here because its own check was left out.
        case .unauthorized where error.condition == nil, .invalidConfiguration, .unreachable:
            return .identityTokenMissing
        default: return tokenCodes[error.code] ?? .identityTokenRefused
        }
    }
}
