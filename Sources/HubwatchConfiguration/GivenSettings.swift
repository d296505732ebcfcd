/// The settings as they were given, with the types that they were read as: what a reload compares.
public struct GivenSettings: Sendable {
    /// The settings as types.
    public let configuration: Configuration
    private let layers: ConfigurationLayers

    /// Reads the layers.
    ///
    /// **Errors**: every problem of every layer at once.
    public init(
        _ layers: ConfigurationLayers,
        readFile: @escaping (String) throws(ConfigurationProblem) -> String
    ) throws(ConfigurationError) {
        configuration = try Configuration(layers, readFile: readFile)
        self.layers = layers
    }

    /// The settings whose value is another one than in `other`, in the order of the table.
    public func changed(since other: GivenSettings) -> [Setting] {
        Setting.all.filter { value(of: $0) != other.value(of: $0) }
    }

    /// Where a setting was given; its name when nobody gave it.
    public func place(of setting: Setting) -> String { layers.values[setting.path]?.place ?? setting.path }

    /// What a setting was given as, for a person: the text, or that it is hidden.
    public func shown(_ setting: Setting) -> String {
        let texts = value(of: setting).texts
        if texts.isEmpty { return "nothing" }
        return setting.isSecret ? "(hidden)" : "'\(texts.joined(separator: ","))'"
    }

    /// The files that settings name and that are read at the start: authorities, keys, connection strings.
    public var inputFiles: [String] {
        Setting.all.filter(\.namesInputFile).flatMap { value(of: $0).texts }.filter { !$0.isEmpty }
    }

    private struct Value: Hashable {
        var texts: [String]
        var lists: [String: [String]]
    }

    private func value(of setting: Setting) -> Value {
        if let given = layers.values[setting.path] { return Value(texts: given.texts, lists: given.lists) }
        return Value(texts: setting.defaultText.isEmpty ? [] : [setting.defaultText], lists: [:])
    }
}
