import Spelling

/// A value modifier.
///
/// **Source**: Sigma modifiers appendix 2.1.
enum SigmaModifier: String, CaseIterable, Sendable {
    case contains, startswith, endswith, all, cased, neq
    case re
    case ignoreCase = "i"
    case multiline = "m"
    case dotAll = "s"
    case cidr, lt, lte, gt, gte, exists, fieldref, expand
    case base64, base64offset, wide, utf16le, utf16be, utf16
    case windash

    /// Modifiers of the specification that are not run.
    static let unsupported: Set<String> = ["minute", "hour", "day", "week", "month", "year"]

    /// Other spellings.
    private static let synonyms: [String: SigmaModifier] = [
        "ignorecase": .ignoreCase, "multiline": .multiline, "dotall": .dotAll,
    ]

    init?(name: String) {
        guard let found = SigmaModifier(rawValue: name) ?? Self.synonyms[name] else { return nil }
        self = found
    }

    /// What a modifier makes of its item; at most one of these kinds in a chain.
    enum Role: Hashable {
        /// Acts on the item, with any role.
        case item
        case text
        case regex
        case network
        case comparison
        case presence
        case reference
    }

    var role: Role {
        switch self {
        case .all, .neq, .expand, .cased: .item
        case .contains, .startswith, .endswith, .base64, .base64offset, .wide, .utf16le, .utf16be, .utf16,
            .windash:
            .text
        case .re, .ignoreCase, .multiline, .dotAll: .regex
        case .cidr: .network
        case .lt, .lte, .gt, .gte: .comparison
        case .exists: .presence
        case .fieldref: .reference
        }
    }

    /// Modifiers that turn text into other bytes.
    var isEncoding: Bool {
        switch self {
        case .base64, .base64offset, .wide, .utf16le, .utf16be, .utf16: true
        default: false
        }
    }

    /// Where the pattern is anchored.
    var isPlacement: Bool { self == .contains || self == .startswith || self == .endswith }
}

/// The modifiers of one item, checked for combinations that mean nothing.
struct SigmaModifierChain {
    let modifiers: [SigmaModifier]
    /// The role that the chain gives its item; `text` when it says none.
    let role: SigmaModifier.Role

    func has(_ modifier: SigmaModifier) -> Bool { modifiers.contains(modifier) }

    /// True when values are always text: without such a modifier numbers and booleans keep their type.
    var forcesText: Bool { modifiers.contains { $0.role == .text } || has(.expand) }

    /// Reads modifier names.
    ///
    /// **Errors**: unknown ones, those not run, and chains without meaning.
    init(_ names: [String], at position: SourcePosition) throws(RuleDiagnostic) {
        var found: [SigmaModifier] = []
        for name in names {
            guard let modifier = SigmaModifier(name: name) else {
                if SigmaModifier.unsupported.contains(name) {
                    throw RuleDiagnostic(
                        code: .unsupported, position: position, reason: "modifier \"\(name)\" is not supported")
                }
                throw RuleDiagnostic(
                    code: .unknownName, position: position, reason: "unknown modifier \"\(name)\"",
                    suggestion: NearestName.of(name, in: SigmaModifier.allCases.map(\.rawValue)))
            }
            guard !found.contains(modifier) else {
                throw RuleDiagnostic(
                    code: .invalid, position: position, reason: "modifier \"\(name)\" is written twice")
            }
            found.append(modifier)
        }
        let roles = Set(found.map(\.role)).subtracting([.item])
        guard roles.count <= 1 else {
            throw RuleDiagnostic(
                code: .invalid, position: position,
                reason: "modifiers \"\(names.joined(separator: "|"))\" cannot be combined")
        }
        modifiers = found
        role = roles.first ?? .text
        if let fault = Self.fault(found, role: role) {
            throw RuleDiagnostic(code: fault.code, position: position, reason: fault.reason)
        }
    }

    private static func fault(_ chain: [SigmaModifier], role: SigmaModifier.Role) -> PatternError? {
        func index(_ modifier: SigmaModifier) -> Int? { chain.firstIndex(of: modifier) }
        if index(.cased) != nil, role != .text, role != .reference {
            return PatternError(reason: "\"cased\" says nothing here: only text is compared with or without case")
        }
        switch role {
        case .item, .network: return nil
        case .text: return textFault(chain)
        case .regex:
            guard index(.re) == 0 || (index(.re) == 1 && chain.first == .expand) else {
                return PatternError(reason: "flags such as \"i\" stand after \"re\"")
            }
            return nil
        case .comparison:
            if chain.filter({ $0.role == .comparison }).count > 1 || index(.expand) != nil {
                return PatternError(reason: "a comparison stands alone: write one item for each bound")
            }
            return nil
        case .presence:
            return chain.contains { $0 != .exists && $0 != .neq }
                ? PatternError(reason: "\"exists\" combines with \"neq\" only") : nil
        case .reference:
            return index(.expand) != nil ? PatternError(reason: "\"fieldref\" and \"expand\" cannot be combined") : nil
        }
    }

    private static func textFault(_ chain: [SigmaModifier]) -> PatternError? {
        let placements = chain.filter(\.isPlacement)
        if placements.count > 1 {
            return PatternError(
                reason: "only one of contains, startswith and endswith can be used: "
                    + placements.map(\.rawValue).joined(separator: ", "))
        }
        let encodings = chain.filter(\.isEncoding)
        guard !encodings.isEmpty else { return nil }
        let base = encodings.filter { $0 == .base64 || $0 == .base64offset }
        let wide = encodings.filter { $0 != .base64 && $0 != .base64offset }
        if base.count != 1 || wide.count > 1 || (wide.count == 1 && encodings.first != wide.first) {
            return PatternError(
                reason: "text is encoded by at most one of wide, utf16le, utf16be and utf16, followed by one of base64 "
                    + "and base64offset")
        }
        if chain.contains(.windash) { return PatternError(reason: "\"windash\" cannot be combined with an encoding") }
        if let last = chain.lastIndex(where: \.isEncoding), let first = chain.firstIndex(where: \.isPlacement),
            first < last
        {
            return PatternError(reason: "\"\(chain[first].rawValue)\" stands after the encoding, not before it")
        }
        if let first = chain.firstIndex(where: \.isEncoding), let expand = chain.firstIndex(of: .expand), expand > first
        {
            return PatternError(reason: "\"expand\" stands before the encoding")
        }
        return nil
    }
}
