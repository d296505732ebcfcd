/// The variables by which a machine tells its programs of a proxy.
///
/// `HTTPS_PROXY` is for what is HTTPS (AMQP over WebSockets in TLS), `HTTP_PROXY` for what is HTTP (the same without TLS),
/// `ALL_PROXY` for everything that has no variable of its own, plain AMQP among it. The lower-case spelling of a name wins.
/// **Source**: curl's manual, "Environment".
public struct ProxyEnvironment: Hashable, Sendable {
    /// A variable and what it says.
    public struct Variable: Hashable, Sendable {
        /// Its name, in the spelling that was found.
        public var name: String
        /// What it says; it may hold a password.
        public var text: Secret

        /// Makes a variable.
        public init(name: String, text: Secret) {
            self.name = name
            self.text = text
        }
    }

    /// What a connection is, to the variables.
    public enum Scheme: Hashable, Sendable {
        /// WebSocket in TLS.
        case https
        /// WebSocket without TLS.
        case http
        /// AMQP on a port of its own.
        case amqp
    }

    private let variables: [String: Variable]

    /// No variable at all.
    public static let none = ProxyEnvironment([:])

    /// Keeps the variables about proxies; an empty one counts as unset.
    public init(_ environment: [String: String]) {
        var found: [String: Variable] = [:]
        for name in ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"] {
            for spelling in [name.lowercased(), name] {
                guard found[name] == nil, let text = environment[spelling], !text.isEmpty else { continue }
                found[name] = Variable(name: spelling, text: Secret(text))
            }
        }
        variables = found
    }

    /// The variable that speaks of a scheme; nil when none does.
    public func proxy(for scheme: Scheme) -> Variable? {
        switch scheme {
        case .https: variables["HTTPS_PROXY"] ?? variables["ALL_PROXY"]
        case .http: variables["HTTP_PROXY"] ?? variables["ALL_PROXY"]
        case .amqp: variables["ALL_PROXY"]
        }
    }

    /// The hosts that are reached without a proxy.
    public var exclusions: ProxyExclusions {
        ProxyExclusions(parsing: variables["NO_PROXY"]?.text.revealed ?? "")
    }
}
