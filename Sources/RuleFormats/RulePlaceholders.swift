/// Lists of values that rules name as `%name%` with the `expand` modifier.
///
/// A rule that names a list which is not defined is refused: without its values it would mean something else.
public struct RulePlaceholders: Hashable, Sendable {
    /// Values by list name.
    public var lists: [String: [String]]

    /// Makes a set of lists.
    public init(lists: [String: [String]] = [:]) { self.lists = lists }

    /// The built-in lists: ``knownAIPortals`` as `known_ai_portals`.
    public static let builtIn = RulePlaceholders(lists: ["known_ai_portals": knownAIPortals.map(\.applicationID)])

    /// A Microsoft web application and its application id.
    public struct Portal: Hashable, Sendable {
        /// Name of the web application.
        public let name: String
        /// Its `appid` claim.
        public let applicationID: String
    }

    /// The web applications from which people list the keys of Azure AI resources in the ordinary course of work.
    public static let knownAIPortals: [Portal] = [
        Portal(name: "Azure Machine Learning studio", applicationID: "d7304df8-741f-47d3-9bc2-df0e24e2071f"),
        Portal(name: "Azure AI Studio", applicationID: "cb2ff863-7f30-4ced-ab89-a00194bcf6d9"),
        Portal(name: "Azure OpenAI Studio", applicationID: "dc807dec-d211-4b3f-bc8a-43b3443c4874"),
        Portal(name: "Azure portal", applicationID: "c44b4083-3bb0-49c1-b47d-974e53cbdf3c"),
        Portal(name: "Speech Studio", applicationID: "4e09c6ac-4372-45b7-a977-e9f89e673e32"),
    ]

    /// These lists with others put over them: a list of the same name is replaced whole.
    public func overlaid(with other: RulePlaceholders) -> RulePlaceholders {
        RulePlaceholders(lists: lists.merging(other.lists) { _, new in new })
    }
}
