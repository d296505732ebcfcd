import DiagnosticLogs
import Redaction
import Testing

/// Goal: what a field is follows from its path, when the plan is compiled.
///
/// Method: paths of the known record shapes with the class they must have.
@Suite struct FieldSensitivityTests {
    private func sensitivity(_ text: String) throws -> Sensitivity {
        let field = Field.path(try FieldPath(parsing: text))
        let plan = try FieldPlan([field])
        return plan.sensitivity(ofSlot: try #require(plan.slotNumber(of: field)))
    }

    @Test(arguments: [
        "properties.requestBody", "properties.requestbody", "properties.backendResponseBody.choices.message.content",
        "properties.prompt", "properties.backendRequestBody.messages.0.content", "properties.log.requestObject.data.x",
        "properties.backendResponseBody.usage", "properties", "identity.claims", "properties.requestHeaders",
        "properties.responseBody.access", "properties.backendRequestBody.user",
        "properties.backendResponseBody.error.message",
    ])
    func content(path: String) throws { #expect(try sensitivity(path).contains(.content)) }

    @Test(arguments: [
        "properties.backendResponseBody.usage.total_tokens", "properties.backendResponseBody.model",
        "properties.backendResponseBody.choices.finish_reason", "properties.backendResponseBody.error.code",
        "properties.backendResponseBody.prompt_filter_results.content_filter_results.hate.severity", "resultType",
        "properties.promptTokens", "properties.message", "properties.statusMessage.error.code", "resourceId",
        "properties.modelDeploymentName", "identity.authorization.action", "identity.authorization",
        "identity.claims.appid", "identity.claims.oid", "correlationId", "properties.targetResources.displayName",
        "properties.uniqueTokenIdentifier", "identity.tokenHash", "properties.additionalDetails.key",
        "properties.requestUri", "properties.status.errorCode", "properties.initiatedBy.app.displayName",
    ])
    func plain(path: String) throws { #expect(try sensitivity(path) == []) }

    @Test(arguments: [
        "properties.apiKey", "properties.api-key", "properties.requestHeaders.Authorization", "properties.password",
        "properties.requestHeaders.Ocp-Apim-Subscription-Key", "properties.responseBody.key1", "properties.sasToken",
        "properties.connectionString", "properties.accessToken", "properties.client_secret",
        "properties.requestHeaders.Cookie",
    ])
    func secrets(path: String) throws { #expect(try sensitivity(path).contains(.secrets)) }

    @Test(arguments: [
        "callerIpAddress", "properties.ipAddress", "identity.claims.ipaddr", "properties.clientIp",
        "properties.SourceIp", "properties.log.sourceIPs", "properties.initiatedBy.user.ipAddress", "caller_ip_address",
    ])
    func addresses(path: String) throws { #expect(try sensitivity(path) == .addresses) }

    @Test(arguments: [
        "identity.claims.upn", #"identity.claims["http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"]"#,
        #"identity.claims["http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name"]"#, "identity",
        "properties.userPrincipalName", "properties.initiatedBy.user.displayName", "properties.log.user.username",
        "caller", "identity.claim.upn",
    ])
    func users(path: String) throws { #expect(try sensitivity(path) == .users) }

    @Test func derivedAndAlternatives() throws {
        let either = Field.firstOf([FieldPath("properties", "note"), FieldPath("properties", "prompt")])
        let plan = try FieldPlan([either, .derived(.sourceAddress), .derived(.outcome)])
        func of(_ field: Field) throws -> Sensitivity {
            plan.sensitivity(ofSlot: try #require(plan.slotNumber(of: field)))
        }
        #expect(try of(either) == .content)
        #expect(try of(.derived(.sourceAddress)) == .addresses)
        #expect(try of(.derived(.outcome)) == [])
        #expect(plan.sensitivity(ofSlot: -1) == [] && plan.sensitivity(ofSlot: 10_000) == [])
    }
}
