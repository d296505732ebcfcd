/// The members that typed records and evidence are made of.
enum StandardField: String, CaseIterable {
    case operationName, operationVersion, category, resultType, resultSignature, resultDescription, durationMs
    case resourceId, tenantId, location, correlationId, callerIpAddress, level, identity, caller
    case statusCode, type

    case applicationID = "identity.claims.appid"
    case applicationAuthentication = "identity.claims.appidacr"
    case objectID = "identity.claims.oid"
    case userPrincipalName = "identity.claims.upn"
    case claimName = "identity.claims.name"
    case claimNameShort = "identity.claims.unique_name"
    case email = "identity.claims.email"
    case claimTenant = "identity.claims.tid"
    case claimAddress = "identity.claims.ipaddr"
    case scopes = "identity.claims.scp"
    case authenticationMethods = "identity.claims.amr"
    case servicePrincipalName = "identity.claims.spn"
    case identityType = "identity.claims.idtyp"

    case vaultObjectID = "identity.claim.oid"
    case vaultApplicationID = "identity.claim.appid"
    case vaultPrincipalName = "identity.claim.upn"
    case requesterObjectID = "identity.requester.objectId"
    case requesterApplicationID = "identity.requester.appId"
    case requesterPrincipalName = "identity.requester.upn"

    case scope = "identity.authorization.scope"
    case action = "identity.authorization.action"
    case role = "identity.authorization.evidence.role"
    case roleAssignmentScope = "identity.authorization.evidence.roleAssignmentScope"
    case roleAssignmentID = "identity.authorization.evidence.roleAssignmentId"
    case roleDefinitionID = "identity.authorization.evidence.roleDefinitionId"
    case principalID = "identity.authorization.evidence.principalId"
    case principalType = "identity.authorization.evidence.principalType"

    case eventCategory = "properties.eventCategory"
    case entity = "properties.entity"
    case message = "properties.message"
    case hierarchy = "properties.hierarchy"
    case propertiesStatusCode = "properties.statusCode"
    case serviceRequestID = "properties.serviceRequestId"
    case statusMessage = "properties.statusMessage"
    case requestBody = "properties.requestbody"
    case responseBody = "properties.responseBody"

    case region = "Tenant"
    case assetIdentity = "AssetIdentity"
    case event = "event"
    case callerObjectID = "properties.objectId"
    case callerObjectIDLater = "properties.callerObjectId"
    case apiName = "properties.apiName"
    case requestTime = "properties.requestTime"
    case requestLength = "properties.requestLength"
    case responseTime = "properties.responseTime"
    case responseLength = "properties.responseLength"
    case streamType = "properties.streamType"
    case modelDeploymentName = "properties.modelDeploymentName"
    case modelName = "properties.modelName"
    case modelVersion = "properties.modelVersion"
    case promptTokens = "properties.promptTokens"
    case completionTokens = "properties.completionTokens"

    case signInUserID = "properties.userId"
    case signInPrincipalName = "properties.userPrincipalName"
    case signInApplicationID = "properties.appId"
    case signInAddress = "properties.ipAddress"
    case servicePrincipalID = "properties.servicePrincipalId"
    case auditUserID = "properties.initiatedBy.user.id"
    case auditPrincipalName = "properties.initiatedBy.user.userPrincipalName"
    case auditAddress = "properties.initiatedBy.user.ipAddress"
    case auditApplicationID = "properties.initiatedBy.app.appId"
    case auditApplicationName = "properties.initiatedBy.app.displayName"
    case auditServicePrincipalID = "properties.initiatedBy.app.servicePrincipalId"

    var field: Field { .path(FieldPath(rawValue.split(separator: ".").map(String.init))) }
}

/// Reads the standard fields of single records, beside the plan of the rules.
final class StandardFieldReader {
    private static let derived: [DerivedField] = [.outcome, .service, .dataset, .resourceProvider]
    private static let plan: FieldPlan =
        (try? FieldPlan(StandardField.allCases.map(\.field) + derived.map { .derived($0) })) ?? .empty
    private static let numbers: [StandardField: Int] = Dictionary(
        uniqueKeysWithValues: StandardField.allCases.compactMap { field in
            plan.slotNumber(of: field.field).map { (field, $0) }
        })

    private let walker: RecordWalker
    private let computed: ComputedFields
    private let finisher: RecordFinisher
    private let indexer = StructuralIndexer()
    /// The record's own time.
    private(set) var eventTime = Timestamp(nanoseconds: 0)
    /// The record at hand.
    private(set) var bytes = UnsafeRawBufferPointer(start: nil, count: 0)

    private var isRead = false

    init() {
        walker = RecordWalker(Self.plan.tables)
        computed = ComputedFields(walker)
        finisher = RecordFinisher(walker, computed)
    }

    /// The kind of log that the record belongs to.
    var kind: LogKind { isRead ? computed.logKind() : .none }

    /// What was unusual about the record.
    var flags: RecordFlags { walker.notes.pointee.flags }

    /// Reads a record; false when it is none.
    ///
    /// 64 bytes behind it must be readable.
    @discardableResult
    func read(_ record: UnsafeRawBufferPointer, enqueued: Timestamp) -> Bool {
        bytes = record
        isRead = false
        walker.beginRecord()
        guard case .success(let start) = indexer.index(record) else { return false }
        var cursor = start
        guard walker.walkRecord(&cursor, depth: 0), cursor.at == cursor.count else {
            walker.beginRecord()
            return false
        }
        var summary = EnvelopeSummary()
        eventTime = finisher.finish(start, depth: 0, enqueued: enqueued, summary: &summary)
        isRead = true
        return true
    }

    subscript(field: StandardField) -> FieldSlot {
        isRead ? Self.numbers[field].map { computed.slot($0) } ?? .missing : .missing
    }

    subscript(field: DerivedField) -> FieldSlot {
        isRead ? Self.plan.slotNumber(of: .derived(field)).map { computed.slot($0) } ?? .missing : .missing
    }

    /// The text of the first field that has some; blanks around it are dropped.
    func text(_ fields: StandardField...) -> String? { text(fields) }

    /// The text of the first field that has some; blanks around it are dropped.
    func text(_ fields: [StandardField]) -> String? {
        for field in fields {
            let value = self[field]
            guard value.kind == .string || value.kind == .number, let text = value.stringValue else { continue }
            let trimmed = Self.trimmed(text)
            if !trimmed.isEmpty { return trimmed }
        }
        return nil
    }

    func integer(_ field: StandardField) -> Int64? { self[field].integerValue }

    private static func trimmed(_ text: String) -> String {
        guard text.utf8.first == 0x20 || text.utf8.last == 0x20 else { return text }
        var rest = Substring(text)
        while rest.first == " " { rest = rest.dropFirst() }
        while rest.last == " " { rest = rest.dropLast() }
        return String(rest)
    }
}
