import Detection
import DiagnosticLogs
import RuleFormats
import Testing

/// Every modifier, alone and in chains: what it compiles to, and the chains that mean nothing.
@Suite struct SigmaModifierTests {
    static let f = path("level")

    static func field(_ matcher: Matcher) -> Condition { .field(f, matcher) }

    @Test(
        arguments: [
            ("level: abc", field(.text(.literal("abc")))),
            ("level: [a, b]", field(.oneOf(["a", "b"], caseSensitive: false))),
            ("level|contains: abc", field(.text(.parts(.any, .literal("abc"), .any)))),
            ("level|contains: '*abc'", field(.text(.parts(.any, .literal("abc"), .any)))),
            ("level|startswith: abc", field(.text(.parts(.literal("abc"), .any)))),
            ("level|endswith: abc", field(.text(.parts(.any, .literal("abc"))))),
            (
                "level|contains|all: [a, b]",
                .all([field(.text(.parts(.any, .literal("a"), .any))), field(.text(.parts(.any, .literal("b"), .any)))])
            ),
            (
                "level|all|contains: [a, b]",
                .all([field(.text(.parts(.any, .literal("a"), .any))), field(.text(.parts(.any, .literal("b"), .any)))])
            ),
            ("level|cased: Abc", field(.text(.literal("Abc", cased: true)))),
            ("level|cased: [Abc, D]", field(.oneOf(["Abc", "D"], caseSensitive: true))),
            ("level|contains|cased: Abc", field(.text(.parts(.any, .literal("Abc"), .any, cased: true)))),
            ("level|neq: abc", .not(field(.text(.literal("abc"))))),
            ("level|neq: [a, b]", .not(field(.oneOf(["a", "b"], caseSensitive: false)))),
            ("level|contains: 4625", field(.text(.parts(.any, .literal("4625"), .any)))),
            ("level: 4625", field(.integer(.equal, 4625))),
            ("level: -7", field(.integer(.equal, -7))),
            ("level: 1.5", field(.number(.equal, 1.5))),
            ("level: '4625'", field(.text(.literal("4625")))),
            ("level: [1, 2]", .any([field(.integer(.equal, 1)), field(.integer(.equal, 2))])),
            ("level: true", field(.boolean(true))),
            ("level: 'false'", field(.text(.literal("false")))),
            ("level: null", field(.null)),
            ("level:", field(.null)),
            ("level: [a, null]", .any([field(.text(.literal("a"))), field(.null)])),
            ("level: ''", field(.text(.literal("")))),
            ("level: '*'", .not(field(.null))),
            ("level: a?c*", field(.text(.parts(.literal("a"), .one, .literal("c"), .any)))),
            ("level|lt: 5", field(.integer(.less, 5))), ("level|lte: 5", field(.integer(.lessOrEqual, 5))),
            ("level|gt: 5.5", field(.number(.greater, 5.5))), ("level|gte: '5'", field(.integer(.greaterOrEqual, 5))),
            ("level|exists: true", field(.exists(true))), ("level|exists|neq: true", .not(field(.exists(true)))),
            ("level|exists: false", field(.exists(false))),
            ("level|cidr: 10.0.0.0/8", field(.network("10.0.0.0/8"))),
            ("level|cidr: '2001:db8::/32'", field(.network("2001:db8::/32"))),
            (
                "level|cidr: [10.0.0.0/8, 192.168.0.1]",
                .any([field(.network("10.0.0.0/8")), field(.network("192.168.0.1"))])
            ),
            ("level|re: '^a.*\\\\d$'", field(.regex(RegexPattern(source: "^a.*\\\\d$")))),
            ("level|re|i: abc", field(.regex(RegexPattern(source: "abc", ignoreCase: true)))),
            ("level|re|m|s: abc", field(.regex(RegexPattern(source: "abc", multiline: true, dotAll: true)))),
            ("level|re: '(?i)abc'", field(.regex(RegexPattern(source: "abc", ignoreCase: true)))),
            ("level|fieldref: location", field(.sameAs(path("location"), caseSensitive: false))),
            ("level|fieldref|cased: location", field(.sameAs(path("location"), caseSensitive: true))),
            ("level|base64: foo", field(.text(.literal("Zm9v")))),
            ("level|base64|contains: foo", field(.text(.parts(.any, .literal("Zm9v"), .any)))),
            ("level|wide|base64|contains: ping", field(.text(.parts(.any, .literal("cABpAG4AZwA="), .any)))),
            ("level|utf16be|base64: a", field(.text(.literal("AGE=")))),
            ("level|utf16|base64: a", field(.text(.literal("//5hAA==")))),
            (
                "level|base64offset|contains: foobar",
                .any(["Zm9vYmFy", "Zvb2Jhc", "mb29iYX"].map { field(.text(.parts(.any, .literal($0), .any))) })
            ),
            (
                "level|windash|contains: ' -f'",
                .any(
                    [" -f", " /f", " \u{2013}f", " \u{2014}f", " \u{2015}f"].map {
                        field(.text(.parts(.any, .literal($0), .any)))
                    })
            ),
            ("level|windash: a-b", field(.text(.literal("a-b")))),
            (
                "level|expand: 'x%known_ai_portals%'",
                field(.oneOf(RulePlaceholders.knownAIPortals.map { "x" + $0.applicationID }, caseSensitive: false))
            ),
            ("level|expand: '100\\%'", field(.text(.literal("100%")))),
        ] as [(String, Condition)])
    func compiles(_ item: String, _ expected: Condition) throws {
        #expect(try Make.item(item) == expected)
    }

    /// Sigma's escapes; the YAML is single-quoted, so backslashes arrive as written.
    @Test(
        arguments: [
            ("C:\\Temp", [.literal("C:\\Temp")]), ("a\\*b", [.literal("a*b")]), ("a\\?b", [.literal("a?b")]),
            ("a\\\\*", [.literal("a\\"), .any]), ("a\\\\\\*b", [.literal("a\\*b")]),
            ("\\\\\\\\srv", [.literal("\\\\srv")]),
            ("\\\\srv", [.literal("\\srv")]), ("a\\", [.literal("a\\")]),
            ("a**b", [.literal("a"), .any, .literal("b")]),
            ("?*?", [.one, .any, .one]), ("\\\\", [.literal("\\")]), ("a\\nb", [.literal("a\\nb")]),
        ] as [(String, [StringPattern.Part])])
    func escapes(_ text: String, _ parts: [StringPattern.Part]) throws {
        let expected = Self.field(.text(StringPattern(parts: parts, caseSensitive: false)))
        #expect(try Make.item("level: '\(text)'") == expected)
    }

    @Test(
        arguments: [
            ("level|contians: a", "unknown modifier \"contians\"", "contains"),
            ("level|hour: 5", "modifier \"hour\" is not supported", nil),
            ("level|re|contains: a", "cannot be combined", nil), ("level|contains|endswith: a", "only one of", nil),
            ("level|i: a", "flags", nil), ("level|i|re: a", "flags", nil), ("level|lt|gt: 5", "stands alone", nil),
            ("level|exists|contains: true", "cannot be combined", nil),
            ("level|exists|all: true", "combines with \"neq\" only", nil),
            ("level|exists: yes", "takes true or false", "true"), ("level|lt: five", "is not a number", nil),
            ("level|cidr: 10.0.0.0/33", "is not a network", nil), ("level|cidr: host", "is not a network", nil),
            ("level|contains|contains: a", "written twice", nil), ("level|base64: 'a*'", "cannot hold wildcards", nil),
            ("level|contains|base64: a", "stands after the encoding", nil), ("level|wide: a", "text is encoded", nil),
            ("level|base64|wide: a", "text is encoded", nil),
            ("level|fieldref|endswith: location", "cannot be combined", nil),
            ("level|re: 'a(?=b)'", "look-ahead", nil), ("level|re: '(?<!a)b'", "look-behind", nil),
            ("level|re: '(a)\\1'", "back-reference", nil), ("level|re: 'a('", "\")\" is missing", nil),
            ("level|re: 'a)'", "without \"(\"", nil),
            ("level|re: '[a'", "\"]\" is missing", nil), ("level|re: '*a'", "nothing to repeat", nil),
            ("level|re: 'a{2'", "repetition", nil),
            ("level|re: 'a{99999}'", "repetitions", nil), ("level|contains: null", "null cannot be used", nil),
            ("level: []", "empty list", nil),
            ("level: {a: b}", "not a map", nil), ("level: [[a]]", "must be a single value", nil),
            ("level|expand: '%known_ai_portal%'", "has no list", "%known_ai_portals%"),
        ] as [(String, String, String?)])
    func refuses(_ item: String, _ reason: String, _ suggestion: String?) throws {
        let refusal = try Make.refusal(Make.sigma("s:\n    \(item)\ncondition: s"))
        #expect(refusal.reason.contains(reason), "\(refusal.reason)")
        #expect(refusal.suggestion == suggestion)
        #expect(refusal.line == 9)
        #expect(refusal.column >= 9)
    }

    @Test func keywords() throws {
        let keyword: (String) -> Condition = { .keyword(.literal($0)) }
        #expect(try Make.condition("k:\n    - one\n    - two\ncondition: k") == .any([keyword("one"), keyword("two")]))
        #expect(try Make.condition("k: one\ncondition: k") == keyword("one"))
        #expect(
            try Make.condition("k:\n    '|all':\n        - one\n        - 2\ncondition: k")
                == .all([keyword("one"), keyword("2")]))
        #expect(try Make.condition("k:\n    '|contains': '*one*'\ncondition: k") == keyword("one"))
        #expect(
            try Make.condition("k:\n    - 'a*b'\ncondition: k") == .keyword(.parts(.literal("a"), .any, .literal("b"))))
        #expect(
            try Make.condition("k:\n    - level: x\n    - word\ncondition: k")
                == .any([Self.field(.text(.literal("x"))), keyword("word")]))
        #expect(
            try Make.refusal(Make.sigma("k:\n    '|re': a\ncondition: k")).reason.contains("not supported on keywords"))
        #expect(try Make.refusal(Make.sigma("k: '*'\ncondition: k")).reason.contains("matches everything"))
    }

    @Test func mapIsConjunctionAndListOfMapsIsAlternative() throws {
        let x = Self.field(.text(.literal("x")))
        let y = Condition.field(path("location"), .text(.literal("y")))
        #expect(try Make.condition("s:\n    level: x\n    location: y\ncondition: s") == .all([x, y]))
        #expect(try Make.condition("s:\n    - level: x\n    - location: y\ncondition: s") == .any([x, y]))
        #expect(try Make.refusal(Make.sigma("s: {}\ncondition: s")).reason.contains("is empty"))
        #expect(try Make.refusal(Make.sigma("s: []\ncondition: s")).reason.contains("is empty"))
    }

    @Test func escapedPipeBelongsToTheName() throws {
        #expect(
            try Make.item("'properties.a\\|b|contains': x")
                == .field(path("properties", "a|b"), .text(.parts(.any, .literal("x"), .any))))
    }
}
