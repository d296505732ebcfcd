/// What went wrong outside the stream of records: a path that cannot be read, a plan that is too large, a start-up check.
///
/// A record or a message that cannot be decoded is never an error: it is a ``DeadLetter``.
public struct DiagnosticLogsError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kinds of error; more may be added.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Kind: String {
            case invalidFieldPath, tooManyFields, notARecord, selfTestFailed
        }
        private let kind: Kind
        private init(_ kind: Kind) { self.kind = kind }

        /// The text is not a field path.
        public static let invalidFieldPath = Code(.invalidFieldPath)
        /// More paths than one plan can hold.
        public static let tooManyFields = Code(.tooManyFields)
        /// The bytes are not one record.
        public static let notARecord = Code(.notARecord)
        /// The JSON library behaves differently from what this build was written against.
        public static let selfTestFailed = Code(.selfTestFailed)

        /// The code's stable name.
        public var description: String { kind.rawValue }
    }

    /// The kind of error.
    public var code: Code
    /// What is wrong and what to do about it.
    public var message: String
    /// Where in the text, in UTF-8 bytes from 0, when there is a text.
    public var position: Int?

    /// Makes an error.
    public init(code: Code, message: String, position: Int? = nil) {
        self.code = code
        self.message = message
        self.position = position
    }

    /// One line for a person.
    public var description: String {
        let place = position.map { " (at byte \($0))" } ?? ""
        return "\(code): \(message)\(place)"
    }
}
