/// Reads typed values out of the layers and collects what is wrong, so that one run names every error.
struct SettingReader {
    private let layers: ConfigurationLayers
    private(set) var problems: [ConfigurationProblem]

    init(_ layers: ConfigurationLayers) {
        self.layers = layers
        self.problems = layers.problems
    }

    /// Where a setting was given; the setting's own name when nobody gave it.
    func place(_ path: String) -> String { layers.values[path]?.place ?? path }

    /// Whether anybody gave a setting.
    func isGiven(_ path: String) -> Bool { layers.values[path] != nil }

    /// The text in force; empty for none.
    func text(_ path: String) -> String {
        layers.values[path]?.texts.first ?? Setting.named(path)?.defaultText ?? ""
    }

    /// The text in force; nil for none.
    func optional(_ path: String) -> String? {
        let value = text(path)
        return value.isEmpty ? nil : value
    }

    /// The list in force.
    func list(_ path: String) -> [String] {
        if let given = layers.values[path] { return given.texts }
        return optional(path).map { [$0] } ?? []
    }

    /// The map of lists in force.
    func lists(_ path: String) -> [String: [String]] { layers.values[path]?.lists ?? [:] }

    /// Notes a problem with a setting.
    mutating func refuse(_ path: String, _ message: String) {
        // Where nobody gave the setting, its name is the place.
        let text = isGiven(path) ? "'\(path)': \(message)" : message
        problems.append(ConfigurationProblem(place: place(path), message: text))
    }

    mutating func boolean(_ path: String) -> Bool {
        switch text(path).lowercased() {
        case "true", "yes", "on", "1": return true
        case "false", "no", "off", "0", "": return false
        default:
            wrong(path)
            return false
        }
    }

    mutating func choice(_ path: String) -> String {
        let value = text(path)
        if let setting = Setting.named(path), case .choice(let words) = setting.kind, !words.contains(value) {
            wrong(path)
            return setting.defaultText
        }
        return value
    }

    mutating func integer(_ path: String) -> Int { number(path) { Int($0) } ?? 0 }

    mutating func integerOrNone(_ path: String) -> Int? {
        text(path) == "none" ? nil : number(path) { Int($0) }
    }

    mutating func bytes(_ path: String) -> Int { number(path) { ByteText.read($0) } ?? 0 }

    mutating func duration(_ path: String) -> Duration {
        .milliseconds(number(path) { DurationText.read($0) } ?? 0)
    }

    private mutating func number(_ path: String, _ read: (String) -> Int?) -> Int? {
        guard let setting = Setting.named(path) else { return nil }
        let value = read(text(path))
        if let value, setting.kind.range?.contains(value) != false { return value }
        wrong(path)
        return read(setting.defaultText)
    }

    private mutating func wrong(_ path: String) {
        guard let setting = Setting.named(path) else { return }
        let shown = setting.isSecret ? "what was given" : "'\(text(path))'"
        refuse(path, "takes \(setting.accepts); \(shown) is none")
    }
}

extension Setting.Kind {
    /// The range of a numeric setting, in its smallest unit.
    fileprivate var range: ClosedRange<Int>? {
        switch self {
        case .integer(let range), .integerOrNone(let range), .duration(let range), .bytes(let range): range
        case .text, .path, .choice, .boolean, .list, .lists: nil
        }
    }
}
