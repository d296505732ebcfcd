/// How many attacks are planted in a sample.
///
/// **Shape** As text: `keys=3,thefts=2,transfers=0,near-misses=yes`, or `none`.
public struct AttackPlan: Hashable, Sendable {
    /// Key listings on AI resources with a tool that is no portal: Start and Success with one correlation id.
    public var keyListings: Int
    /// Bursts of 100 or more Audit `ListKey` records on one account within 45 minutes.
    public var modelThefts: Int
    /// Accounts with a few Audit `ListKey` records of which one carries a response length of a million bytes or more.
    public var largeTransfers: Int
    /// Whether look-alikes that must not be found are planted too; see ``NearMiss/Kind``.
    public var nearMisses: Bool

    /// Makes a plan.
    public init(keyListings: Int = 0, modelThefts: Int = 0, largeTransfers: Int = 0, nearMisses: Bool = false) {
        self.keyListings = min(max(keyListings, 0), Self.most)
        self.modelThefts = min(max(modelThefts, 0), Self.most)
        self.largeTransfers = min(max(largeTransfers, 0), Self.most)
        self.nearMisses = nearMisses
    }

    /// No attack and no near miss.
    public static let none = AttackPlan()
    /// Three key listings, two model thefts, and the near misses.
    public static let standard = AttackPlan(keyListings: 3, modelThefts: 2, nearMisses: true)

    /// The bound on each number: a plan is held in memory.
    static let most = 1_000

    /// Reads a plan from text; what is not named is zero.
    public init(parsing text: String) throws(SampleLogsError) {
        func refuse(_ reason: String) -> SampleLogsError {
            SampleLogsError(
                setting: "attacks", value: text, reason: reason,
                remedy: "write none, or keys=3,thefts=2,transfers=0,near-misses=yes with numbers from 0 to \(Self.most)"
            )
        }
        self.init()
        for part in NamedValue.list(text) {
            if part.name == "none" && part.value == nil {
                self = .none
                continue
            }
            if part.name == "near-misses" {
                switch part.value?.lowercased() {
                case nil, "yes", "true", "1": nearMisses = true
                case "no", "false", "0": nearMisses = false
                default: throw refuse("near-misses is yes or no")
                }
                continue
            }
            guard let number = Int(part.value ?? "1"), (0...Self.most).contains(number) else {
                throw refuse("'\(part.name)' needs a whole number")
            }
            switch part.name {
            case "keys": keyListings = number
            case "thefts": modelThefts = number
            case "transfers": largeTransfers = number
            default: throw refuse("unknown attack '\(part.name)'")
            }
        }
    }
}
