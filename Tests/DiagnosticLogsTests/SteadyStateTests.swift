@_spi(Revealing) import DiagnosticLogs
import Testing

/// Goal: what a record gives does not depend on the records before it, on the rest of the plan, or on what was read
/// first.
///
/// Method: one decoder for many records against a fresh one for each; reads in both orders; texts at every place of a
/// word.
@Suite struct SteadyStateTests {
    @Test(arguments: [UInt64(1), 2, 3]) func recordsDoNotRememberEachOther(seed: UInt64) throws {
        let fields =
            try (0..<400).map { try path("properties.f\($0).a") }
            + ["properties.f1", "category", "a.b.c", "a.b", "a.1", "properties"].map { try path($0) }
            + [.derived(.outcome), .derived(.resourceGroup)]
            + [.firstOf([FieldPath("properties", "f2", "a"), FieldPath("category")])]
        let plan = try FieldPlan(fields)
        let decoder = EnvelopeDecoder(plan: plan)
        var random = seed
        func pick(_ count: Int) -> Int {
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(random >> 33) % count
        }
        // Members come twice, in other spellings, as arrays, as texts, and are missing from the next record.
        func member() -> String {
            switch pick(8) {
            case 0: "\"category\":\"c\(pick(9))\""
            case 1: "\"CATEGORY\":\(pick(9))"
            case 2: "\"properties\":{\"f\(pick(4))\":{\"a\":\(pick(9))},\"f\(pick(400))\":[{\"a\":1}]}"
            case 3: "\"properties\":\"{\\\"f\(pick(4))\\\":{\\\"a\\\":\(pick(9))}}\""
            case 4: "\"properties\":\"{\\\"f1\\\":{\\\"a\\\":\(pick(9))}\""
            case 5: "\"a\":{\"b\":[{\"c\":\(pick(9))}],\"\\u0062\":{\"c\":\(pick(9))}}"
            case 6: "\"a\":[\(pick(9)),\(pick(9))]"
            default:
                "\"resultType\":\"\(pick(2) == 0 ? "Success" : "Failure")\",\"resourceId\":\"/resourceGroups/g\(pick(3))\""
            }
        }
        for _ in 0..<300 {
            let body = Array("{\((0..<1 + pick(6)).map { _ in member() }.joined(separator: ","))}".utf8)
            let used = collect(body, decoder, fields)
            let fresh = collect(body, EnvelopeDecoder(plan: plan), fields)
            let text = String(decoding: body, as: UTF8.self)
            #expect(used.records.map(\.values) == fresh.records.map(\.values), "seed \(seed): \(text)")
            #expect(used.records.map(\.kinds) == fresh.records.map(\.kinds), "seed \(seed): \(text)")
            #expect(used.summary == fresh.summary, "seed \(seed): \(text)")
        }
    }

    @Test func computedFieldsDoNotDependOnWhatWasReadBefore() throws {
        let result = try path("resultType")
        let address = try path("callerIpAddress")
        let plan = try FieldPlan([result, address, .derived(.outcome), .derived(.sourceAddress)])
        let decoder = EnvelopeDecoder(plan: plan)
        let body = #"{"resultType":"F\u0061ilure","resultSignature":"200","callerIpAddress":"10.0.0.1\u003a80"}"#
        for rawFirst in [true, false] {
            decoder.decode(copying: Array(body.utf8), enqueued: enqueued) { record in
                if rawFirst {
                    for field in [result, address] { _ = plan.slotNumber(of: field).flatMap { record.plainText($0) } }
                }
                #expect(record.slot(of: .derived(.outcome)).stringValue == "failure")
                #expect(record.slot(of: .derived(.sourceAddress)).stringValue == "10.0.0.1")
                #expect(record.slot(of: result).stringValue == "Failure")
            } onDeadLetter: { _ in
                Issue.record("nothing is broken here")
            }
        }
    }

    @Test func namesThatDifferInTheMiddleAreDifferent() throws {
        // Equal in length and in eight bytes at both ends; lengths that are equal modulo 64.
        let middles = ["", "ab", "ba", "b", "abcdefgh", "abcdEfgh", String(repeating: "m", count: 64)]
        let names = middles.map { "01234567\($0)89abcdef" } + ["short", "short" + String(repeating: "t", count: 64)]
        let fields = names.map { Field.path(FieldPath("properties", $0)) } + names.map { .path(FieldPath($0)) }
        for (number, name) in names.enumerated() {
            for (text, place) in [
                ("{\"properties\":{\"\(name)\":1}}", number), ("{\"\(name)\":1}", names.count + number),
            ] {
                var expected = [String?](repeating: nil, count: fields.count)
                expected[place] = "1"
                // At the top level names differ in more than case.
                if place >= names.count, middles.indices.contains(number), middles[number].lowercased() == "abcdefgh" {
                    expected[names.count + 4] = "1"
                    expected[names.count + 5] = "1"
                }
                #expect(try decode(Array(text.utf8), fields: fields).records.map(\.values) == [expected], "\(text)")
            }
        }
    }

    @Test func escapesAreReadAtEveryPlace() throws {
        for length in 0..<20 {
            let pad = String(repeating: "p", count: length)
            for (written, meant) in [
                (#"\""#, "\""), (#"\\"#, "\\"), (#"\/"#, "/"), (#"\n\t"#, "\n\t"), (#"\u00e9"#, "é"),
                (#"\ud83d\ude00"#, "😀"), (#"\ud83d"#, "\u{FFFD}"), (#"\q"#, #"\q"#),
            ] {
                let body = "{\"a\":\"\(pad)\(written)\(pad)\(written)\"}"
                #expect(try decode(body, "a").firstValues == [pad + meant + pad + meant], "\(body)")
            }
        }
    }

    @Test func numbersAreCheckedDigitByDigit() throws {
        let digits = Array("1234567890123456789012".utf8)
        for length in 1...digits.count {
            let number = digits[..<length]
            #expect(try decode(Array("{\"a\":".utf8) + number + Array(",\"b\":1}".utf8), fields: []).dead.isEmpty)
            for place in 0..<length {
                for byte in Array("/:x\u{7F}@-".utf8) where !(place == 0 && byte == UInt8(ascii: "-") && length > 1) {
                    var broken = Array(number)
                    broken[place] = byte
                    let found = try decode(Array("{\"a\":".utf8) + broken + Array(",\"b\":1}".utf8), fields: [])
                    #expect(found.records.isEmpty, "\(String(decoding: broken, as: UTF8.self))")
                }
            }
        }
    }
}
