/// Member names of raw Azure records in their true spelling.
///
/// Rules spell names in every case (`ResourceDisplayName`, `trusttype`); below the top level the record's own spelling
/// decides, so a rule's name is put into it here.
enum AzureNames {
    /// Top-level members of records.
    ///
    /// The decoder matches these without case.
    static let envelope: [String] = [
        "time", "resourceId", "tenantId", "operationName", "operationVersion", "category", "type", "resultType",
        "resultSignature", "resultDescription", "durationMs", "callerIpAddress", "correlationId", "identity", "level",
        "location", "properties", "Tenant", "AssetIdentity", "event", "RoleLocation", "Stamp", "ReleaseVersion",
        "DeploymentVersion", "Sku", "isRequestSuccess", "truncated", "statusCode", "statusText", "uri", "protocol",
        "schemaVersion", "Region", "ActivityId", "Caller", "EventName", "Status", "SubscriptionId", "ResourceGroup",
        "OperationNameValue", "CategoryValue", "ActivityStatusValue", "Claims", "Claims_d", "Properties_d",
        "_ResourceId",
        "TimeGenerated",
    ]

    /// Members below `properties` and `identity`.
    static let nested: [String] = [
        // Activity log
        "authorization", "scope", "action", "evidence", "role", "roleAssignmentScope", "roleAssignmentId",
        "roleDefinitionId", "principalId", "principalType", "claims", "appid", "appidacr", "ipaddr", "idtyp", "name",
        "eventCategory", "entity", "message", "hierarchy", "statusCode", "serviceRequestId", "statusMessage",
        "requestbody", "responseBody", "policies", "eventName",
        // Sign-ins
        "id", "createdDateTime", "userPrincipalName", "userDisplayName", "userId", "userType", "appId",
        "appDisplayName",
        "ipAddress", "clientAppUsed", "userAgent", "correlationId", "conditionalAccessStatus", "originalRequestId",
        "isInteractive", "tokenIssuerName", "tokenIssuerType", "authenticationProcessingDetails",
        "networkLocationDetails",
        "processingTimeInMilliseconds", "riskDetail", "riskLevelAggregated", "riskLevelDuringSignIn", "riskState",
        "riskEventTypes", "riskEventType", "riskLevel", "resourceDisplayName", "resourceId", "resourceTenantId",
        "homeTenantId", "authenticationMethodsUsed", "authenticationRequirement", "authenticationDetails",
        "authenticationProtocol", "incomingTokenType", "servicePrincipalId", "servicePrincipalName", "sessionId",
        "crossTenantAccessType", "uniqueTokenIdentifier", "status", "errorCode", "failureReason", "additionalDetails",
        "deviceDetail", "deviceId", "displayName", "operatingSystem", "browser", "isCompliant", "isManaged",
        "trustType",
        "location", "city", "state", "countryOrRegion", "geoCoordinates", "appliedConditionalAccessPolicies",
        // Audit and risk
        "category", "result", "resultReason", "activityDisplayName", "activityDateTime", "loggedByService",
        "operationType", "initiatedBy", "user", "app", "targetResources", "modifiedProperties", "oldValue", "newValue",
        "key", "value", "groupType", "type", "activity", "activityType", "additionalInfo", "detectionTimingType",
        "source",
        "tokenIssuer", "riskLastUpdatedDateTime",
        // Azure OpenAI
        "objectId", "apiName", "requestTime", "requestLength", "responseTime", "responseLength", "streamType",
        "modelDeploymentName", "modelName", "modelVersion", "callerObjectId", "promptTokens", "completionTokens",
    ]

    private static let envelopeByLowerCase = table(envelope)
    private static let nestedByLowerCase = table(nested)

    private static func table(_ names: [String]) -> [String: String] {
        Dictionary(names.map { ($0.lowercased(), $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The true spelling of a top-level member.
    static func envelopeName(_ name: String) -> String? { envelopeByLowerCase[name.lowercased()] }

    /// The true spelling of a nested member.
    static func nestedName(_ name: String) -> String? { nestedByLowerCase[name.lowercased()] }

    /// The name with its first letter in lower case: Log Analytics columns against members of `properties`.
    static func lowerFirst(_ name: String) -> String { name.prefix(1).lowercased() + name.dropFirst() }
}
