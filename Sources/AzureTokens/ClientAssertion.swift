/// What an application states about itself when it signs in with a certificate, to be signed with the certificate's key.
///
/// **Source**: Entra ID's certificate credentials: RFC 7523 with PS256 and `x5t#S256`, the SHA-256 of the certificate.
public struct ClientAssertion: Hashable, Sendable, Codable {
    /// The token endpoint.
    public var aud: String
    /// The application.
    public var iss: String
    /// The application.
    public var sub: String
    /// Unlike that of any other assertion.
    public var jti: String
    /// Not before, in seconds since 1970.
    public var nbf: Int64
    /// Made at.
    public var iat: Int64
    /// Ends at.
    public var exp: Int64

    /// Makes an assertion that lives for ten minutes.
    public init(_ client: ClientIdentity, id: String, now seconds: Int64) {
        aud = TokenRequest.tokenEndpoint(client)
        iss = client.client
        sub = client.client
        jti = id
        // A clock that is a little ahead must not make it come from the future.
        nbf = seconds - 60
        iat = seconds
        exp = seconds + 600
    }
}
