import Testing

@testable import Detection

/// Goal: patterns, regular expressions and networks accept exactly what they should.
///
/// Method: tables.
@Suite struct TextTests {
    @Test(arguments: [
        ("^a.c$", "abc", true), ("^a.c$", "abcd", false), ("b", "abc", true), ("a{2,3}", "caab", true),
        ("^a{2,3}$", "aaaa", false), ("(ab|cd)+e", "xcdabe", true), ("[a-c]+[^x]$", "abz", true),
        ("\\d{4}-\\d\\d", "on 2026-01", true),
        ("\\bkey\\b", "a key here", true), ("\\bkey\\b", "monkeys", false), ("(?i)LIST", "listKeys", true),
        ("(?i:LIST)Keys", "listkeys", false), ("a.*?b", "a--b", true), ("a\\.b", "axb", false), ("", "anything", true),
        ("x|", "", true), ("[\\w.]+@x", "me.you@x", true), ("^$", "", true), ("\\x41\\u0042", "AB", true),
        ("ü", "Grün", true),
        ("(a*)*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac", false),
    ])
    func regularExpressions(source: String, text: String, expected: Bool) throws {
        #expect(try CompiledRegex(RegexPattern(source: source)).matches(text) == expected)
    }

    @Test func wholeTextAlternationBindsWeakest() throws {
        let regex = try CompiledRegex(RegexPattern(source: "(.*)365|SharePoint|Office(.*)", wholeText: true))
        #expect(regex.matches("Office 42") && regex.matches("M365") && regex.matches("SharePoint"))
        #expect(!regex.matches("SharePoint2") && !regex.matches("my Office"))
    }

    @Test func flagsOfThePatternCount() throws {
        #expect(try CompiledRegex(RegexPattern(source: "^b", multiline: true)).matches("a\nb"))
        #expect(try !CompiledRegex(RegexPattern(source: "a.b")).matches("a\nb"))
        #expect(try CompiledRegex(RegexPattern(source: "a.b", dotAll: true)).matches("a\nb"))
        #expect(try CompiledRegex(RegexPattern(source: "STRASSE|ÄPFEL", ignoreCase: true)).matches("äpfel"))
    }

    @Test(arguments: [
        "(a)\\1", "a(?=b)", "(?<!a)b", "(a", "a)", "[a", "*a", "a{5,2}", "\\p{L}", "(?x)a", "a\\", "a++",
        "((a{1000}){1000}){1000}",
    ])
    func refusedExpressions(source: String) {
        #expect(throws: DetectionError.self) { try CompiledRegex(RegexPattern(source: source)) }
    }

    @Test func patternsAgreeWithPlainRecursion() {
        var generator = SeededGenerator(seed: 11)
        let alphabet = ["a", "b", "ü", "Ü", "K", "k", "ſ", "日"]
        for _ in 0..<4_000 {
            let text = (0..<Int.random(in: 0...6, using: &generator)).map { _ in
                alphabet.randomElement(using: &generator) ?? ""
            }.joined()
            let parts: [StringPattern.Part] = (0..<Int.random(in: 0...5, using: &generator)).map { _ in
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: .any
                case 1: .one
                default: .literal(alphabet.randomElement(using: &generator) ?? "")
                }
            }
            let pattern = StringPattern(parts: parts, caseSensitive: Bool.random(using: &generator))
            let folded = pattern.caseSensitive ? text : CaseFolding.fold(text)
            let plain = StringPattern(
                parts: parts.map { part in
                    if case .literal(let literal) = part, !pattern.caseSensitive {
                        return .literal(CaseFolding.fold(literal))
                    }
                    return part
                }, caseSensitive: true)
            #expect(
                CompiledPattern(pattern).matches(text) == NaiveEvaluator.matches(folded, plain), "\(text) \(pattern)")
        }
    }

    @Test func foldingIsOneToOne() {
        #expect(CaseFolding.fold("ſtraße ΣΊΣΥΦΟΣ K İ ı") == "straße σίσυφοσ k İ ı")
        #expect(CaseFolding.fold("ABCxyz019") == "abcxyz019")
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.200.1.2", true), ("10.0.0.0/8", "11.0.0.1", false), ("10.0.0.0/8", "10.1.2.3:443", true),
        ("192.168.1.128/25", "192.168.1.127", false), ("192.168.1.128/25", "192.168.1.129", true),
        ("2001:db8::/32", "2001:db8:1::5", true), ("2001:db8::/32", "2001:db9::", false),
        ("2001:db8::/32", "[2001:db8::1]:8080", true), ("10.0.0.0/8", "::ffff:10.1.1.1", true),
        ("0.0.0.0/0", "x", false),
        ("::1", "::1", true), ("1.2.3.4", "1.2.3.4", true), ("fe80::/10", "fe80::1%eth0", true),
        ("10.0.0.0/8", "10.1.2", false), ("10.0.0.0/8", "10.1.2.xxx", false),
    ])
    func networks(network: String, address: String, expected: Bool) throws {
        var text = address
        let matcher = try #require(NetworkMatcher(network))
        #expect(text.withUTF8 { matcher.contains(UnsafeRawBufferPointer($0)) } == expected)
    }

    @Test(arguments: ["10.0.0.0/33", "10.0.0/8", "x", "1::2::3/64", "", "10.0.0.0/8/9"])
    func refusedNetworks(text: String) {
        #expect(NetworkMatcher(text) == nil)
    }

    @Test(arguments: [
        ("Microsoft.CognitiveServices/accounts/listKeys/action", "listKeys"),
        ("MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/WRITE", "ROLEASSIGNMENTS WRITE"), ("ListKey", "ListKey"),
    ])
    func operationNamesAreShortened(name: String, short: String) {
        #expect(ReasonText.operation(name) == short)
    }
}
