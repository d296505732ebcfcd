internal import DiagnosticLogs

/// How a rule is run: what narrows it, how its windows are cut, when it may speak.
public struct RuleExplanation: Hashable, Sendable, CustomStringConvertible {
    /// `match`, `aggregate`, `correlation`, `sequence`, `new term` or `absence`.
    public var kind: String
    /// True when every record must be tested because the rule names no exact text that it needs.
    public var testsEveryRecord: Bool
    /// Exact texts of which a record must show one, as `field = text`; at most 20.
    public var witnesses: [String]
    /// How its time is cut and what is looked for in it, one short line; nil for match rules.
    public var timing: String?
    /// True when findings may open before their window is over.
    public var opensEarly: Bool
    /// True when the answer needs all partitions.
    public var needsAllPartitions: Bool

    init(_ rule: Rule, _ body: CompiledBody, _ witness: Witness?) {
        testsEveryRecord = witness == nil
        witnesses = (witness?.literals ?? []).prefix(20).map { "\(Self.name($0.field)) \($0.form.display)" }
        switch body {
        case .match:
            kind = "match"
            opensEarly = true
            needsAllPartitions = false
        case .grouped(let body):
            kind = body.kind
            timing = body.timing
            opensEarly = body.opensEarly
            needsAllPartitions = rule.scope == .global
        }
    }

    private static func name(_ field: Field?) -> String {
        switch field {
        case nil: "some value"
        case .path(let path): path.steps.joined(separator: ".")
        case .firstOf(let paths): paths.map { $0.steps.joined(separator: ".") }.joined(separator: " or ")
        case .derived(let derived): derived.rawValue
        }
    }

    /// Several short lines.
    public var description: String {
        var lines = ["kind: \(kind)"]
        lines.append(
            testsEveryRecord
                ? "tests every record" : "looks only at records with: \(witnesses.joined(separator: "; "))")
        if let timing {
            lines.append(timing)
            lines.append(opensEarly ? "opens findings early" : "decides when a window is over")
        }
        if needsAllPartitions { lines.append("needs all partitions") }
        return lines.joined(separator: "\n")
    }
}
