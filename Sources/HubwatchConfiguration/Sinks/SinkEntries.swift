import Spelling
import Yams

/// A sink as it was given: its options, not yet read as types.
struct GivenSink {
    var name: String
    var place: String
    var options: [String: ConfigurationLayers.Given] = [:]
}

/// What file, environment and flags say of sinks, before anybody knows their types.
struct SinkEntries: Sendable {
    private var names: [String] = []
    private var places: [String: String] = [:]
    private var options: [String: [String: ConfigurationLayers.Given]] = [:]
    private var flags: [(flag: String, sink: String, option: String, text: String)] = []
    /// The process's environment: for options of sinks, and for headers that name a variable.
    var variables: [String: String] = [:]

    /// Adds the section `sinks` of a file; returns what is wrong with its shape.
    mutating func add(
        _ node: Node, place: String, _ placed: (Mark?) -> String
    ) -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        switch node {
        case .scalar(let scalar) where scalar.string.isEmpty || scalar.string == "~": break
        case .mapping(let sinks):
            for (key, value) in sinks {
                let name = key.string ?? ""
                let place = placed(key.mark)
                guard case .mapping(let mapping) = value else {
                    problems.append(
                        ConfigurationProblem(
                            place: place, message: "'sinks.\(name)' is a sink: expected its type and options below it"))
                    continue
                }
                note(name, place)
                for (option, value) in mapping {
                    let path = option.string ?? ""
                    let place = placed(value.mark ?? option.mark)
                    if let given = Self.given(value, place) {
                        options[name, default: [:]][path] = given
                    } else if value.scalar == nil {
                        problems.append(
                            ConfigurationProblem(
                                place: place, message: "'sinks.\(name).\(path)' has a shape that no option takes"))
                    }
                }
            }
        default:
            problems.append(
                ConfigurationProblem(
                    place: place,
                    message: "'sinks' takes a map: a name for each sink, and its type and options below it"))
        }
        return problems
    }

    /// Adds `sinks.NAME.OPTION` of a flag; false for any other path.
    mutating func add(flag: String, path: String, text: String) -> Bool {
        let parts = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, parts[0] == "sinks" else { return false }
        flags.append((flag, parts[1], parts[2], text))
        return true
    }

    /// The sinks with what environment and flags say, and what is wrong with that.
    func merged() -> (sinks: [GivenSink], problems: [ConfigurationProblem]) {
        var all = self
        var problems: [ConfigurationProblem] = []
        for flag in flags where flag.option == "type" { all.note(flag.sink, flag.flag) }
        let known = all.names
        for (name, value) in variables.sorted(by: { $0.key < $1.key })
        where name.hasPrefix("HUBWATCH_SINK_") && !value.isEmpty {
            let fits = known.flatMap { sink in
                Self.everyOption.filter { SinkOption.environmentName(sink, $0) == name }.map { (sink, $0) }
            }
            guard let fit = fits.first, fits.count == 1 else {
                let candidates = known.flatMap { sink in
                    Self.everyOption.map { SinkOption.environmentName(sink, $0) }
                }
                let hint = NearestName.of(name, in: candidates).map { "; did you mean '\($0)'?" } ?? ""
                let what = fits.isEmpty ? "there is no sink and option of this name" : "several sinks have this name"
                problems.append(ConfigurationProblem(place: name, message: what + hint))
                continue
            }
            all.options[fit.0, default: [:]][fit.1] = ConfigurationLayers.Given(texts: [value], lists: [:], place: name)
        }
        for flag in flags {
            guard all.places[flag.sink] != nil else {
                problems.append(
                    ConfigurationProblem(
                        place: flag.flag,
                        message: "there is no sink '\(flag.sink)': give sinks.\(flag.sink).type first"))
                continue
            }
            all.options[flag.sink, default: [:]][flag.option] = ConfigurationLayers.Given(
                texts: [flag.text], lists: [:], place: flag.flag)
        }
        let sinks = all.names.map {
            GivenSink(name: $0, place: all.places[$0] ?? $0, options: all.options[$0] ?? [:])
        }
        return (sinks, problems)
    }

    private mutating func note(_ name: String, _ place: String) {
        guard places[name] == nil else { return }
        names.append(name)
        places[name] = place
    }

    private static let everyOption = Set(SinkOption.types.flatMap { SinkOption.all(of: $0).map(\.path) }).sorted()

    /// A text, a list of texts or a map of texts; nil for an empty scalar and for every other shape.
    private static func given(_ node: Node, _ place: String) -> ConfigurationLayers.Given? {
        switch node {
        case .scalar(let scalar):
            // An empty value leaves the default in force, except where quotes say that empty is meant.
            let isQuoted = scalar.style == .doubleQuoted || scalar.style == .singleQuoted
            guard !scalar.string.isEmpty || isQuoted else { return nil }
            return ConfigurationLayers.Given(texts: [scalar.string], lists: [:], place: place)
        case .sequence(let sequence):
            let texts = sequence.compactMap(\.string)
            guard texts.count == sequence.count else { return nil }
            return ConfigurationLayers.Given(texts: texts, lists: [:], place: place)
        case .mapping(let mapping):
            var lists: [String: [String]] = [:]
            for (key, value) in mapping {
                guard let name = key.string, let text = value.string else { return nil }
                lists[name] = [text]
            }
            return ConfigurationLayers.Given(texts: [], lists: lists, place: place)
        default: return nil
        }
    }
}
