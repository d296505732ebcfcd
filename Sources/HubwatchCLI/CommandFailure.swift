import EventHubs
import FindingFormats
import HubwatchConfiguration
import HubwatchRuntime
import Redaction
import StateStore

/// Exit codes, as sysexits.h names them.
enum ExitStatus: Int32 {
    case usage = 64
    case badInput = 65
    case inputNotFound = 66
    case unavailable = 69
    case internalFault = 70
    case cannotCreate = 73
    case ioFailure = 74
    case tryAgain = 75
    case notAllowed = 77
    case badConfiguration = 78
}

/// A failure that ends the command: what a person reads, and the exit code that a script reads.
///
/// Secrets inside the message are hidden: it may quote a line of a file, an argument, or what a broker says.
struct CommandFailure: Error {
    var status: ExitStatus
    var message: String

    init(_ status: ExitStatus, _ message: String) {
        self.status = status
        self.message = SecretText.masked(message)
    }

    /// The message for a terminal, which what it quotes must not drive.
    var shown: String {
        message.split(separator: "\n", omittingEmptySubsequences: false).map { TerminalText.escaped(String($0)) }
            .joined(separator: "\n")
    }

    init(_ error: ConfigurationError) {
        let count = error.problems.count
        status = .badConfiguration
        // Message by message: the name of a setting before it is not the name of a secret whose value follows.
        message =
            "the configuration has \(count) \(count == 1 ? "problem" : "problems"):\n"
            + error.problems.map { "  \($0.place): \(SecretText.masked($0.message))" }.joined(separator: "\n")
    }

    init(_ error: EventHubsError) {
        let status: ExitStatus =
            switch error.code {
            case .unauthorized, .tokenExpired, .invalidToken: .notAllowed
            case .invalidConnectionString, .invalidSelection, .invalidPosition, .invalidConfiguration, .invalidAddress:
                .badConfiguration
            default: .unavailable
            }
        self.init(status, "\(error)")
    }

    init(_ error: StateStoreError) {
        let status: ExitStatus =
            switch error.code {
            case .notOurs, .newerVersion, .olderVersion, .corrupt: .badInput
            case .inUse, .busy: .tryAgain
            case .readOnly: .notAllowed
            case .notFound: .inputNotFound
            case .diskFull, .ioFailure: .ioFailure
            default: .internalFault
            }
        self.init(status, "\(error)")
    }

    init(_ error: ReplayError) {
        let status: ExitStatus =
            switch error.code {
            case .badRequest: .usage
            case .notFound: .inputNotFound
            case .badInput, .stateRefused: .badInput
            case .ioFailure: .ioFailure
            }
        self.init(status, error.description)
    }
}
