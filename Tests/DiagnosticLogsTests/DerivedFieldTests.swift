@_spi(Revealing) import DiagnosticLogs
import Testing

/// Goal: derived fields and other shapes answer like plain Event Hubs records.
///
/// Method: records modelled on each shape.
@Suite struct DerivedFieldTests {
    private let resource =
        "/SUBSCRIPTIONS/S-1/resourcegroups/Grp/PROVIDERS/MICROSOFT.COGNITIVESERVICES/ACCOUNTS/Acct/projects/P"

    @Test func resourceParts() throws {
        let found = try decode(
            "{\"resourceId\":\"\(resource)\",\"category\":\"Audit\"}",
            derived: .resourceID, .subscriptionID, .resourceGroup, .resourceProvider, .resourceName, .resourceLeafName,
            .service, .dataset)
        #expect(
            found.records[0].values == [
                resource, "s-1", "grp", "microsoft.cognitiveservices/accounts", "acct/projects/p", "p", "openai",
                "azure_openai.logs",
            ])
    }

    @Test func resourcesAreNotMixedUp() throws {
        // More resources than the decoder remembers, of equal and unequal lengths, twice over.
        let ids = (0..<300).map { "/subscriptions/s/resourceGroups/g\($0 % 7)/providers/A.B/c/name\($0)" }
        let records = (ids + ids).map { "{\"resourceId\":\"\($0)\"}" }.joined(separator: ",")
        let found = try decode("[\(records)]", derived: .resourceName, .resourceGroup)
        #expect(found.records.map(\.values) == (0..<600).map { ["name\($0 % 300)", "g\($0 % 300 % 7)"] })
        let long = "/subscriptions/s/resourceGroups/g/providers/A.B/c/" + String(repeating: "N", count: 1000)
        #expect(try decode("{\"resourceId\":\"\(long)\"}", derived: .resourceName).firstValues[0]?.utf8.count == 1000)
    }

    @Test(arguments: [
        (#"{"resultType":"Success","category":"Administrative"}"#, "success"),
        (#"{"resultType":"Failure"}"#, "failure"), (#"{"resultType":"Start","resultSignature":"200"}"#, "unknown"),
        (#"{"resultType":"50126","category":"SignInLogs"}"#, "failure"),
        (#"{"resultType":"0","category":"SignInLogs"}"#, "success"),
        (#"{"resultType":"","properties":{"result":"success"},"category":"AuditLogs"}"#, "success"),
        (#"{"Status":"Succeeded"}"#, "success"), (#"{"resultSignature":"403"}"#, "failure"),
        (#"{"statusCode":201}"#, "success"),
        (#"{"resultType":"Success","properties":{"httpStatusCode":404}}"#, "success"),
        (#"{"properties":"{\"httpStatusCode\":404}"}"#, "failure"), (#"{}"#, "unknown"),
    ])
    func outcome(body: String, expected: String) throws {
        #expect(try decode(body, derived: .outcome).firstValues == [expected])
    }

    @Test func sourceAddress() throws {
        for (text, expected) in [
            ("10.0.0.10:49539", "10.0.0.10"), ("81.2.69.***", nil), ("[2001:db8::1]:443", "2001:db8::1"), ("", nil),
        ] {
            #expect(
                try decode("{\"callerIpAddress\":\"\(text)\"}", derived: .sourceAddress).firstValues == [expected])
        }
    }

    @Test func eventTimeComesFromTheFirstPlaceThatHasOne() throws {
        let second: Int64 = 1_168_335_660
        for body in [
            #"{"time":"2007-01-09T09:41:00Z"}"#, #"{"Time":"1/9/2007 9:41:00 AM"}"#,
            #"{"timeStamp":"2007-01-09T09:41:00Z"}"#, #"{"EventTimeString":"1/9/2007 9:41:00 AM +00:00"}"#,
            #"{"EventTimestamp":"2007-01-09T09:41:00Z"}"#, #"{"startTime":1168335660}"#,
            #"{"properties":{"createdDateTime":"2007-01-09T10:41:00+01:00"}}"#,
            #"{"properties":"{\"createdDateTime\":\"2007-01-09T09:41:00Z\"}"}"#,
            #"{"time":"never","EventTime":"2007-01-09T09:41:00"}"#, #"{"time":"2007-01-09T09:41:00\u005a"}"#,
        ] {
            let found = try decode(body, derived: .eventTime)
            #expect(found.records[0].eventTime.nanoseconds == second * 1_000_000_000, "\(body)")
            #expect(found.records[0].kinds == [.timestamp])
            #expect(!found.records[0].flags.contains(.timeFromEnqueued))
        }
    }

    @Test func timesThatCannotBeBelieved() throws {
        for (body, unreadable, future) in [
            (#"{"time":"2021-02-04T07: 45: 44Z"}"#, 1, 0), (#"{"a":1}"#, 1, 0), (#"{"time":null}"#, 1, 0),
            (#"{"time":"2025-01-02T00:00:01Z"}"#, 0, 1), (#"{"time":"2262-01-01T00:00:00Z"}"#, 0, 1),
        ] {
            let found = try decode(body, derived: .eventTime, .enqueuedTime)
            #expect(found.records[0].eventTime == enqueued)
            #expect(found.records[0].flags.contains(.timeFromEnqueued))
            #expect(found.summary.unreadableTimes == unreadable)
            #expect(found.summary.futureTimes == future)
        }
        let near = try decode(#"{"time":"2025-01-01T23:59:59Z"}"#, derived: .eventTime)
        #expect(near.records[0].eventTime > enqueued)
    }

    @Test func restRecordsAnswerToEventHubsNames() throws {
        let body = #"""
            {"authorization":{"action":"A/b/action","scope":"/s"},"caller":"me@example.test",
             "category":{"value":"Administrative"},"claims":{"appid":"app-1","http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn":"me@example.test"},
             "eventTimestamp":"2024-05-01T10:00:00.1234567Z","httpRequest":{"clientIpAddress":"192.0.2.7"},
             "operationName":{"value":"A/b/action","localizedValue":"List"},"resourceId":"/subscriptions/s/resourceGroups/g",
             "status":{"value":"Succeeded"},"subStatus":{"value":"OK"},"description":"done","properties":{"statusCode":"OK"}}
            """#
        let fields =
            try [
                "operationName", "category", "properties.eventCategory", "resultType", "resultSignature",
                "identity.claims.appid", "identity.claims.upn", "identity.authorization.action", "callerIpAddress",
                "resultDescription", "properties.statusCode", "operationName.localizedValue",
            ].map { try path($0) } + [.derived(.outcome), .derived(.service)]
        let found = try decode(Array(body.utf8), fields: fields)
        #expect(
            found.records[0].values == [
                "A/b/action", "Administrative", "Administrative", "Success", "OK", "app-1", "me@example.test",
                "A/b/action", "192.0.2.7", "done", "OK", "List", "success", "activitylogs",
            ])
        #expect(found.records[0].flags == .restShape)
        #expect(found.records[0].eventTime.iso8601 == "2024-05-01T10:00:00.1234567Z")
        #expect(found.summary.translatedShapes == 1)
        #expect(found.records[0].evidence.principalName == "me@example.test")
        #expect(found.records[0].evidence.result == "Success, OK")
    }

    @Test func logAnalyticsRecordsAnswerToEventHubsNames() throws {
        let body = #"""
            {"TimeGenerated":"2024-05-01T10:00:00Z","OperationNameValue":"A/B/ACTION","CategoryValue":"Administrative",
             "ActivityStatusValue":"Start","Caller":"me@example.test","CallerIpAddress":"192.0.2.7",
             "Claims":"{\"appid\":\"app-1\"}","Properties_d":{"statusCode":"Created"},"_ResourceId":"/subscriptions/s",
             "Type":"AzureActivity"}
            """#
        let fields = try [
            "operationName", "category", "resultType", "identity.claims.appid", "callerIpAddress",
            "properties.statusCode", "resourceId",
        ].map { try path($0) }
        let found = try decode(Array(body.utf8), fields: fields)
        #expect(
            found.records[0].values
                == ["A/B/ACTION", "Administrative", "Start", "app-1", "192.0.2.7", "Created", "/subscriptions/s"])
        #expect(found.records[0].flags == .logAnalyticsShape)
    }

    @Test func otherPropertiesStandInForProperties() throws {
        let text = #"{"EventName":"x","EventProperties":"{\"a\":\"1\",\"b\":{\"c\":2}}"}"#
        #expect(try decode(text, "properties.a", "properties.b.c").records[0].values == ["1", "2"])
        let both = #"{"EventProperties":{"a":"no"},"properties":{"a":"yes"}}"#
        #expect(try decode(both, "properties.a").firstValues == ["yes"])
    }
}
