/// The words of generated rules: those that sample logs hold, and those that only other organisations' logs hold.
struct RuleVocabulary: Sendable {
    /// Constants of one field.
    struct Words: Sendable {
        /// Found in sample logs.
        var familiar: [String]
        /// Found in no sample log.
        var foreign: [String]
    }

    let operations: Words
    let accounts: Words
    let applications: Words
    let resources: Words
    let networks: Words

    static let shared = RuleVocabulary()

    private init() {
        let kinds = [
            "Compute/disks", "Compute/snapshots", "Network/virtualNetworks", "Network/publicIPAddresses",
            "Network/applicationGateways", "Network/dnsZones", "Network/frontDoors", "Network/vpnConnections",
            "Sql/servers", "DocumentDB/databaseAccounts", "DBforPostgreSQL/flexibleServers", "Cache/Redis",
            "EventHub/namespaces", "ServiceBus/namespaces", "Logic/workflows", "Automation/automationAccounts",
            "OperationalInsights/workspaces", "Insights/diagnosticSettings", "Security/pricings",
            "RecoveryServices/vaults", "ContainerRegistry/registries", "DataFactory/factories",
            "ManagedIdentity/userAssignedIdentities", "Search/searchServices", "Synapse/workspaces",
            "Databricks/workspaces", "Cdn/profiles", "Batch/batchAccounts", "Devices/IotHubs", "HDInsight/clusters",
        ]
        let verbs = [
            "write", "delete", "read", "listKeys/action", "regenerateKey/action", "join/action", "move/action",
            "restart/action", "failover/action", "export/action", "beginGetAccess/action", "firewallRules/write",
            "privateEndpointConnectionsApproval/action",
        ]
        var foreign: [String] = []
        for kind in kinds { for verb in verbs { foreign.append("Microsoft.\(kind)/\(verb)") } }
        operations = Words(
            familiar: ActivityOperation.all.map { String(decoding: $0.action, as: UTF8.self) } + [
                "ListKey", "ChatCompletions_Create", "Embeddings_Create", "Create_Thread", "Sign-in activity",
                "SecretGet", "GetBlob", "Update user",
            ], foreign: foreign)
        accounts = Words(
            familiar: (1...48).map { "user\(padded($0, 2))@example.com" }
                + (1...16).map { "svc-deploy-\(padded($0, 2))" },
            foreign: (1...200).map { "admin\(padded($0, 3))@example.org" })
        applications = Words(
            familiar: ClientApplication.allCases.map(\.rawValue),
            foreign: (0..<200).map { "6d0a7e1c-52b8-4f0e-9a41-\(padded($0 * 7_919, 12))" })
        resources = Words(
            familiar: ResourceKind.all.flatMap { kind in (1...4).map { "\(kind.namePrefix)-\(padded($0, 3))" } },
            foreign: (1...300).map { "legacy-\(["erp", "crm", "hr", "pay"][$0 % 4])-\(padded($0, 3))" })
        networks = Words(
            familiar: ["192.0.2", "198.51.100", "203.0.113"].flatMap { prefix in
                (0..<32).map { "\(prefix).\($0 * 8)/29" }
            }, foreign: (0..<200).map { "10.\($0).0.0/16" })
    }

    /// The claim that holds the account's name, as a field of a rule.
    static let accountClaim = #"identity.claims["http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"]"#
}
