public import EventHubs

/// Why a way to sign in gave no token.
public enum CredentialFailure: Error, Sendable, Hashable {
    /// It is not there: another way may be.
    case unavailable(EventHubsError)
    /// It is there and did not work: to try another would hide a mistake.
    case failed(EventHubsError)

    /// What happened.
    public var error: EventHubsError {
        switch self {
        case .unavailable(let error), .failed(let error): error
        }
    }
}

/// Finds the way to sign in: tries one after the other until the first works, and stays with that one.
///
/// **States**: *searching* (from the first way at each attempt, until one works) → *settled*. A way that is not there leads to
/// the next; one that is there and fails ends the attempt, as in Azure's own libraries.
public struct CredentialChain: Sendable {
    /// What the shell must do.
    public enum Action: Hashable, Sendable {
        /// Get a token this way and report it.
        case attempt(CredentialMethod)
        /// The attempt is over.
        case fail(EventHubsError)
    }

    private enum State: Sendable {
        case searching(next: Int, reasons: [String], attempting: CredentialMethod?)
        case settled(CredentialMethod)
    }

    private let plan: CredentialPlan
    private var state: State = .searching(next: 0, reasons: [], attempting: nil)

    /// Makes a chain of a plan.
    public init(_ plan: CredentialPlan) { self.plan = plan }

    /// The way that works; nil before one has.
    public var winner: CredentialMethod? { if case .settled(let method) = state { method } else { nil } }

    /// Whether another way is tried when one is not there.
    public var isSearching: Bool { winner == nil && !plan.isNamed }

    /// A token is wanted.
    public mutating func begin() -> Action {
        switch state {
        case .settled(let method): return .attempt(method)
        case .searching: return advance(from: 0, reasons: [])
        }
    }

    /// The attempt gave a token; true when this settles the search.
    public mutating func succeeded() -> Bool {
        guard case .searching(_, _, let method?) = state else { return false }
        state = .settled(method)
        return true
    }

    /// The attempt gave none.
    public mutating func failed(_ failure: CredentialFailure) -> Action {
        guard case .searching(let next, let reasons, let method?) = state, !plan.isNamed else {
            return .fail(failure.error)
        }
        switch failure {
        case .failed(let error): return .fail(error)
        case .unavailable(let error):
            return advance(from: next, reasons: reasons + ["\(method.kind.rawValue): \(error.summary)"])
        }
    }

    private mutating func advance(from start: Int, reasons: [String]) -> Action {
        var reasons = reasons
        for index in start..<max(start, plan.candidates.count) {
            switch plan.candidates[index] {
            case .ready(let method):
                state = .searching(next: index + 1, reasons: reasons, attempting: method)
                return .attempt(method)
            case .missing(let kind, let why): reasons.append("\(kind.rawValue): \(why)")
            }
        }
        state = .searching(next: 0, reasons: [], attempting: nil)
        return .fail(
            EventHubsError(
                .unauthorized, "There is no way to sign in. \(reasons.joined(separator: "; "))",
                remedy: plan.isNamed
                    ? "Set it, or choose another source.credential"
                    : "Set up one of them, and name it with source.credential"))
    }
}
