import Foundation
import SampleLogs

/// Records of every kind of log, with every member that its schema names, and the bodies around them.
enum CanaryRecords {
    private static let account =
        "/SUBSCRIPTIONS/00000000-0000-4000-8000-000000000001/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.COGNITIVESERVICES/ACCOUNTS/A"
    private static let other =
        "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg/providers/Microsoft.Web/sites/s"
    private static let soap = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
    private static let microsoft = "http://schemas.microsoft.com/identity/claims/"

    private static func record(_ category: String, _ members: String, resource: String = other) -> String {
        """
        {"time":"2026-11-01T10:00:00.1234567Z","category":"\(category)","resourceId":"\(resource)","operationName":"o",
        "operationVersion":"v","resultType":"r","resultSignature":"s","resultDescription":"d","durationMs":5,
        "callerIpAddress":"a","correlationId":"c","tenantId":"t","level":"Information","location":"l",\(members)}
        """
    }

    /// One record of each kind.
    static let all: [String] = [
        record(
            "Administrative",
            """
            "identity":{"authorization":{"scope":"s","action":"a","evidence":{"role":"r","roleAssignmentScope":"s",
            "roleAssignmentId":"i","roleDefinitionId":"d","principalId":"p","principalType":"User"}},
            "claims":{"appid":"a","ipaddr":"i","\(microsoft)objectidentifier":"o","\(soap)upn":"u","\(soap)name":"n",
            "\(soap)emailaddress":"e","\(soap)spn":"s","\(soap)givenname":"g","\(soap)surname":"s","name":"n",
            "\(microsoft)tenantid":"t","\(microsoft)scope":"s","uti":"u","aio":"a","rh":"r","puid":"p","groups":"g"}},
            "properties":{"eventCategory":"e","entity":"e","message":"m","hierarchy":"h","statusCode":"OK",
            "serviceRequestId":"s","statusMessage":"{\\"error\\":{\\"code\\":\\"c\\",\\"message\\":\\"m\\"}}",
            "requestbody":"{\\"properties\\":{\\"key\\":\\"k\\"}}","responseBody":"{\\"key1\\":\\"k\\",\\"key2\\":\\"l\\"}",
            "policies":"[]"}
            """, resource: account),
        record(
            "Write",
            "\"identity\":\"i\",\"properties\":\"{\\\"statusCode\\\":\\\"c\\\",\\\"responseBody\\\":\\\"b\\\"}\""),
        record(
            "Audit", "\"Tenant\":\"t\",\"AssetIdentity\":\"a\",\"properties\":{\"objectId\":\"o\"}", resource: account),
        record(
            "RequestResponse",
            """
            "Tenant":"t","event":"e","properties":{"apiName":"n","requestTime":638515262815394150,"requestLength":10,
            "responseTime":638515262815394151,"responseLength":11,"objectId":"o","callerObjectId":"c","streamType":"s",
            "modelDeploymentName":"m","modelName":"n","modelVersion":"v","promptTokens":3,"completionTokens":4}
            """, resource: account),
        record("Trace", "\"event\":\"e\",\"properties\":{\"text\":\"t\",\"completion\":\"c\"}", resource: account),
        record(
            "AzureOpenAIRequestUsage", "\"event\":\"e\",\"properties\":{\"promptTokens\":[1],\"generatedTokens\":[2]}",
            resource: account),
        record(
            "GatewayLogs",
            """
            "DeploymentVersion":"d","Level":4,"Sku":"s","isRequestSuccess":true,
            "identity":{"claims":{"upn":"u","oid":"o"}},"properties":{"apiId":"a","method":"POST",
            "url":"u","backendUrl":"b","responseCode":200,"userId":"u","lastErrorMessage":"e",
            "requestHeaders":{"api-key":"k","User-Agent":"u"},
            "backendRequestBody":"{\\"messages\\":[{\\"role\\":\\"user\\",\\"content\\":\\"c\\"}],\\"user\\":\\"u\\"}",
            "backendResponseBody":"{\\"choices\\":[{\\"message\\":{\\"content\\":\\"c\\"}}],\\"usage\\":{\\"total_tokens\\":5}}"}
            """),
        record(
            "SignInLogs",
            """
            "identity":"i","properties":{"id":"i","userId":"u","userPrincipalName":"u","userDisplayName":"d","appId":"a",
            "appDisplayName":"n","ipAddress":"i","userAgent":"u","status":{"errorCode":0,"failureReason":"f",
            "additionalDetails":"a"},"location":{"city":"c","state":"s"},"deviceDetail":{"deviceId":"d","displayName":"n"},
            "authenticationDetails":[{"authenticationMethod":"m"}],"servicePrincipalId":"s","uniqueTokenIdentifier":"t",
            "sessionId":"s"}
            """),
        record(
            "AuditLogs",
            """
            "identity":"i","properties":{"id":"i","result":"success","resultReason":"r","activityDisplayName":"a",
            "initiatedBy":{"user":{"id":"i","userPrincipalName":"u","ipAddress":"a","displayName":"d"},
            "app":{"appId":"a","displayName":"d","servicePrincipalId":"s"}},
            "targetResources":[{"id":"i","displayName":"d","modifiedProperties":[{"oldValue":"\\"o\\"","newValue":"[\\"n\\"]"}]}],
            "additionalDetails":[{"key":"k","value":"v"}]}
            """),
        record(
            "UserRiskEvents",
            "\"properties\":{\"userPrincipalName\":\"u\",\"ipAddress\":\"i\",\"additionalInfo\":\"[]\",\"userId\":\"u\"}"
        ),
        record(
            "MicrosoftGraphActivityLogs",
            """
            "properties":{"requestUri":"u","requestMethod":"GET","appId":"a","userId":"u","servicePrincipalId":"s",
            "ipAddress":"i","userAgent":"u","wids":"w"}
            """),
        record(
            "AuditEvent",
            """
            "identity":{"claim":{"oid":"o","appid":"a","upn":"u","ipaddr":"i"}},"properties":{"id":"i","clientInfo":"c",
            "httpStatusCode":200,"requestUri":"u"}
            """),
        record(
            "StorageRead",
            """
            "statusCode":200,"statusText":"s","uri":"u","protocol":"HTTPS","identity":{"type":"SAS","tokenHash":"h",
            "requester":{"objectId":"o","appId":"a","tenantId":"t","upn":"u"}},"properties":{"accountName":"a",
            "userAgentHeader":"u","clientRequestId":"c","objectKey":"k","etag":"e"}
            """),
        record(
            "kube-audit",
            """
            "properties":{"pod":"p","log":"{\\"user\\":{\\"username\\":\\"u\\"},\\"sourceIPs\\":[\\"1\\"],\\"requestObject\\":{\\"data\\":{\\"password\\":\\"p\\"}}}"}
            """),
        record("AZFWApplicationRule", "\"properties\":{\"SourceIp\":\"i\",\"Fqdn\":\"f\",\"Url\":\"u\",\"msg\":\"m\"}"),
        record(
            "ApplicationGatewayAccessLog",
            "\"properties\":{\"clientIP\":\"i\",\"requestUri\":\"u\",\"details\":{\"message\":\"m\"}}"),
        record(
            "FlowLogFlowEvent",
            "\"flowRecords\":{\"flows\":[{\"aclID\":\"a\",\"flowGroups\":[{\"flowTuples\":[\"t\"]}]}]}"),
        record("AppServiceConsoleLogs", "\"identity\":\"i\",\"properties\":{\"message\":\"m\"}"),
        record(
            "NobodyKnowsThis",
            "\"identity\":{\"claims\":{\"upn\":\"u\",\"oid\":\"o\"}},\"uri\":\"u\",\"properties\":{\"x\":\"y\",\"z\":[\"w\",{\"v\":\"u\"}]}"
        ),
        """
        {"eventTimestamp":"2026-11-01T10:00:00Z","operationName":{"value":"o","localizedValue":"l"},
        "category":{"value":"Administrative"},"status":{"value":"s"},"subStatus":{"value":"s"},"caller":"c",
        "description":"d","authorization":{"action":"a","evidence":{"principalId":"p"}},
        "claims":{"appid":"a","name":"n","\(soap)upn":"u"},"httpRequest":{"clientIpAddress":"i","uri":"u"},
        "resourceId":"\(other)","correlationId":"c","eventDataId":"e","properties":{"statusCode":"c","responseBody":"b"}}
        """,
        """
        {"TimeGenerated":"2026-11-01T10:00:00Z","OperationNameValue":"o","CategoryValue":"Administrative",
        "ActivityStatusValue":"a","Caller":"c","CallerIpAddress":"i","Claims":"{\\"appid\\":\\"a\\"}",
        "Properties_d":{"statusCode":"c","responseBody":"b"},"_ResourceId":"r","Type":"AzureActivity"}
        """,
    ]

    /// Bodies that hold planted records in every way a message can, sound and broken; each record is planted anew.
    static func bodies(_ planter: inout CanaryPlanter, rounds: Int) throws -> [[UInt8]] {
        var bodies: [[UInt8]] = []
        for round in 0..<rounds {
            let planted = try all.map { try planter.plant($0) }
            switch round % 4 {
            case 0: bodies += planted.map { Array("{\"records\":[\($0)]}".utf8) }
            case 1: bodies.append(Array("[\(planted.joined(separator: ","))]".utf8))
            case 2: bodies.append(Array(planted.joined(separator: "\n").utf8))
            default:
                bodies.append(
                    Array("[\(try CanaryPlanter.text("{\"records\":[\(planted.joined(separator: ","))]}"))]".utf8))
            }
        }
        bodies += try sampleBodies(&planter)
        bodies += try brokenBodies(&planter)
        return bodies
    }

    /// What the generator of sample logs writes, planted.
    private static func sampleBodies(_ planter: inout CanaryPlanter) throws -> [[UInt8]] {
        let configuration = LogGenerator.Configuration(seed: 11, records: 60, start: EventTime(seconds: 1_793_527_200))
        var bodies: [[UInt8]] = []
        for message in try LogGenerator(configuration) {
            let whole = try? JSONSerialization.jsonObject(with: Data(message.body)) as? [String: Any]
            for record in whole?["records"] as? [[String: Any]] ?? [] {
                bodies.append(Array("{\"records\":[\(try planter.plant(CanaryPlanter.text(record)))]}".utf8))
            }
        }
        return bodies
    }

    /// Bodies that become dead letters, in part or as a whole, and those that are repaired.
    private static func brokenBodies(_ planter: inout CanaryPlanter) throws -> [[UInt8]] {
        var bodies: [[UInt8]] = []
        func whole() throws -> String { "{\"records\":[\(try planter.plant(all[0])),\(try planter.plant(all[6]))]}" }
        bodies.append(Array(try whole().dropLast(300).utf8))
        bodies.append(
            Array((try whole() + "]}{\"x\":\"\(planter.maker.make(.word, path: "tail", category: "").text)\"}}]}").utf8)
        )
        bodies.append(
            Array(try whole().replacing("\"properties\":", with: "\"properties\":[ 218 B blob ],\"p\":").utf8))
        bodies.append(Array(try whole().replacing("\"", with: "'").utf8))
        bodies.append(Array(try whole().replacing(",\"", with: "\n,\"x\ny\":1,\"").utf8))
        bodies.append(Array(try whole().replacing("}", with: "").utf8))
        bodies.append(
            try whole().utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] })
        bodies.append([0x1F, 0x8B, 8, 0] + Array(try whole().utf8))
        bodies.append(
            Array(
                ("[\(String(repeating: "[", count: 70))\"\(planter.maker.make(.prompt, path: "deep", category: "").text)\""
                    + String(repeating: "]", count: 71)).utf8))
        for shape in Canary.Shape.allCases {
            let text = planter.maker.make(shape, path: "plain", category: "").text
            bodies.append(Array(text.utf8))
            bodies.append(Array("\"\(text.replacing("\n", with: " "))\"".utf8))
        }
        // Larger than is decoded.
        var large = ""
        while large.utf8.count < 80_000 { large += try planter.plant(all[6]) + "," }
        bodies.append(Array("{\"records\":[\(large)null]}".utf8))
        return bodies
    }
}
