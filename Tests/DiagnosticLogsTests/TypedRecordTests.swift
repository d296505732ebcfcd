@_spi(Revealing) import DiagnosticLogs
import Redaction
import Testing

/// Goal: typed records and evidence hold what the record says.
///
/// Method: one record per kind, made for the test.
@Suite struct TypedRecordTests {
    private let activity = #"""
        {"time":"2024-05-01T10:00:00Z","resourceId":"/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.COGNITIVESERVICES/ACCOUNTS/A",
         "operationName":"MICROSOFT.COGNITIVESERVICES/ACCOUNTS/LISTKEYS/ACTION","category":"Action","resultType":"Success",
         "resultSignature":"Succeeded.OK","durationMs":"12","callerIpAddress":"192.0.2.1","correlationId":"c-1",
         "identity":{"authorization":{"scope":"/s","action":"Microsoft.CognitiveServices/accounts/listKeys/action",
         "evidence":{"role":"Owner","principalId":"p1","principalType":"User"}},
         "claims":{"appid":"app","appidacr":"0","http://schemas.microsoft.com/identity/claims/objectidentifier":"oid-1",
         "http://schemas.microsoft.com/identity/claims/tenantid":"tid-1","ipaddr":"192.0.2.2",
         "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name":" someone@example.test"}},
         "level":"Information","location":"westeurope","properties":{"statusCode":"OK","requestbody":"{\"a\":1}"}}
        """#

    private let openAI = #"""
        {"time":"2024-05-01T10:00:00Z","Tenant":"eastus","category":"RequestResponse","operationName":"ChatCompletions_Create",
         "resourceId":"/subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/a","durationMs":-5,
         "callerIpAddress":"192.0.2.***","resultSignature":"200","properties":"{\"requestTime\":638515262815394150,\"responseTime\":638515262825606520,\"responseLength\":1411,\"objectId\":\"\",\"modelDeploymentName\":\"dep\"}"}
        """#

    @Test func activityLog() throws {
        let log = try ActivityLog(json: Array(activity.utf8))
        #expect(log.common.operationName == "MICROSOFT.COGNITIVESERVICES/ACCOUNTS/LISTKEYS/ACTION")
        #expect(log.common.outcome == .success)
        #expect(log.common.level == .informational)
        #expect(log.common.durationMilliseconds == 12)
        #expect(log.authorization.role == "Owner")
        #expect(log.authorization.action == "Microsoft.CognitiveServices/accounts/listKeys/action")
        #expect(log.claims.applicationID == "app")
        #expect(log.claims.objectID == "oid-1")
        #expect(log.claims.tenantID == "tid-1")
        #expect(log.caller == "someone@example.test")
        #expect(log.eventCategory == "Administrative")
        #expect(log.requestBody == SensitiveText(#"{"a":1}"#, .content))
        #expect(throws: DiagnosticLogsError.self) { try ActivityLog(json: Array(openAI.utf8)) }
    }

    @Test func openAILog() throws {
        let log = try OpenAILog(json: Array(openAI.utf8))
        #expect(log.kind == .requestResponse)
        #expect(log.region == "eastus")
        #expect(log.requestTicks == 638_515_262_815_394_150)
        #expect(log.durationTicks == 10_212_370)
        #expect(log.responseLength == 1411)
        #expect(log.callerObjectID == nil)
        #expect(log.modelDeploymentName == "dep")
        #expect(log.common.durationMilliseconds == -5)
        #expect(throws: DiagnosticLogsError.self) { try OpenAILog(json: Array(activity.utf8)) }
        #expect(throws: DiagnosticLogsError.self) { try ResourceLog(json: Array("[]".utf8)) }
        #expect(throws: DiagnosticLogsError.self) { try ResourceLog(json: []) }
    }

    @Test func evidence() throws {
        let found = try decode("{\"records\":[\(activity),\(openAI)]}", "category")
        let first = found.records[0].evidence
        #expect(first.operation == "MICROSOFT.COGNITIVESERVICES/ACCOUNTS/LISTKEYS/ACTION")
        #expect(first.result == "Success, Succeeded.OK")
        #expect(first.objectID == "oid-1" && first.applicationID == "app" && first.tenantID == "tid-1")
        #expect(first.principalName == "someone@example.test")
        #expect(first.callerAddress == "192.0.2.1" && first.correlationID == "c-1" && first.region == "westeurope")
        let second = found.records[1].evidence
        #expect(second.modelDeployment == "dep" && second.region == "eastus" && second.objectID == nil)
        #expect(second.result == "200")
    }

    @Test func evidenceOfDirectoryLogs() throws {
        let audit = #"""
            {"category":"AuditLogs","identity":"Someone","properties":{"initiatedBy":{"user":{"id":"u1","userPrincipalName":"a@example.test","ipAddress":"192.0.2.3"}}}}
            """#
        let signIn = #"""
            {"category":"SignInLogs","identity":"Some One","properties":{"userId":"u2","userPrincipalName":"b@example.test","appId":"app2","ipAddress":"192.0.2.4"}}
            """#
        let vault =
            #"{"category":"AuditEvent","identity":{"claim":{"oid":"o3","appid":"app3","upn":"c@example.test"}}}"#
        let plain = #"{"category":"X","identity":"Display Name"}"#
        let found = try decode("[\(audit),\(signIn),\(vault),\(plain)]", "category").records.map(\.evidence)
        #expect(found.map(\.principalName) == ["a@example.test", "b@example.test", "c@example.test", "Display Name"])
        #expect(found.map(\.objectID) == ["u1", "u2", "o3", nil])
        #expect(found.map(\.applicationID) == [nil, "app2", "app3", nil])
        #expect(found.map(\.callerAddress) == ["192.0.2.3", "192.0.2.4", nil, nil])
    }

    @Test func viewsGiveTypedRecordsAndText() throws {
        let decoder = EnvelopeDecoder(plan: .empty)
        var scalars: [String] = []
        decoder.decode(
            copying: Array("[\(activity), { \"a\" : [ 1, \"x \\\" y\" , true, null ] } ]".utf8), enqueued: enqueued
        ) { record in
            if record.index == 0 {
                #expect(record.activityLog()?.claims.applicationID == "app")
                #expect(record.openAILog() == nil)
                #expect(record.resourceLog().location == "westeurope")
            } else {
                #expect(record.compactText == #"{"a":[1,"x \" y",true,null]}"#)
                #expect(record.compactText(of: record.slot(of: .path(FieldPath("a")))) == #"[1,"x \" y",true,null]"#)
                record.forEachScalar {
                    scalars.append($0.stringValue ?? "-")
                    return true
                }
            }
        } onDeadLetter: { _ in
            Issue.record("nothing is broken here")
        }
        #expect(scalars == ["1", "x \" y", "true"])
    }
}
