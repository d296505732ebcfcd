import DiagnosticLogs
public import StateStore

/// Gaps in words.
public enum GapText {
    /// One sentence: what is missing, why, and what was done.
    public static func sentence(_ gap: SequenceGap) -> String {
        let events = "of partition \(gap.partition)"
        let done =
            switch gap.policy {
            case .earliest: "Reading went on at the oldest event."
            case .latest: "Reading went on at the end."
            }
        return
            "\(range(gap)) \(events) \(gap.lastMissing == gap.firstMissing ? "is" : "are") missing: \(why(gap)). \(done)"
    }

    private static func range(_ gap: SequenceGap) -> String {
        guard let last = gap.lastMissing else { return "The events from sequence number \(gap.firstMissing) on" }
        if last == gap.firstMissing { return "The event with sequence number \(last)" }
        return "The events with sequence numbers \(gap.firstMissing) to \(last)"
    }

    private static func why(_ gap: SequenceGap) -> String {
        switch gap.cause {
        case .retention: return "the hub no longer keeps them"
        case .recreated:
            guard gap.lastMissing == nil else { return "they were in the new hub before reading went on" }
            let times = [gap.createdMs, gap.recreatedMs].compactMap { $0 }.map {
                Timestamp(milliseconds: $0).iso8601
            }
            return "the hub of \(times.joined(separator: " was deleted and made again on "))"
        case .rewound: return "the hub's numbers end before them, as after a failover to a copy that lags"
        case .refused: return "the broker refused the position before them"
        case .discontinuity: return "the hub jumped over their numbers"
        }
    }
}
