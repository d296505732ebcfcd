/// The settings below `sinks.NAME`: what each type of sink takes.
///
/// The table of settings is flat; sinks are a map, so their options have a table of their own, read by the same loader,
/// `config show`, the sample file and the tests.
public enum SinkOption {
    /// The types, in the order of the sample file.
    public static let types = ["webhook", "slack", "teams", "eventhub", "syslog", "file"]

    /// The options of a type, in the order of the sample file.
    public static func all(of type: String) -> [Setting] {
        switch type {
        case "webhook": webhook + tls + proxy(of: type) + filter(only: "all") + delivery
        case "slack", "teams":
            chat(type) + Array(tls.prefix(1)) + proxy(of: type) + filter(only: "alerts") + delivery
        case "eventhub":
            eventHub + Array(tls.prefix(1)) + proxy(of: type) + filter(only: "all") + delivery
        case "syslog": syslog + tls + filter(only: "all") + delivery
        case "file": file
        default: []
        }
    }

    /// An option by its name; nil when the type has none of that name.
    public static func named(_ name: String, of type: String) -> Setting? { all(of: type).first { $0.path == name } }

    /// Whether a name can be a sink's: it is the key of its cursor and a part of variables' names.
    static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, (1...32).contains(name.utf8.count), !reserved.contains(name) else {
            return false
        }
        return (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first)
            && name.utf8.allSatisfy {
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "-")
            }
    }

    /// The cursors of `findings.file` and `findings.terminal`.
    static let reserved: Set<String> = ["file", "terminal"]

    /// The variable of an option of a sink: `HUBWATCH_SINK_SOC_SECRET`.
    public static func environmentName(_ sink: String, _ option: String) -> String {
        "HUBWATCH_SINK_" + "\(sink)_\(option)".uppercased().map { $0 == "-" ? "_" : String($0) }.joined()
    }

    private static let second = 1000
    private static let minute = 60_000
    private static let hour = 3_600_000
    private static let day = 86_400_000

    private static let webhook = [
        Setting("url", .text, secret: true, "Where findings are posted: https://host/path; http only to this machine."),
        Setting("url_file", .path, "File that holds the address."),
        Setting("method", .choice(["POST", "PUT"]), default: "POST", "How."),
        Setting(
            "secret", .text, secret: true,
            "Shared secret: requests are then signed (HMAC-SHA256 over id, time and body). Prefer the file or the environment."
        ),
        Setting("secret_file", .path, "File that holds the shared secret."),
        Setting("headers", .texts, secret: true, "Further headers by name, such as X-Team: soc."),
        Setting("header_files", .texts, "Headers whose value is in a file: name and path."),
        Setting("header_variables", .texts, "Headers whose value is in an environment variable: name and variable."),
        Setting(
            "template", .text,
            "The body: JSON in whose strings {{title}}, {{severity}} … stand for fields of the finding. Without one: the OCSF object."
        ),
        Setting("template_file", .path, "File that holds the template."),
    ]

    private static func chat(_ type: String) -> [Setting] {
        let what = type == "slack" ? "an incoming webhook" : "a workflow (\"when a Teams webhook request is received\")"
        return [
            Setting("url", .text, secret: true, "Address of \(what); whoever has it can post, so it is a secret."),
            Setting("url_file", .path, "File that holds the address."),
        ]
    }

    private static let eventHub = [
        Setting("connection_string", .text, secret: true, "Connection string with the Send claim. Prefer the file."),
        Setting("connection_string_file", .path, "File that holds the connection string."),
        Setting("hub", .text, "Event hub. May be left out when the connection string has an EntityPath."),
        Setting(
            "transport", .choice(["amqp", "websockets"]), default: "amqp",
            "What carries AMQP: a connection of its own (port 5671), or a WebSocket (port 443)."),
    ]

    private static let syslog = [
        Setting("address", .text, "host:port of the receiver; RFC 5425 gives TLS port 6514."),
        Setting("tls", .boolean, default: "true", "TLS; false: plain TCP, which anybody on the way can read."),
        Setting(
            "facility", .integer(0...23), default: "13", "Facility; 13 is log audit, 16 to 23 are local0 to local7."),
        Setting(
            "body", .choice(["ocsf", "text"]), default: "ocsf",
            "What follows the structured data: the finding as an OCSF object, or one line for a person."),
        Setting(
            "bytes_max", .bytes(480...(1 << 20)), default: "64KiB",
            "Longest message; a longer one holds the line for a person. Receivers take 2KiB at least, many 8KiB."),
    ]

    private static let file = [
        Setting("path", .path, "OCSF findings, one JSON object a line."),
        Setting("rotate_size", .bytes(64 << 10...(1 << 40)), "Begin a new file before this one grows beyond a size."),
        Setting(
            "rotate_every", .duration(minute...365 * day),
            "Begin a new file with the first finding of another such span, counted in UTC."),
        Setting("keep", .integer(1...100_000), "How many files that were put aside are kept. Without it: all."),
    ]

    private static let tls = [
        Setting("ca_file", .path, "PEM file of certificate authorities to trust besides the system's."),
        Setting("certificate_file", .path, "PEM file of a certificate to show to the receiver."),
        Setting("key_file", .path, "PEM file of the certificate's key."),
    ]

    private static func proxy(of type: String) -> [Setting] {
        let variables =
            type == "eventhub" ? "HTTPS_PROXY for WebSockets, else ALL_PROXY" : "HTTPS_PROXY, else ALL_PROXY"
        return [
            Setting(
                "proxy", .text, default: "environment", secret: true,
                "HTTP proxy to tunnel through (CONNECT): http://[user[:password]@]host:port, none, or environment: \(variables), except for what NO_PROXY lists and this machine itself."
            ),
            Setting("proxy_password_file", .path, "File that holds the password for the proxy's user."),
        ]
    }

    private static func filter(only: String) -> [Setting] {
        [
            Setting(
                "only", .choice(["all", "alerts"]), default: only,
                "all: whatever happens to a finding (opened, changed, closed); alerts: what should wake somebody."),
            Setting(
                "severity_min", .choice(["informational", "low", "medium", "high", "critical"]),
                default: "informational", "Least severe rule."),
            Setting(
                "begin", .choice(["now", "oldest"]), default: "now",
                "Where a sink that is new begins: with what is found from now on, or with the oldest finding kept."),
        ]
    }

    private static let delivery = [
        Setting("timeout", .duration(second...15 * second), default: "10s", "How long one attempt may take."),
        Setting(
            "retry_max", .duration(second...hour), default: "1m", "Longest pause between attempts; they begin at 1s."),
        Setting(
            "give_up_after", .duration(second...30 * day), default: "1d",
            "A finding that a failing receiver has not taken for this long becomes a dead letter of the sink, which can be sent again."
        ),
        Setting(
            "when_full", .choice(["dead_letter", "stop"]), default: "dead_letter",
            "When the sink owes state.journal_max: its oldest findings become dead letters, or reading stops until it has caught up."
        ),
    ]
}
