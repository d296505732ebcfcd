import AzureTokens
import Diagnosis
import EventHubs
import EventHubsClient
import HubwatchConfiguration
import HubwatchRuntime

/// What wording may name in every check: host, hub, paths.
enum SubjectFigures {
    static func make(of subject: Subject, _ options: ExaminationOptions, _ signIn: SignInProbe?) -> [Figure] {
        guard let settings = subject.settings else {
            return [
                "host", "port", "hop", "hopPort", "transport", "hub", "group", "state", "rules", "findings",
                "selection", "ways", "scope", "credential", "outlets",
            ].map {
                Figure($0, .text("the configured \($0)"))
            }
        }
        let source = settings.source
        var figures = [
            Figure("group", .text(source.consumerGroup)), Figure("selection", .text("\(source.selection)")),
            Figure("from", .text(start(source.from))), Figure("state", .text(settings.state.path)),
            Figure("rules", .list(settings.rules.paths)),
            Figure("findings", .text(settings.findings.file ?? "the terminal")),
            Figure("outlets", .list([settings.findings.file ?? "the terminal"] + settings.sinks.map(\.name))),
        ]
        if subject.hasSource { figures += way(source, signIn) + credential(source) }
        figures += [
            "host", "port", "hub", "policy", "hop", "hopPort", "transport", "ways", "scope", "credential",
        ].filter { name in
            !figures.contains { $0.name == name }
        }.map { Figure($0, .text("the configured \($0)")) }
        return figures
    }

    /// The broker, and the way to it.
    private static func way(_ source: Configuration.Source, _ signIn: SignInProbe?) -> [Figure] {
        var figures: [Figure] = []
        switch source.endpoint {
        case .eventHub(let string, let hub):
            figures += [Figure("hub", .text(hub)), Figure("policy", .text(string.policy))]
        case .plain(let broker):
            figures += [
                Figure("hub", .text(broker.addressTemplate)),
                Figure("policy", .text(broker.credentials?.user ?? "anonymous")),
            ]
        }
        guard let client = try? source.reachedConfiguration(tokens: signIn?.tokens) else { return figures }
        let hop = client.firstHop
        return figures + [
            Figure("host", .text(client.host)), Figure("port", .text(String(client.port))),
            Figure("hop", .text(hop.host)), Figure("hopPort", .text(String(hop.port))),
            Figure("transport", .text(client.transport == .webSockets ? "WebSocket" : "TCP")),
        ]
    }

    /// What signs in.
    private static func credential(_ source: Configuration.Source) -> [Figure] {
        var text = "a plain AMQP broker takes no tokens"
        if case .eventHub(let string, _) = source.endpoint {
            switch string.credential {
            case .key: text = "the connection string has a key, of which tokens are made here"
            case .signature: text = "the connection string has a finished signature"
            case .none: text = "no credential is given"
            }
        }
        var ways = "the connection string"
        if let identity = source.identity {
            switch identity.choice {
            case .named(let kind): ways = kind.rawValue
            case .automatic: ways = "the first way that is there"
            }
        }
        return [
            Figure("credential", .text(text)), Figure("ways", .text(ways)),
            Figure("scope", .text(source.identity?.scope.text ?? TokenScope.eventHubs.text)),
        ]
    }

    private static func start(_ position: EventPosition) -> String {
        switch position {
        case .earliest: "the oldest event kept"
        case .latest: "the end"
        default: "\(position)"
        }
    }
}

extension ConnectionString {
    /// The policy's name, as far as the string has one.
    var policy: String {
        switch credential {
        case .key(let policy, _): policy
        case .signature(let text): (try? SASToken(parsing: text.revealed))?.keyNames.first ?? "the signature"
        case .none: "none"
        }
    }
}
