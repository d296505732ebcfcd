/// One thing that takes bytes from outside, with what must hold for all of them.
///
/// **Isolation**: a check is made once and then called for one input after another, on one thread.
public struct FuzzTarget: Sendable {
    /// How inputs are checked.
    public enum Check {
        /// During the call.
        case now((UnsafeRawBufferPointer) throws -> Void)
        /// With work on other threads.
        case later(([UInt8]) async throws -> Void)
    }

    /// The name: also that of its folders of inputs.
    public let name: String
    /// What it feeds.
    public let summary: String
    /// Largest input worth trying, in bytes.
    public let lengthMax: Int
    /// Makes the check.
    public let make: @Sendable () throws -> Check

    /// All of them, by name.
    public static let all: [FuzzTarget] = [
        .checkpoint, .config, .connection, .decoder, .frames, .rules, .sections, .statefile,
    ]
}

/// Two answers that should be the same are not, or a promise is broken.
///
/// A crash is found by the fuzzer itself; this is what it cannot see.
public struct Disagreement: Error, CustomStringConvertible {
    /// What was promised and what came.
    public let description: String

    init(_ description: String) { self.description = description }
}

/// Throws when something that must hold does not.
func require(_ holds: Bool, _ what: @autoclosure () -> String) throws {
    guard holds else { throw Disagreement(what()) }
}
