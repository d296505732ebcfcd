import Detection
import DiagnosticLogs
import Spelling

/// Settings of ours in a Sigma rule: the custom key `hubwatch`.
///
/// Sigma allows custom keys and other tools ignore them; here they are checked strictly, because a misspelt one would
/// silently mean its default.
struct SigmaKnobs {
    var oncePer: Field?
    var lateness: Duration = .seconds(900)
    var clock = Rule.Clock.event
    var scope = Rule.Scope.global
    var suppression = Suppression()
    var status = RuleMetadata.Status.active

    private static let names = ["clock", "lateness", "once_per", "scope", "status", "suppress"]

    /// Reads the key's value; nil leaves every default.
    init(_ node: YAMLNode?, fields: SigmaFields, warnings: inout WarningList) throws(RuleDiagnostic) {
        guard let node else { return }
        guard let pairs = node.pairs else {
            throw RuleDiagnostic(
                code: .invalid, position: node.position, reason: "\"hubwatch\" must be a map, not \(node.kindName)")
        }
        for pair in pairs {
            let name = pair.key.text ?? ""
            guard let text = pair.value.text, !text.isEmpty else {
                throw RuleDiagnostic(
                    code: .invalid, position: pair.value.position,
                    reason: "\"hubwatch.\(name)\" must be a single value, not \(pair.value.kindName)")
            }
            switch name {
            case "once_per":
                let found = fields.resolve(text)
                if !found.isKnown {
                    warnings.add(
                        .neverProduced, "field \"\(text)\" is in no known record", at: pair.value.position,
                        suggestion: found.nearest)
                }
                oncePer = found.field
            case "lateness": lateness = try Self.duration(text, "lateness", at: pair.value.position)
            case "suppress":
                suppression = Suppression(duration: try Self.duration(text, "suppress", at: pair.value.position))
            case "clock":
                clock = try Self.choice(
                    text, name, ["event": .event, "enqueued": .enqueued], at: pair.value.position)
            case "scope":
                scope = try Self.choice(
                    text, name, ["global": .global, "partition": .partition], at: pair.value.position)
            case "status":
                status = try Self.choice(text, name, ["active": .active, "shadow": .shadow], at: pair.value.position)
            default:
                throw RuleDiagnostic(
                    code: .unknownName, position: pair.key.position,
                    reason: "\"hubwatch\" has no setting \"\(name)\"; it has \(Self.names.joined(separator: ", "))",
                    suggestion: NearestName.of(name, in: Self.names))
            }
        }
    }

    private static func duration(
        _ text: String, _ name: String, at position: SourcePosition
    ) throws(RuleDiagnostic) -> Duration {
        guard let seconds = DurationText.seconds(text) else {
            throw RuleDiagnostic(
                code: .invalid, position: position,
                reason: "\"hubwatch.\(name)\" must be a duration such as 15m, not \"\(text)\"; units are s, m, h and d")
        }
        return .seconds(seconds)
    }

    private static func choice<Value>(
        _ text: String, _ name: String, _ values: [String: Value], at position: SourcePosition
    ) throws(RuleDiagnostic) -> Value {
        if let value = values[text] { return value }
        let names = values.keys.sorted()
        throw RuleDiagnostic(
            code: .invalid, position: position,
            reason: "\"hubwatch.\(name)\" must be \(names.joined(separator: " or ")), not \"\(text)\"",
            suggestion: NearestName.of(text, in: names))
    }
}
