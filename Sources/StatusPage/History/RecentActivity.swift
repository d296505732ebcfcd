public import FindingFormats

/// What a status report does not hold because it is past: lag and rate over time, and the newest findings.
public struct RecentActivity: Hashable, Sendable, Codable {
    /// Messages left to read over all partitions.
    public var lag: StatusSeries
    /// Records judged a second.
    public var rate: StatusSeries
    /// Messages left to read, by partition.
    public var partitions: [Int: StatusSeries]
    /// The newest findings, newest first.
    public var findings: [FindingDigest]

    /// Makes an activity.
    public init(
        lag: StatusSeries, rate: StatusSeries, partitions: [Int: StatusSeries] = [:], findings: [FindingDigest] = []
    ) {
        self.lag = lag
        self.rate = rate
        self.partitions = partitions
        self.findings = findings
    }

    /// What is remembered now.
    ///
    /// - Parameters:
    ///   - pointsMax: most numbers of a partition's series.
    ///   - findingsMax: most findings.
    public init(_ history: StatusHistory, _ shelf: FindingShelf, pointsMax: Int = 90, findingsMax: Int = 500) {
        lag = history.lag
        rate = history.rate
        partitions = Dictionary(
            uniqueKeysWithValues: history.known.map { ($0, history.lag(of: $0).joined(most: pointsMax)) })
        findings = Array(shelf.newestFirst.prefix(max(0, findingsMax)))
    }
}
