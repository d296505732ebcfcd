/// What was unusual about a record, without being broken.
public struct RecordFlags: OptionSet, Hashable, Sendable {
    /// The bits.
    public let rawValue: UInt8

    /// Makes a set from its bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// `properties` was JSON in a string and was opened.
    public static let propertiesFromString = RecordFlags(rawValue: 1)
    /// The record has the shape of the REST interface; it answers to the Event Hubs names.
    public static let restShape = RecordFlags(rawValue: 2)
    /// The record has the shape of a Log Analytics export; it answers to the Event Hubs names.
    public static let logAnalyticsShape = RecordFlags(rawValue: 4)
    /// The record has no time that can be believed; it carries the enqueued time.
    public static let timeFromEnqueued = RecordFlags(rawValue: 8)
}
