/// How an operation ended.
public enum Outcome: String, Hashable, Sendable, Codable, CaseIterable {
    /// It worked.
    case success
    /// It did not.
    case failure
    /// It is not over, or the record does not say.
    case unknown

    /// Reads one word or number; nil when it says nothing about an outcome.
    ///
    /// `isSignIn`: any number but zero is an error code. Otherwise numbers are HTTP status codes.
    public init?(parsing text: String, isSignIn: Bool = false) {
        var text = text
        guard let value = text.withUTF8({ Outcome(text: UnsafeRawBufferPointer($0), isSignIn: isSignIn) }) else {
            return nil
        }
        self = value
    }

    init?(text: UnsafeRawBufferPointer, isSignIn: Bool) {
        var word = text
        while let last = word.last, last == UInt8(ascii: ".") || last == 0x20 {
            word = UnsafeRawBufferPointer(rebasing: word.dropLast())
        }
        guard let first = word.first else { return nil }
        if JSONNumber.isDigit(first) || first == UInt8(ascii: "-") {
            guard let number = JSONNumber.integer(word) else { return nil }
            switch number {
            case 0: self = .success
            case _ where isSignIn: self = .failure
            case 200..<400: self = .success
            case 400..<600: self = .failure
            default: return nil
            }
            return
        }
        for (known, outcome) in Self.words where Self.matches(word, known) {
            self = outcome
            return
        }
        return nil
    }

    private static let words: [(StaticString, Outcome)] = [
        ("success", .success), ("succeeded", .success), ("failure", .failure), ("failed", .failure), ("fail", .failure),
        ("start", .unknown), ("started", .unknown), ("accept", .unknown), ("accepted", .unknown),
        ("in progress", .unknown), ("inprogress", .unknown), ("active", .unknown), ("resolved", .unknown),
        ("updated", .unknown),
    ]

    private static func matches(_ text: UnsafeRawBufferPointer, _ word: StaticString) -> Bool {
        guard text.count == word.utf8CodeUnitCount else { return false }
        for i in 0..<text.count where FieldAliases.asciiLowercased(text[i]) != word.utf8Start[i] { return false }
        return true
    }

    /// The outcome as constant text.
    var constant: StaticString {
        switch self {
        case .success: "success"
        case .failure: "failure"
        case .unknown: "unknown"
        }
    }
}
