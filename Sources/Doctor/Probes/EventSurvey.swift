import Detection
import Diagnosis
@_spi(Revealing) import DiagnosticLogs
import Redaction

/// Looks at events with the rules' eyes: which logs they belong to, which of the rules' fields they have.
struct EventSurvey {
    /// What tells logs apart.
    private struct Log: Hashable {
        var service: String?
        var dataset: String?
        var category: String?

        /// The texts that records of this log have for sure.
        var fixed: [Field: String] {
            var texts: [Field: String] = [:]
            if let service { texts[EventSurvey.service] = service }
            if let dataset { texts[EventSurvey.dataset] = dataset }
            if let category { texts[EventSurvey.category] = category }
            return texts
        }

        /// For people: a category is whatever a record says.
        var title: String {
            Masking.standard.text([dataset ?? service, category].compactMap { $0 }.joined(separator: " "), [])
        }
    }

    /// The records of a log.
    private struct Sample {
        var records = 0
        /// By the plan's order of fields.
        var present: [Bool]
    }

    private static let service = Field.derived(.service)
    private static let dataset = Field.derived(.dataset)
    private static let category = Field.path(FieldPath(["category"]))
    /// Most logs that are told apart; records of further ones are counted with the last.
    private static let logsMax = 256

    private let rules: [Rule]
    private let fields: [Field]
    private let decoder: EnvelopeDecoder

    init(rules: [Rule], bodyBytesMax: Int) {
        self.rules = rules
        let wanted = Set(rules.flatMap(\.fields)).union([Self.service, Self.dataset, Self.category])
        // Each rule was planned before; all of them together may be too many.
        let plan = (try? FieldPlan(wanted)) ?? .empty
        fields = plan.fields
        var options = EnvelopeDecoder.Options()
        options.bodyBytesMax = bodyBytesMax
        decoder = EnvelopeDecoder(plan: plan, options: options)
    }

    func look(at events: [PeekedEvent]) -> SeenEvents {
        var samples: [Log: Sample] = [:]
        var records = 0
        var letters = 0
        var reason = ""
        for event in events {
            decoder.decode(copying: event.body, enqueued: Timestamp(milliseconds: event.enqueuedMs)) { record in
                records += 1
                note(record, in: &samples)
            } onDeadLetter: { letter in
                letters += 1
                if reason.isEmpty { reason = letter.reason.rawValue }
            }
        }
        let logs = samples.sorted {
            $0.value.records == $1.value.records ? $0.key.title < $1.key.title : $0.value.records > $1.value.records
        }
        return SeenEvents(
            messages: events.count, records: records, deadLetters: letters,
            deadReason: reason.isEmpty ? "no records in them" : reason,
            logs: logs.map(\.key.title).filter { !$0.isEmpty }.uniqued, rules: rules.map { sighting(of: $0, samples) })
    }

    private func note(_ record: RecordView, in samples: inout [Log: Sample]) {
        let log = Log(
            service: record.slot(of: Self.service).stringValue, dataset: record.slot(of: Self.dataset).stringValue,
            category: record.slot(of: Self.category).stringValue)
        guard samples[log] != nil || samples.count < Self.logsMax else { return }
        var sample = samples[log] ?? Sample(present: [Bool](repeating: false, count: fields.count))
        sample.records += 1
        for (index, field) in fields.enumerated() where !sample.present[index] {
            sample.present[index] = !record.slot(of: field).isNull
        }
        samples[log] = sample
    }

    private func sighting(of rule: Rule, _ samples: [Log: Sample]) -> RuleSighting {
        RuleSighting(
            title: rule.metadata.title, file: rule.metadata.origin.file, obstacle: obstacle(for: rule, samples))
    }

    private func obstacle(for rule: Rule, _ samples: [Log: Sample]) -> RuleSighting.Obstacle? {
        // With all fields present only the log decides.
        let reading = samples.filter { log, _ in
            let outline = RecordOutline(fixed: log.fixed)
            return rule.reads(outline) && rule.canMatch(outline)
        }
        guard !reading.isEmpty else { return .log(Self.logs(of: rule)) }
        let absent = reading.mapValues { sample in
            Set(zip(fields, sample.present).filter { !$0.1 }.map(\.0))
        }
        let isAble = absent.contains { log, fields in
            rule.canMatch(RecordOutline(absent: fields, fixed: log.fixed))
        }
        if isAble { return nil }
        let lacking = rule.fields.filter { field in absent.values.allSatisfy { $0.contains(field) } }
        return .fields(lacking.map(Self.text), records: reading.values.reduce(0) { $0 + $1.records })
    }

    private static func logs(of rule: Rule) -> String {
        let sources: [LogSource?] =
            switch rule.body {
            case .correlation(let correlation): correlation.members.map(\.logSource)
            case .sequence(let sequence): sequence.steps.map(\.logSource)
            case .match, .aggregate, .newTerm, .absence: []
            }
        let texts = ([rule.logSource] + sources).compactMap { $0 }.map { source in
            [source.service, source.dataset, source.category].compactMap { $0 }.joined(separator: " ")
        }
        let named = texts.filter { !$0.isEmpty }.uniqued
        return named.isEmpty ? "logs of another kind, by its condition" : named.joined(separator: ", ")
    }

    private static func text(_ field: Field) -> String {
        switch field {
        case .path(let path): path.description
        case .firstOf(let paths): paths.first?.description ?? ""
        case .derived(let derived): derived.rawValue
        }
    }
}

extension [String] {
    /// Without repeats, in order.
    fileprivate var uniqued: [String] { reduce(into: []) { if !$0.contains($1) { $0.append($1) } } }
}
