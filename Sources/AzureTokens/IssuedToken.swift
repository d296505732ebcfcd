public import EventHubs

/// A token that an issuer gave.
public struct IssuedToken: Hashable, Sendable {
    /// The text.
    public var text: Secret
    /// How the service is told of it.
    public var type: CBSRequest.TokenType
    /// How long it is valid from now on.
    public var lifetime: Duration
    /// When the issuer wants to be asked again; nil when it did not say.
    public var refreshIn: Duration?
    /// The client id of the managed identity that it is for, when the issuer says so.
    public var client: String?

    /// Makes a token.
    public init(
        text: Secret, type: CBSRequest.TokenType = .jwt, lifetime: Duration, refreshIn: Duration? = nil,
        client: String? = nil
    ) {
        self.text = text
        self.type = type
        self.lifetime = lifetime
        self.refreshIn = refreshIn
        self.client = client
    }
}

/// An HTTP answer, as far as tokens need it.
public struct TokenResponse: Hashable, Sendable {
    /// The status code.
    public var status: Int
    /// `WWW-Authenticate`.
    public var challenge: String?
    /// `Retry-After`.
    public var retryAfter: String?
    /// The body; it may hold a token.
    public var body: Secret

    /// The most bytes of a body: tokens have a few thousand.
    public static let bodyBytesMax = 64 << 10

    /// Makes a response.
    public init(status: Int, challenge: String? = nil, retryAfter: String? = nil, body: String) {
        self.status = status
        self.challenge = challenge
        self.retryAfter = retryAfter
        self.body = Secret(body)
    }

    /// How long the issuer asks to be left alone; held at ten minutes, so that nobody can silence a reader for a day.
    public var pause: Duration? {
        guard let retryAfter, let seconds = Int(retryAfter), seconds > 0 else { return nil }
        return .seconds(min(seconds, 600))
    }
}
