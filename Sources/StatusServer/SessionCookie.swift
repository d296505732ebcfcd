import Crypto
import EventHubs

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What a browser keeps instead of the token, once it was shown in an address as `?token=`.
///
/// **Shape**: `hubwatch-session=SECONDS.MAC`: until when it holds, seconds since the Unix epoch, and an HMAC-SHA256 of that under
/// the token. It needs no table, ends with the token, and does not tell it. `HttpOnly` keeps scripts from it, `SameSite=Strict`
/// other sites' pages.
///
/// **Isolation**: a value; the time is an argument.
struct SessionCookie: Sendable {
    static let name = "hubwatch-session"
    static let seconds: Int64 = 12 * 3600
    private static let fieldBytesMax = 8192

    private let key: SymmetricKey
    private let digest: SHA256.Digest

    init(token: Secret) {
        key = SymmetricKey(data: Data(token.revealed.utf8))
        digest = SHA256.hash(data: Array(token.revealed.utf8))
    }

    /// The `Set-Cookie` field for whoever shows the token; nil for another one.
    func exchanged(for shown: String, nowSeconds: Int64) -> String? {
        // Digests are compared: in constant time, whatever was sent.
        guard SHA256.hash(data: Array(shown.utf8)) == digest else { return nil }
        let until = nowSeconds + Self.seconds
        return
            "\(Self.name)=\(until).\(Self.text(mac(until))); Path=/; Max-Age=\(Self.seconds); HttpOnly; SameSite=Strict"
    }

    /// Whether a `Cookie` field holds a session that is not over.
    func holds(_ field: String?, nowSeconds: Int64) -> Bool {
        guard let field, field.utf8.count <= Self.fieldBytesMax else { return false }
        return field.split(separator: ";").contains { pair in
            let pair = pair.drop { $0 == " " }
            guard pair.hasPrefix(Self.name + "=") else { return false }
            let parts = pair.dropFirst(Self.name.count + 1).split(
                separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let until = Int64(parts[0]), String(until) == parts[0], until > nowSeconds,
                until - nowSeconds <= Self.seconds, let code = Self.bytes(parts[1])
            else { return false }
            return HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: Self.message(until), using: key)
        }
    }

    private func mac(_ until: Int64) -> HMAC<SHA256>.MAC {
        HMAC<SHA256>.authenticationCode(for: Self.message(until), using: key)
    }

    private static func message(_ until: Int64) -> Data { Data("hubwatch status session until \(until)".utf8) }

    private static func text(_ mac: HMAC<SHA256>.MAC) -> String {
        mac.map { byte in
            let digits = String(byte, radix: 16)
            return digits.utf8.count == 1 ? "0" + digits : digits
        }.joined()
    }

    private static func bytes(_ text: Substring) -> [UInt8]? {
        guard text.utf8.count == 64 else { return nil }
        let digits = text.utf8.map { UInt8(String(UnicodeScalar($0)), radix: 16) }
        guard digits.allSatisfy({ $0 != nil }) else { return nil }
        let values = digits.compactMap { $0 }
        return stride(from: 0, to: values.count, by: 2).map { values[$0] << 4 | values[$0 + 1] }
    }
}
