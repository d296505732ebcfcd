extension ConfigurationLayers {
    /// The options in force of all sinks as `config show` prints them, secrets hidden, and what is wrong with them.
    public func shownSinks() -> (lines: [String], problems: [ConfigurationProblem]) {
        let (sinks, problems) = sinkEntries.merged()
        var rows: [(name: String, value: String, place: String?)] = []
        for sink in sinks {
            let type = sink.options["type"]?.texts.first ?? ""
            rows.append(("sinks.\(sink.name).type", type, sink.options["type"]?.place))
            let options = SinkOption.all(of: type)
            for option in options {
                let given = sink.options[option.path]
                var value = given.map { $0.lists.isEmpty ? $0.texts.joined(separator: ",") : "" } ?? option.defaultText
                if let lists = given?.lists, !lists.isEmpty {
                    // Names of headers are no secrets; values are, also those that look harmless.
                    value = lists.sorted { $0.key < $1.key }
                        .map { "\($0.key): \(option.isSecret ? "(hidden)" : $0.value.first ?? "")" }
                        .joined(separator: ", ")
                } else if option.isSecret, given != nil, !value.isEmpty {
                    value = "(hidden)"
                }
                if option.path == "template", value.count > 60 { value = "(\(value.count) characters)" }
                rows.append(("sinks.\(sink.name).\(option.path)", value, given?.place))
            }
            // A secret under a misspelt name must not be shown either.
            let known = Set(options.map(\.path) + ["type"])
            for (name, given) in sink.options.sorted(by: { $0.key < $1.key }) where !known.contains(name) {
                rows.append(("sinks.\(sink.name).\(name)", "(unknown)", given.place))
            }
        }
        let width = rows.map(\.name.count).max() ?? 0
        let lines = rows.map { row in
            row.name + String(repeating: " ", count: width - row.name.count) + "  \(row.value)"
                + (row.place.map { "   # \($0)" } ?? "")
        }
        return (lines, problems)
    }
}
