/// What is known of a metric besides its values: its name, kind, help text and, for histograms, the bounds of its buckets.
public struct MetricFamily: Hashable, Sendable {
    /// The kinds of the text format that are written.
    public enum Kind: String, Hashable, Sendable {
        /// A sum that only grows; its name ends in `_total`.
        case counter
        /// A number that goes up and down.
        case gauge
        /// A distribution over buckets.
        case histogram
    }

    /// Its name, with the unit at the end: `hubwatch_commit_duration_seconds`.
    public var name: String
    /// Its kind.
    public var kind: Kind
    /// One sentence for whoever reads the scrape.
    public var help: String
    /// Upper bounds of a histogram's buckets, ascending, without the last one (+Inf).
    public var buckets: [Double]

    /// Makes a family.
    public init(_ name: String, _ kind: Kind, _ help: String, buckets: [Double] = []) {
        self.name = name
        self.kind = kind
        self.help = help
        self.buckets = buckets
    }

    /// Upper bounds for times in seconds, from a millisecond to a minute.
    public static let secondsBuckets: [Double] = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
    ]

    /// Upper bounds for sizes in bytes, from 1 KiB to 64 MiB.
    public static let bytesBuckets: [Double] = (0..<9).map { Double(1024 << ($0 * 2)) }
}
