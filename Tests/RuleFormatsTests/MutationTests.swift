import Detection
import Foundation
import RuleFormats
import Testing

/// No rule text can crash the loader, and every refusal has a place in its file.
///
/// Rule texts are cut, doubled, swapped and sprinkled by a seed; the same seed gives the same text.
@Suite struct MutationTests {
    static let texts: [(file: String, text: String)] = {
        let names = [
            "azure_ai_keys_listed_outside_portals.yml", "azure_openai_model_theft.toml",
        ]
        var result = names.compactMap { name in
            FileManager.default.contents(atPath: PackTests.folder + "/" + name)
                .map { (file: name, text: String(decoding: $0, as: UTF8.self)) }
        }
        result.append(
            (
                file: "all.yml",
                text: Make.sigma(
                    """
                    s:
                        level|contains|all: [a, 'b\\*', "c?"]
                        category|re|i: '^(a|b)[^c]{1,3}\\d+$'
                        time|cidr: [10.0.0.0/8, '2001:db8::/32']
                        durationMs|gte: 5
                        location|wide|base64offset|contains: foo
                        type|expand: '%known_ai_portals%x'
                    k: [one, 'two*']
                    _h: {level: null}
                    condition: (1 of s* or not k) and all of _* and not 2 of them
                    """, extra: "hubwatch: {once_per: correlationId, lateness: 15m}")
            ))
        result.append(
            (
                file: "all.toml",
                text: Make.elastic(
                    """
                    FROM logs-azure.signinlogs-*, "logs-azure.auditlogs-*" METADATA _id
                    | WHERE NOT (a.b.`c d` == "x\\"y" OR event.outcome RLIKE "a(b|c)[^d]@{2,3}")
                        AND source.ip IS NOT NULL // c
                    | EVAL x = CASE(event.action LIKE \"\"\"a*\"\"\", 1, 2.5e3),
                        y = COALESCE(user.name, "z")::string /* c */
                    | RENAME x AS w | KEEP w, y, @timestamp, azure.*
                    | STATS n = COUNT(*) WHERE w > -1, v = MAX(w) - MIN(w) % 3 BY DATE_TRUNC(15 minutes, @timestamp), y
                    | WHERE n IN (1, 2, 3) OR v <= 5 | DROP v | SORT n DESC NULLS LAST, y | LIMIT 10
                    """)
            ))
        return result
    }()

    /// Mutants per seed; a longer hunt sets the environment variable.
    static let rounds = ProcessInfo.processInfo.environment["HUBWATCH_MUTATION_ROUNDS"].flatMap { Int($0) } ?? 40

    static let scraps = [
        "'", "\"", "\"\"\"", "'''", "(", ")", "[", "]", "{", "}", "|", "*", "?", "\\", "%", ":", "- ", "\n", "\t", "#",
        "`", "&a ", "*a",
        "<<", "!!int ", "not ", "1 of ", "\u{0}", "\u{1F600}", "é", "=", "==", "::", ",", "..",
        "999999999999999999999",
        "-", "/*", "//",
    ]

    static func mutated(_ text: String, _ generator: inout SeededGenerator) -> String {
        var scalars = Array(text.unicodeScalars)
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            guard !scalars.isEmpty else { break }
            let place = Int.random(in: 0..<scalars.count, using: &generator)
            let length = min(Int.random(in: 1...20, using: &generator), scalars.count - place)
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: scalars.removeSubrange(place..<place + length)
            case 1: scalars.insert(contentsOf: scalars[place..<place + length], at: place)
            case 2: scalars.insert(contentsOf: Array(generator.pick(scraps).unicodeScalars), at: place)
            case 3: scalars.swapAt(place, Int.random(in: 0..<scalars.count, using: &generator))
            default: scalars.removeSubrange(place...)
            }
        }
        return String(String.UnicodeScalarView(scalars))
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func loadsOrRefuses(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for round in 0..<Self.rounds {
            let (file, text) = generator.pick(Self.texts)
            let mutant = Self.mutated(text, &generator)
            let loaded = RuleLoader.load(text: mutant, file: file)
            #expect(!loaded.rules.isEmpty || !loaded.refusals.isEmpty, "seed \(seed) round \(round)")
            let lines = mutant.unicodeScalars.reduce(1) {
                $0 + ($1 == "\n" || $1 == "\r" || $1 == "\u{85}" || $1 == "\u{2028}" || $1 == "\u{2029}" ? 1 : 0)
            }
            for diagnostic in loaded.refusals + loaded.warnings {
                #expect(
                    diagnostic.line >= 1 && diagnostic.column >= 1 && diagnostic.line <= lines + 1
                        && !diagnostic.reason.isEmpty,
                    "seed \(seed) round \(round): \(diagnostic)")
            }
        }
    }

    @Test func theTextsThemselvesLoad() {
        for (file, text) in Self.texts {
            #expect(RuleLoader.load(text: text, file: file).refusals.map(\.description) == [])
        }
    }
}
