extension Setting {
    /// Every setting, in the order of the sample file.
    public static let all: [Setting] =
        source + identity + transport + amqp + rules + state + findings + http + limits + log + reload

    /// The setting with this path.
    public static func named(_ path: String) -> Setting? { byPath[path] }

    private static let byPath = Dictionary(uniqueKeysWithValues: all.map { ($0.path, $0) })
    private static let milliseconds = (second: 1000, minute: 60_000, hour: 3_600_000, day: 86_400_000)
    private static let mebibyte = 1 << 20

    private static let source = [
        Setting(
            "source.connection_string", .text, secret: true,
            "Event Hubs connection string. Prefer the file or the environment: a config file is easily shared."),
        Setting("source.connection_string_file", .path, "File that holds the connection string; read at start."),
        Setting("source.hub", .text, "Event hub. May be left out when the connection string has an EntityPath."),
        Setting("source.consumer_group", .text, default: "$Default", "Consumer group. Give hubwatch one of its own."),
        Setting(
            "source.partitions", .text, default: "all",
            "Partitions to read: all, or a list such as 0-3,7. Fewer than all restricts the rules that can run."),
        Setting(
            "source.instance", .text, default: "1/1",
            "This instance of how many: with 1/4, partition n belongs to instance n mod 4 + 1."),
        Setting(
            "source.owner_level", .integerOrNone(0...Int(Int32.max)), default: "0",
            "Owner level (epoch) of the receivers: two readers of one partition then exclude each other. none: share."),
        Setting(
            "source.receiver_name", .text, "Name shown by the service in its messages. Default: hubwatch@host name."),
        Setting(
            "source.from", .text, default: "earliest",
            "Where a partition without a checkpoint starts: earliest, latest, an ISO time, or a sequence number."),
        Setting(
            "source.on_overrun", .choice(GapPolicy.names), default: "earliest",
            "When the hub no longer keeps events that were not read yet: earliest (read on at the oldest one), latest (skip to the end) or stop. Each gap is listed by `hubwatch gaps`."
        ),
        Setting(
            "source.on_recreated", .choice(GapPolicy.names), default: "earliest",
            "When the hub was deleted and made again: earliest, latest or stop. The events of the new hub are all unread, so reading them repeats nothing; stopping would let whoever deletes the hub blind the rules."
        ),
        Setting(
            "source.on_refused", .choice(GapPolicy.names), default: "stop",
            "When the broker refuses a position of the same hub, as after a failover to a copy that lags: stop, earliest (may count events twice in open windows) or latest (may skip some). Only a person can tell which is right."
        ),
        Setting("source.ca_file", .path, "PEM file of certificate authorities to trust besides the system's."),
        Setting(
            "source.credit_bytes", .bytes(mebibyte...(16 << 30)), default: "64MiB",
            "Most bytes of events in flight over all partitions: the bound on memory under any backlog. Arrived events that wait to be judged stay below it: at the bound no more is read from the sockets, whatever they weigh. Besides it there are one message in assembly a partition, and dead letters on their way into the state file, up to this much again when that takes no commits."
        ),
        Setting(
            "source.prefetch", .integer(1...100_000), default: "3000",
            "Most events in flight per partition, within credit_bytes."),
        Setting(
            "source.discovery_interval", .duration(1000...milliseconds.minute), default: "30s",
            "How often to look for partitions that were added to the hub."),
        Setting(
            "source.stall_after", .duration(5000...milliseconds.hour), default: "60s",
            "A link that is behind and brings nothing for this long is attached anew."),
        Setting(
            "source.clock_skew", .duration(0...10 * milliseconds.minute), default: "5s",
            "How far the broker's clock may be behind ours: a quiet partition holds windows open this long."),
    ]

    private static let amqp = [
        Setting(
            "source.amqp.url", .text, secret: true,
            "A plain AMQP 1.0 broker instead of an Event Hub: amqp://[user[:password]@]host[:port] or amqps://…"),
        Setting("source.amqp.password_file", .path, "File that holds the password for source.amqp.url."),
        Setting(
            "source.amqp.address", .text, default: "{partition}",
            "Address of each source; {partition} stands for the partition's number."),
        Setting("source.amqp.partitions", .text, default: "0", "Partitions of a plain broker: a list such as 0-3,7."),
    ]

    private static let rules = [
        Setting(
            "rules.paths", .list, default: "Config/rules", "Rule files, or folders of them (Sigma .yml, Elastic .toml)."
        ),
        Setting(
            "rules.placeholders", .lists,
            "Lists for %name% in Sigma rules, such as known_ai_portals; a list here replaces the built-in one."),
        Setting(
            "rules.shadow", .list,
            "Rules that run, are journaled and counted, and send nothing: ids, titles or files, with * for any text."),
        Setting(
            "rules.allow_partial", .boolean, default: "false",
            "Run rules that need all partitions on a part of them; findings then say which partitions they cover."),
        Setting(
            "rules.ignore_refused", .boolean, default: "true",
            "Start although a rule file was refused (each is reported). false: any refused rule stops the start."),
    ]

    private static let state = [
        Setting(
            "state.path", .path, default: "hubwatch.db",
            "The state file: positions, windows, journal, dead letters (SQLite)."),
        Setting(
            "state.commit_interval", .duration(10...milliseconds.minute), default: "1s",
            "How often positions and windows are committed; a new alert commits within 10 ms."),
        Setting(
            "state.snapshot_after", .bytes(64 << 10...(1 << 30)), default: "4MiB",
            "Deltas are folded into one snapshot when they have grown to this size."),
        Setting(
            "state.dead_letters", .integer(0...10_000_000), default: "10000",
            "Most dead letters kept; more are counted, and the oldest kept ones stay."),
        Setting(
            "state.journal_max", .bytes(mebibyte...(1 << 40)), default: "256MiB",
            "Most bytes of findings in the journal that a sink has not delivered yet."),
        Setting(
            "state.journal_full", .choice(JournalFullPolicy.names), default: "stop",
            "When that much is owed by a file, the terminal, or a sink with when_full: stop: stop (read no more until the sinks catch up; the hub keeps the events) or drop (read on; new findings are counted and lost)."
        ),
        Setting(
            "state.journal_keep", .duration(7 * milliseconds.day...3650 * milliseconds.day), default: "30d",
            "How long delivered findings stay in the journal; they keep repeats out, so longer than the hub keeps events."
        ),
    ]

    private static let findings = [
        Setting(
            "findings.file", .path, default: "findings.ndjson", "OCSF findings, one JSON object a line. Empty: no file."
        ),
        Setting(
            "findings.rotate_size", .bytes(64 << 10...(1 << 40)),
            "Put the file aside as FILE.20260301T120000Z, and begin a new one, before it grows beyond this size."),
        Setting(
            "findings.rotate_every", .duration(milliseconds.minute...365 * milliseconds.day),
            "Do so with the first finding of another such span (1h, 1d …), counted in UTC."),
        Setting(
            "findings.keep", .integer(1...100_000), "How many files that were put aside are kept. Without it: all."),
        Setting(
            "findings.terminal", .choice(["auto", "always", "never"]), default: "auto",
            "Readable findings on standard output; auto: when it is a terminal, or when there is no file."),
        Setting(
            "findings.colour", .choice(["auto", "always", "never"]), default: "auto",
            "Colour in them. NO_COLOR is obeyed."),
        Setting(
            "findings.mask", .list,
            "What findings mask besides prompts, bodies, keys and tokens, which no setting shows: addresses (network addresses) and users (names and e-mail addresses of people; object ids stay)."
        ),
        Setting(
            "findings.mask_key_file", .path,
            "File of at least 16 bytes that keys the marks in masks, so that equal values can be told by equal marks. Without it masks have no marks."
        ),
    ]

    private static let http = [
        Setting(
            "http.listen", .text, default: "127.0.0.1:9465",
            "Where health, metrics and the status page are served: address:port, or none. Where other machines can reach it, http.token_file is needed."
        ),
        Setting(
            "http.token_file", .path,
            "File that holds the token (16 characters or more) that clients must show, as a bearer token or as a password. /health is answered without it, but says no reasons then."
        ),
    ]

    private static let limits = [
        Setting(
            "limits.message_bytes", .bytes(64 << 10...(64 << 20)), default: "2MiB",
            "Largest message body that is decoded; a larger one becomes a dead letter."),
        Setting(
            "limits.groups_per_rule", .integer(1...50_000_000), default: "1000000",
            "Most open groups of a rule; new ones beyond are refused and counted, never evicted."),
        Setting(
            "limits.drain", .duration(1000...25_000), default: "20s",
            "How long SIGTERM and SIGINT wait for the last commit."),
    ]

    private static let log = [
        Setting(
            "log.level", .choice(["trace", "debug", "info", "notice", "warning", "error", "critical"]), default: "info",
            "Least severe log line that is written (standard error)."),
        Setting("log.format", .choice(["text", "json"]), default: "text", "Form of log lines."),
    ]

    private static let reload = [
        Setting(
            "reload.interval", .duration(0...milliseconds.hour), default: "5s",
            "How often the files of configuration, rules, authorities and keys are looked at: a change is taken when two looks agree. 0ms: only on SIGHUP. What cannot be taken is reported, and everything stays as it was."
        )
    ]
}
