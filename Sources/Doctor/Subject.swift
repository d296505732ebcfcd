public import AzureIdentity
public import Diagnosis
public import HubwatchConfiguration
public import HubwatchRuntime
public import Logging
public import NIOCore

/// Whom the doctor looks at: the settings, as far as they can be used.
public struct Subject: Sendable {
    /// The settings; nil when not even those that need no source can be used.
    public var settings: Configuration?
    /// Whether they name a source that can be used.
    public var hasSource: Bool
    /// What became of reading them.
    public var observation: SettingsObservation

    /// Makes a subject.
    public init(settings: Configuration?, hasSource: Bool, observation: SettingsObservation) {
        self.settings = settings
        self.hasSource = hasSource && settings != nil
        self.observation = observation
    }

    /// Reads layers of settings, and when the source cannot be used, the rest of them.
    ///
    /// - Parameter readFile: reads a small text file, as for `Configuration`.
    public init(
        _ layers: ConfigurationLayers, readFile: @escaping (String) throws(ConfigurationProblem) -> String
    ) {
        observation = SettingsObservation(given: layers.values.count)
        for (path, given) in layers.values.sorted(by: { $0.key < $1.key })
        where Setting.named(path)?.isSecret == true && given.place.hasPrefix("--")
            && given.texts.contains(where: {
                $0.contains("SharedAccess") || $0.contains("@") || path == "source.entra.client_secret"
            })
        {
            observation.exposed.append(.init(place: given.place, message: path))
        }
        do throws(ConfigurationError) {
            settings = try Configuration(layers, readFile: readFile)
            hasSource = true
        } catch {
            observation.problems = error.problems.map { .init(place: $0.place, message: $0.message) }
            settings = try? Configuration(layers, needsSource: false, readFile: readFile)
            // Without a source the settings leave receivers out, which can be reached all the same.
            settings?.sinks = (try? Configuration.sinks(layers, readFile: readFile)) ?? []
            hasSource = false
        }
    }

    /// No settings, because a file of them cannot be read.
    public init(unreadable reason: String) {
        self.init(settings: nil, hasSource: false, observation: SettingsObservation(given: 0, unreadable: reason))
    }
}

/// What the doctor may do, and for how long.
public struct ExaminationOptions: Sendable {
    /// How long one step may take.
    public var limit = Duration.seconds(10)
    /// Only these checks and what they need; empty for all.
    public var only: Set<Check> = []
    /// None of these.
    public var skip: Set<Check> = []
    /// Whether recent events are looked at.
    public var peeks = true
    /// Most events that are looked at, over all partitions.
    public var peekEventsMax = 500
    /// Another consumer group to look through; nil for the configured one.
    public var peekGroup: String?

    /// The defaults.
    public init() {}
}

/// What the doctor takes from the machine.
public struct DoctorSurroundings: Sendable {
    /// The event loops to use.
    public var group: any EventLoopGroup
    /// Where the client's log lines go.
    public var logger: Logger
    /// The time of day.
    public var clock: WallClock
    /// Name of this machine, for the service's messages.
    public var hostName: String
    /// The environment's variables, for proxies.
    public var environment: [String: String]
    /// What a run's issuer of tokens takes from the machine, for a source that an identity signs in to.
    public var issuer: @Sendable (Configuration.Source) -> TokenIssuer.Surroundings

    /// Makes surroundings.
    public init(
        group: any EventLoopGroup, logger: Logger, clock: WallClock = .system, hostName: String,
        environment: [String: String] = [:],
        issuer: @escaping @Sendable (Configuration.Source) -> TokenIssuer.Surroundings
    ) {
        self.issuer = issuer
        self.group = group
        self.logger = logger
        self.clock = clock
        self.hostName = hostName
        self.environment = environment
    }
}
