import AzureTokens
public import EventHubs

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Configuration {
    /// Reads the layers as types.
    ///
    /// - Parameters:
    ///   - needsSource: false for work on files: what is said of a hub is not looked at.
    ///   - readFile: reads a small text file, such as the one with the connection string; throws a message.
    /// **Errors**: every problem of every layer at once. Neither a key nor a password is in any message.
    public init(
        _ layers: ConfigurationLayers, needsSource: Bool = true,
        readFile: @escaping (String) throws(ConfigurationProblem) -> String
    ) throws(ConfigurationError) {
        var reader = SettingReader(layers)
        let endpoint = needsSource ? Self.endpoint(&reader, readFile) : nil
        let selection = Self.selection(&reader)
        let identity = needsSource ? Self.identity(&reader, layers.azure) : nil
        let authority = identity.flatMap { CredentialPlan($0).asksEntra ? $0.authority : nil }
        let source = Source(
            endpoint: endpoint
                ?? .plain(PlainBroker(host: "", port: 0, usesTLS: false, addressTemplate: "", partitions: [])),
            consumerGroup: reader.text("source.consumer_group"), selection: selection,
            ownerLevel: reader.integerOrNone("source.owner_level").map(Int64.init),
            receiverName: reader.optional("source.receiver_name"), from: Self.start(&reader),
            fromIsExplicit: reader.isGiven("source.from"),
            certificateAuthorityFile: reader.optional("source.ca_file"),
            transport: Transport.read(&reader, to: endpoint, authority: authority, layers.proxies, readFile),
            creditBytes: reader.bytes("source.credit_bytes"), prefetch: reader.integer("source.prefetch"),
            discoveryInterval: reader.duration("source.discovery_interval"),
            stallAfter: reader.duration("source.stall_after"), clockSkew: reader.duration("source.clock_skew"),
            gapPolicies: Self.gapPolicies(&reader), identity: identity)
        self.init(
            source: source,
            rules: Self.rules(&reader, readFile),
            state: State(
                path: reader.text("state.path"), commitInterval: reader.duration("state.commit_interval"),
                snapshotAfterBytes: reader.bytes("state.snapshot_after"),
                deadLetterLimit: reader.integer("state.dead_letters"),
                journalKeep: reader.duration("state.journal_keep"),
                journalOwedMax: reader.bytes("state.journal_max"),
                journalFull: JournalFullPolicy(rawValue: reader.choice("state.journal_full")) ?? .stop),
            findings: Findings(
                file: reader.optional("findings.file"), rotation: Self.rotation(&reader, "findings."),
                terminal: reader.choice("findings.terminal"),
                colour: reader.choice("findings.colour")),
            sinks: needsSource ? Self.sinks(&reader, layers, readFile) : [],
            http: HTTPSettings.read(&reader, readFile),
            limits: Limits(
                messageBytes: reader.bytes("limits.message_bytes"),
                groupsPerRule: reader.integer("limits.groups_per_rule"), drain: reader.duration("limits.drain")),
            log: Log(level: reader.choice("log.level"), format: reader.choice("log.format")))
        reload.interval = reader.duration("reload.interval")
        if reader.optional("state.path") == nil { reader.refuse("state.path", "must not be empty") }
        if let endpoint { Self.refuseLoops(sinks, endpoint, &reader) }
        guard reader.problems.isEmpty else { throw ConfigurationError(reader.problems) }
    }

    /// The rule settings alone, for commands that need no source.
    ///
    /// - Parameter readFile: reads the key of masks; nil where nothing is judged.
    public static func rules(
        _ layers: ConfigurationLayers, readFile: ((String) throws(ConfigurationProblem) -> String)? = nil
    ) throws(ConfigurationError) -> Rules {
        var reader = SettingReader(layers)
        let rules = rules(&reader, readFile)
        guard reader.problems.isEmpty else { throw ConfigurationError(reader.problems) }
        return rules
    }

    private static func rules(
        _ reader: inout SettingReader, _ readFile: ((String) throws(ConfigurationProblem) -> String)?
    ) -> Rules {
        Rules(
            paths: reader.list("rules.paths"), placeholders: reader.lists("rules.placeholders"),
            shadow: reader.list("rules.shadow"), allowPartial: reader.boolean("rules.allow_partial"),
            ignoreRefused: reader.boolean("rules.ignore_refused"), masking: masking(&reader, readFile))
    }

    private static func gapPolicies(_ reader: inout SettingReader) -> GapPolicies {
        var policies = GapPolicies()
        policies.overrun = GapPolicy(rawValue: reader.choice("source.on_overrun")) ?? policies.overrun
        policies.recreated = GapPolicy(rawValue: reader.choice("source.on_recreated")) ?? policies.recreated
        policies.refused = GapPolicy(rawValue: reader.choice("source.on_refused")) ?? policies.refused
        return policies
    }

    private static func endpoint(
        _ reader: inout SettingReader, _ readFile: (String) throws(ConfigurationProblem) -> String
    ) -> Source.Endpoint? {
        if reader.optional("source.amqp.url") != nil {
            for other in ["source.connection_string", "source.connection_string_file", "source.namespace"]
            where reader.isGiven(other) {
                reader.refuse(other, "cannot be given together with source.amqp.url: choose one source")
            }
            return plainBroker(&reader, readFile).map { .plain($0) }
        }
        if reader.optional("source.namespace") != nil { return namespaceEndpoint(&reader) }
        guard let text = connectionText(&reader, readFile) else { return nil }
        let place =
            reader.isGiven("source.connection_string") ? "source.connection_string" : "source.connection_string_file"
        let problems = ConnectionString.problems(in: text)
        for problem in problems { reader.refuse(place, "\(problem)") }
        guard problems.isEmpty, let string = try? ConnectionString(parsing: text) else { return nil }
        let hub = reader.optional("source.hub")
        if let hub, let path = string.entityPath, hub.lowercased() != path.lowercased() {
            reader.refuse(
                "source.hub", "is '\(hub)', but the connection string has EntityPath=\(path): they must agree")
        }
        guard let name = hub ?? string.entityPath else {
            reader.refuse("source.hub", "name the event hub: the connection string has no EntityPath")
            return nil
        }
        return .eventHub(string, hub: name)
    }

    private static func connectionText(
        _ reader: inout SettingReader, _ readFile: (String) throws(ConfigurationProblem) -> String
    ) -> String? {
        let direct = reader.optional("source.connection_string")
        let file = reader.optional("source.connection_string_file")
        if direct != nil, file != nil {
            reader.refuse("source.connection_string_file", "source.connection_string is given too: choose one")
        }
        if let direct { return direct }
        guard let file else {
            reader.refuse(
                "source.connection_string",
                "no source: give an Event Hubs connection string (HUBWATCH_CONNECTION_STRING, or source.connection_string_file), source.namespace with a credential, or source.amqp.url"
            )
            return nil
        }
        do {
            return try readFile(file).trimmed
        } catch {
            reader.refuse("source.connection_string_file", error.message)
            return nil
        }
    }

    private static func selection(_ reader: inout SettingReader) -> PartitionSelection {
        let instanceGiven = reader.isGiven("source.instance") && reader.text("source.instance") != "1/1"
        if instanceGiven, reader.isGiven("source.partitions"), reader.text("source.partitions") != "all" {
            reader.refuse("source.instance", "source.partitions is given too: choose one")
        }
        let path = instanceGiven ? "source.instance" : "source.partitions"
        if instanceGiven, !reader.text(path).contains("/") {
            reader.refuse(path, "takes number/count, such as 1/4; '\(reader.text(path))' is none")
            return .all
        }
        do {
            return try PartitionSelection(parsing: reader.text(path))
        } catch {
            reader.refuse(path, error.summary)
            return .all
        }
    }

    private static func start(_ reader: inout SettingReader) -> EventPosition {
        let text = reader.text("source.from")
        if let position = EventPosition(start: text) { return position }
        reader.refuse(
            "source.from",
            "takes earliest, latest, a time such as 2026-01-31T12:00:00Z, or a sequence number; '\(text)' is none")
        return .earliest
    }
}

extension EventPosition {
    /// Reads `earliest`, `latest`, an ISO time (events enqueued at or after it) or a sequence number (that event and
    /// those after it); nil when the text is none of these.
    public init?(start text: String) {
        switch text.lowercased() {
        case "earliest": self = .earliest
        case "latest": self = .latest
        default:
            if let number = Int64(text) {
                guard number >= 0 else { return nil }
                self = .sequenceNumber(number, inclusive: true)
            } else if let date = try? Date(text, strategy: .iso8601) {
                self = .enqueuedTime(
                    milliseconds: Int64((date.timeIntervalSince1970 * 1000).rounded()), inclusive: true)
            } else {
                return nil
            }
        }
    }
}
