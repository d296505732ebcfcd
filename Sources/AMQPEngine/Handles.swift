/// Names a session of one connection; never reused on it.
public struct SessionHandle: Hashable, Sendable {
    /// The number behind the handle, counted from 1.
    public let raw: UInt32

    /// Makes a handle of a number; for tests and for tables keyed by handle.
    public init(raw: UInt32) {
        self.raw = raw
    }
}

/// Names a link of one connection; never reused on it.
public struct LinkHandle: Hashable, Sendable {
    /// The number behind the handle, counted from 1.
    public let raw: UInt32

    /// Makes a handle of a number; for tests and for tables keyed by handle.
    public init(raw: UInt32) {
        self.raw = raw
    }
}

/// Names a delivery of one connection; never reused on it.
///
/// **Shape**: the link in the upper half, a running number in the lower.
public struct DeliveryHandle: Hashable, Sendable {
    /// The number behind the handle.
    public let raw: UInt64

    /// Makes a handle of a number; for tests and for tables keyed by handle.
    public init(raw: UInt64) {
        self.raw = raw
    }

    init(link: LinkHandle, number: UInt32) {
        raw = UInt64(link.raw) << 32 | UInt64(number)
    }

    /// The link that the delivery belongs to.
    public var link: LinkHandle { LinkHandle(raw: UInt32(truncatingIfNeeded: raw >> 32)) }

    var number: UInt32 { UInt32(truncatingIfNeeded: raw) }
}
