import Diagnosis
import EventHubs
import HubwatchConfiguration

/// What wording may name in every check: host, hub, paths.
enum SubjectFigures {
    static func make(of subject: Subject, _ options: ExaminationOptions) -> [Figure] {
        guard let settings = subject.settings else {
            return ["host", "port", "hub", "group", "state", "rules", "findings", "selection"].map {
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
        figures += subject.hasSource ? endpoint(source.endpoint) : []
        figures += ["host", "port", "hub", "policy"].filter { name in !figures.contains { $0.name == name } }.map {
            Figure($0, .text("the configured \($0)"))
        }
        return figures
    }

    private static func endpoint(_ endpoint: Configuration.Source.Endpoint) -> [Figure] {
        switch endpoint {
        case .eventHub(let string, let hub):
            let port = string.port ?? (string.usesDevelopmentEmulator ? 5672 : 5671)
            return [
                Figure("host", .text(string.host)), Figure("port", .text(String(port))), Figure("hub", .text(hub)),
                Figure("policy", .text(string.policy)),
            ]
        case .plain(let broker):
            return [
                Figure("host", .text(broker.host)), Figure("port", .text(String(broker.port))),
                Figure("hub", .text(broker.addressTemplate)),
                Figure("policy", .text(broker.credentials?.user ?? "anonymous")),
            ]
        }
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
