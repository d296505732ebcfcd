/// What findings may show of the records of a category, written down once more: the test's own list, to be compared with what
/// is shown.
struct CanaryAllowList {
    /// Plain facts.
    var facts: Set<String> = [
        "operationname", "operationname.value", "operationnamevalue", "category.value", "resulttype", "status.value",
        "activitystatusvalue", "resultsignature", "substatus.value", "activitysubstatusvalue", "statuscode",
        "resourceid",
        "_resourceid", "location", "tenant", "correlationid", "tenantid",
        // Shown by the rules of the test.
        "level", "properties.requestLength",
        "properties.note",
    ]
    /// Addresses, unless they are masked.
    var addresses: Set<String> = ["calleripaddress", "httprequest.clientIpAddress", "properties.clientIp"]
    /// Names of people, unless they are masked.
    var users: Set<String> = ["properties.userName"]

    init(_ category: String) {
        switch category {
        case "Administrative", "Write", "": addClaims(of: ["identity.", ""])
        case "SignInLogs", "UserRiskEvents", "MicrosoftGraphActivityLogs":
            facts.formUnion(["properties.userId", "properties.servicePrincipalId", "properties.appId"])
            addresses.insert("properties.ipAddress")
            users.formUnion(["properties.userPrincipalName", "identity"])
        case "AuditLogs":
            facts.formUnion([
                "properties.initiatedBy.user.id", "properties.initiatedBy.app.appId",
                "properties.initiatedBy.app.servicePrincipalId",
            ])
            addresses.insert("properties.initiatedBy.user.ipAddress")
            users.formUnion([
                "properties.initiatedBy.user.userPrincipalName", "properties.initiatedBy.app.displayName", "identity",
            ])
        case "Audit", "RequestResponse", "Trace", "AzureOpenAIRequestUsage":
            facts.formUnion(["properties.objectId", "properties.callerObjectId", "properties.modelDeploymentName"])
        case "AuditEvent":
            facts.formUnion(["identity.claim.oid", "identity.claim.appid"])
            users.insert("identity.claim.upn")
        case "StorageRead":
            facts.formUnion(["identity.requester.objectId", "identity.requester.appId"])
            users.insert("identity.requester.upn")
        case "NobodyKnowsThis":
            addClaims(of: ["identity."])
        default: break
        }
    }

    private mutating func addClaims(of parents: [String]) {
        let soap = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
        let microsoft = "http://schemas.microsoft.com/identity/claims/"
        for parent in parents {
            for claim in ["appid", "oid", "tid", microsoft + "objectidentifier", microsoft + "tenantid"] {
                facts.insert("\(parent)claims.\(claim)")
            }
            facts.insert("\(parent)authorization.evidence.principalId")
            for claim in [
                "upn", "name", "unique_name", "email", soap + "upn", soap + "name", soap + "emailaddress", soap + "spn",
            ] {
                users.insert("\(parent)claims.\(claim)")
            }
        }
        users.formUnion(["caller", "identity"])
    }

    /// What may be shown of some log.
    static let ofSomeLog: Set<String> = [
        "", "SignInLogs", "AuditLogs", "Audit", "AuditEvent", "StorageRead", "NobodyKnowsThis",
    ].reduce(into: []) { all, category in
        let list = Self(category)
        all.formUnion(list.facts.union(list.addresses).union(list.users))
    }

    /// Whether an output may hold a canary.
    func allows(_ canary: Canary, masksPeople: Bool) -> Bool {
        switch canary.shape {
        case .word, .number: facts.contains(canary.path)
        case .address: !masksPeople && addresses.contains(canary.path)
        case .email: !masksPeople && users.contains(canary.path)
        default: false
        }
    }
}
