/// Why the status server does not serve.
public struct StatusServerError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kinds of failure.
    public enum Code: Hashable, Sendable {
        /// The address cannot be listened on.
        case addressUnavailable
        /// Other machines could reach it, and no token is asked for.
        case tokenMissing
    }

    /// What kind of failure.
    public var code: Code
    /// What, where and what to do.
    public var description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
