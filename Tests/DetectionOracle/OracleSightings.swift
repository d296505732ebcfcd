package import Detection

/// New terms and absences by their definitions: every pair of sightings is compared.
package enum OracleSightings {
    private static let day: Int64 = 86_400_000_000_000

    /// `since`: the time before which the rule saw nothing; nil to report all the same.
    package static func newTerms(
        _ rule: String, _ stream: OracleStream, history: Int64, since: Int64?, keys: (OracleEvent) -> [[Value]]
    ) -> [OracleFinding] {
        stream.groups(keys).flatMap { key, entries in
            Set(entries.map { OracleNumbers.floor($0.time, day) }).compactMap { today -> OracleFinding? in
                let inside = entries.filter { OracleNumbers.floor($0.time, day) == today }
                let new = inside.first { sighting in
                    let isKnown = entries.contains { $0.time >= sighting.time - history && $0.time < sighting.time }
                    return !isKnown && (since.map { sighting.time - history >= $0 } ?? true)
                }
                guard let new else { return nil }
                return OracleFinding(
                    rule: rule, group: key, start: today * day, end: (today + 1) * day - 1,
                    values: ["first_seen": .datetime(OracleNumbers.floor(new.time, 1_000_000))], count: inside.count,
                    evidence: inside.prefix(5).map(\.place))
            }
        }
    }

    package static func absences(
        _ rule: String, _ stream: OracleStream, silence: Int64, keys: (OracleEvent) -> [[Value]]
    ) -> [OracleFinding] {
        stream.groups(keys).flatMap { key, entries in
            Set(entries.map(\.time)).compactMap { time -> OracleFinding? in
                if entries.contains(where: { $0.time > time && $0.time <= time + silence }) { return nil }
                let pane = OracleNumbers.floor(time, silence)
                let inside = entries.filter { OracleNumbers.floor($0.time, silence) == pane }
                return OracleFinding(
                    rule: rule, group: key, start: time, end: time + silence,
                    values: ["last_seen": .datetime(OracleNumbers.floor(time, 1_000_000))], count: inside.count,
                    evidence: inside.prefix(5).map(\.place))
            }
        }
    }
}
