import GRDB

/// A statement that SQLite runs, before or after; for drills that die in the middle of a transaction.
package enum StatementEvent: Hashable, Sendable {
    /// It is about to run.
    case begins(String)
    /// It has run.
    case ended(String)

    /// The event behind a trace of SQLite.
    init(_ event: Database.TraceEvent) {
        switch event {
        case .statement(let statement): self = .begins(statement.sql)
        case .profile(let statement, _): self = .ended(statement.sql)
        }
    }
}
