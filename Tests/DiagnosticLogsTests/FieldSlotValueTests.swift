@_spi(Revealing) import DiagnosticLogs
import Testing

/// Goal: slots turn into values without traps.
///
/// Method: one record per kind of value, read in every way.
@Suite struct FieldSlotValueTests {
    private func slot<Value>(_ json: String, _ read: (FieldSlot) -> Value) throws -> Value? {
        let field = try path("v")
        let decoder = EnvelopeDecoder(plan: try FieldPlan([field]))
        var value: Value?
        decoder.decode(copying: Array("{\"v\":\(json)}".utf8), enqueued: enqueued) {
            value = read($0.slot(of: field))
        } onDeadLetter: { _ in
            Issue.record("not decoded: \(json)")
        }
        return value
    }

    @Test(
        arguments: [
            ("1", 1), ("-1", -1), ("\"162\"", 162), ("12.0", 12), ("1e3", 1000), ("12.5", nil), ("\"\"", nil),
            ("\"1x\"", nil),
            ("9223372036854775807", .max), ("-9223372036854775808", .min), ("9223372036854775808", nil), ("1e400", nil),
            ("\"-\"", nil), ("true", nil), ("null", nil), ("[1]", nil), ("\" 1\"", nil), ("1e-2", nil), ("\"007\"", 7),
            ("638515262815394150", 638_515_262_815_394_150),
        ] as [(String, Int64?)])
    func integers(json: String, expected: Int64?) throws {
        #expect(try slot(json) { $0.integerValue } == .some(expected))
    }

    @Test(
        arguments: [
            ("1", 1), ("-0.5", -0.5), ("\"162.25\"", 162.25), ("1e3", 1000), ("\"NaN\"", nil), ("\"inf\"", nil),
            ("\"0x10\"", nil), ("1e999", nil), ("\"\"", nil), ("18446744073709551616", 18_446_744_073_709_551_616.0),
        ] as [(String, Double?)])
    func doubles(json: String, expected: Double?) throws {
        #expect(try slot(json) { $0.doubleValue } == .some(expected))
    }

    @Test func texts() throws {
        for (json, expected) in [
            ("\"a\\n\\\"b\\u00e9\\/\"", "a\n\"bé/"), ("12.50", "12.50"), ("true", "true"), ("false", "false"),
            ("null", nil), ("{ \"a\" : 1 }", "{ \"a\" : 1 }"), ("[]", "[]"), ("\"\"", ""),
        ] {
            #expect(try slot(json) { $0.stringValue } == .some(expected))
        }
    }

    @Test func booleansAndTimes() throws {
        for (json, expected) in [
            ("true", true), ("\"TRUE\"", true), ("\"false\"", false), ("false", false), ("1", nil), ("\"yes\"", nil),
        ] {
            #expect(try slot(json) { $0.booleanValue } == .some(expected))
        }
        #expect(try slot("\"2007-01-09T09:41:00Z\"") { $0.timestampValue?.milliseconds } == 1_168_335_660_000)
        #expect(try slot("1168335660") { $0.timestampValue?.milliseconds } == 1_168_335_660_000)
        #expect(try slot("\"x\"") { $0.timestampValue == nil } == true)
    }

    @Test func plainTextIsMadeOnce() throws {
        let field = try path("v")
        let plan = try FieldPlan([field])
        let number = try #require(plan.slotNumber(of: field))
        EnvelopeDecoder(plan: plan).decode(copying: Array(#"{"v":"a\tb"}"#.utf8), enqueued: enqueued) { record in
            #expect(record[number].hasEscapes)
            #expect(record.plainText(number).map { String(decoding: $0, as: UTF8.self) } == "a\tb")
            #expect(!record[number].hasEscapes)
            #expect(record[-1].isMissing && record[100_000].isMissing)
        } onDeadLetter: { _ in
        }
    }
}
