/// Where random numbers come from: jitter of back-offs and of renewals.
///
/// The system's generator in production; a seeded one where a run must repeat itself exactly.
public struct Chance: RandomNumberGenerator, Sendable {
    private let draw: @Sendable () -> UInt64

    /// Makes a source of a function that gives the next number.
    public init(_ draw: @escaping @Sendable () -> UInt64) { self.draw = draw }

    /// The system's generator.
    public static let system = Chance {
        var generator = SystemRandomNumberGenerator()
        return generator.next()
    }

    /// The next number.
    public mutating func next() -> UInt64 { draw() }
}
