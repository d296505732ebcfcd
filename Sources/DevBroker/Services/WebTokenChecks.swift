import Crypto
import EventHubs
import SwiftASN1
import X509
import _CryptoExtras

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What a strict broker takes JSON web tokens by: keys, issuers, audiences.
///
/// The rights come from the token's roles, by the names of the service's built-in roles: `Azure Event Hubs Data Receiver`, `… Sender` and
/// `… Owner`. The service itself looks role assignments up and leaves them out of tokens; a broker without a directory cannot.
///
/// **Source**: RFC 7519, section 4.1, for the claims; RS256 and PS256 of RFC 7518 for signatures.
public struct WebTokenChecks: Sendable {
    /// A public key that signs tokens.
    struct Key: Sendable {
        var id: String?
        var key: _RSA.Signing.PublicKey
    }

    var keys: [Key]
    /// Who may issue tokens; empty for anybody who has the key.
    public var issuers: [String]
    /// What tokens may be for.
    public var audiences: [String]

    /// The audience of Event Hubs in tokens.
    public static let eventHubsAudience = "https://eventhubs.azure.net"

    /// Reads keys from texts: PEM public keys or certificates, or a JSON web key set.
    ///
    /// **Errors**: `invalidConfiguration` for a text that is none of these, or has no RSA key of 2048 bits or more.
    public init(
        keys texts: [String], issuers: [String] = [], audiences: [String] = [WebTokenChecks.eventHubsAudience]
    ) throws(DevBrokerError) {
        keys = []
        for text in texts { keys += try Self.keys(in: text) }
        self.issuers = issuers
        self.audiences = audiences
    }

    /// What a token is judged to be.
    struct Judgement: Sendable, Equatable {
        var rights: AccessPolicy.Rights
        var expiry: Int64
    }

    private struct Header: Decodable {
        var alg: String
        var kid: String?
    }

    private struct Claims: Decodable {
        var iss: String?
        var aud: Audience
        var exp: Double
        var nbf: Double?
        var roles: [String]?
    }

    /// One text or several.
    private struct Audience: Decodable {
        var names: [String]

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let name = try? container.decode(String.self) {
                names = [name]
            } else {
                names = try container.decode([String].self)
            }
        }
    }

    private static let bytesMax = 64 << 10

    /// Judges a token at a time in seconds since 1970: form, signature, issuer, audience, time, in this order.
    func judge(_ token: String, now seconds: Int64) throws(TokenAuthority.Refusal) -> Judgement {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard token.utf8.count <= Self.bytesMax, parts.count == 3, let header: Header = Self.decode(parts[0]),
            let claims: Claims = Self.decode(parts[1]), let signature = Base64URL.decode(parts[2]),
            claims.exp.isFinite, (claims.nbf ?? 0).isFinite
        else { throw .unauthorized("MalformedToken: The token is malformed.") }
        guard isSigned("\(parts[0]).\(parts[1])", signature, header) else {
            throw .unauthorized("InvalidSignature: The token has an invalid signature.")
        }
        guard issuers.isEmpty || claims.iss.map({ issuers.contains($0) }) == true else {
            throw .unauthorized("InvalidIssuer: The issuer of the token is not trusted.")
        }
        let accepted = Set(audiences.map(Self.normal))
        guard claims.aud.names.contains(where: { accepted.contains(Self.normal($0)) }) else {
            throw .unauthorized("InvalidAudience: The authorization header contains a token for another audience.")
        }
        guard claims.exp > Double(seconds) else { throw .unauthorized("ExpiredToken: The token is expired.") }
        guard (claims.nbf ?? 0) <= Double(seconds) else {
            throw .unauthorized("ImmatureToken: The token is not valid yet.")
        }
        return Judgement(
            rights: Self.rights(claims.roles ?? []), expiry: Int64(min(claims.exp, Double(Int64(1) << 40))))
    }

    private func isSigned(_ text: String, _ signature: [UInt8], _ header: Header) -> Bool {
        let padding: _RSA.Signing.Padding
        switch header.alg {
        case "RS256": padding = .insecurePKCS1v1_5
        case "PS256": padding = .PSS
        // `none` above all, and the symmetric ones, whose key would be the public one.
        default: return false
        }
        let digest = SHA256.hash(data: Array(text.utf8))
        return keys.contains { known in
            guard header.kid == nil || known.id == nil || known.id == header.kid else { return false }
            return known.key.isValidSignature(.init(rawRepresentation: signature), for: digest, padding: padding)
        }
    }

    private static func rights(_ roles: [String]) -> AccessPolicy.Rights {
        var rights: AccessPolicy.Rights = []
        for role in roles {
            switch role.lowercased() {
            case "azure event hubs data receiver": rights.insert(.listen)
            case "azure event hubs data sender": rights.insert(.send)
            case "azure event hubs data owner": rights.insert(.manage)
            default: break
            }
        }
        return rights
    }

    /// Without case and the slash at its end: issuers write both forms.
    private static func normal(_ audience: String) -> String {
        let text = audience.lowercased()
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    private static func decode<Value: Decodable>(_ part: Substring) -> Value? {
        Base64URL.decode(part).flatMap { try? JSONDecoder().decode(Value.self, from: Data($0)) }
    }

    // MARK: Keys

    private struct KeySet: Decodable {
        var keys: [Member]

        struct Member: Decodable {
            var kty: String
            var kid: String?
            var n: String?
            var e: String?
        }
    }

    private static func keys(in text: String) throws(DevBrokerError) -> [Key] {
        var found: [Key] = []
        if let set = try? JSONDecoder().decode(KeySet.self, from: Data(text.utf8)) {
            found = set.keys.compactMap { member in
                guard member.kty == "RSA", let n = member.n.flatMap({ Base64URL.decode($0[...]) }),
                    let e = member.e.flatMap({ Base64URL.decode($0[...]) }),
                    let key = try? _RSA.Signing.PublicKey(n: n, e: e)
                else { return nil }
                return Key(id: member.kid, key: key)
            }
        } else if let certificate = try? Certificate(pemEncoded: text) {
            found = _RSA.Signing.PublicKey(certificate.publicKey).map { [Key(id: nil, key: $0)] } ?? []
        } else if let key = try? _RSA.Signing.PublicKey(pemRepresentation: text) {
            found = [Key(id: nil, key: key)]
        }
        guard !found.isEmpty else {
            throw DevBrokerError(
                .invalidConfiguration,
                "A key for JSON web tokens cannot be used: give a PEM public key or certificate, or a JSON web key set, with RSA of 2048 bits or more."
            )
        }
        return found
    }
}

/// Base64 as JSON web tokens use it: `-` and `_`, without padding (RFC 7515 section 2).
enum Base64URL {
    /// The bytes of a text; nil when it is none.
    ///
    /// Plain base64 is refused: one signature would have many texts.
    static func decode(_ text: Substring) -> [UInt8]? {
        guard !text.contains(where: { $0 == "+" || $0 == "/" || $0 == "=" }) else { return nil }
        var text = text.replacing("-", with: "+").replacing("_", with: "/")
        text += String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        return Data(base64Encoded: String(text)).map { Array($0) }
    }
}
