/// The hub that findings come from.
public struct FindingSource: Hashable, Sendable {
    /// Host name of the namespace: OCSF `metadata.log_provider`.
    public var namespace: String
    /// Name of the hub: OCSF `metadata.log_name`.
    public var hub: String

    /// Makes a source.
    public init(namespace: String, hub: String) {
        self.namespace = namespace
        self.hub = hub
    }
}
