public import HubwatchConfiguration

/// How a running hubwatch hears that settings, rules or certificates have changed, and whom it tells what became of it.
public struct Reloading: Sendable {
    /// Why everything is read anew.
    public enum Cause: Sendable, Hashable, CustomStringConvertible {
        /// Somebody asked for it.
        case asked
        /// These files have changed.
        case changed([String])

        /// A few words for the log.
        public var description: String {
            switch self {
            case .asked: "asked for"
            case .changed(let files):
                files.prefix(3).joined(separator: ", ")
                    + (files.count > 3 ? " and \(files.count - 3) more have changed" : " changed")
            }
        }
    }

    /// What happens to a request.
    public enum Event: Sendable {
        /// Everything is being read anew.
        case began(Cause)
        /// These settings are in force now.
        case taken(GivenSettings)
        /// Nothing has changed.
        case unchanged
        /// What was read cannot be taken: everything stays as it was.
        case refused([String])
    }

    /// The settings that the run starts with.
    public var initial: GivenSettings
    /// Requests, one after the other.
    public var requests: AsyncStream<Cause>
    /// Reads the settings anew.
    public var read: @Sendable () throws(ConfigurationError) -> GivenSettings
    /// Told what happens.
    public var note: @Sendable (Event) -> Void

    /// Makes the way in which a run hears of changes.
    public init(
        initial: GivenSettings, requests: AsyncStream<Cause>,
        read: @escaping @Sendable () throws(ConfigurationError) -> GivenSettings,
        note: @escaping @Sendable (Event) -> Void = { _ in }
    ) {
        self.initial = initial
        self.requests = requests
        self.read = read
        self.note = note
    }
}
