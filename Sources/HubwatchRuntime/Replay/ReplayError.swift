/// Why a replay cannot begin or go on: what is wrong, where, and what to do.
public struct ReplayError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kinds of failure.
    public enum Code: Hashable, Sendable {
        /// A position, time or option that makes no sense.
        case badRequest
        /// There is no such file.
        case notFound
        /// A file that cannot be read, or is damaged.
        case badInput
        /// Reading failed.
        case ioFailure
        /// The state file is not one that a replay may write.
        case stateRefused
    }

    /// What kind of failure it is.
    public var code: Code
    /// What is wrong, where, and what to do.
    public var description: String

    /// Makes an error.
    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
