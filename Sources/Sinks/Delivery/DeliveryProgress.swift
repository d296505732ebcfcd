/// How a sink with a receiver is doing, since the process began.
public struct DeliveryProgress: Hashable, Sendable {
    /// Findings that the receiver took.
    public var delivered: Int64 = 0
    /// Attempts that failed.
    public var failures: Int64 = 0
    /// Findings that became dead letters.
    public var givenUp: Int64 = 0
    /// Attempts since the last success; 0 while the receiver takes everything.
    public var attempts = 0
    /// What the receiver failed with last; nil while it takes everything.
    public var lastFailure: String?

    /// Makes the progress of a sink that has done nothing.
    public init() {}
}
