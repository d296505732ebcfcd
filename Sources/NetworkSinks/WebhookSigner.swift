import Crypto
public import EventHubs

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Signs what a webhook sends, so that its receiver can tell it from what anybody else posts there.
///
/// **Shape**: HMAC-SHA256 over `ID.TIMESTAMP.BODY` with a shared secret; the header `webhook-signature` holds `v1,` and the
/// digest in base64. The timestamp is inside, so an old request cannot be sent again later.
/// **Source**: Standard Webhooks, "Signature scheme", whose libraries verify it.
public struct WebhookSigner: Sendable {
    private let key: SymmetricKey

    /// Makes a signer; a secret that begins with `whsec_` is base64 behind that, any other is the key's own bytes.
    ///
    /// Nil when there is no key in it.
    public init?(_ secret: Secret) {
        let text = secret.revealed
        let prefix = "whsec_"
        let bytes = text.hasPrefix(prefix) ? Data(base64Encoded: String(text.dropFirst(prefix.count))) : Data(text.utf8)
        guard let bytes, !bytes.isEmpty else { return nil }
        key = SymmetricKey(data: bytes)
    }

    /// The value of the header `webhook-signature`.
    ///
    /// - Parameter seconds: of the header `webhook-timestamp`, since the Unix epoch.
    public func signature(id: String, seconds: Int64, body: [UInt8]) -> String {
        var code = HMAC<SHA256>(key: key)
        code.update(data: Data("\(id).\(seconds).".utf8))
        code.update(data: Data(body))
        return "v1," + Data(code.finalize()).base64EncodedString()
    }
}
