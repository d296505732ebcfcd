/// A type of Azure resource, with the words from which names of this type are made.
struct ResourceKind: Sendable {
    let provider: String
    let type: String
    let namePrefix: String
    let groupWord: String

    static let openAI = ResourceKind(
        provider: "Microsoft.CognitiveServices", type: "accounts", namePrefix: "cog", groupWord: "ai")

    /// All types in the background; `ActivityOperation.kind` and the kinds of noise count along this list.
    static let all: [ResourceKind] = [
        ResourceKind(
            provider: "Microsoft.Compute", type: "virtualMachines", namePrefix: "vm-app", groupWord: "compute"),
        ResourceKind(
            provider: "Microsoft.Storage", type: "storageAccounts", namePrefix: "stdata", groupWord: "data"),
        ResourceKind(provider: "Microsoft.KeyVault", type: "vaults", namePrefix: "kv-core", groupWord: "core"),
        ResourceKind(
            provider: "Microsoft.Network", type: "networkSecurityGroups", namePrefix: "nsg-edge", groupWord: "net"),
        ResourceKind(provider: "Microsoft.Web", type: "sites", namePrefix: "app-shop", groupWord: "web"),
        openAI,
        ResourceKind(
            provider: "Microsoft.MachineLearningServices", type: "workspaces", namePrefix: "mlw-train",
            groupWord: "ml"),
        ResourceKind(
            provider: "Microsoft.Resources", type: "deployments", namePrefix: "main-release", groupWord: "core"),
        ResourceKind(
            provider: "Microsoft.Authorization", type: "roleAssignments", namePrefix: "assignment", groupWord: "core"),
        ResourceKind(
            provider: "Microsoft.ContainerService", type: "managedClusters", namePrefix: "aks-prod", groupWord: "aks"),
        ResourceKind(provider: "Microsoft.Network", type: "azureFirewalls", namePrefix: "afw-edge", groupWord: "net"),
        ResourceKind(provider: "Microsoft.ApiManagement", type: "service", namePrefix: "apim-ai", groupWord: "web"),
    ]

    static let storage = 1
    static let cognitive = 5
    static let machineLearning = 6
}

/// One control-plane operation of the activity log.
final class ActivityOperation: Sendable {
    /// How many records one operation leaves behind.
    enum Phases: Sendable {
        /// Start, then Success or Failure.
        case pair
        /// Start, Accept, then Success or Failure.
        case triple
        /// One record, already finished.
        case single
    }

    let kind: Int
    let category: String
    let phases: Phases
    /// True where only portal applications call it in the background: listing the keys of AI resources.
    let portalOnly: Bool
    let weight: Int
    /// `Microsoft.Compute/virtualMachines/start/action`.
    let action: [UInt8]
    /// The same in upper case: the record's `operationName`.
    let upperAction: [UInt8]

    /// Makes an operation from its verb below the resource type, or from a whole name that starts with `Microsoft.`.
    init(
        kind: Int, _ verb: String, _ phases: Phases, weight: Int, category: String = "Administrative",
        portalOnly: Bool = false
    ) {
        let type = ResourceKind.all[kind]
        let text = verb.hasPrefix("Microsoft.") ? verb : "\(type.provider)/\(type.type)/\(verb)"
        self.kind = kind
        self.category = category
        self.phases = phases
        self.portalOnly = portalOnly
        self.weight = weight
        action = Array(text.utf8)
        upperAction = Array(text.uppercased().utf8)
    }

    static let listCognitiveKeys = ActivityOperation(
        kind: ResourceKind.cognitive, "listKeys/action", .pair, weight: 2, portalOnly: true)
    static let listWorkspaceKeys = ActivityOperation(
        kind: ResourceKind.machineLearning, "listKeys/action", .pair, weight: 1, portalOnly: true)
    static let listStorageKeys = ActivityOperation(
        kind: ResourceKind.storage, "listKeys/action", .pair, weight: 6)

    /// The background: what subscriptions do all day.
    static let all: [ActivityOperation] = [
        ActivityOperation(kind: 0, "write", .triple, weight: 10),
        ActivityOperation(kind: 0, "start/action", .triple, weight: 8),
        ActivityOperation(kind: 0, "deallocate/action", .triple, weight: 8),
        ActivityOperation(kind: 0, "delete", .triple, weight: 2),
        ActivityOperation(kind: 1, "write", .pair, weight: 4),
        listStorageKeys,
        ActivityOperation(kind: 2, "write", .pair, weight: 4),
        ActivityOperation(kind: 2, "accessPolicies/write", .pair, weight: 2),
        ActivityOperation(kind: 3, "securityRules/write", .triple, weight: 5),
        ActivityOperation(kind: 3, "securityRules/delete", .triple, weight: 1),
        ActivityOperation(kind: 4, "restart/action", .pair, weight: 6),
        ActivityOperation(kind: 4, "config/write", .pair, weight: 6),
        ActivityOperation(kind: 4, "publishxml/action", .single, weight: 3),
        ActivityOperation(kind: 5, "write", .triple, weight: 2),
        ActivityOperation(kind: 5, "deployments/write", .triple, weight: 2),
        listCognitiveKeys,
        ActivityOperation(kind: 6, "write", .triple, weight: 2),
        listWorkspaceKeys,
        ActivityOperation(kind: 7, "write", .triple, weight: 12),
        ActivityOperation(kind: 7, "validate/action", .single, weight: 6),
        ActivityOperation(kind: 8, "write", .pair, weight: 2),
        ActivityOperation(kind: 9, "listClusterUserCredential/action", .pair, weight: 5),
        ActivityOperation(
            kind: 0, "Microsoft.Authorization/policies/audit/action", .single, weight: 6, category: "Policy"),
    ]
}
