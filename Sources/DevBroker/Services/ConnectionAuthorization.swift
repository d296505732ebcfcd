import AMQPTypes
import EventHubs

/// A right to something, until a time.
struct TokenGrant: Sendable, Equatable {
    /// What the token was put for.
    var audience: ResourcePath
    /// What its policy allows.
    var rights: AccessPolicy.Rights
    /// Seconds since the Unix epoch; nil for a grant that does not end.
    var expiry: Int64?
}

/// What one connection may do: nothing is checked, or the grants of its tokens are.
///
/// **Shape**: one grant for each audience, the newest wins. A connection that signed in with SASL PLAIN has one grant for
/// everything.
struct ConnectionAuthorization: Sendable, Equatable {
    /// Whether anything is checked.
    let isStrict: Bool
    private(set) var grants: [TokenGrant] = []
    /// A client may put tokens for every partition of every hub, not for an unlimited number of invented names.
    private static let grantsMax = 4096

    init(isStrict: Bool) {
        self.isStrict = isStrict
    }

    /// Adds or renews a grant.
    mutating func granted(_ grant: TokenGrant) {
        grants.removeAll { $0.audience == grant.audience }
        if grants.count >= Self.grantsMax { grants.removeFirst() }
        grants.append(grant)
    }

    /// How a claim stands.
    enum Verdict: Sendable, Equatable {
        case allowed
        /// A token covered it once.
        case expired
        case missing
    }

    /// Whether one of the grants covers a path with a right.
    func verdict(path: ResourcePath, right: AccessPolicy.Rights, now seconds: Int64) -> Verdict {
        guard isStrict else { return .allowed }
        var verdict = Verdict.missing
        for grant in grants where grant.audience.contains(path) && grant.rights.contains(right) {
            if let expiry = grant.expiry, expiry <= seconds {
                verdict = .expired
            } else {
                return .allowed
            }
        }
        return verdict
    }

    /// Whether a hub's properties may be read: any right on the hub, or on something of it, suffices.
    func mayReadProperties(of hub: String, now seconds: Int64) -> Verdict {
        guard isStrict else { return .allowed }
        let path = ResourcePath(hub)
        var verdict = Verdict.missing
        for grant in grants where grant.audience.contains(path) || path.contains(grant.audience) {
            if let expiry = grant.expiry, expiry <= seconds {
                verdict = .expired
            } else {
                return .allowed
            }
        }
        return verdict
    }

    /// When the next grant ends, in seconds since the Unix epoch.
    func nextExpiry(after seconds: Int64) -> Int64? {
        guard isStrict else { return nil }
        return grants.compactMap(\.expiry).filter { $0 > seconds }.min()
    }
}
