import EventHubs
import JWTKit

/// What can be told of another issuer's token without its keys.
package enum FederatedTokenFile {
    private struct Claims: JWTPayload {
        var exp: Double

        /// Whoever exchanges the token verifies it.
        func verify(using algorithm: some JWTAlgorithm) throws {}
    }

    /// When the JSON web token in a file says that it ends (RFC 7519, section 4.1.4), in seconds since 1970.
    ///
    /// - Returns: nil where the file holds none that says so.
    package static func end(in path: String) -> Double? {
        guard let token = try? SmallFile.text(path, "The federated token's file") else { return nil }
        return try? DefaultJWTParser().parse(Array(token.revealed.utf8), as: Claims.self).payload.exp
    }
}
