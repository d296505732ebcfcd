import Detection

/// ES|QL `LIKE`: whole text, case counts, `*` and `?`, a backslash takes a wildcard literally.
enum LikePattern {
    /// Reads a pattern; throws the reason when a backslash escapes nothing.
    static func parse(_ text: String) throws(PatternError) -> StringPattern {
        var builder = PatternBuilder()
        var scalars = Array(text.unicodeScalars)[...]
        while let scalar = scalars.popFirst() {
            switch scalar {
            case "*": builder.append(.any)
            case "?": builder.append(.one)
            case "\\":
                guard let next = scalars.popFirst(), next == "*" || next == "?" || next == "\\" else {
                    throw PatternError(reason: "a backslash in a LIKE pattern must stand before *, ? or \\")
                }
                builder.append(next)
            default: builder.append(scalar)
            }
        }
        return StringPattern(parts: builder.finish(), caseSensitive: true)
    }
}

/// Why a pattern or regular expression cannot be used.
struct PatternError: Error, Hashable, Sendable {
    var reason: String
    var code: RuleDiagnostic.Code = .invalid
}
