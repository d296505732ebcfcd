import Diagnosis
import EventHubs
import EventHubsClient
import HubwatchConfiguration
import HubwatchRuntime

/// What wording may name in every check: host, hub, paths.
enum SubjectFigures {
    static func make(of subject: Subject, _ options: ExaminationOptions) -> [Figure] {
        guard let settings = subject.settings else {
            return [
                "host", "port", "hop", "hopPort", "transport", "hub", "group", "state", "rules", "findings",
                "selection",
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
        ]
        if subject.hasSource { figures += way(source) }
        figures += ["host", "port", "hub", "policy", "hop", "hopPort", "transport"].filter { name in
            !figures.contains { $0.name == name }
        }.map { Figure($0, .text("the configured \($0)")) }
        return figures
    }

    /// The broker, and the way to it.
    private static func way(_ source: Configuration.Source) -> [Figure] {
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
        guard let client = try? source.reachedConfiguration() else { return figures }
        let hop = client.firstHop
        return figures + [
            Figure("host", .text(client.host)), Figure("port", .text(String(client.port))),
            Figure("hop", .text(hop.host)), Figure("hopPort", .text(String(hop.port))),
            Figure("transport", .text(client.transport == .webSockets ? "WebSocket" : "TCP")),
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
