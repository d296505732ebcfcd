import Detection
import DiagnosticLogs
import Spelling

/// The schedule of an Elastic rule as a hopping window.
struct ElasticSchedule {
    /// `from` is the length, `interval` the hop.
    var window: HoppingWindow
    /// The broker's time when the rule selects by `event.ingested`, the record's own otherwise.
    var clock: Rule.Clock
    /// How late a record may be on the event clock: the part of the window that the next run looks at again, at most
    /// ``latenessMaxSeconds``.
    var lateness: Duration

    /// Longest lateness that is assumed for a rule that does not say one.
    static let latenessMaxSeconds: Int64 = 900

    /// Reads `from`, `interval`, `to` and `timestamp_override`.
    ///
    /// Defaults: `now-6m`, `5m`.
    init(_ document: TOMLDocument) throws(RuleDiagnostic) {
        let from = try document.string(["rule", "from"]) ?? "now-6m"
        guard let length = DurationText.lookBackSeconds(from), length > 0 else {
            throw RuleDiagnostic(
                code: .invalid, position: document.valuePosition(["rule", "from"]),
                reason: "from \"\(from)\" is not of the form now-60m; units are s, m, h and d",
                suggestion: DurationText.seconds(from).map { _ in "now-\(from)" })
        }
        let interval = try document.string(["rule", "interval"]) ?? "5m"
        guard let hop = DurationText.seconds(interval), hop > 0 else {
            throw RuleDiagnostic(
                code: .invalid, position: document.valuePosition(["rule", "interval"]),
                reason: "interval \"\(interval)\" is not of the form 10m; units are s, m, h and d")
        }
        if let to = try document.string(["rule", "to"]), to != "now" {
            throw RuleDiagnostic(
                code: .unsupported, position: document.valuePosition(["rule", "to"]),
                reason: "a window that ends at \"\(to)\" is not supported; only \"now\" is")
        }
        window = HoppingWindow(length: .seconds(length), hop: .seconds(hop))
        switch try document.string(["rule", "timestamp_override"]) {
        case "event.ingested":
            clock = .enqueued
            lateness = .seconds(0)
        case nil, "@timestamp":
            clock = .event
            lateness = .seconds(min(max(0, length - hop), Self.latenessMaxSeconds))
        case .some(let other):
            throw RuleDiagnostic(
                code: .unsupported, position: document.valuePosition(["rule", "timestamp_override"]),
                reason: "timestamp_override \"\(other)\" is not supported; event.ingested and @timestamp are",
                suggestion: NearestName.of(other, in: ["event.ingested", "@timestamp"]))
        }
    }
}
