/// How a check ended.
public enum Verdict: String, Hashable, Sendable, CaseIterable {
    /// As it should be.
    case ok
    /// There is nothing to check with these settings.
    case notNeeded = "not-needed"
    /// Tried, and it cannot be told.
    case unknown
    /// Not tried, because something that it needs has failed.
    case notTried = "not-tried"
    /// Works, but somebody should look.
    case warning
    /// Does not work until somebody acts.
    case failed

    /// Whether what needs this check cannot be tried.
    var isObstacle: Bool { self == .failed || self == .notTried }

    /// Which of several verdicts stands for all: the higher one.
    var weight: Int {
        switch self {
        case .notNeeded: 0
        case .ok: 1
        case .notTried: 2
        case .unknown: 3
        case .warning: 4
        case .failed: 5
        }
    }
}

/// The exit codes of failures, as sysexits.h names and numbers them.
public enum ExitClass: Int32, Hashable, Sendable {
    /// `EX_DATAERR`: a file, rule or state of another kind.
    case badInput = 65
    /// `EX_NOINPUT`: a file or folder that is not there.
    case inputNotFound = 66
    /// `EX_UNAVAILABLE`: the hub or broker refuses or cannot be reached.
    case unavailable = 69
    /// `EX_SOFTWARE`: a fault of hubwatch.
    case internalFault = 70
    /// `EX_IOERR`: a disk.
    case ioFailure = 74
    /// `EX_TEMPFAIL`: try again later.
    case tryAgain = 75
    /// `EX_NOPERM`: a key, token or file's rights.
    case notAllowed = 77
    /// `EX_CONFIG`: a setting.
    case badConfiguration = 78
}
