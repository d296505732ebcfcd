/// What can go wrong with a dev broker's configuration, start or administration.
///
/// **Errors**: `code` says which kind; `description` says what, where and what to do.
public struct DevBrokerError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of failure.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Kind: String, Hashable, Sendable {
            case invalidConfiguration, addressUnavailable, certificateUnusable, hubUnknown, hubExists, hubInvalid
            case partitionUnknown, eventInvalid, alreadyStarted, dataUnusable
        }
        private let kind: Kind

        /// A configuration file or value breaks a rule.
        public static let invalidConfiguration = Code(kind: .invalidConfiguration)
        /// A listener could not be bound.
        public static let addressUnavailable = Code(kind: .addressUnavailable)
        /// A certificate or key could not be made or read.
        public static let certificateUnusable = Code(kind: .certificateUnusable)
        /// No hub of that name exists.
        public static let hubUnknown = Code(kind: .hubUnknown)
        /// A hub of that name exists with other properties.
        public static let hubExists = Code(kind: .hubExists)
        /// A hub's name or partition count breaks a rule.
        public static let hubInvalid = Code(kind: .hubInvalid)
        /// The hub has no such partition.
        public static let partitionUnknown = Code(kind: .partitionUnknown)
        /// Bytes to append are no AMQP message.
        public static let eventInvalid = Code(kind: .eventInvalid)
        /// The data folder cannot be read or written.
        public static let dataUnusable = Code(kind: .dataUnusable)
        /// The broker was started before.
        public static let alreadyStarted = Code(kind: .alreadyStarted)

        /// The code's name.
        public var description: String { kind.rawValue }
    }

    /// One broken rule of a configuration file.
    public struct Problem: Error, Hashable, Sendable, CustomStringConvertible {
        /// Line from 1.
        public var line: Int
        /// Column from 1, in bytes.
        public var column: Int
        /// The value's place, such as `UserConfig.NamespaceConfig[0].Entities[1].Name`.
        public var path: String
        /// What is wrong and what is allowed.
        public var message: String

        /// `line:column: path: message`.
        public var description: String {
            path.isEmpty ? "\(line):\(column): \(message)" : "\(line):\(column): \(path): \(message)"
        }
    }

    /// The kind of failure.
    public var code: Code
    /// What happened and what to do.
    public var message: String
    /// The file that the problems are in.
    public var file: String?
    /// Every problem found, in the order of the file.
    public var problems: [Problem]

    /// Makes an error.
    public init(_ code: Code, _ message: String, file: String? = nil, problems: [Problem] = []) {
        self.code = code
        self.message = message
        self.file = file
        self.problems = problems
    }

    /// The message, then one line for each problem as `file:line:column: path: message`.
    public var description: String {
        ([message] + problems.map { "\(file ?? "configuration"):\($0.description)" }).joined(separator: "\n")
    }
}
