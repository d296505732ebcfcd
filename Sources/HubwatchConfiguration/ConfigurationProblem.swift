/// One thing that is wrong with the configuration: where, what, and what to do.
public struct ConfigurationProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// `hubwatch.yaml:12:3`, `HUBWATCH_FROM`, `--from`.
    public let place: String
    /// What is wrong and what would be right.
    public let message: String

    /// Makes a problem.
    public init(place: String, message: String) {
        self.place = place
        self.message = message
    }

    /// Place and message in one line.
    public var description: String { "\(place): \(message)" }
}

/// Everything that is wrong with the configuration, at once.
public struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// At least one problem, in the order of the layers and lines.
    public let problems: [ConfigurationProblem]

    /// Makes an error.
    public init(_ problems: [ConfigurationProblem]) { self.problems = problems }

    /// A line for each problem.
    public var description: String { problems.map(\.description).joined(separator: "\n") }
}
