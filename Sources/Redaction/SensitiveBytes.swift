/// Bytes that came from outside and could not be read as a record: they may hold anything.
///
/// They are kept as they came, so that they can be judged again; what can be shown of them is their ``shape(maximum:)``.
public struct SensitiveBytes: Hashable, Sendable, ExpressibleByArrayLiteral {
    /// The bytes as they came, for storing and decoding; named so that every use can be found.
    @_spi(Revealing) public let revealed: [UInt8]

    /// Wraps bytes.
    public init(_ bytes: [UInt8]) { revealed = bytes }

    /// Wraps bytes.
    public init(arrayLiteral elements: UInt8...) { revealed = elements }

    /// How many there are.
    public var count: Int { revealed.count }

    /// True when there are none.
    public var isEmpty: Bool { revealed.isEmpty }

    /// The bytes as text with everything in it masked but its structure; see ``TextShape``.
    public func shape(maximum: Int = .max) -> String {
        TextShape.of(revealed.prefix(maximum)) + (revealed.count > maximum ? "…" : "")
    }
}

extension SensitiveBytes: Codable {
    /// Reads what ``encode(to:)`` wrote.
    public init(from decoder: any Decoder) throws { revealed = try decoder.singleValueContainer().decode([UInt8].self) }

    /// Writes the bytes as they are: for stores, not for output.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(revealed)
    }
}

extension SensitiveBytes: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// How many bytes there are.
    public var description: String { "(\(count) bytes)" }
    /// How many bytes there are.
    public var debugDescription: String { description }
    /// Nothing to look into.
    public var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }
}

/// A text of a log that is never shown as it is: a body, a prompt.
public struct SensitiveText: Hashable, Sendable {
    /// The text, for tests of rules; named so that every use can be found.
    @_spi(Revealing) public let revealed: String
    /// Why it is not shown.
    public let sensitivity: Sensitivity

    /// Wraps a text.
    public init(_ text: String, _ sensitivity: Sensitivity) {
        revealed = text
        self.sensitivity = sensitivity
    }

    /// What may be shown of it.
    public func masked(_ masking: Masking) -> String { masking.text(revealed, sensitivity) }
}

extension SensitiveText: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The strictest mask.
    public var description: String { Masking([.addresses, .users]).text(revealed, sensitivity) }
    /// The strictest mask.
    public var debugDescription: String { description }
    /// Nothing to look into.
    public var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }
}
