import HubwatchConfiguration
import StateStore

/// How much the sinks owe, and whether that is too much.
///
/// The sum is an upper bound between two looks at the journal, so that a commit does not have to count rows. **Bounds**: a
/// commit that passes the limit is still written; nothing is merged behind it before the sinks have caught up to three
/// quarters of the limit.
struct JournalBudget: Sendable {
    private let bytesMax: Int64
    private let policy: JournalFullPolicy
    private let sinks: [String]
    private var owed: Int64 = 0
    /// Whether the sinks owe as much as they may.
    private(set) var isFull = false

    init(bytesMax: Int64 = .max, policy: JournalFullPolicy = .stop, sinks: [String] = []) {
        self.bytesMax = max(1, bytesMax)
        self.policy = policy
        self.sinks = sinks
    }

    /// Whether nothing more may be merged.
    var stops: Bool { isFull && policy == .stop }

    /// Whether findings are dropped.
    var drops: Bool { isFull && policy == .drop }

    /// Whether the journal has to be looked at: the upper bound is no longer below the limit.
    var wantsLook: Bool { isFull || owed >= bytesMax }

    /// Rows were written.
    mutating func written(bytes: Int) {
        let (sum, overflow) = owed.addingReportingOverflow(Int64(bytes))
        owed = overflow ? .max : sum
    }

    /// What the journal holds; a configured sink without a cursor has delivered nothing of it.
    mutating func learned(_ usage: JournalUsage) {
        owed = sinks.map { usage.owedBytes[$0] ?? usage.bytes }.max() ?? 0
        isFull = owed >= (isFull ? bytesMax / 4 * 3 : bytesMax)
    }
}
