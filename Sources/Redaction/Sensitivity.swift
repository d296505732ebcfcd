/// What makes a value of a log unfit to be shown as it is; a value can be several of these at once.
///
/// Content and secrets are never shown; addresses and users are shown unless the configuration masks them
/// (`findings.mask`). The empty set is a plain value, in which secrets that stand inside its text are still hidden.
public struct Sensitivity: OptionSet, Hashable, Sendable {
    /// One bit a class.
    public let rawValue: UInt8

    /// Makes a set from its bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Network addresses.
    public static let addresses = Sensitivity(rawValue: 1)
    /// Names of people: principal names, e-mail addresses, display names.
    public static let users = Sensitivity(rawValue: 2)
    /// What people said to a model and what it answered; bodies of requests and responses.
    public static let content = Sensitivity(rawValue: 4)
    /// Keys, tokens, passwords, signatures.
    public static let secrets = Sensitivity(rawValue: 8)

    /// The classes that no setting shows.
    public static let always: Sensitivity = [.content, .secrets]

    /// The classes that a setting masks, by the names it takes.
    public static let optional: [(name: String, value: Sensitivity)] = [("addresses", .addresses), ("users", .users)]

    /// What a mask calls the value: the strictest class that it belongs to.
    var noun: String {
        if contains(.secrets) { return "secret" }
        if contains(.content) { return "content" }
        return contains(.users) ? "user" : "address"
    }
}
