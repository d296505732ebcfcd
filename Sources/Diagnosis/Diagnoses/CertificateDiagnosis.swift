/// What a certificate says.
public struct CertificateFacts: Hashable, Sendable {
    /// Whom it is for: the common name, or the whole distinguished name.
    public var subject: String
    /// Who signed it.
    public var issuer: String
    /// DNS names and addresses that it is good for.
    public var names: [String]
    /// From when on, milliseconds since the Unix epoch.
    public var beginMs: Int64
    /// Until when.
    public var endMs: Int64
    /// Whether subject and issuer are the same.
    public var isSelfSigned: Bool

    /// Makes facts.
    public init(
        subject: String, issuer: String, names: [String], beginMs: Int64, endMs: Int64, isSelfSigned: Bool
    ) {
        self.subject = subject
        self.issuer = issuer
        self.names = names
        self.beginMs = beginMs
        self.endMs = endMs
        self.isSelfSigned = isSelfSigned
    }

    /// Whether one of the names stands for a host: `*` for the whole first label, as RFC 6125 has it.
    public func isFor(host: String) -> Bool {
        let host = Self.folded(host)
        return names.contains { name in
            let name = Self.folded(name)
            guard name.hasPrefix("*.") else { return name == host }
            guard let dot = host.firstIndex(of: "."), dot != host.startIndex else { return false }
            return host[dot...] == name.dropFirst()
        }
    }

    private static func folded(_ name: String) -> String {
        let lower = name.lowercased()
        return lower.hasSuffix(".") ? String(lower.dropLast()) : lower
    }
}

/// What came of the handshakes.
public enum HandshakeObservation: Hashable, Sendable {
    /// The settings ask for no TLS; whether the host is this machine.
    case notUsed(isThisMachine: Bool)
    /// The file of authorities cannot be used; whether it is there.
    case authoritiesUnusable(path: String, exists: Bool)
    /// The client's own certificate or key cannot be used, for this reason.
    case identityUnusable(reason: String)
    /// Verified; the chain as it was sent, the broker's own first.
    case verified(version: String, chain: [CertificateFacts])
    /// Refused by us: what was sent, and the library's reason.
    case refused(chain: [CertificateFacts], reason: String)
    /// No certificate came, for this reason.
    case noCertificate(reason: String)
    /// Nothing came in time.
    case silent
}

extension Diagnosis {
    /// How long before its end a certificate is worth a word: 14 days.
    static let certificateWarningMs: Int64 = 14 * 86_400_000

    /// Judges the handshake.
    ///
    /// Whether a certificate is good is the TLS library's decision; the facts only say why.
    public static func tls(_ observation: HandshakeObservation, host: String, nowMs: Int64, limitMs: Int64)
        -> [Sighting]
    {
        switch observation {
        case .notUsed(let isThisMachine): return [Sighting(isThisMachine ? .tlsNotUsed : .tlsOff)]
        case .authoritiesUnusable(let path, let exists):
            return [Sighting(exists ? .authorityFileUnusable : .authorityFileMissing, [Figure("path", .text(path))])]
        case .identityUnusable(let reason): return [Sighting(.identityUnusable, [Figure("reason", .text(reason))])]
        case .silent: return [Sighting(.tlsSilent, [Figure("limit", .span(limitMs))])]
        case .noCertificate(let reason): return [Sighting(.tlsNotSpoken, [Figure("reason", .text(reason))])]
        case .verified(let version, let chain):
            // What ends first ends the chain; an intermediate may.
            let ends = chain.min { $0.endMs < $1.endMs } ?? nothing
            let symptom: Symptom =
                ends.endMs - nowMs < certificateWarningMs ? .certificateEndsSoon : .certificateTrusted
            return [
                Sighting(symptom, [Figure("version", .text(version))] + figures(of: ends, nowMs: nowMs))
            ]
        case .refused(let chain, let reason):
            guard let symptom = fault(of: chain, host: host, nowMs: nowMs) else {
                return [Sighting(.tlsRefused, [Figure("reason", .text(reason))])]
            }
            return [Sighting(symptom.0, figures(of: symptom.1, nowMs: nowMs))]
        }
    }

    private static let nothing = CertificateFacts(
        subject: "?", issuer: "?", names: [], beginMs: 0, endMs: .max, isSelfSigned: false)

    /// Why a chain is refused, in the order in which people can do something about it.
    private static func fault(
        of chain: [CertificateFacts], host: String, nowMs: Int64
    ) -> (Symptom, CertificateFacts)? {
        guard let own = chain.first else { return nil }
        if let expired = chain.first(where: { $0.endMs < nowMs }) { return (.certificateExpired, expired) }
        if let early = chain.first(where: { $0.beginMs > nowMs }) { return (.certificateNotYetValid, early) }
        if chain.count == 1, own.isSelfSigned { return (.certificateSelfSigned, own) }
        if !own.isFor(host: host) { return (.certificateForOtherHost, own) }
        var facts = own
        facts.issuer = chain.last?.issuer ?? own.issuer
        return (.certificateUnknownAuthority, facts)
    }

    private static func figures(of facts: CertificateFacts, nowMs: Int64) -> [Figure] {
        [
            Figure("subject", .text(facts.subject)), Figure("issuer", .text(facts.issuer)),
            Figure("names", .list(facts.names)), Figure("begin", .time(facts.beginMs)),
            Figure("end", .time(facts.endMs)), Figure("left", .span(max(0, distance(facts.endMs, nowMs)))),
            Figure("ago", .span(max(0, distance(nowMs, facts.endMs)))),
            Figure("wait", .span(max(0, distance(facts.beginMs, nowMs)))),
        ]
    }

    private static func distance(_ later: Int64, _ earlier: Int64) -> Int64 {
        let (difference, overflow) = later.subtractingReportingOverflow(earlier)
        return overflow ? .max : difference
    }
}
