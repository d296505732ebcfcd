/// What a browser may do with the page: nothing that the page itself does not bring.
///
/// **Source**: W3C Content Security Policy Level 3; Trusted Types; Fetch metadata.
public enum PagePolicy {
    /// Headers for the page.
    ///
    /// - Parameter nonce: the one of ``StatusPage/document(nonce:)``; new for every response.
    public static func headers(nonce: String) -> [(name: String, value: String)] {
        let policy = [
            "default-src 'none'", "script-src 'nonce-\(nonce)'", "style-src 'nonce-\(nonce)'", "connect-src 'self'",
            "img-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
            "require-trusted-types-for 'script'", "trusted-types hubwatch",
        ]
        return [("Content-Security-Policy", policy.joined(separator: "; "))] + common
    }

    /// Headers for what is no page: no content of any kind may be loaded from it.
    public static var bareHeaders: [(name: String, value: String)] {
        [("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")] + common
    }

    private static let common = [
        ("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY"), ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Opener-Policy", "same-origin"), ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"), ("Cache-Control", "no-store"),
    ].map { (name: $0.0, value: $0.1) }

    /// The page's icon: a signal on a watch's face.
    public static let icon: StaticString = """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0b6480"/>\
        <path d="M4 18h6l3-9 5 15 4-10 2 4h4" fill="none" stroke="#fff" stroke-width="2.4" stroke-linecap="round" \
        stroke-linejoin="round"/></svg>
        """
}
