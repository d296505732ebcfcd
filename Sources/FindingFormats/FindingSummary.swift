import Detection
import DiagnosticLogs

/// Who, from where, where and what: the distinct values over a finding's evidence, escaped and ready to print.
struct FindingSummary {
    /// People and applications.
    let who: [String]
    /// Caller addresses as written.
    let addresses: [String]
    /// Resources, with group and region.
    let resources: [String]
    /// Operations with their results.
    let operations: [String]

    init(_ finding: Finding) {
        who = Self.distinct(finding.evidence.map(Self.actor))
        addresses = Self.distinct(finding.evidence.map(\.callerAddress))
        resources = Self.distinct(finding.evidence.map(Self.resource))
        operations = Self.distinct(
            finding.evidence.map { evidence in
                guard let operation = evidence.operation, !operation.isEmpty else { return evidence.category }
                return evidence.result.map { "\(operation), \($0)" } ?? operation
            })
    }

    /// `HIGH`.
    static func severity(_ severity: RuleMetadata.Severity) -> String {
        switch severity {
        case .informational: "INFO"
        case .low: "LOW"
        case .medium: "MEDIUM"
        case .high: "HIGH"
        case .critical: "CRITICAL"
        }
    }

    /// `name = value`, one text a column.
    static func columns(_ named: [NamedValue]) -> [String] {
        named.map { "\(TerminalText.escaped($0.name, columns: 60)) = \(text(of: $0.value))" }
    }

    /// All columns as one text; nothing when there are none.
    static func row(_ named: [NamedValue]) -> [String] {
        named.isEmpty ? [] : [columns(named).joined(separator: " · ")]
    }

    /// `1 event`, `1 284 331 events`.
    static func events(_ count: Int64) -> String { count == 1 ? "1 event" : "\(grouped(count)) events" }

    /// A column's value for people.
    static func text(of value: Value) -> String {
        switch value {
        case .null: "none"
        case .boolean(let value): value ? "true" : "false"
        case .long(let value): grouped(value)
        case .double(let value): value.description
        case .string(let text): TerminalText.escaped(text, columns: 120)
        case .datetime(let milliseconds): TimeText.plain(Timestamp(milliseconds: milliseconds))
        case .bag(let values):
            values.prefix(10).map(text).joined(separator: ", ") + (values.count > 10 ? ", … (\(values.count))" : "")
        }
    }

    /// `1 234 567`: long numbers in groups of three, with a space that takes part in no wrapping.
    static func grouped(_ value: Int64) -> String {
        let digits = Array(String(value.magnitude))
        guard digits.count > 4 else { return String(value) }
        var result = value < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0 && (digits.count - index) % 3 == 0 { result.append("\u{a0}") }
            result.append(digit)
        }
        return result
    }

    private static func actor(_ evidence: Evidence) -> String? {
        var parts: [String] = []
        if let name = evidence.principalName, !name.isEmpty { parts.append(name) }
        if let object = evidence.objectID, !object.isEmpty, object != evidence.principalName {
            parts.append(parts.isEmpty ? "object \(object)" : "(object \(object))")
        }
        if let application = evidence.applicationID, !application.isEmpty {
            parts.append(parts.isEmpty ? "application \(application)" : "by application \(application)")
        }
        return parts.isEmpty ? nil : parts.joined(separator: " ")
    }

    private static func resource(_ evidence: Evidence) -> String? {
        guard let id = evidence.resourceID, !id.isEmpty else { return evidence.region }
        let name = AzureResourceName(id)
        var text = id
        if let type = name.type, let leaf = name.name {
            text = "\(leaf) (\(type))"
            if let group = name.group { text += ", group \(group)" }
            if let subscription = name.subscription { text += ", subscription \(subscription)" }
        }
        if let region = evidence.region, !region.isEmpty { text += ", \(region)" }
        if let model = evidence.modelDeployment, !model.isEmpty { text += ", model \(model)" }
        return text
    }

    private static func distinct(_ texts: [String?]) -> [String] {
        var seen: Set<String> = []
        return texts.compactMap { text in
            guard let text, !text.isEmpty else { return nil }
            let safe = TerminalText.escaped(text, columns: 240)
            return seen.insert(safe).inserted ? safe : nil
        }
    }
}
