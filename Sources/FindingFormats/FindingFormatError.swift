/// Why a finding could not be turned into bytes, or bytes into a finding.
public struct FindingFormatError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kinds of failure.
    public enum Code: Hashable, Sendable {
        /// A finding that JSON cannot hold.
        case notEncodable
        /// Bytes that are no finding: a damaged journal, or one of another version.
        case notDecodable
    }

    /// What kind of failure.
    public var code: Code
    /// Which finding, or where; never log data.
    public var detail: String

    /// Makes an error.
    public init(_ code: Code, detail: String) {
        self.code = code
        self.detail = detail
    }

    /// One line: what, where, what to do.
    public var description: String {
        switch code {
        case .notEncodable: "a finding cannot be encoded (\(detail)): report this"
        case .notDecodable:
            "a journal row is no finding (\(detail)): it stays in the journal and is skipped; look at it with sqlite3"
        }
    }
}
