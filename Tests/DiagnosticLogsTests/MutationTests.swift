import CSimdjson
import DiagnosticLogs
import Testing

/// Goal: no bytes crash the decoder, and what it hands out is what the bytes say.
///
/// Method: seeded damage to valid bodies; every record handed out is read again by a plain reader, and whole bodies
/// by the library's full parser.
@Suite struct MutationTests {
    private static let bodies: [String] = [
        #"{"records":[{"time":"2024-05-01T10:00:00Z","category":"A","properties":{"a":1,"b":{"c":"x"}},"n":[1,2]},{"category":"B","properties":{"b":{"c":null}}}]}"#,
        #"{"records":[{"category":"A","identity":{"claims":{"appid":"id","http://x/y":"z"}},"properties":"{\"a\":\"t\",\"b\":{\"c\":7}}"},{"Category":"C","category":"D"},{"n":-1.5e3}]}"#,
        #"[{"records":[{"category":"x"},{"properties":{"a":[{"b":1}]}}]},{"category":"y","properties":{"a":true,"a":false}}]"#,
        "{\"category\":\"l1\"}\n{\"category\":\"l2\",\"properties\":{\"b\":{\"c\":\"é\"}}}\n{\"n\":3}\n",
        #"["{\"category\":\"s\"}",{"category":"t"},"plain",5]"#,
        #"{"count":1,"records":[{"operationName":{"value":"v"},"status":{"value":"Succeeded"},"category":{"value":"k"}}]}"#,
        #"{"records":[{"category":"q","properties":{'a':'b','c':'d'}},{"category":"r"}]}"#,
        #"{"category":"\u0041\n\"\\","properties":{"a":"\ud83d\ude00","b":{"c":"\ud800"}},"n":{"deep":[[[[{}]]]]}}"#,
        #"{"metricName":"m","total":1}"#,
    ]

    private static let names = [
        "category", "properties.a", "properties.b.c", "identity.claims.appid", "n", "properties",
    ]

    private func mutated(_ body: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
        var bytes = body
        let interesting = Array("{}[]\",:\\'\n\u{0}tfn-0.e \u{7F}".utf8) + [0xFF, 0xC3, 0xEF, 0xBB]
        for _ in 0..<Int.random(in: 1...3, using: &generator) where !bytes.isEmpty {
            let at = Int.random(in: 0..<bytes.count, using: &generator)
            let end = min(bytes.count, at + Int.random(in: 1...8, using: &generator))
            switch Int.random(in: 0..<7, using: &generator) {
            case 0: bytes[at] = UInt8.random(in: 0...255, using: &generator)
            case 1: bytes[at] = interesting.randomElement(using: &generator) ?? 0
            case 2: bytes.insert(interesting.randomElement(using: &generator) ?? 0, at: at)
            case 3: bytes.removeSubrange(at..<end)
            case 4: bytes.insert(contentsOf: bytes[at..<end], at: at)
            case 5: bytes.removeSubrange(at...)
            default: bytes.swapAt(at, Int.random(in: 0..<bytes.count, using: &generator))
            }
        }
        return bytes
    }

    @Test(arguments: 0..<16)
    func damagedBodiesAreDecodedHonestly(seed: Int) throws {
        let fields = try Self.names.map { try path($0) }
        let decoder = EnvelopeDecoder(plan: try FieldPlan(fields))
        let blind = EnvelopeDecoder(plan: .empty)
        var generator = SeededGenerator(seed: UInt64(seed))
        for round in 0..<250 {
            let body = mutated(Array(Self.bodies[round % Self.bodies.count].utf8), &generator)
            let context: Comment = "seed \(seed), round \(round): \(String(decoding: body, as: UTF8.self))"
            let found = collect(body, decoder, fields)
            checkCounts(found, body, context)
            for record in found.records { checkValues(record, context) }
            checkFullParser(found, body, context)

            // What is a record must not depend on what the rules ask for.
            let other = collect(body, blind, [])
            #expect(other.records.map(\.text) == found.records.map(\.text), context)
            #expect(other.records.map(\.index) == found.records.map(\.index), context)
            #expect(other.dead == found.dead, context)
        }
    }

    private func checkCounts(_ found: Collected, _ body: [UInt8], _ context: Comment) {
        let summary = found.summary
        #expect(summary.records == found.records.count && summary.deadLetters == found.dead.count, context)
        let outcomes = (found.records.map(\.index) + found.dead.map(\.index)).sorted()
        #expect(Set(outcomes).count == outcomes.count, context)
        #expect((outcomes.last ?? -1) < outcomes.count + summary.skippedMetrics, context)
        for letter in found.dead {
            #expect(letter.start >= 0 && letter.start <= body.count, context)
            #expect(letter.position >= 0 && letter.position <= body.count, context)
        }
        if outcomes.isEmpty, summary.skippedMetrics == 0, summary.emptyBodies == 0 {
            // Only an envelope or a list without elements may pass without a trace.
            #expect(ReferenceJSON.parse(body) != nil || body.contains(0) || body.contains(0x0A), context)
        }
    }

    private func checkValues(_ record: Collected.Record, _ context: Comment) {
        guard let whole = ReferenceJSON.parse(Array(record.text.utf8)), case .object = whole else {
            Issue.record("a record that is no object: \(record.text) in \(context)")
            return
        }
        if !record.flags.isDisjoint(with: [.restShape, .logAnalyticsShape]) { return }
        for (i, name) in Self.names.enumerated() {
            let steps = name.split(separator: ".").map(String.init)
            let value = record.values[i]
            let kind = record.kinds[i]
            switch whole.expectation(steps[...]) {
            case nil: continue
            case .missing: #expect(kind == .missing, "\(name): \(context)")
            case .several: #expect(kind == .several, "\(name): \(context)")
            case .value(.null): #expect(kind == .null, "\(name): \(context)")
            case .value(.boolean(let flag)): #expect(kind == (flag ? .true : .false), "\(name): \(context)")
            case .value(.number(let text)): #expect(kind == .number && value == text, "\(name): \(context)")
            case .value(.string(let text)):
                // `properties` as a string of JSON is handed out opened.
                if name == "properties", kind != .string { continue }
                #expect(kind == .string && value == text, "\(name): \(context)")
            case .value(.array): #expect(kind == .array, "\(name): \(context)")
            case .value(.object): #expect(kind == .object, "\(name): \(context)")
            }
        }
    }

    /// What the full parser takes is never refused; what is taken unrepaired and without escapes, it takes too.
    private func checkFullParser(_ found: Collected, _ body: [UInt8], _ context: Comment) {
        // JSON inside strings can be broken in any way; without escapes there is none worth the name.
        if FullParser.accepts(body), !body.contains(UInt8(ascii: "\\")) {
            #expect(found.reasons.allSatisfy { $0 == .notAnObject || $0 == .malformed || $0 == .truncated }, context)
        }
        for record in found.records where !record.text.utf8.contains(UInt8(ascii: "\\")) {
            #expect(FullParser.accepts(Array(record.text.utf8)), context)
        }
    }

    @Test func decoderKeepsNothingFromOneBodyToTheNext() throws {
        let fields = try Self.names.map { try path($0) }
        let reused = EnvelopeDecoder(plan: try FieldPlan(fields))
        var generator = SeededGenerator(seed: 99)
        for round in 0..<300 {
            let body = mutated(Array(Self.bodies[round % Self.bodies.count].utf8), &generator)
            let one = collect(body, reused, fields)
            let two = collect(body, EnvelopeDecoder(plan: try FieldPlan(fields)), fields)
            #expect(one.records.map(\.values) == two.records.map(\.values), "round \(round)")
            #expect(one.dead == two.dead && one.summary == two.summary, "round \(round)")
        }
    }

    @Test func randomBytesNeverCrash() throws {
        let fields = try Self.names.map { try path($0) }
        let decoder = EnvelopeDecoder(plan: try FieldPlan(fields))
        var generator = SeededGenerator(seed: 5)
        let alphabet = Array("{}[]\",:\\' \nrecods0123456789.-etfnu".utf8)
        for _ in 0..<3000 {
            let count = Int.random(in: 0...120, using: &generator)
            let body = (0..<count).map { _ in alphabet.randomElement(using: &generator) ?? 0 }
            let found = collect(body, decoder, fields)
            for record in found.records { checkValues(record, "\(String(decoding: body, as: UTF8.self))") }
        }
    }
}

/// The JSON library's own full parser, as a judge.
enum FullParser {
    static func accepts(_ bytes: [UInt8]) -> Bool {
        guard let indexer = csj_indexer_new() else { return false }
        defer { csj_indexer_free(indexer) }
        let padded = bytes + [UInt8](repeating: 0x20, count: 64)
        return csj_check_text(indexer, padded, bytes.count, 65) == csj_ok
    }
}
