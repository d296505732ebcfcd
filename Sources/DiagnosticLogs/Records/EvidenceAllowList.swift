/// Which members of a record evidence may be taken from, for each kind of log; what is not named here is never kept.
///
/// Bodies, prompts, headers, query strings and free text are in none of the lists. Source: Azure Monitor "resource logs
/// schema" and the schemas of its services.
struct EvidenceAllowList {
    private let own: [EvidenceMember: [StandardField]]

    private init(_ own: [EvidenceMember: [StandardField]]) { self.own = own }

    /// Where a member may be read, best first; empty where the log has no such fact.
    func sources(of member: EvidenceMember) -> [StandardField] { own[member] ?? Self.everywhere[member] ?? [] }

    /// The list for a log.
    init(_ kind: LogKind, category: String?) {
        switch kind {
        case .activity: self = .activity
        case .signIn, .risk, .graph, .directoryGraph: self = .signIn
        case .audit: self = .audit
        case .openAI: self = .openAI
        case .firewall, .gateway, .spring: self = .commonOnly
        case .none: self = .unknown
        case .provisioning, .other: self = Self.platform[FieldAliases.asciiLowercased(category ?? "")] ?? .unknown
        }
    }

    /// The members that all resource logs share.
    private static let everywhere: [EvidenceMember: [StandardField]] = [
        .operation: [.operationName], .category: [.category, .type], .resourceID: [.resourceId],
        .region: [.location, .region], .correlationID: [.correlationId], .tenantID: [.tenantId],
        .callerAddress: [.callerIpAddress],
    ]

    private static let activity = EvidenceAllowList([
        .tenantID: [.tenantId, .claimTenant], .objectID: [.objectID, .principalID],
        .principalName: [
            .userPrincipalName, .claimName, .claimNameShort, .email, .caller, .servicePrincipalName, .identity,
        ],
        .applicationID: [.applicationID],
    ])

    private static let signIn = EvidenceAllowList([
        .callerAddress: [.callerIpAddress, .signInAddress], .objectID: [.signInUserID, .servicePrincipalID],
        .principalName: [.signInPrincipalName, .identity], .applicationID: [.signInApplicationID],
    ])

    private static let audit = EvidenceAllowList([
        .callerAddress: [.callerIpAddress, .auditAddress], .objectID: [.auditUserID, .auditServicePrincipalID],
        .principalName: [.auditPrincipalName, .auditApplicationName, .identity],
        .applicationID: [.auditApplicationID],
    ])

    private static let openAI = EvidenceAllowList([
        .objectID: [.callerObjectID, .callerObjectIDLater], .modelDeployment: [.modelDeploymentName],
    ])

    private static let vault = EvidenceAllowList([
        .objectID: [.objectID, .vaultObjectID],
        .principalName: [.userPrincipalName, .claimName, .vaultPrincipalName],
        .applicationID: [.applicationID, .vaultApplicationID],
    ])

    private static let storage = EvidenceAllowList([
        .objectID: [.requesterObjectID], .principalName: [.requesterPrincipalName],
        .applicationID: [.requesterApplicationID],
    ])

    /// Bodies of requests, network flows: nothing of the log's own.
    private static let commonOnly = EvidenceAllowList([:])

    /// A log that is not known: who it was, where records say it in the usual way.
    private static let unknown = EvidenceAllowList([
        .tenantID: [.tenantId, .claimTenant],
        .objectID: [
            .objectID, .vaultObjectID, .requesterObjectID, .callerObjectID, .callerObjectIDLater, .principalID,
        ],
        .principalName: [
            .userPrincipalName, .claimName, .claimNameShort, .email, .caller, .vaultPrincipalName,
            .requesterPrincipalName, .servicePrincipalName, .identity,
        ],
        .applicationID: [.applicationID, .vaultApplicationID, .requesterApplicationID],
    ])

    /// Categories of platform logs that have a list of their own, in lower case.
    private static let platform: [String: EvidenceAllowList] = [
        "auditevent": vault, "azurepolicyevaluationdetails": vault, "storageread": storage, "storagewrite": storage,
        "storagedelete": storage, "gatewaylogs": commonOnly, "gatewayllmlogs": commonOnly, "gatewaymcplogs": commonOnly,
        "websocketconnectionlogs": commonOnly, "kube-audit": commonOnly, "kube-audit-admin": commonOnly,
        "guard": commonOnly, "networksecuritygroupflowevent": commonOnly, "flowlogflowevent": commonOnly,
        "frontdooraccesslog": commonOnly, "frontdoorwebapplicationfirewalllog": commonOnly,
        "appserviceconsolelogs": commonOnly, "appserviceapplogs": commonOnly, "functionapplogs": commonOnly,
    ]
}
