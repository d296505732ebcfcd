import Crypto
import EventHubs

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Decides who may see what.
///
/// * With a token, a client shows it as `Authorization: Bearer`, or as the password of `Basic` with any user name, which
///   is what a browser can ask its user for; or once in an address, which gives a ``SessionCookie``.
/// * Health is answered to everybody, so that probes need no secret; without the token it names no reasons.
/// * Without a token the server is on loopback, and a request must name this machine: a page of another site whose name
///   was pointed at 127.0.0.1 names that site.
struct AccessGate: Sendable {
    enum Verdict: Hashable {
        /// Everything.
        case whole
        /// Whether it is healthy, without details.
        case bare
        /// Nothing: no token, or another one.
        case unauthorized
        /// Nothing: the request is for another host.
        case misdirected
    }

    private let digest: SHA256.Digest?
    /// Nil where there is no token to exchange.
    let session: SessionCookie?

    init(token: Secret?) {
        digest = token.map { SHA256.hash(data: Array($0.revealed.utf8)) }
        session = token.map(SessionCookie.init)
    }

    func judge(
        path: String, authorization: String?, authority: String?, cookie: String? = nil, nowSeconds: Int64 = 0
    ) -> Verdict {
        guard let digest else {
            // Without a name there is no other site.
            guard let authority, !authority.isEmpty else { return .whole }
            return LoopbackName.matches(authority: authority) ? .whole : .misdirected
        }
        // Digests are compared: in constant time, whatever was sent.
        if let shown = Self.token(in: authorization), SHA256.hash(data: Array(shown.utf8)) == digest { return .whole }
        if let session, session.holds(cookie, nowSeconds: nowSeconds) { return .whole }
        return HealthAnswer.paths.contains(path) && authorization == nil ? .bare : .unauthorized
    }

    /// The token in an `Authorization` field; nil when there is none that can be read.
    static func token(in field: String?) -> String? {
        guard let field, let space = field.firstIndex(of: " ") else { return nil }
        let rest = field[space...].drop { $0 == " " }
        switch field[..<space].lowercased() {
        case "bearer": return rest.isEmpty ? nil : String(rest)
        case "basic":
            guard let data = Data(base64Encoded: String(rest)), let text = String(validating: data, as: UTF8.self),
                let colon = text.firstIndex(of: ":")
            else { return nil }
            return String(text[text.index(after: colon)...])
        default: return nil
        }
    }
}
