/// Reads typed values out of the layers and collects what is wrong, so that one run names every error.
struct SettingReader {
    private let values: [String: ConfigurationLayers.Given]
    private let named: (String) -> Setting?
    /// What stands before a path in messages, and where to look when nobody gave a setting; for the options of a sink.
    private let section: (prefix: String, place: String)?
    private(set) var problems: [ConfigurationProblem]

    init(_ layers: ConfigurationLayers) {
        values = layers.values
        named = Setting.named
        section = nil
        problems = layers.problems
    }

    /// Reads the options of a sink.
    init(_ sink: GivenSink, type: String) {
        values = sink.options
        named = { SinkOption.named($0, of: type) }
        section = ("sinks.\(sink.name).", sink.place)
        problems = []
    }

    /// Where a setting was given; the setting's own name when nobody gave it.
    func place(_ path: String) -> String { values[path]?.place ?? section?.place ?? path }

    /// Whether anybody gave a setting.
    func isGiven(_ path: String) -> Bool { values[path] != nil }

    /// The text in force; empty for none.
    func text(_ path: String) -> String {
        values[path]?.texts.first ?? named(path)?.defaultText ?? ""
    }

    /// The text in force; nil for none.
    func optional(_ path: String) -> String? {
        let value = text(path)
        return value.isEmpty ? nil : value
    }

    /// The list in force.
    func list(_ path: String) -> [String] {
        if let given = values[path] { return given.texts }
        return optional(path).map { [$0] } ?? []
    }

    /// The map of lists in force.
    func lists(_ path: String) -> [String: [String]] { values[path]?.lists ?? [:] }

    /// The map of texts in force, in the order of its names.
    func texts(_ path: String) -> [(name: String, text: String)] {
        lists(path).sorted { $0.key < $1.key }.map { ($0.key, $0.value.first ?? "") }
    }

    /// Notes a problem with a setting.
    mutating func refuse(_ path: String, _ message: String) {
        // Where nobody gave the setting, its name is the place.
        let text = isGiven(path) || section != nil ? "'\(section?.prefix ?? "")\(path)': \(message)" : message
        problems.append(ConfigurationProblem(place: place(path), message: text))
    }

    /// Notes problems that were found elsewhere.
    mutating func add(_ found: [ConfigurationProblem]) { problems += found }

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
        if let setting = named(path), case .choice(let words) = setting.kind, !words.contains(value) {
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
        guard let setting = named(path) else { return nil }
        let value = read(text(path))
        if let value, setting.kind.range?.contains(value) != false { return value }
        wrong(path)
        return read(setting.defaultText)
    }

    private mutating func wrong(_ path: String) {
        guard let setting = named(path) else { return }
        let shown = setting.isSecret ? "what was given" : "'\(text(path))'"
        refuse(path, "takes \(setting.accepts); \(shown) is none")
    }
}

extension Setting.Kind {
    /// The range of a numeric setting, in its smallest unit.
    fileprivate var range: ClosedRange<Int>? {
        switch self {
        case .integer(let range), .integerOrNone(let range), .duration(let range), .bytes(let range): range
        case .text, .path, .choice, .boolean, .list, .lists, .texts: nil
        }
    }
}
