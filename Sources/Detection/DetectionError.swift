/// What went wrong in the rule engine: a rule that cannot be compiled, or stored state that cannot be read.
///
/// **Errors**: nothing that a log record holds causes one; records that cannot be used are dead letters.
public struct DetectionError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of failure.
    public enum Code: String, Hashable, Sendable {
        /// A rule means something that the engine cannot run.
        case ruleNotRunnable
        /// Two rules have the same id.
        case duplicateRule
        /// Stored state ends early or holds something impossible.
        case stateMalformed
        /// Stored state was written by another version of the format.
        case stateVersion
        /// Stored state does not match its checksum.
        case stateChecksum
    }

    /// The kind of failure.
    public var code: Code
    /// What happened and what can be done about it.
    public var message: String
    /// The rule concerned, where there is one.
    public var ruleID: String?

    /// Makes an error.
    public init(_ code: Code, _ message: String, ruleID: String? = nil) {
        self.code = code
        self.message = message
        self.ruleID = ruleID
    }

    /// The rule, when known, and the message.
    public var description: String { ruleID.map { "rule \($0): \(message)" } ?? message }
}
