/// The way to a value inside one raw Azure record: member names from the root of the record.
///
/// Written `identity.claims.appid`; a name that holds dots, slashes or brackets is quoted:
/// `identity.claims["http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"]`. Names at the top level are matched
/// without case (Azure services spell them differently), names below it exactly.
public struct FieldPath: Hashable, Comparable, Sendable, Codable {
    /// Member names, outermost first; never empty.
    public let steps: [String]

    /// Makes a path from member names.
    public init(_ steps: [String]) { self.steps = steps }

    /// Orders paths by their steps, so that plans and fingerprints never depend on hashing.
    public static func < (a: FieldPath, b: FieldPath) -> Bool { a.steps.lexicographicallyPrecedes(b.steps) }
}

/// A value that a rule can read from a record: a raw path, or one that the decoder derives.
///
/// Rule formats translate their own field names (Sigma's, Elastic's) into these; nothing behind the formats knows a
/// vendor's spelling.
public enum Field: Hashable, Sendable {
    /// A raw path.
    case path(FieldPath)
    /// The first of several raw paths that is present and not null.
    case firstOf([FieldPath])
    /// A value computed from the record or its envelope.
    case derived(DerivedField)
}

/// What the decoder computes for a record when a rule's plan asks for it.
public enum DerivedField: String, Hashable, CaseIterable, Sendable, Codable {
    /// The record's own time (a timestamp); the enqueued time when the record has none that can be read.
    case eventTime
    /// The broker's enqueued time of the message (a timestamp).
    case enqueuedTime
    /// Resource id as written.
    case resourceID
    /// `subscriptions/{this}` in lower case.
    case subscriptionID
    /// `resourceGroups/{this}` in lower case.
    case resourceGroup
    /// `{namespace}/{type}` in lower case, for example `microsoft.cognitiveservices/accounts`.
    case resourceProvider
    /// Everything after the first resource type, in lower case: `account` or `account/deployments/gpt4`.
    case resourceName
    /// The last segment of the resource id, in lower case.
    case resourceLeafName
    /// `success`, `failure` or `unknown`.
    case outcome
    /// The caller's address without a port, when it is a whole address; null otherwise.
    case sourceAddress
    /// The log the record belongs to, as Sigma's `logsource.service` names it: `activitylogs`, `signinlogs`,
    /// `auditlogs`, `riskdetection`, `openai`, `platformlogs`.
    case service
    /// The dataset the record belongs to, as Elastic names it: `azure.activitylogs`, `azure_openai.logs`, ….
    case dataset
}

extension DerivedField {
    /// True for values that Azure treats without case and the decoder therefore hands out in lower case.
    ///
    /// Literals compared with them must be lower-cased too.
    public var isCaseFolded: Bool {
        switch self {
        case .subscriptionID, .resourceGroup, .resourceProvider, .resourceName, .resourceLeafName, .outcome, .service,
            .dataset:
            true
        case .eventTime, .enqueuedTime, .resourceID, .sourceAddress: false
        }
    }
}
