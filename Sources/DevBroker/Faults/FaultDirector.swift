import Logging
import NIOCore
import Synchronization

/// Holds a broker's script of faults: the shell of ``FaultMatcher``.
///
/// **Isolation**: one leaf lock, taken for facts of the kinds that the script or an observer waits for; without either a fact costs
/// one atomic load.
final class FaultDirector: Sendable {
    private struct State: Sendable {
        var matcher: FaultMatcher?
        var began = NIODeadline.distantPast
        /// Counts scripts, so that a timer of a replaced one does nothing.
        var generation = 0
    }

    private let state = Mutex(State())
    /// One bit for each kind of fact that somebody waits for.
    private let wanted = Atomic<UInt64>(0)
    private let observer: (@Sendable (BrokerFact) -> Void)?
    private let logger: Logger

    init(observer: (@Sendable (BrokerFact) -> Void)?, logger: Logger) {
        self.observer = observer
        self.logger = logger
        if observer != nil { wanted.store(.max, ordering: .releasing) }
    }

    /// Starts a script anew, or ends the one that runs; its generation, for timers.
    @discardableResult
    func install(_ script: FaultScript?) -> Int {
        let matcher = script.map { FaultMatcher($0) }
        let bits = matcher?.kinds.reduce(UInt64(0)) { $0 | Self.bit($1) } ?? 0
        return state.withLock { state in
            state.matcher = matcher
            state.began = .now()
            state.generation += 1
            wanted.store(observer == nil ? bits : .max, ordering: .releasing)
            return state.generation
        }
    }

    /// Whether facts of a kind must be told.
    func waits(for kind: BrokerFact.Kind) -> Bool { wanted.load(ordering: .acquiring) & Self.bit(kind) != 0 }

    /// Whether connections must be able to give links more credit than their clients gave.
    var inflatesCredit: Bool {
        state.withLock { state in
            state.matcher?.script.faults.contains { if case .overrun = $0.action { true } else { false } } ?? false
        }
    }

    /// What a fact sets off.
    func faults(on fact: BrokerFact) -> [FaultAction] {
        guard waits(for: fact.kind) else { return [] }
        let faults = state.withLock { state in
            state.matcher?.observe(fact, at: Self.elapsed(since: state.began)) ?? []
        }
        observer?(fact)
        for fault in faults {
            logger.notice("fault", metadata: ["line": "\(fault.line)", "action": "\(fault.action)", "on": "\(fact)"])
        }
        return faults.map(\.action)
    }

    /// The faults whose time has come, and how long until the next; nil for a script that was replaced.
    func timeReached(generation: Int) -> (due: [Fault], next: TimeAmount?)? {
        let result = state.withLock { state -> (due: [Fault], next: TimeAmount?)? in
            guard state.generation == generation, var matcher = state.matcher else { return nil }
            let now = Self.elapsed(since: state.began)
            let due = matcher.timeReached(now)
            state.matcher = matcher
            return (due, matcher.nextTime.map { .nanoseconds(max(0, Self.nanoseconds($0 - now))) })
        }
        for fault in result?.due ?? [] {
            logger.notice("fault", metadata: ["line": "\(fault.line)", "action": "\(fault.action)"])
        }
        return result
    }

    /// The script and how often each of its faults has happened.
    var report: (script: FaultScript, fired: [Int])? {
        state.withLock { state in
            state.matcher.map { matcher in
                (matcher.script, matcher.script.faults.indices.map { matcher.fired[$0] ?? 0 })
            }
        }
    }

    private static func elapsed(since began: NIODeadline) -> Duration {
        .nanoseconds((NIODeadline.now() - began).nanoseconds)
    }

    private static func nanoseconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : whole &+ attoseconds / 1_000_000_000
    }

    private static func bit(_ kind: BrokerFact.Kind) -> UInt64 {
        switch kind {
        case .open: 1
        case .attach: 2
        case .delivery: 4
        case .send: 8
        case .request: 16
        case .token: 32
        }
    }
}
