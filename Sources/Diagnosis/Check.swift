/// Something that the doctor looks at; the raw value is what `--only`, `--skip` and JSON call it.
public enum Check: String, Hashable, Sendable, CaseIterable {
    /// The settings: file, environment, flags.
    case configuration
    /// The broker's name has addresses.
    case dns
    /// An address takes connections.
    case tcp
    /// The proxy opens a tunnel; what the environment says about proxies.
    case proxy
    /// The broker's certificate is one that this machine trusts, for this name, now.
    case tls
    /// The peer speaks AMQP and lets us in.
    case sasl
    /// An identity gets a token from its issuer.
    case signIn = "sign-in"
    /// The token is accepted.
    case cbs
    /// The hub exists and describes itself.
    case hub
    /// The selected partitions exist and describe themselves.
    case partitions
    /// The token has the Listen claim.
    case claims
    /// The consumer group exists.
    case group
    /// Nobody else reads the partitions with an owner level.
    case epoch
    /// The broker's clock and ours.
    case clock
    /// The state file opens, is whole, ours, and of this version.
    case state
    /// The folder of the state file has room and can be written.
    case disk
    /// What follows the saved positions is still there.
    case retention
    /// How far reading is behind.
    case lag
    /// The rules that the settings name can run.
    case rules
    /// The rules find their fields in the events that arrive.
    case fields
    /// Findings can be delivered: file and receivers.
    case sinks
}

/// A check in the plan: what it is called, what it does, what must have gone well before.
public struct PlannedCheck: Hashable, Sendable {
    /// Which one.
    public let check: Check
    /// Its name for people.
    public let title: String
    /// What is tried; `{…}` stands for figures of the subject.
    public let tried: String
    /// Checks that must not have failed.
    public let needs: [Check]

    private init(_ check: Check, _ title: String, _ tried: String, needs: [Check] = []) {
        self.check = check
        self.title = title
        self.tried = tried
        self.needs = needs
    }

    /// The plan, in the order in which it is carried out: what a check needs stands before it.
    ///
    /// Another transport or sink adds a row here, its symptoms, and a probe.
    public static let all: [PlannedCheck] = [
        PlannedCheck(.configuration, "configuration", "read every setting from file, environment and flags"),
        PlannedCheck(.dns, "name resolution", "look up {hop}", needs: [.configuration]),
        PlannedCheck(.tcp, "TCP", "connect to {hop}, port {hopPort}", needs: [.dns]),
        PlannedCheck(.proxy, "proxy", "tunnel through the proxy, if one is to be used", needs: [.configuration]),
        PlannedCheck(.tls, "TLS chain", "shake hands, verify the certificate for {host}", needs: [.tcp, .proxy]),
        PlannedCheck(.sasl, "SASL", "open an AMQP connection to {host} by {transport}", needs: [.tcp, .tls]),
        PlannedCheck(.signIn, "sign-in", "get a token by {ways}", needs: [.configuration]),
        PlannedCheck(.cbs, "CBS", "put a token for hub {hub}", needs: [.sasl, .signIn]),
        PlannedCheck(.hub, "hub", "ask for the properties of hub {hub}", needs: [.cbs]),
        PlannedCheck(.partitions, "partitions", "ask about partitions {selection}", needs: [.hub]),
        PlannedCheck(.claims, "claims", "attach a receiver, which needs Listen", needs: [.partitions]),
        PlannedCheck(.group, "consumer group", "attach through group {group}", needs: [.claims]),
        PlannedCheck(.epoch, "epoch", "attach without owner level, which takes nothing from anybody", needs: [.group]),
        PlannedCheck(.clock, "clock skew", "compare the broker's time with ours", needs: [.hub]),
        PlannedCheck(.state, "state file", "open {state} for reading, check all of it"),
        PlannedCheck(.disk, "disk", "write and remove a file beside {state}"),
        PlannedCheck(
            .retention, "retention", "compare saved positions with what the hub keeps", needs: [.state, .partitions]),
        PlannedCheck(.lag, "lag", "compare saved positions with the newest events", needs: [.state, .partitions]),
        PlannedCheck(.rules, "rules", "load and compile {rules}"),
        PlannedCheck(.fields, "fields", "look at recent events with the rules' eyes", needs: [.rules, .group]),
        PlannedCheck(.sinks, "sinks", "see whether findings can go to {outlets}"),
    ]

    private static let byCheck = Dictionary(uniqueKeysWithValues: all.map { ($0.check, $0) })

    /// A check's name for people.
    public static func title(of check: Check) -> String { byCheck[check]?.title ?? check.rawValue }

    /// What a check tries.
    public static func tried(by check: Check) -> String { byCheck[check]?.tried ?? "" }

    /// Everything that a check needs, and what that needs.
    static func needs(of check: Check) -> Set<Check> {
        var all: Set<Check> = []
        var open = byCheck[check]?.needs ?? []
        while let next = open.popLast() {
            if all.insert(next).inserted { open += byCheck[next]?.needs ?? [] }
        }
        return all
    }
}
