extension LogGenerator {
    /// The canned sample of a first run: 20,000 records, some 35 MB, all within the 50 minutes before `start`.
    ///
    /// Attack (a) happens three times, with the Azure CLI, Azure PowerShell and Visual Studio Code; attack (b) twice,
    /// once with exactly 100 listings. The near misses are there too, and everyday quirks that lose no record.
    public static func demo(seed: UInt64 = 1, start: EventTime) throws(SampleLogsError) -> LogGenerator {
        let minutes: Int64 = 50 * 60 * 1_000_000_000
        var configuration = Configuration(
            seed: seed, records: 20_000, start: start.advanced(byNanoseconds: -minutes))
        configuration.span = .seconds(50 * 60)
        for quirk in [Quirk.bareArray, .nestedEnvelope, .stringProperties, .offsetTime, .lowerResource] {
            configuration.quirks[quirk] = 2_000
        }
        return try LogGenerator(configuration)
    }
}
