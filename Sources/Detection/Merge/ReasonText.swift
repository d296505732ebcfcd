import Redaction

/// Sentences that say why something is a finding.
///
/// They take masked values only (``NamedValue``, ``Evidence``), or mask what they read.
enum ReasonText {
    /// Adds what the true comparisons of a filter say about a row: `count 120 >= 100`.
    static func collect(
        _ expression: CompiledExpression, _ context: RowContext, _ columns: ColumnNames, _ masking: Masking,
        into reasons: inout [String]
    ) {
        func describe(_ part: CompiledExpression) -> String { Self.describe(part, context, columns, masking) }
        guard reasons.count < 4 else { return }
        switch expression {
        case .and(let a, let b), .or(let a, let b):
            // Of an "or" only the sides that hold are a reason.
            for side in [a, b] where side.evaluate(in: context).truth == true {
                collect(side, context, columns, masking, into: &reasons)
            }
        case .compare(let test, let a, let b):
            let text: String
            if case .literal = a {
                text = "\(describe(b)) \(test.mirrored.symbol) \(describe(a))"
            } else {
                text = "\(describe(a)) \(test.symbol) \(describe(b))"
            }
            if !reasons.contains(text) { reasons.append(text) }
        case .isIn(let a, _), .like(let a, _), .matches(let a, _):
            let text = describe(a)
            if !reasons.contains(text) { reasons.append(text) }
        case .literal, .slot, .column, .not, .isNull, .arithmetic, .negate, .call: break
        }
    }

    private static func describe(
        _ expression: CompiledExpression, _ context: RowContext, _ columns: ColumnNames, _ masking: Masking
    ) -> String {
        let sensitivity = expression.sensitivity(slot: { _ in .always }) {
            columns.sensitivities.indices.contains($0) ? columns.sensitivities[$0] : .always
        }
        let value = masking.value(expression.evaluate(in: context), sensitivity).display
        if case .column(let column) = expression, columns.names.indices.contains(column) {
            return "\(columns.names[column]) \(value)"
        }
        return value
    }

    /// `count 120 >= 100 in 60 min for openai-weu-01 (ai-prod)`.
    static func aggregate(_ reasons: [String], rows: Int64, window: Int64, group: [NamedValue]) -> String {
        let what = reasons.isEmpty ? "\(rows) matching records" : reasons.joined(separator: ", ")
        return "\(what) in \(span(window))\(groupText(group))"
    }

    /// `sequence of 3 events within 5 min for ann`.
    static func sequence(_ events: Int, span: Int64, group: [NamedValue]) -> String {
        "sequence of \(events) events within \(Self.span(span))\(groupText(group))"
    }

    /// `event_count 5 >= 5 in 10 min for ann`.
    static func correlation(
        _ name: String, _ value: Value, _ thresholds: [Threshold], span: Int64, group: [NamedValue]
    ) -> String {
        let tests = thresholds.map { "\($0.comparison.symbol) \($0.value.display)" }.joined(separator: " and ")
        return "\(name) \(value.display)\(tests.isEmpty ? "" : " " + tests) in \(Self.span(span))\(groupText(group))"
    }

    /// `first seen after 14 days without: user ann, country DE`.
    static func newTerm(history: Int64, group: [NamedValue]) -> String {
        "first seen after \(span(history)) without: "
            + group.map { "\($0.name) \($0.value.display)" }.joined(separator: ", ")
    }

    /// `silent for 60 min: host web-1`.
    static func absence(_ silence: Int64, group: [NamedValue]) -> String {
        "silent for \(span(silence))"
            + (group.isEmpty ? "" : ": " + group.map { "\($0.name) \($0.value.display)" }.joined(separator: ", "))
    }

    private static func groupText(_ group: [NamedValue]) -> String {
        guard let last = group.last else { return "" }
        if group.count <= 2 {
            let name = last.value == .null ? "no \(last.name)" : last.value.display
            return " for \(name)" + (group.count == 2 ? " (\(group[0].value.display))" : "")
        }
        return " for " + group.map { "\($0.name) \($0.value.display)" }.joined(separator: ", ")
    }

    /// A span of nanoseconds in its largest whole unit.
    static func span(_ nanoseconds: Int64) -> String {
        let seconds = nanoseconds / 1_000_000_000
        if seconds % 86_400 == 0, seconds > 86_400 { return "\(seconds / 86_400) days" }
        if seconds % 3_600 == 0, seconds > 3_600 { return "\(seconds / 3_600) h" }
        if seconds % 60 == 0 { return "\(seconds / 60) min" }
        return "\(seconds) s"
    }

    /// `listKeys on openai-weu-01 by application 04b0… at 198.51.100.23`.
    static func match(_ evidence: Evidence) -> String {
        var text = evidence.operation.map(operation) ?? "a record of \(evidence.category ?? "unknown category")"
        if let resource = evidence.resourceID?.split(separator: "/").last { text += " on \(resource)" }
        if let application = evidence.applicationID {
            text += " by application \(application)"
        } else if let name = evidence.principalName ?? evidence.objectID {
            text += " by \(name)"
        }
        if let address = evidence.callerAddress { text += " at \(address)" }
        return text
    }

    /// The telling part of an operation name: `listKeys` of `Microsoft.CognitiveServices/accounts/listKeys/action`,
    /// `roleAssignments write` of `Microsoft.Authorization/roleAssignments/write`.
    static func operation(_ name: String) -> String {
        let parts = name.split(separator: "/")
        guard parts.count >= 3, let verb = parts.last else { return name }
        let subject = parts[parts.count - 2]
        return verb.lowercased() == "action" ? String(subject) : "\(subject) \(verb)"
    }
}
