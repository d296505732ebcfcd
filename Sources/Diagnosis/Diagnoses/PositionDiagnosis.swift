/// What a run would do with a saved position.
public struct PositionForecast: Hashable, Sendable {
    /// Why events are missing behind it.
    public enum Cause: Hashable, Sendable {
        /// The hub no longer keeps them.
        case overrun
        /// The hub was deleted and made again.
        case recreated
        /// The hub ends before it.
        case beyondEnd
    }

    /// The partition.
    public var partition: Int
    /// The last event that was read.
    public var position: Int64
    /// When that was enqueued, milliseconds since the Unix epoch.
    public var positionMs: Int64
    /// The oldest number that is kept, the next one to come when nothing is kept.
    public var first: Int64
    /// The newest number.
    public var last: Int64
    /// When the newest event was enqueued.
    public var lastMs: Int64
    /// Why events are missing; nil when none are.
    public var cause: Cause?
    /// How many are missing; nil where nobody knows.
    public var missing: Int64?
    /// The setting that decides, and what it says.
    public var setting: String
    /// What it says: `earliest`, `latest`, `stop`.
    public var policy: String
    /// Whether the run would end there.
    public var stops: Bool

    /// Makes a forecast without a fault; the rest is set after.
    public init(partition: Int, position: Int64, positionMs: Int64, first: Int64, last: Int64, lastMs: Int64) {
        self.partition = partition
        self.position = position
        self.positionMs = positionMs
        self.first = first
        self.last = last
        self.lastMs = lastMs
        setting = ""
        policy = ""
        stops = false
    }

    /// Events that were not read; 0 when the position means nothing.
    public var waiting: Int64 { cause == nil || cause == .overrun ? max(0, last &- position) : 0 }
}

/// How far reading has come, over all partitions.
public struct LagObservation: Hashable, Sendable {
    /// Partitions with a saved position.
    public var forecasts: [PositionForecast]
    /// Events in partitions without one.
    public var unread: Int64
    /// The running hubwatch that has the state file.
    public var process: Int?
    /// When it committed last, milliseconds since the Unix epoch.
    public var committedMs: Int64?

    /// Makes an observation.
    public init(forecasts: [PositionForecast], unread: Int64, process: Int?, committedMs: Int64?) {
        self.forecasts = forecasts
        self.unread = unread
        self.process = process
        self.committedMs = committedMs
    }
}

extension Diagnosis {
    /// The row for a cause, where the run goes on and where it stops.
    private static let causes: [PositionForecast.Cause: (goesOn: Symptom, stops: Symptom)] = [
        .overrun: (.retentionOverrun, .retentionOverrunStops),
        .recreated: (.hubRecreated, .hubRecreatedStops),
        .beyondEnd: (.positionBeyondEnd, .positionBeyondEndStops),
    ]

    /// Judges the saved positions; the hub's time of creation is `createdMs`.
    public static func retention(_ forecasts: [PositionForecast], createdMs: Int64) -> [Sighting] {
        guard !forecasts.isEmpty else { return [Sighting(.positionsNone)] }
        var sightings: [Sighting] = []
        for forecast in forecasts.sorted(by: { $0.partition < $1.partition }) {
            let ahead = forecast.position &+ 1 &- forecast.first
            let figures = [
                Figure("partition", .number(Int64(forecast.partition))),
                Figure("position", .number(forecast.position)), Figure("first", .number(forecast.first)),
                Figure("last", .number(forecast.last)), Figure("created", .time(createdMs)),
                Figure("missing", forecast.missing.map { .number($0) } ?? .text("unknown")),
                Figure("setting", .text(forecast.setting)), Figure("policy", .text(forecast.policy)),
                Figure("ahead", .number(max(0, ahead))),
            ]
            if let cause = forecast.cause, let rows = causes[cause] {
                sightings.append(Sighting(forecast.stops ? rows.stops : rows.goesOn, figures))
            } else if isNear(forecast, ahead) {
                sightings.append(Sighting(.retentionNear, figures))
            }
        }
        if sightings.isEmpty {
            sightings = [Sighting(.positionsKept, [Figure("count", .number(Int64(forecasts.count)))])]
        }
        return sightings
    }

    /// Whether the position stands in the oldest tenth of what is kept, with much to read behind it.
    private static func isNear(_ forecast: PositionForecast, _ ahead: Int64) -> Bool {
        let kept = forecast.last &- forecast.first &+ 1
        return kept >= 1000 && forecast.first > 0 && forecast.waiting > 0 && ahead < kept / 10
    }

    /// How long a running hubwatch may commit nothing although events wait: a minute.
    static let stuckMs: Int64 = 60_000

    /// Judges how far reading is behind.
    public static func lag(_ observation: LagObservation, nowMs: Int64) -> [Sighting] {
        let events = observation.forecasts.reduce(observation.unread) { $0 &+ $1.waiting }
        var figures = [Figure("events", .number(events))]
        guard let most = observation.forecasts.max(by: { $0.waiting < $1.waiting }) else {
            return [Sighting(.lagFirst, figures)]
        }
        guard events > 0 else { return [Sighting(.lagNone, figures)] }
        if let process = observation.process, let committed = observation.committedMs, nowMs &- committed > stuckMs {
            figures += [
                Figure("process", .number(Int64(process))), Figure("since", .span(nowMs &- committed)),
            ]
            return [Sighting(.lagStuck, figures)]
        }
        figures += [
            Figure("partition", .number(Int64(most.partition))), Figure("most", .number(most.waiting)),
            Figure("time", .span(max(0, most.lastMs &- most.positionMs))),
        ]
        return [Sighting(.lagWaiting, figures)]
    }
}
