/// What a finding keeps of a record: an allow-list, never the whole record.
///
/// Each member takes the first place that says it, over the kinds of records that rules look at.
public struct EvidenceFields: Hashable, Sendable {
    /// Operation name, as written.
    public var operation: String?
    /// Category.
    public var category: String?
    /// Result type, as written.
    public var resultType: String?
    /// Result signature, as written.
    public var resultSignature: String?
    /// Resource id, as written.
    public var resourceID: String?
    /// Azure region.
    public var region: String?
    /// Correlation id.
    public var correlationID: String?
    /// Directory tenant.
    public var tenantID: String?
    /// Caller's address, as written.
    public var callerAddress: String?
    /// Caller's object id.
    public var objectID: String?
    /// Caller's user principal name, or the best name there is.
    public var principalName: String?
    /// Client application id.
    public var applicationID: String?
    /// Model deployment, for Azure OpenAI.
    public var modelDeployment: String?

    init(_ reader: StandardFieldReader) {
        operation = reader.text(.operationName)
        category = reader.text(.category, .type)
        resultType = reader.text(.resultType)
        resultSignature = reader.text(.resultSignature, .statusCode)
        resourceID = reader.text(.resourceId)
        region = reader.text(.location, .region)
        correlationID = reader.text(.correlationId)
        tenantID = reader.text(.tenantId, .claimTenant)
        callerAddress = reader.text(.callerIpAddress, .signInAddress, .auditAddress)
        objectID = reader.text(
            .objectID, .vaultObjectID, .requesterObjectID, .callerObjectID, .callerObjectIDLater, .signInUserID,
            .auditUserID, .servicePrincipalID, .auditServicePrincipalID, .principalID)
        principalName = reader.text(
            .userPrincipalName, .claimName, .claimNameShort, .email, .caller, .vaultPrincipalName,
            .requesterPrincipalName, .signInPrincipalName, .auditPrincipalName, .auditApplicationName,
            .servicePrincipalName, .identity)
        applicationID = reader.text(
            .applicationID, .vaultApplicationID, .requesterApplicationID, .signInApplicationID, .auditApplicationID)
        modelDeployment = reader.text(.modelDeploymentName)
    }

    /// Result type and signature in one text, as written: `Success, Succeeded.`; nil when there is neither.
    public var result: String? {
        let parts = [resultType, resultSignature].compactMap { $0 }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }
}
