/// What rule loading is told by the configuration.
public struct RuleLoadingOptions: Sendable {
    /// Lists for the `expand` modifier.
    public var placeholders: RulePlaceholders
    /// Loads rules whose authors have retired them: Sigma `deprecated` and `unsupported`, Elastic `deprecated`.
    public var includeRetired: Bool

    /// Makes options; by default the built-in lists, without retired rules.
    public init(placeholders: RulePlaceholders = .builtIn, includeRetired: Bool = false) {
        self.placeholders = placeholders
        self.includeRetired = includeRetired
    }
}
