import Detection
import DiagnosticLogs
import Spelling

/// Sigma's field names for Azure logs, mapped onto the raw record.
///
/// Rules mix three schemes: names of the Event Hubs record, Log Analytics columns and Graph names. An alias table comes
/// first; then a general rule: a name that is no top-level member is looked for as written and below `properties`, in
/// the record's own spelling.
struct SigmaFields: Sendable {
    /// How a rule's field is read.
    struct Resolution {
        var field: Field
        /// True when the field holds only the part of the operation name before the first `/`.
        var isOperationProvider = false
        /// False when no known record has such a member; then the nearest known name may be meant.
        var isKnown = true
        var nearest: String?
    }

    /// The rule's `logsource.service`; nil for any.
    let service: String?

    /// Resolves a field name.
    func resolve(_ name: String) -> Resolution {
        let lower = name.lowercased()
        if let derived = Self.derived[lower] { return Resolution(field: .derived(derived)) }
        if service == nil || service == "activitylogs", lower == "resourceprovidervalue" {
            return Resolution(field: .path(FieldPath(["operationName"])), isOperationProvider: true)
        }
        if let paths = alias(lower) { return Resolution(field: Self.field(paths)) }
        let steps = Self.steps(name)
        if steps.count == 1 { return single(steps[0]) }
        return nested(steps)
    }

    /// Every name that a rule may write, for suggestions.
    private var knownNames: [String] {
        let aliases = service.flatMap { SigmaAliases.byService[$0] }.map { $0.keys.sorted() } ?? []
        return AzureNames.envelope + AzureNames.nested + Self.derived.keys.sorted() + aliases
    }

    /// Values that the decoder computes, under names of our own.
    private static let derived: [String: DerivedField] = [
        "outcome": .outcome, "resource.id": .resourceID, "resource.subscription": .subscriptionID,
        "resource.group": .resourceGroup, "resource.provider": .resourceProvider, "resource.name": .resourceName,
        "resource.leafname": .resourceLeafName, "source.address": .sourceAddress, "log.service": .service,
        "log.dataset": .dataset,
    ]

    private func alias(_ lower: String) -> [[String]]? {
        guard let service else { return nil }
        return SigmaAliases.byService[service]?[lower]
    }

    private func single(_ name: String) -> Resolution {
        if let canonical = AzureNames.envelopeName(name) {
            return Resolution(field: .path(FieldPath([canonical])))
        }
        let nested = AzureNames.nestedName(name)
        let inside = nested ?? AzureNames.lowerFirst(name)
        return Resolution(
            field: Self.field([[name], ["properties", inside], ["properties", name]]), isKnown: nested != nil,
            nearest: nested == nil ? NearestName.of(name, in: knownNames) : nil)
    }

    private func nested(_ steps: [String]) -> Resolution {
        let rest = steps.dropFirst().map { AzureNames.nestedName($0) ?? $0 }
        if let first = AzureNames.envelopeName(steps[0]) {
            var paths = [[first] + rest]
            if rest != Array(steps.dropFirst()) { paths.append([first] + steps.dropFirst()) }
            if first == "identity", steps.count == 3, rest[0] == "claims",
                let claim = Claim.shortNames[steps[2].lowercased()]
            {
                paths.append(["identity", "claims", claim.rawValue])
            }
            return Resolution(field: Self.field(paths))
        }
        let first = AzureNames.nestedName(steps[0])
        let inside = [first ?? AzureNames.lowerFirst(steps[0])] + rest
        return Resolution(
            field: Self.field([steps, ["properties"] + inside, ["properties"] + steps]), isKnown: first != nil,
            nearest: first == nil
                ? NearestName.of(steps[0], in: AzureNames.envelope + AzureNames.nested).map {
                    ([$0] + steps.dropFirst()).joined(separator: ".")
                } : nil)
    }

    private static func field(_ paths: [[String]]) -> Field {
        var unique: [FieldPath] = []
        for path in paths.map({ FieldPath($0) }) where !unique.contains(path) { unique.append(path) }
        return unique.count == 1 ? .path(unique[0]) : .firstOf(unique)
    }

    /// Splits a name at its dots; a part in brackets and quotes, `claims["http://…/upn"]`, is taken whole.
    static func steps(_ name: String) -> [String] {
        var steps: [String] = []
        var current = ""
        var rest = Substring(name)
        while let character = rest.first {
            if character == "[", rest.dropFirst().first == "\"", let end = rest.dropFirst(2).range(of: "\"]") {
                if !current.isEmpty { steps.append(current) }
                current = ""
                steps.append(String(rest.dropFirst(2)[..<end.lowerBound]))
                rest = rest[end.upperBound...]
                if rest.first == "." { rest.removeFirst() }
            } else if character == "." {
                if !current.isEmpty { steps.append(current) }
                current = ""
                rest.removeFirst()
            } else {
                current.append(character)
                rest.removeFirst()
            }
        }
        if !current.isEmpty { steps.append(current) }
        return steps.isEmpty ? [name] : steps
    }
}

extension Substring {
    /// The first place where a text occurs.
    func range(of text: String) -> Range<Index>? {
        var index = startIndex
        while index < endIndex {
            if self[index...].hasPrefix(text) { return index..<self.index(index, offsetBy: text.count) }
            index = self.index(after: index)
        }
        return nil
    }
}
