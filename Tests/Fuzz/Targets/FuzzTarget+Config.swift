import EventHubs
import HubwatchConfiguration

extension FuzzTarget {
    /// The configuration file: settings or problems, each with a place inside the text.
    static let config = FuzzTarget(
        name: "config", summary: "text of hubwatch.yaml: layers, settings, resolver", lengthMax: 2048
    ) {
        .now { try checkConfiguration(String(decoding: $0, as: UTF8.self)) }
    }

    private static let file = "hubwatch.yaml"
    private static let secretName = "source.connection_string"

    private static func checkConfiguration(_ text: String) throws {
        var layers = ConfigurationLayers()
        layers.add(yaml: text, name: file)
        var problems = layers.problems
        for given in layers.values.values { try checkPlace(given.place, text) }
        do {
            let configuration = try Configuration(layers) { (path) throws(ConfigurationProblem) in
                throw ConfigurationProblem(place: path, message: "there is no file")
            }
            try require(layers.problems.isEmpty, "read in spite of \(layers.problems)")
            try checkBounds(configuration)
        } catch let error as ConfigurationError {
            try require(!error.problems.isEmpty, "refused without a problem")
            problems += error.problems
        }
        for problem in problems {
            try require(!problem.message.isEmpty, "a problem without words at \(problem.place)")
            if problem.place.hasPrefix(file) { try checkPlace(problem.place, text) }
        }
        let secrets = layers.values[secretName]?.texts ?? []
        for secret in secrets where secret.utf8.count >= 24 {
            let shown = problems.map(\.description).joined(separator: "\n")
            guard text.utf8.ranges(of: Array(secret.utf8)).count == 1 else { continue }
            try require(!shown.utf8.contains(secret.utf8), "the connection string is shown: \(shown)")
        }
        _ = try? Configuration.rules(layers)
    }

    /// A place is the file, or the file with a line and a column that it has.
    private static func checkPlace(_ place: String, _ text: String) throws {
        let numbers = place.dropFirst(file.count).split(separator: ":").compactMap { Int($0) }
        guard numbers.count == 2 else { return try require(place == file, "the place \(place)") }
        let lines = text.utf8.count { $0 == 0x0A || $0 == 0x0D || $0 >= 0x80 } + 1
        try require((1...(lines + 1)).contains(numbers[0]), "\(place) in \(lines) lines")
        try require((1...(text.unicodeScalars.count + 1)).contains(numbers[1]), "\(place) in \(text.utf8.count) bytes")
    }

    /// What is read must be usable: nothing negative, nothing that overflows when it is turned into other units.
    private static func checkBounds(_ configuration: Configuration) throws {
        let durations = [
            configuration.source.discoveryInterval, configuration.source.stallAfter, configuration.source.clockSkew,
            configuration.state.commitInterval, configuration.state.journalKeep, configuration.limits.drain,
        ]
        let longest = Duration.seconds(Int64.max / 1_000_000_000)
        for duration in durations { try require(duration >= .zero && duration <= longest, "a duration of \(duration)") }
        let sizes = [
            configuration.source.creditBytes, configuration.source.prefetch, configuration.state.snapshotAfterBytes,
            configuration.state.deadLetterLimit, configuration.limits.messageBytes, configuration.limits.groupsPerRule,
        ]
        for size in sizes { try require(size >= 0, "a size of \(size)") }
    }
}
