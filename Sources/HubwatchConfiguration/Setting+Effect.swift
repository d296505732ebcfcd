extension Setting {
    /// How a running hubwatch takes a changed value.
    public enum Effect: String, Sendable, Hashable, CaseIterable {
        /// At once.
        case live = "at once"
        /// With a reload: links are closed and opened again, and reading goes on behind the last commit.
        case reload = "with a reload"
        /// Not before the next start; a reload that changes it is refused as a whole.
        case start = "with a restart"
    }

    /// How a running hubwatch takes a changed value of this setting.
    public var effect: Effect {
        if Self.liveSettings.contains(path) { return .live }
        return Self.startSettings.contains(path) || path.hasPrefix("http.") ? .start : .reload
    }

    /// Whether the setting names a file that hubwatch reads, so that a change of its content is a change of settings.
    ///
    /// Such settings are named for it. Tokens that others renew in a file are read whenever one is needed.
    public var namesInputFile: Bool {
        kind == .path && path.hasSuffix("_file") && !path.hasSuffix("token_file")
    }

    private static let liveSettings: Set<String> = ["log.level"]

    /// What the state file belongs to, what is opened once, and what the command takes from the terminal it was started in.
    private static let startSettings: Set<String> = [
        "source.partitions", "source.instance", "source.from", "source.amqp.address", "source.amqp.partitions",
        "state.path", "state.dead_letters", "findings.terminal", "findings.colour", "limits.drain", "log.format",
        "reload.interval",
    ]
}
