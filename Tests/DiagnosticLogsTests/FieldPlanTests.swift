@_spi(Revealing) import DiagnosticLogs
import Testing

/// Goal: a plan finds what paths mean, whatever the spelling of the record.
///
/// Method: small records, one rule each.
@Suite struct FieldPlanTests {
    @Test func topLevelNamesMatchWithoutCase() throws {
        let found = try decode(
            #"{"CATEGORY":"x","resourceid":"/r","Props":{"A":1}}"#, "category", "resourceId", "props.A")
        #expect(found.records.map(\.values) == [["x", "/r", "1"]])
    }

    @Test func innerNamesMatchExactly() throws {
        let found = try decode(#"{"properties":{"Status":"x"}}"#, "properties.status", "properties.Status")
        #expect(found.records.map(\.values) == [[nil, "x"]])
    }

    @Test(arguments: [
        #"{"level":"Warning","Level":3}"#, #"{"Level":3,"level":"Warning"}"#,
        #"{"LEVEL":1,"level":"Warning","Level":3}"#,
    ])
    func documentedSpellingWins(body: String) throws {
        #expect(try decode(body, "Level").firstValues == ["Warning"])
    }

    @Test func smallFirstLetterBeatsCapital() throws {
        #expect(try decode(#"{"stampName":"a","StampName":"b"}"#, "STAMPNAME").firstValues == ["a"])
    }

    @Test func lastOfTwoWins() throws {
        #expect(try decode(#"{"category":"A","category":"B"}"#, "category").firstValues == ["B"])
        let inner = try decode(#"{"properties":{"a":1,"a":2}}"#, "properties.a")
        #expect(inner.firstValues == ["2"])
    }

    @Test func secondObjectReplacesTheFirstWhole() throws {
        let found = try decode(#"{"properties":{"a":1,"b":2},"properties":{"a":3}}"#, "properties.a", "properties.b")
        #expect(found.records.map(\.values) == [["3", nil]])
    }

    @Test func escapedNamesCannotHide() throws {
        let found = try decode(
            #"{"\u0063ategory":"x","properties":{"app\u0049d":"y"}}"#, "category", "properties.appId")
        #expect(found.records.map(\.values) == [["x", "y"]])
    }

    @Test func arraysOnTheWayGiveSeveral() throws {
        let body = #"{"properties":{"t":[{"id":"a","m":[{"n":1},{"n":2}]},{"id":"b"},3,{"m":[{"n":[4,5]}]}]}}"#
        let id = try path("properties.t.id")
        let inner = try path("properties.t.m.n")
        let whole = try path("properties.t")
        let plan = try FieldPlan([id, inner, whole])
        let decoder = EnvelopeDecoder(plan: plan)
        var values: [[String]] = []
        decoder.decode(copying: Array(body.utf8), enqueued: enqueued) { record in
            for field in [id, inner] {
                #expect(record.slot(of: field).kind == .several)
                var texts: [String] = []
                record.forEachValue(of: record.slot(of: field)) {
                    texts.append($0.stringValue ?? "-")
                    return true
                }
                values.append(texts)
            }
            var elements = 0
            record.forEachValue(of: record.slot(of: whole)) { _ in
                elements += 1
                return elements < 2
            }
            #expect(elements == 2)
            #expect(record.value(at: FieldPath("properties", "t", "id")) == .array([.string("a"), .string("b")]))
        } onDeadLetter: { _ in
            Issue.record("nothing is broken here")
        }
        #expect(values == [["a", "b"], ["1", "2", "4", "5"]])
    }

    @Test func numbersIndexArrays() throws {
        let body = #"{"properties":{"t":[{"id":"a"},{"id":"b"},{"id":"c"}]}}"#
        let found = try decode(
            body, "properties.t.1.id", "properties.t.9.id", "properties.t.id", "properties.t.01.id", "properties.t")
        #expect(found.records[0].values[0] == "b")
        #expect(found.records[0].kinds == [.string, .missing, .several, .missing, .array])
    }

    @Test func shortClaimNamesFindLongOnes() throws {
        let long = "http://schemas.microsoft.com/identity/claims/objectidentifier"
        let body = #"{"identity":{"claims":{"\#(long)":"o-1","upn":"u"}}}"#
        let found = try decode(body, "identity.claims.oid", "identity.claims.upn", "identity.claims.tid")
        #expect(found.records.map(\.values) == [["o-1", "u", nil]])
    }

    @Test func firstOfTakesTheFirstThatIsNotNull() throws {
        let field = Field.firstOf([FieldPath("a"), FieldPath("b", "c"), FieldPath("d")])
        let plan = try FieldPlan([field])
        let decoder = EnvelopeDecoder(plan: plan)
        for (body, value, kind) in [
            (#"{"d":"3","a":null,"b":{"c":"2"}}"#, "2", FieldSlot.Kind.string), (#"{"a":null}"#, nil, .null),
            (#"{"x":1}"#, nil, .missing), (#"{"d":4}"#, "4", .number),
        ] {
            let found = collect(Array(body.utf8), decoder, [field])
            #expect(found.records[0].values == [value])
            #expect(found.records[0].kinds == [kind])
        }
    }

    @Test func stringsOnTheWayAreOpened() throws {
        let body =
            #"{"properties":"{\"requestbody\":\"{\\\"a\\\":{\\\"b\\\":\\\"deep\\\"}}\",\"n\":7}","identity":"{\"claims\":{\"appid\":\"x\"}}"}"#
        let found = try decode(body, "properties.requestbody.a.b", "properties.n", "identity.claims.appid")
        #expect(found.records.map(\.values) == [["deep", "7", "x"]])
        #expect(found.records[0].flags.contains(.propertiesFromString))
        #expect(found.summary.propertiesFromString == 1)
    }

    @Test func brokenInnerTextStaysText() throws {
        let found = try decode(#"{"category":"c","properties":"{not json"}"#, "properties", "properties.a", "category")
        #expect(found.records.map(\.values) == [["{not json", nil, "c"]])
        #expect(found.dead.isEmpty)
    }

    @Test func unknownFieldsAreReadFromTheBytes() throws {
        let found = try decode(
            Array(#"{"Category":"c","properties":"{\"a\":[1,{\"b\":2}]}"}"#.utf8), fields: [])
        #expect(found.records.count == 1)
        let decoder = EnvelopeDecoder(plan: .empty)
        decoder.decode(
            copying: Array(#"{"Category":"c","properties":"{\"a\":[1,{\"b\":2}]}"}"#.utf8), enqueued: enqueued
        ) {
            #expect($0.slot(of: .path(FieldPath("category"))).stringValue == "c")
            #expect($0.value(at: FieldPath("properties", "a", "1", "b")) == .integer(2))
            #expect($0.value(at: FieldPath("properties", "x")) == nil)
        } onDeadLetter: { _ in
            Issue.record("nothing is broken here")
        }
    }

    @Test func manyPathsKeepTheirOwnSlots() throws {
        // Names of every length, with equal heads, so that masks and first-eight-bytes compares are not enough.
        let names = (1...90).flatMap { n in ["a", "b"].map { String(repeating: "x", count: n) + $0 } }
        let members = names.enumerated().map { "\"\($1)\":\($0)" }.joined(separator: ",")
        let fields = names.map { Field.path(FieldPath("properties", $0)) }
        let found = try decode(Array("{\"properties\":{\(members)}}".utf8), fields: fields)
        #expect(found.records[0].values == names.indices.map { String($0) })
    }

    @Test func refusesPathsWithoutOrWithTooManyNames() {
        #expect(throws: DiagnosticLogsError.self) { try FieldPlan([.path(FieldPath([]))]) }
        #expect(throws: DiagnosticLogsError.self) {
            try FieldPlan([.path(FieldPath([String](repeating: "a", count: 33)))])
        }
    }

    @Test func orderOfFieldsDoesNotDependOnInput() throws {
        let fields = try ["b", "a.c", "a.b", "z"].map { try path($0) } + DerivedField.allCases.map { .derived($0) }
        let one = try FieldPlan(fields)
        let two = try FieldPlan(fields.reversed() + fields)
        #expect(one.fields == two.fields)
        #expect(one.slotCount == two.slotCount)
        for field in fields { #expect(one.slotNumber(of: field) == two.slotNumber(of: field)) }
    }
}
