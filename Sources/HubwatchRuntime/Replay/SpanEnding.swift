import Detection
import DiagnosticLogs

/// What the engine knows when a span has been read to its end.
struct SpanEnding: Sendable {
    /// The time up to which every partition is known; windows that end before it are decided.
    var watermark: Timestamp?
    /// Windows that hold something and are not decided.
    var openWindows: Int
    /// Findings of these that were raised already.
    var openFindings: Int
    /// How far each partition was read.
    var positions: [Int: Detection.PartitionPosition]
    /// Records that satisfied each rule.
    var ruleCounts: [String: RuleCount]
}
