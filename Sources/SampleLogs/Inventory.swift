/// The made-up organisation that the logs are about: tenant, subscriptions, resources, accounts.
///
/// **Invariants** Everything follows from the seed. Names are roles (`user07@example.com`, `svc-deploy-03`), domains
/// are `example.com`, addresses come from the documentation ranges. Nobody here exists.
struct Inventory: Sendable {
    let tenant: String
    let subscriptions: [String]
    /// Resources by index of `ResourceKind.all`.
    let resources: [[Resource]]
    /// Azure OpenAI accounts: the owners of Audit, RequestResponse and Trace records.
    let accounts: [Resource]
    let users: [Principal]
    let services: [Principal]

    /// Draws an organisation whose size follows the number of records, so that large samples have many group keys.
    init(records: Int, random: inout SeededRandom) {
        tenant = random.guid().text
        var subscriptions: [String] = []
        for _ in 0..<4 { subscriptions.append(random.guid().text) }
        self.subscriptions = subscriptions

        let perKind = min(max(records / 4_000, 8), 200)
        var resources: [[Resource]] = []
        for kind in ResourceKind.all {
            var list: [Resource] = []
            for number in 1...perKind {
                let group = "rg-\(kind.groupWord)-\(padded(random.number(in: 1...9), 2))"
                let subscription = subscriptions[random.below(subscriptions.count)]
                let name = "\(kind.namePrefix)-\(padded(number, 3))"
                list.append(Resource(kind: kind, subscription: subscription, group: group, name: name, random: &random))
            }
            resources.append(list)
        }
        self.resources = resources

        let accountCount = min(max(records / 1_000, 16), 2_048)
        var accounts: [Resource] = []
        for number in 1...accountCount {
            let subscription = subscriptions[random.below(subscriptions.count)]
            let group = "rg-ai-\(padded(number % 40 + 1, 2))"
            // The tag keeps accounts of samples with other seeds apart: in one hub their listings must not add up.
            let region = Region.all[random.below(Region.all.count)].short
            let name = "oai-\(region)-\(tenant.prefix(4))-\(padded(number, 4))"
            accounts.append(
                Resource(
                    kind: .openAI, subscription: subscription, group: group, name: name, random: &random))
        }
        self.accounts = accounts

        users = (1...48).map { Principal(user: $0, random: &random) }
        services = (1...16).map { Principal(service: $0, random: &random) }
    }
}

/// A resource with its identifier in the spellings that Azure uses.
final class Resource: Sendable {
    let subscription: String
    let group: String
    let name: String
    let region: Region
    /// The identifier all in upper case, as resource logs and the activity log write it.
    let upperID: [UInt8]
    /// The identifier in mixed case, as the authorization scope has it.
    let mixedID: [UInt8]
    /// `resource group/name` in lower case: the key a producer would choose for records of this resource.
    let partitionKey: String
    /// A random identifier that belongs to the resource: asset, pod, firewall policy and so on.
    let asset: GUID

    init(kind: ResourceKind, subscription: String, group: String, name: String, random: inout SeededRandom) {
        self.subscription = subscription
        self.group = group
        self.name = name
        region = Region.all[random.below(Region.all.count)]
        let id =
            "/subscriptions/\(subscription)/resourceGroups/\(group)/providers/\(kind.provider)/\(kind.type)/\(name)"
        mixedID = Array(id.utf8)
        upperID = Array(id.uppercased().utf8)
        partitionKey = "\(group)/\(name)"
        asset = random.guid()
    }
}

/// An Azure region in its written forms.
struct Region: Sendable {
    let id: String
    let title: String
    let short: String

    static let all: [Region] = [
        Region(id: "eastus", title: "East US", short: "eus"),
        Region(id: "westeurope", title: "West Europe", short: "weu"),
        Region(id: "swedencentral", title: "Sweden Central", short: "swc"),
        Region(id: "francecentral", title: "France Central", short: "frc"),
        Region(id: "southeastasia", title: "Southeast Asia", short: "sea"),
    ]
}

/// Someone or something that signs in: a user account or a service account, with the fixed parts of its claims.
final class Principal: Sendable {
    let isUser: Bool
    let objectID: String
    /// `user07@example.com` for users; the display name for services.
    let account: String
    let displayName: String
    /// The application that a service account is; users come with whatever client they hold.
    let applicationID: String
    let role: String
    let roleDefinition: GUID
    let roleAssignment: GUID
    let session: GUID
    let groups: String
    let puid: String
    let opaque: String
    let address: String

    convenience init(user number: Int, random: inout SeededRandom) {
        self.init(
            isUser: true, account: "user\(padded(number, 2))@example.com", displayName: "User \(padded(number, 2))",
            role: number % 5 == 0 ? "Owner" : "Contributor", random: &random)
    }

    convenience init(service number: Int, random: inout SeededRandom) {
        let words = ["deploy", "backup", "scaler", "audit"]
        let name = "svc-\(words[number % words.count])-\(padded(number, 2))"
        self.init(isUser: false, account: name, displayName: name, role: "Contributor", random: &random)
    }

    private init(isUser: Bool, account: String, displayName: String, role: String, random: inout SeededRandom) {
        self.isUser = isUser
        self.account = account
        self.displayName = displayName
        self.role = role
        objectID = random.guid().text
        applicationID = random.guid().text
        roleDefinition = random.guid()
        roleAssignment = random.guid()
        session = random.guid()
        groups = (0..<3).map { _ in random.guid().text }.joined(separator: ",")
        puid = "1003200" + padded(random.below(1_000_000_000), 9)
        opaque = randomWord(43, random: &random)
        address = documentationAddress(&random)
    }
}

extension GUID {
    /// The identifier as text, in lower case.
    var text: String {
        var bytes: [UInt8] = []
        bytes.append(guid: self)
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// A number as decimal text of at least `width` digits.
func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}

/// Letters and digits that look like an opaque token and mean nothing.
func randomWord(_ length: Int, random: inout SeededRandom) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)
    var bytes: [UInt8] = []
    for _ in 0..<length { bytes.append(alphabet[random.below(alphabet.count)]) }
    return String(decoding: bytes, as: UTF8.self)
}

/// An address of the ranges that RFC 5737 and RFC 3849 keep for documentation; one in eight is IPv6.
func documentationAddress(_ random: inout SeededRandom) -> String {
    if random.below(8) == 0 {
        return "2001:db8::" + String(random.number(in: 1...0xFFFF), radix: 16)
    }
    let networks = ["192.0.2.", "198.51.100.", "203.0.113."]
    return networks[random.below(networks.count)] + String(random.number(in: 1...254))
}
