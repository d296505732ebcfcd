public import EventHubs

/// What came of looking up a name.
public enum NameObservation: Hashable, Sendable {
    /// The host is an address already.
    case isAddress
    /// Its addresses.
    case resolved([String])
    /// There is no such name; what the resolver said.
    case unknown(String)
    /// No answer from a name server, or none in time; what the resolver said.
    case unanswered(String)
}

/// What came of a connection to one address.
public struct SocketObservation: Hashable, Sendable {
    /// How it ended.
    public enum Outcome: Hashable, Sendable {
        /// Connected, after so many milliseconds.
        case connected(Int64)
        /// Refused.
        case refused
        /// No answer in time.
        case silent
        /// Anything else, in the system's words.
        case unreachable(String)
    }

    /// The address.
    public var address: String
    /// How it ended.
    public var outcome: Outcome

    /// Makes an observation.
    public init(_ address: String, _ outcome: Outcome) {
        self.address = address
        self.outcome = outcome
    }
}

/// What came of a proxy.
public struct ProxyObservation: Hashable, Sendable {
    /// How it ended.
    public enum Outcome: Hashable, Sendable {
        /// It is not to be used; whether the direct way works, nil when that was not tried.
        case notUsed(isDirectWayOpen: Bool?)
        /// It takes no connection.
        case unreached
        /// The tunnel is open.
        case tunnel
        /// It opens none.
        case refused(EventHubsError)
    }

    /// The setting or variable that names it.
    public var variable: String
    /// Host and port, without user and password.
    public var proxy: String
    /// How it ended.
    public var outcome: Outcome

    /// Makes an observation.
    public init(variable: String, proxy: String, _ outcome: Outcome) {
        self.variable = variable
        self.proxy = proxy
        self.outcome = outcome
    }
}

extension Diagnosis {
    /// Judges the look-up of a name.
    public static func dns(_ observation: NameObservation) -> [Sighting] {
        switch observation {
        case .isAddress: [Sighting(.nameNotNeeded)]
        case .resolved(let addresses): [Sighting(.nameResolved, [Figure("addresses", .list(addresses))])]
        case .unknown(let reason): [Sighting(.nameUnknown, [Figure("reason", .text(reason))])]
        case .unanswered(let reason): [Sighting(.nameServerSilent, [Figure("reason", .text(reason))])]
        }
    }

    /// Judges the connections to a host's addresses; one that works is enough.
    public static func tcp(_ attempts: [SocketObservation], limitMs: Int64) -> [Sighting] {
        let reached = attempts.filter { if case .connected = $0.outcome { true } else { false } }
        let failed = attempts.filter { if case .connected = $0.outcome { false } else { true } }
        let addresses = Figure("reached", .list(reached.map(\.address)))
        guard !reached.isEmpty else { return failed.map { unreached($0, limitMs: limitMs) } }
        guard failed.isEmpty else {
            return [
                Sighting(
                    .portPartly,
                    [
                        addresses, Figure("silent", .list(failed.map(\.address))),
                        Figure("reason", .text(reason(failed[0].outcome))),
                    ])
            ]
        }
        let times = reached.compactMap { attempt -> Int64? in
            if case .connected(let time) = attempt.outcome { time } else { nil }
        }
        return [Sighting(.portConnected, [addresses, Figure("time", .span(times.max() ?? 0))])]
    }

    private static func unreached(_ attempt: SocketObservation, limitMs: Int64) -> Sighting {
        let address = Figure("address", .text(attempt.address))
        return switch attempt.outcome {
        case .refused: Sighting(.portRefused, [address])
        case .silent: Sighting(.portSilent, [address, Figure("limit", .span(limitMs))])
        case .connected, .unreachable:
            Sighting(.portUnreachable, [address, Figure("reason", .text(reason(attempt.outcome)))])
        }
    }

    private static func reason(_ outcome: SocketObservation.Outcome) -> String {
        switch outcome {
        case .connected: ""
        case .refused: "connection refused"
        case .silent: "no answer in time"
        case .unreachable(let reason): reason
        }
    }

    /// Judges the proxy; nil where there is none.
    public static func proxy(_ observation: ProxyObservation?, limitMs: Int64) -> [Sighting] {
        guard let observation else { return [Sighting(.proxyNone)] }
        let figures = [
            Figure("variable", .text(observation.variable)), Figure("proxy", .text(observation.proxy)),
        ]
        switch observation.outcome {
        case .notUsed(let isDirectWayOpen):
            return [Sighting(isDirectWayOpen == false ? .proxyNeeded : .proxyUnused, figures)]
        case .unreached: return [Sighting(.proxyUnreached, figures)]
        case .tunnel: return [Sighting(.proxyTunnel, figures)]
        case .refused(let error) where error.code == .timedOut:
            return [Sighting(.proxySilent, figures + [Figure("limit", .span(limitMs))])]
        case .refused(let error): return [Sighting(.proxyRefused, figures + [said(error)])]
        }
    }
}
