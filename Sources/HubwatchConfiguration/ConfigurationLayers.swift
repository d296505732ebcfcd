public import AzureTokens
public import EventHubs
import Redaction
import Spelling
import Yams

/// The values that were given, from the file, the environment and the flags, in rising order; not yet read as types.
public struct ConfigurationLayers: Sendable {
    /// A value as it was given.
    public struct Given: Sendable, Hashable {
        /// The texts; more than one only for lists.
        public var texts: [String]
        /// For `map of lists`.
        public var lists: [String: [String]]
        /// Where it was given, for messages.
        public var place: String
    }

    /// Value by setting path.
    public private(set) var values: [String: Given] = [:]
    /// What was given of sinks, in the order of their names' first appearance.
    var sinkEntries = SinkEntries()
    /// What was wrong with names and shapes.
    public private(set) var problems: [ConfigurationProblem] = []
    /// What the environment says about proxies.
    public private(set) var proxies = ProxyEnvironment.none

    /// What Azure's own variables say.
    public private(set) var azure = AzureEnvironment()

    /// Secrets that were given on the command line, where every user of the machine can read them.
    public var warnings: [String] {
        values.sorted { $0.key < $1.key }.compactMap { path, given in
            guard let setting = Setting.named(path), setting.isSecret, given.place.hasPrefix("-") else { return nil }
            let file = Setting.named(path + "_file").map { " or \($0.path)" } ?? ""
            return
                "'\(path)' was given on the command line, where other users of this machine can read it: use \(setting.environmentName)\(file) instead"
        }
    }

    /// Makes layers without any value.
    public init() {}

    /// Adds a YAML file; `name` is shown in messages.
    public mutating func add(yaml text: String, name: String) {
        do {
            guard let root = try Yams.compose(yaml: text) else { return }
            if case .scalar(let scalar) = root, scalar.string.isEmpty { return }
            guard case .mapping(let mapping) = root else {
                problems.append(ConfigurationProblem(place: name, message: "expected settings as 'name: value'"))
                return
            }
            add(mapping, prefix: "", file: name)
        } catch {
            problems.append(
                ConfigurationProblem(
                    place: name, message: "not valid YAML: \(SecretText.masked(Self.oneLine("\(error)")))"))
        }
    }

    /// Adds the variables that begin with `HUBWATCH_`, and those about proxies.
    public mutating func add(environment: [String: String]) {
        sinkEntries.variables.merge(environment) { $1 }
        proxies = ProxyEnvironment(environment)
        azure = AzureEnvironment(environment)
        let names = Dictionary(uniqueKeysWithValues: Setting.all.map { ($0.environmentName, $0) })
        for (name, value) in environment.sorted(by: { $0.key < $1.key }) where name.hasPrefix("HUBWATCH_") {
            if Self.otherVariables.contains(name) { continue }
            if name.hasPrefix("HUBWATCH_SINK_") { continue }
            guard let setting = names[name] else {
                unknown(name, place: name, among: names.keys.sorted())
                continue
            }
            // An empty variable is an unset one, as service units and containers write it.
            if !value.isEmpty { set(setting, text: value, place: name) }
        }
    }

    /// Adds one flag: a setting's path and its text.
    public mutating func add(flag: String, path: String, text: String) {
        if sinkEntries.add(flag: flag, path: path, text: text) { return }
        guard let setting = Setting.named(path) else {
            unknown(path, place: flag, among: Setting.all.map(\.path))
            return
        }
        set(setting, text: text, place: flag)
    }

    /// Variables that are ours but are no settings.
    private static let otherVariables: Set<String> = ["HUBWATCH_CONFIG"]

    private mutating func add(_ mapping: Node.Mapping, prefix: String, file: String) {
        for (key, value) in mapping {
            let path = prefix + (key.string ?? "")
            let place = Self.place(file, key.mark ?? value.mark)
            if path == "sinks" {
                problems += sinkEntries.add(value, place: place) { Self.place(file, $0) }
            } else if let setting = Setting.named(path) {
                add(value, to: setting, place: Self.place(file, value.mark ?? key.mark), file: file)
            } else if Setting.all.contains(where: { $0.path.hasPrefix(path + ".") }) {
                switch value {
                case .mapping(let inner): add(inner, prefix: path + ".", file: file)
                case .scalar(let scalar) where scalar.string.isEmpty || scalar.string == "~": break
                default:
                    problems.append(
                        ConfigurationProblem(
                            place: place, message: "'\(path)' is a section: expected settings below it"))
                }
            } else {
                let level = prefix.split(separator: ".").count
                var names = Setting.all.map(\.path).filter { $0.hasPrefix(prefix) }.map {
                    $0.split(separator: ".").prefix(level + 1).joined(separator: ".")
                }
                if prefix.isEmpty { names.append("sinks") }
                unknown(path, place: place, among: names)
            }
        }
    }

    private mutating func add(_ value: Node, to setting: Setting, place: String, file: String) {
        switch (value, setting.kind) {
        case (.scalar(let scalar), .lists) where scalar.string.isEmpty: break
        case (.scalar(let scalar), .lists), (.scalar(let scalar), .texts): wrongShape(setting, place, scalar.string)
        case (.scalar(let scalar), _):
            // An empty value leaves the default in force, except where quotes say that empty is meant.
            if !scalar.string.isEmpty || scalar.style == .doubleQuoted || scalar.style == .singleQuoted {
                set(setting, text: scalar.string, place: place)
            }
        case (.sequence(let sequence), .list):
            let texts = sequence.compactMap(\.string)
            if texts.count == sequence.count {
                values[setting.path] = Given(texts: texts, lists: [:], place: place)
            } else {
                wrongShape(setting, place, "a list of other things")
            }
        case (.mapping(let mapping), .lists):
            var lists: [String: [String]] = [:]
            for (key, inner) in mapping {
                guard let name = key.string,
                    let items = inner.sequence?.compactMap(\.string) ?? inner.string.map({ [$0] })
                else {
                    wrongShape(setting, Self.place(file, key.mark), "something else")
                    continue
                }
                lists[name] = items
            }
            values[setting.path] = Given(texts: [], lists: lists, place: place)
        default: wrongShape(setting, place, "another shape")
        }
    }

    private mutating func set(_ setting: Setting, text: String, place: String) {
        switch setting.kind {
        case .list:
            let texts = text.split(separator: ",").map { String($0).trimmed }.filter { !$0.isEmpty }
            values[setting.path] = Given(texts: texts, lists: [:], place: place)
        case .lists, .texts:
            problems.append(
                ConfigurationProblem(place: place, message: "'\(setting.path)' can only be given in the file"))
        default: values[setting.path] = Given(texts: [text], lists: [:], place: place)
        }
    }

    private mutating func unknown(_ name: String, place: String, among candidates: [String]) {
        let hint = NearestName.of(name, in: candidates).map { "; did you mean '\($0)'?" } ?? ""
        problems.append(ConfigurationProblem(place: place, message: "there is no setting '\(name)'\(hint)"))
    }

    private mutating func wrongShape(_ setting: Setting, _ place: String, _ seen: String) {
        let shown = setting.isSecret ? "a value" : "'\(seen)'"
        problems.append(
            ConfigurationProblem(place: place, message: "'\(setting.path)' takes a \(setting.accepts), not \(shown)"))
    }

    private static func place(_ file: String, _ mark: Mark?) -> String {
        mark.map { "\(file):\($0.line):\($0.column)" } ?? file
    }

    private static func oneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).map { String($0).trimmed }.joined(separator: " ")
    }
}

extension String {
    /// The text without blanks at its ends.
    var trimmed: String {
        guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(self[first...last])
    }
}
