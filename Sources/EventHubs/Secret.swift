/// A key or token that never prints itself.
///
/// Interpolation, `dump`, reflection and error messages show only that something is there.
public struct Secret: Hashable, Sendable {
    /// The secret text; named so that every use can be found.
    public let revealed: String

    /// Wraps a secret text.
    public init(_ text: String) { self.revealed = text }

    /// Whether there is no text.
    public var isEmpty: Bool { revealed.isEmpty }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// A placeholder.
    public var description: String { "(hidden)" }
    /// A placeholder.
    public var debugDescription: String { "(hidden)" }
    /// Nothing to look into.
    public var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }
}
