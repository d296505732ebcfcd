public import Redaction

/// A record of the Azure activity log: who did what to which resource through Azure Resource Manager.
///
///     {"time":"…","operationName":"MICROSOFT.COGNITIVESERVICES/ACCOUNTS/LISTKEYS/ACTION","category":"Administrative",
///      "resultType":"Success","identity":{"claims":{"appid":"…"}},"properties":{"statusCode":"OK"}}
///
/// One operation gives one to three records with one correlation id: Start, perhaps Accept, then Success or Failure.
/// **Source**: Azure Monitor, "activity log event schema".
public struct ActivityLog: Hashable, Sendable {
    /// The members that all records share.
    public var common: ResourceLog
    /// The member `identity.authorization`.
    public var authorization: Authorization
    /// The member `identity.claims`.
    public var claims: Claims
    /// `properties.eventCategory`, else the category; `Administrative` for the older categories `Write`, `Delete`, `Action`.
    public var eventCategory: String
    /// The member `properties.entity`.
    public var entity: String?
    /// The member `properties.message`.
    public var message: String?
    /// The member `properties.hierarchy`.
    public var hierarchy: String?
    /// The member `properties.statusCode`.
    public var statusCode: String?
    /// The member `properties.serviceRequestId`.
    public var serviceRequestID: String?
    /// `properties.statusMessage`, JSON text.
    public var statusMessage: SensitiveText?
    /// `properties.requestbody`, JSON text.
    public var requestBody: SensitiveText?
    /// `properties.responseBody`, JSON text.
    public var responseBody: SensitiveText?

    /// What the caller was allowed to do, and by which role.
    public struct Authorization: Hashable, Sendable {
        /// `scope`, in its original case.
        public var scope: String?
        /// `action`, in mixed case: the best name of the operation for display.
        public var action: String?
        /// The member `evidence.role`.
        public var role: String?
        /// The member `evidence.roleAssignmentScope`.
        public var roleAssignmentScope: String?
        /// `evidence.roleAssignmentId`, often without dashes.
        public var roleAssignmentID: String?
        /// `evidence.roleDefinitionId`, often without dashes.
        public var roleDefinitionID: String?
        /// `evidence.principalId`, often without dashes.
        public var principalID: String?
        /// `evidence.principalType`: `User`, `ServicePrincipal`, `Group`.
        public var principalType: String?
    }

    /// The caller's token.
    ///
    /// Long claim names are read under their short ones.
    public struct Claims: Hashable, Sendable {
        /// `appid`, the client application.
        public var applicationID: String?
        /// `appidacr`: `0` public client, `1` secret, `2` certificate.
        public var applicationAuthentication: String?
        /// The member `oid`.
        public var objectID: String?
        /// `upn`; missing for service principals and guests.
        public var userPrincipalName: String?
        /// The member `name`.
        public var name: String?
        /// The member `email`.
        public var email: String?
        /// The member `tid`.
        public var tenantID: String?
        /// `ipaddr`, the address when the token was issued.
        public var address: String?
        /// The member `scp`.
        public var scopes: String?
        /// The member `amr`.
        public var authenticationMethods: String?
        /// The member `spn`.
        public var servicePrincipalName: String?
        /// `idtyp`: `user` or `app`.
        public var identityType: String?
    }

    /// `upn`, else name, object id, application id: the best name of the caller.
    public var caller: String? {
        claims.userPrincipalName ?? claims.name ?? claims.email ?? claims.objectID ?? claims.applicationID
    }

    init?(_ reader: StandardFieldReader) {
        guard reader[.service].stringValue == "activitylogs" else { return nil }
        common = ResourceLog(reader)
        authorization = Authorization(
            scope: reader.text(.scope), action: reader.text(.action), role: reader.text(.role),
            roleAssignmentScope: reader.text(.roleAssignmentScope), roleAssignmentID: reader.text(.roleAssignmentID),
            roleDefinitionID: reader.text(.roleDefinitionID), principalID: reader.text(.principalID),
            principalType: reader.text(.principalType))
        claims = Claims(
            applicationID: reader.text(.applicationID),
            applicationAuthentication: reader.text(.applicationAuthentication), objectID: reader.text(.objectID),
            userPrincipalName: reader.text(.userPrincipalName), name: reader.text(.claimName, .claimNameShort, .caller),
            email: reader.text(.email), tenantID: reader.text(.claimTenant), address: reader.text(.claimAddress),
            scopes: reader.text(.scopes), authenticationMethods: reader.text(.authenticationMethods),
            servicePrincipalName: reader.text(.servicePrincipalName), identityType: reader.text(.identityType))
        eventCategory = reader.text(.eventCategory) ?? Self.eventCategory(from: reader.text(.category))
        entity = reader.text(.entity)
        message = reader.text(.message)
        hierarchy = reader.text(.hierarchy)
        statusCode = reader.text(.propertiesStatusCode)
        serviceRequestID = reader.text(.serviceRequestID)
        statusMessage = reader.text(.statusMessage).map { SensitiveText($0, .content) }
        requestBody = reader.text(.requestBody).map { SensitiveText($0, .content) }
        responseBody = reader.text(.responseBody).map { SensitiveText($0, .content) }
    }

    private static func eventCategory(from category: String?) -> String {
        switch category {
        case nil, "Write", "Delete", "Action", "Read": "Administrative"
        case .some(let category): category
        }
    }

    /// Decodes one record from JSON.
    ///
    /// **Errors**: ``DiagnosticLogsError/Code/notARecord``, also for records of other logs.
    public init(json: [UInt8]) throws(DiagnosticLogsError) {
        self = try StandardFieldReader.decode(json) { ActivityLog($0) }
    }
}
