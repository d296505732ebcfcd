import AMQPTypes
import EventHubs

/// Judges tokens and passwords against the configured policies.
struct TokenAuthority: Sendable {
    /// The policies, keys included.
    let policies: [AccessPolicy]
    /// Whether tokens are judged at all.
    let isStrict: Bool
    /// How JSON web tokens are judged; nil when none is taken.
    var webTokens: WebTokenChecks?

    /// Why a token is refused: what the reply says.
    struct Refusal: Error, Sendable, Equatable {
        var status: Int32
        var description: String
        var condition: String

        static func unauthorized(_ description: String) -> Refusal {
            Refusal(status: 401, description: description, condition: "com.microsoft:auth-failed")
        }

        static func malformed(_ description: String) -> Refusal {
            Refusal(status: 400, description: description, condition: "com.microsoft:argument-error")
        }
    }

    /// What a token allows for an audience.
    ///
    /// A JSON web token can be checked only with its issuer's key: where none is known, a strict broker refuses it.
    func judge(
        token: String, type: String, audience: String, now seconds: Int64
    ) throws(Refusal) -> TokenGrant {
        let path = ResourcePath(audience)
        guard isStrict else { return TokenGrant(audience: path, rights: .manage, expiry: nil) }
        guard type != "jwt" else {
            guard let webTokens else {
                throw .unauthorized(
                    "InvalidToken: This broker checks shared access signatures only, not JSON web tokens.")
            }
            let judged = try webTokens.judge(token, now: seconds)
            return TokenGrant(audience: path, rights: judged.rights, expiry: judged.expiry)
        }
        let signature: SASToken
        do throws(EventHubsError) {
            signature = try SASToken(parsing: token)
        } catch {
            throw .unauthorized("MalformedToken: The token is malformed.")
        }
        let names = signature.keyNames
        guard let policy = policies.first(where: { names.contains($0.name) }) else {
            throw .unauthorized("InvalidToken: The policy of the token is unknown.")
        }
        guard signature.isSigned(with: Secret(policy.key)) else {
            throw .unauthorized("InvalidSignature: The token has an invalid signature.")
        }
        guard !signature.isExpired(at: seconds) else {
            throw .unauthorized("ExpiredToken: The token is expired.")
        }
        guard signature.covers(audience: audience) else {
            throw .unauthorized("InvalidAudience: The authorization header contains a token for another resource.")
        }
        return TokenGrant(audience: path, rights: policy.rights, expiry: signature.expiry)
    }

    /// The policy that a SASL PLAIN response names with its right key; nil for any other response.
    ///
    /// PLAIN needs a configured policy even where tokens are not checked: there is nothing else that it could mean.
    func policy(plainResponse response: [UInt8]) -> AccessPolicy? {
        let parts = response.split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3 else { return nil }
        let user = String(decoding: parts[1], as: UTF8.self)
        guard let policy = policies.first(where: { $0.name == user }) else { return nil }
        let expected = Array(policy.key.utf8)
        guard expected.count == parts[2].count else { return nil }
        var difference: UInt8 = 0
        for (a, b) in zip(expected, parts[2]) { difference |= a ^ b }
        return difference == 0 ? policy : nil
    }
}
