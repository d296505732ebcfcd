public import Redaction

/// What a finding keeps of a record: an allow-list for each kind of log, never the whole record.
///
/// Each member takes the first place that says it. They leave for people through ``masked(_:_:)`` only; the texts
/// themselves are for whoever stores them.
public struct EvidenceFields: Hashable, Sendable {
    /// Operation name, as written.
    @_spi(Revealing) public var operation: String?
    /// Category.
    @_spi(Revealing) public var category: String?
    /// Result type, as written.
    @_spi(Revealing) public var resultType: String?
    /// Result signature, as written.
    @_spi(Revealing) public var resultSignature: String?
    /// Resource id, as written.
    @_spi(Revealing) public var resourceID: String?
    /// Azure region.
    @_spi(Revealing) public var region: String?
    /// Correlation id.
    @_spi(Revealing) public var correlationID: String?
    /// Directory tenant.
    @_spi(Revealing) public var tenantID: String?
    /// Caller's address, as written.
    @_spi(Revealing) public var callerAddress: String?
    /// Caller's object id.
    @_spi(Revealing) public var objectID: String?
    /// Caller's user principal name, or the best name there is.
    @_spi(Revealing) public var principalName: String?
    /// Client application id.
    @_spi(Revealing) public var applicationID: String?
    /// Model deployment, for Azure OpenAI.
    @_spi(Revealing) public var modelDeployment: String?

    init(_ reader: StandardFieldReader) {
        category = reader.text(.category, .type)
        let list = EvidenceAllowList(reader.kind, category: category)
        func text(_ member: EvidenceMember) -> String? { reader.text(list.sources(of: member)) }
        operation = text(.operation)
        resultType = reader.text(.resultType)
        resultSignature = reader.text(.resultSignature, .statusCode)
        resourceID = text(.resourceID)
        region = text(.region)
        correlationID = text(.correlationID)
        tenantID = text(.tenantID)
        callerAddress = text(.callerAddress)
        objectID = text(.objectID)
        principalName = text(.principalName)
        applicationID = text(.applicationID)
        modelDeployment = text(.modelDeployment)
    }

    /// Result type and signature in one text, as written: `Success, Succeeded.`; nil when there is neither.
    @_spi(Revealing) public var result: String? {
        let parts = [resultType, resultSignature].compactMap { $0 }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }

    /// A member as it was written.
    @_spi(Revealing) public func revealed(_ member: EvidenceMember) -> String? {
        switch member {
        case .operation: operation
        case .category: category
        case .result: result
        case .resourceID: resourceID
        case .region: region
        case .correlationID: correlationID
        case .tenantID: tenantID
        case .callerAddress: callerAddress
        case .objectID: objectID
        case .principalName: principalName
        case .applicationID: applicationID
        case .modelDeployment: modelDeployment
        }
    }

    /// What may be shown of a member; nil when the record does not have it.
    public func masked(_ member: EvidenceMember, _ masking: Masking) -> String? {
        revealed(member).map { masking.text($0, member.sensitivity) }
    }
}

extension EvidenceFields: CustomStringConvertible, CustomReflectable {
    /// A placeholder.
    public var description: String { "(evidence)" }
    /// Nothing to look into.
    public var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }
}
