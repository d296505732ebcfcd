/// What came of loading the rules.
public struct RulesObservation: Hashable, Sendable {
    /// A rule's fault, as compilers write it, and what would help.
    public struct Fault: Hashable, Sendable {
        /// `file:line:column: error: reason`.
        public var text: String
        /// What to write instead; empty where there is no guess.
        public var advice: String

        /// Makes a fault.
        public init(text: String, advice: String) {
            self.text = text
            self.advice = advice
        }
    }

    /// How many can run.
    public var running: Int
    /// Those that cannot.
    public var refusals: [Fault]
    /// What their authors should look at.
    public var warnings: [Fault]
    /// Paths of the settings that lead nowhere.
    public var missingPaths: [String]
    /// Whether a refused rule stops a run.
    public var refusalsStop: Bool

    /// Makes an observation.
    public init(
        running: Int, refusals: [Fault], warnings: [Fault], missingPaths: [String], refusalsStop: Bool
    ) {
        self.running = running
        self.refusals = refusals
        self.warnings = warnings
        self.missingPaths = missingPaths
        self.refusalsStop = refusalsStop
    }
}

/// A rule beside the records that were seen.
public struct RuleSighting: Hashable, Sendable {
    /// Why it can match none of them.
    public enum Obstacle: Hashable, Sendable {
        /// None is of the log that it reads.
        case log(String)
        /// None of its log's records has these fields.
        case fields([String], records: Int)
    }

    /// The rule's title.
    public var title: String
    /// The rule's file.
    public var file: String
    /// Why; nil when nothing seen speaks against a match.
    public var obstacle: Obstacle?

    /// Makes a sighting.
    public init(title: String, file: String, obstacle: Obstacle?) {
        self.title = title
        self.file = file
        self.obstacle = obstacle
    }
}

/// What came of looking at recent events.
public enum EventsObservation: Hashable, Sendable {
    /// The caller does not want it.
    case notAsked
    /// The hub keeps none.
    case none
    /// Other readers have every partition.
    case owned
    /// None came in time, of so many that are kept.
    case notGiven(kept: Int64)
    /// Seen.
    case seen(SeenEvents)
}

/// Events that were looked at.
public struct SeenEvents: Hashable, Sendable {
    /// Messages.
    public var messages: Int
    /// Records in them.
    public var records: Int
    /// Pieces that cannot be decoded.
    public var deadLetters: Int
    /// Why the first of them cannot.
    public var deadReason: String
    /// The logs that the records belong to.
    public var logs: [String]
    /// Every rule beside them.
    public var rules: [RuleSighting]

    /// Makes an observation.
    public init(
        messages: Int, records: Int, deadLetters: Int, deadReason: String, logs: [String], rules: [RuleSighting]
    ) {
        self.messages = messages
        self.records = records
        self.deadLetters = deadLetters
        self.deadReason = deadReason
        self.logs = logs
        self.rules = rules
    }
}

extension Diagnosis {
    /// Judges the rules.
    public static func rules(_ observation: RulesObservation) -> [Sighting] {
        var sightings = observation.missingPaths.map { Sighting(.rulesMissing, [Figure("path", .text($0))]) }
        if observation.running == 0 {
            sightings.append(Sighting(.rulesNone, [Figure("refused", .number(Int64(observation.refusals.count)))]))
        } else {
            sightings.append(Sighting(.rulesRun, [Figure("count", .number(Int64(observation.running)))]))
        }
        let refused: Symptom = observation.refusalsStop ? .ruleRefusedStops : .ruleRefused
        sightings += observation.refusals.map { fault($0, refused) }
        sightings += observation.warnings.map { fault($0, .ruleWarned) }
        return sightings
    }

    private static func fault(_ fault: RulesObservation.Fault, _ symptom: Symptom) -> Sighting {
        let advice = fault.advice.isEmpty ? "`hubwatch rules check` shows it" : fault.advice
        return Sighting(symptom, [Figure("rule", .text(fault.text)), Figure("advice", .text(advice))])
    }

    /// Most rules that are listed one by one.
    static let rulesListedMax = 8

    /// Judges the rules beside the events.
    public static func fields(_ observation: EventsObservation, limitMs: Int64) -> [Sighting] {
        switch observation {
        case .notAsked: [Sighting(.eventsNotAsked)]
        case .none: [Sighting(.eventsNone)]
        case .owned: [Sighting(.eventsOwned)]
        case .notGiven(let kept):
            [Sighting(.eventsNotGiven, [Figure("kept", .number(kept)), Figure("limit", .span(limitMs))])]
        case .seen(let events): seen(events)
        }
    }

    private static func seen(_ events: SeenEvents) -> [Sighting] {
        let unable = events.rules.filter { $0.obstacle != nil }
        let figures = [
            Figure("messages", .number(Int64(events.messages))), Figure("records", .number(Int64(events.records))),
            Figure("logs", .list(events.logs)), Figure("rules", .number(Int64(events.rules.count))),
            Figure("able", .number(Int64(events.rules.count - unable.count))),
            Figure("letters", .number(Int64(events.deadLetters))), Figure("reason", .text(events.deadReason)),
        ]
        guard events.records > 0 else { return [Sighting(.eventsUnreadable, figures)] }
        var sightings = [Sighting(.fieldsSeen, figures)]
        if events.deadLetters > 0 { sightings.append(Sighting(.eventsPartlyUnreadable, figures)) }
        sightings += unable.prefix(rulesListedMax).compactMap { rule($0, events) }
        if unable.count > rulesListedMax {
            sightings.append(
                Sighting(.fieldsMore, [Figure("count", .number(Int64(unable.count - rulesListedMax)))]))
        }
        return sightings
    }

    private static func rule(_ rule: RuleSighting, _ events: SeenEvents) -> Sighting? {
        let place = [Figure("title", .text(rule.title)), Figure("file", .text(rule.file))]
        switch rule.obstacle {
        case .log(let log):
            return Sighting(.logAbsent, place + [Figure("log", .text(log)), Figure("logs", .list(events.logs))])
        case .fields(let fields, let records):
            return Sighting(
                .fieldsAbsent, place + [Figure("fields", .list(fields)), Figure("records", .number(Int64(records)))])
        case nil: return nil
        }
    }
}
