/// A change that made a broken message readable.
///
/// Raw values are stable: they appear in findings and counters.
public enum Repair: String, Hashable, Sendable, Codable, CaseIterable {
    /// A byte-order mark or NUL bytes around the message were removed.
    case strippedMarks
    /// Bytes that are no UTF-8 became U+FFFD.
    case replacedInvalidUTF8
    /// Raw line ends and other control characters inside strings became escapes.
    case escapedControlCharacters
    /// Single-quoted names and strings (Function Apps on Linux plans) became double-quoted.
    case singleQuotes
    /// `[ 218 B blob data ]` (PostgreSQL flexible server) became an empty object.
    case postgresBlobList
    /// Objects written one after another, without line ends between, were read one by one.
    case concatenatedValues
}

/// A set of repairs, as a record carries it.
public struct RepairSet: OptionSet, Hashable, Sendable, Codable {
    /// One bit per repair, in the order of ``Repair/allCases``.
    public let rawValue: UInt16

    /// Makes a set from its bits.
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// See ``Repair/strippedMarks``.
    public static let strippedMarks = RepairSet(rawValue: 1 << 0)
    /// See ``Repair/replacedInvalidUTF8``.
    public static let replacedInvalidUTF8 = RepairSet(rawValue: 1 << 1)
    /// See ``Repair/escapedControlCharacters``.
    public static let escapedControlCharacters = RepairSet(rawValue: 1 << 2)
    /// See ``Repair/singleQuotes``.
    public static let singleQuotes = RepairSet(rawValue: 1 << 3)
    /// See ``Repair/postgresBlobList``.
    public static let postgresBlobList = RepairSet(rawValue: 1 << 4)
    /// See ``Repair/concatenatedValues``.
    public static let concatenatedValues = RepairSet(rawValue: 1 << 5)

    /// Whether a repair is in the set.
    public func contains(_ repair: Repair) -> Bool { contains(RepairSet(repair)) }

    /// The set of one repair.
    public init(_ repair: Repair) {
        switch repair {
        case .strippedMarks: self = .strippedMarks
        case .replacedInvalidUTF8: self = .replacedInvalidUTF8
        case .escapedControlCharacters: self = .escapedControlCharacters
        case .singleQuotes: self = .singleQuotes
        case .postgresBlobList: self = .postgresBlobList
        case .concatenatedValues: self = .concatenatedValues
        }
    }

    /// The repairs in the set, in a fixed order.
    public var repairs: [Repair] { Repair.allCases.filter { contains($0) } }

    /// Their stable names, in a fixed order.
    public var names: [String] { repairs.map(\.rawValue) }
}
