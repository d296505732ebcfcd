import Crypto

/// A shared access signature: a resource, an expiry and an HMAC over both.
///
/// **Shape**: `SharedAccessSignature sr={U}&sig={S}&se={E}&skn={N}`. The signature is base64 of HMAC-SHA256 over `U`, a
/// line feed and `E`, keyed with the UTF-8 bytes of the key *as written* (it is not base64-decoded).
///
/// Verification works on the bytes that were sent: clients differ in how they percent-encode `U`, and the signature covers
/// their spelling.
public struct SASToken: Hashable, Sendable {
    private static let prefix = "SharedAccessSignature "

    /// The resource as sent, still percent-encoded.
    public let rawResource: String
    /// The expiry as sent: decimal seconds since 1970.
    public let rawExpiry: String
    /// The policy name as sent, still percent-encoded.
    public let rawKeyName: String
    private let signature: Secret
    /// The whole token.
    public let text: Secret
    /// When the token ends, in seconds since 1970.
    public let expiry: Int64

    /// Makes and signs a token.
    ///
    /// - Parameters:
    ///   - resource: the address that the token is for, for example `sb://host/hub`.
    ///   - keyName: the policy's name.
    ///   - key: the policy's key, as written in the portal.
    ///   - expiry: when the token ends, in seconds since 1970.
    public init(resource: String, keyName: String, key: Secret, expiry: Int64) {
        rawResource = FormEncoding.encode(resource)
        rawExpiry = String(expiry)
        rawKeyName = FormEncoding.encode(keyName)
        self.expiry = expiry
        let signed = Self.sign(resource: rawResource, expiry: rawExpiry, key: key)
        signature = Secret(signed)
        text = Secret(
            "\(Self.prefix)sr=\(rawResource)&sig=\(FormEncoding.encode(signed))&se=\(rawExpiry)&skn=\(rawKeyName)")
    }

    /// Reads a token; the order of its parameters is free and unknown ones are ignored.
    public init(parsing text: String) throws(EventHubsError) {
        guard text.hasPrefix(Self.prefix) else {
            throw Self.malformed("it does not start with `SharedAccessSignature `")
        }
        var fields: [String: String] = [:]
        for part in text.dropFirst(Self.prefix.count).trimmed.split(separator: "&") {
            guard let equals = part.firstIndex(of: "=") else {
                throw Self.malformed("one of its parts has no `=`")
            }
            let name = String(part[..<equals])
            guard fields[name] == nil else { throw Self.malformed("a part is given twice") }
            fields[name] = String(part[part.index(after: equals)...])
        }
        guard let resource = fields["sr"], !resource.isEmpty else { throw Self.malformed("`sr` is missing") }
        guard let signed = fields["sig"], !signed.isEmpty else { throw Self.malformed("`sig` is missing") }
        guard let end = fields["se"] else { throw Self.malformed("`se` is missing") }
        guard let expiry = Int64(end) else { throw Self.malformed("`se` is not a number of seconds") }
        guard let keyName = fields["skn"] else { throw Self.malformed("`skn` is missing") }
        rawResource = resource
        rawExpiry = end
        rawKeyName = keyName
        // A `+` in a signature is base64's own, from a client that did not encode it.
        signature = Secret(FormEncoding.decode(signed, plusIsSpace: false))
        self.expiry = expiry
        self.text = Secret(text)
    }

    private static func malformed(_ what: String) -> EventHubsError {
        EventHubsError(
            .invalidToken, "The shared access signature is malformed: \(what)",
            remedy: "A token reads `SharedAccessSignature sr=…&sig=…&se=…&skn=…`")
    }

    /// The base64 signature of a resource and expiry, both as they are sent.
    public static func sign(resource: String, expiry: String, key: Secret) -> String {
        let key = SymmetricKey(data: Array(key.revealed.utf8))
        let code = HMAC<SHA256>.authenticationCode(for: Array("\(resource)\n\(expiry)".utf8), using: key)
        return Base64.encode(code)
    }

    /// Whether the signature was made with this key; takes the same time wherever they differ.
    public func isSigned(with key: Secret) -> Bool {
        let expected = Array(Self.sign(resource: rawResource, expiry: rawExpiry, key: key).utf8)
        let actual = Array(signature.revealed.utf8)
        guard expected.count == actual.count else { return false }
        var difference: UInt8 = 0
        for (a, b) in zip(expected, actual) { difference |= a ^ b }
        return difference == 0
    }

    /// The resource, decoded.
    public var resource: String { FormEncoding.decode(rawResource) }

    /// What the policy may be called: decoded once, and once more for clients that encode twice.
    public var keyNames: [String] {
        let once = FormEncoding.decode(rawKeyName)
        let twice = FormEncoding.decode(once)
        return once == twice ? [once] : [once, twice]
    }

    /// Whether the token has ended at a time in seconds since 1970.
    public func isExpired(at seconds: Int64) -> Bool { expiry <= seconds }

    /// Whether the token is for this audience or for something that contains it; scheme, host and case do not matter.
    public func covers(audience: String) -> Bool {
        let mine = ResourcePath(resource)
        let theirs = ResourcePath(audience)
        return mine.contains(theirs)
    }
}

extension SASToken: CustomStringConvertible {
    /// Resource, policy and expiry; never the signature.
    public var description: String {
        "SharedAccessSignature sr=\(rawResource)&sig=(hidden)&se=\(rawExpiry)&skn=\(rawKeyName)"
    }
}

/// The path of a resource address in lower case, without scheme and host.
public struct ResourcePath: Hashable, Sendable {
    /// The path's parts.
    public let parts: [String]

    /// Reads any spelling: `sb://host:port/hub/…`, `/hub/…` or `hub/…`.
    public init(_ address: String) {
        var rest = Substring(address.lowercased())
        if let scheme = rest.firstIndex(of: ":"), rest[scheme...].hasPrefix("://") {
            rest = rest[rest.index(scheme, offsetBy: 3)...]
            rest = rest.firstIndex(of: "/").map { rest[$0...] } ?? ""
        }
        parts = rest.split(separator: "/").map(String.init)
    }

    /// Whether the other path is this one or below it.
    public func contains(_ other: ResourcePath) -> Bool { other.parts.starts(with: parts) }
}
