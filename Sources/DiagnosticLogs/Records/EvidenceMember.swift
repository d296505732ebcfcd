public import Redaction

/// One of the facts that a finding keeps of a record, in the order in which they are stored.
public enum EvidenceMember: CaseIterable, Hashable, Sendable {
    /// Operation name.
    case operation
    /// Category.
    case category
    /// Result type and signature.
    case result
    /// Resource id.
    case resourceID
    /// Azure region.
    case region
    /// Correlation id.
    case correlationID
    /// Directory tenant.
    case tenantID
    /// Caller's address.
    case callerAddress
    /// Caller's object id.
    case objectID
    /// Caller's principal name, or the best name there is.
    case principalName
    /// Client application id.
    case applicationID
    /// Model deployment.
    case modelDeployment

    /// What a mask must know of it.
    ///
    /// An object id is a pseudonym that only the directory can resolve: it stays where names are masked.
    public var sensitivity: Sensitivity {
        switch self {
        case .callerAddress: .addresses
        case .principalName: .users
        case .operation, .category, .result, .resourceID, .region, .correlationID, .tenantID, .objectID,
            .applicationID, .modelDeployment:
            []
        }
    }
}
