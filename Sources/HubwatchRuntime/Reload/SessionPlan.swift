import Detection
import DiagnosticLogs
import EventHubsClient
import HubwatchConfiguration

/// Everything that a session is made of, checked before the session ahead of it ends.
struct SessionPlan: Sendable {
    /// The settings.
    var configuration: Configuration
    /// The rules.
    var rules: CompiledRules
    /// The way to the hub.
    var client: EventHubsClient
    /// What is known of the source.
    var source: Hubwatch.Description
    /// When the session ahead was told to end.
    var began = Timestamp(nanoseconds: 0)
    /// Told once it has taken over.
    var takenOver: @Sendable () -> Void = {}
}

/// What is in force, in the form that the next reload compares.
struct InForce: Sendable {
    var given: GivenSettings
    var selection: RuleSelection
    var rules: CompiledRules
    var contents: FileContents
    var source: Hubwatch.Description

    /// The content of all files that the settings lead to.
    static func contents(_ given: GivenSettings) -> FileContents {
        FileContents(given.inputFiles + RuleSelection.files(given.configuration.rules))
    }
}
