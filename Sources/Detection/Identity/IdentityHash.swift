internal import Crypto

/// SHA-256 over a canonical encoding: the identities of rules, findings and alerts.
///
/// The only place of the target that knows the cryptography library.
enum IdentityHash {
    /// The first 16 bytes of the digest, as 32 hexadecimal digits.
    static func hexadecimal(_ encoding: ByteWriter) -> String {
        var text = ""
        text.reserveCapacity(32)
        for byte in SHA256.hash(data: encoding.bytes).prefix(16) {
            for nibble in [byte >> 4, byte & 15] {
                text.unicodeScalars.append(Unicode.Scalar(nibble < 10 ? 48 + nibble : 87 + nibble))
            }
        }
        return text
    }
}
