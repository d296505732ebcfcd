import Testing

@testable import Detection

/// Goal: values, expressions and numbers mean what the model says.
///
/// Method: tables.
@Suite struct ValueTests {
    private func evaluate(_ expression: Expression, _ columns: [String: Value] = [:]) throws -> Value {
        let names = columns.keys.sorted()
        let scope = ExpressionScope(slot: { _ in nil }, columns: names)
        return try scope.compile(expression).evaluate(in: RowContext(columns: names.map { columns[$0] ?? .null }))
    }

    private func compare(_ a: Value, _ test: Comparison, _ b: Value) throws -> Value {
        try evaluate(.compare(test, .literal(a), .literal(b)))
    }

    @Test func comparisonsWithNullAndBagsAreNull() throws {
        #expect(try compare(.null, .equal, .long(1)) == .null)
        #expect(try compare(.null, .notEqual, .long(1)) == .null)
        #expect(try compare(.bag([.long(1), .long(2)]), .equal, .long(1)) == .null)
    }

    @Test func integersAndDoublesCompareExactly() throws {
        let big = Int64(9_007_199_254_740_993)
        #expect(try compare(.long(big), .greater, .double(9_007_199_254_740_992)) == .boolean(true))
        #expect(try compare(.long(.max), .less, .double(9.3e18)) == .boolean(true))
        #expect(try compare(.long(.min), .equal, .double(-9_223_372_036_854_775_808)) == .boolean(true))
        #expect(try compare(.long(2), .less, .double(2.5)) == .boolean(true))
        #expect(try compare(.double(-2.5), .less, .long(-2)) == .boolean(true))
    }

    @Test func textsAreReadAsWhatTheyMeet() throws {
        #expect(try compare(.string("200"), .equal, .long(200)) == .boolean(true))
        #expect(try compare(.boolean(true), .equal, .string("true")) == .boolean(true))
        #expect(try compare(.string("abc"), .equal, .long(1)) == .boolean(false))
        #expect(try compare(.string("abc"), .notEqual, .long(1)) == .boolean(true))
        #expect(try compare(.string("abc"), .less, .long(1)) == .null)
        #expect(try compare(.datetime(0), .equal, .string("1970-01-01T00:00:00Z")) == .boolean(true))
    }

    @Test func logicHasThreeValues() throws {
        let (yes, no, unknown) = (
            Expression.literal(.boolean(true)), Expression.literal(.boolean(false)), Expression.literal(.null)
        )
        #expect(try evaluate(.and(no, unknown)) == .boolean(false))
        #expect(try evaluate(.and(unknown, no)) == .boolean(false))
        #expect(try evaluate(.and(yes, unknown)) == .null)
        #expect(try evaluate(.or(unknown, yes)) == .boolean(true))
        #expect(try evaluate(.or(no, unknown)) == .null)
        #expect(try evaluate(.not(unknown)) == .null)
        #expect(try evaluate(.isIn(.literal(.long(1)), [.literal(.long(2)), unknown])) == .null)
        #expect(try evaluate(.isIn(.literal(.long(1)), [unknown, .literal(.long(1))])) == .boolean(true))
    }

    @Test func arithmeticNeverTraps() throws {
        func apply(_ operation: Arithmetic, _ a: Value, _ b: Value) throws -> Value {
            try evaluate(.arithmetic(operation, .literal(a), .literal(b)))
        }
        #expect(try apply(.divide, .long(5_999), .long(1_000)) == .long(5))
        #expect(try apply(.divide, .long(-7), .long(2)) == .long(-3))
        #expect(try apply(.divide, .long(1), .long(0)) == .null)
        #expect(try apply(.divide, .long(.min), .long(-1)) == .null)
        #expect(try apply(.remainder, .long(.min), .long(-1)) == .null)
        #expect(try apply(.add, .long(.max), .long(1)) == .null)
        #expect(try apply(.multiply, .long(.max), .double(2)) == .double(1.8446744073709552e19))
        #expect(try apply(.divide, .double(1), .double(0)) == .null)
        #expect(try evaluate(.negate(.literal(.long(.min)))) == .null)
    }

    @Test func functionsFollowTheirDefinitions() throws {
        func call(_ function: ScalarFunction, _ arguments: Value...) throws -> Value {
            try evaluate(.call(function, arguments.map { .literal($0) }))
        }
        #expect(try call(.length, .string("Ünï")) == .long(3))
        #expect(try call(.concat, .string("a"), .long(1)) == .string("a1"))
        #expect(try call(.concat, .string("a"), .null) == .null)
        #expect(try call(.coalesce, .null, .long(2)) == .long(2))
        #expect(try call(.case, .boolean(false), .long(1), .null, .long(2), .long(3)) == .long(3))
        #expect(try call(.case, .bag([.boolean(true), .boolean(true)]), .long(1)) == .null)
        #expect(try call(.startsWith, .string("abc"), .string("ab")) == .boolean(true))
        #expect(try call(.endsWith, .string("abc"), .string("bc")) == .boolean(true))
        #expect(try call(.toLong, .string("12")) == .long(12))
        #expect(try call(.toString, .bag([.long(1), .long(2)])) == .bag([.string("1"), .string("2")]))
        #expect(try call(.toLower, .bag([.string("A"), .string("B")])) == .null)
        #expect(try call(.absolute, .long(.min)) == .null)
        #expect(try call(.round, .double(2.5)) == .double(3))
        #expect(try call(.round, .long(5), .long(.min)) == .null)
        let hour: Int64 = 3_600_000
        #expect(try call(.dateTruncate, .long(hour), .datetime(-1)) == .datetime(-hour))
        // 2026-01-01 was a Thursday; its week began on Monday, 2025-12-29.
        #expect(
            try call(.dateTruncate, .long(7 * 24 * hour), .datetime(1_767_225_600_000)) == .datetime(1_766_966_400_000))
        #expect(try call(.dateTruncate, .long(hour), .datetime(.min)) == .null)
    }

    @Test func likeAnyMeansNotNull() throws {
        let pattern = StringPattern(parts: [.any], caseSensitive: true)
        #expect(try evaluate(.like(.literal(.null), pattern)) == .boolean(false))
        #expect(try evaluate(.not(.like(.literal(.null), pattern))) == .boolean(true))
        #expect(try evaluate(.like(.literal(.long(5)), pattern)) == .boolean(true))
    }

    @Test func timesAreWrittenAndRead() {
        for time: Int64 in [0, 1_767_225_599_999, -1, 951_782_400_000, 4_102_444_800_000, -62_135_596_800_000] {
            #expect(CivilTime.parse(CivilTime.text(milliseconds: time)) == time)
        }
        #expect(CivilTime.text(milliseconds: 951_782_400_123) == "2000-02-29T00:00:00.123Z")
        #expect(CivilTime.parse("2026-01-01T01:00:00.5+01:00") == 1_767_225_600_500)
        #expect(CivilTime.parse("2026-13-01") == nil)
        #expect(CivilTime.parse("yesterday") == nil)
    }

    @Test func valuesSurviveTheCodec() throws {
        let values: [Value] = [
            .null, .boolean(true), .long(.min), .long(.max), .double(-0.0), .double(1e300), .string("ü\u{0}"),
            .datetime(-5), .bag([.long(1), .bag([.string("")])]),
        ]
        for value in values {
            var writer = ByteWriter()
            writer.value(value)
            var reader = ByteReader(writer.bytes)
            #expect(try reader.value() == value)
            #expect(reader.remaining == 0)
        }
    }
}
