extension Symptom {
    static let ruleFiles: [Symptom] = [rulesRun, ruleRefused, ruleRefusedStops, rulesNone, rulesMissing, ruleWarned]

    /// Rules run.
    public static let rulesRun = Symptom("rules-run", .rules, "{count} rules can run")
    /// A rule is refused, and the others run.
    public static let ruleRefused = Symptom(
        "rule-refused", .rules, .warning, "refused: {rule}", do: "Mend the rule at that place: {advice}")
    /// A rule is refused, and nothing runs.
    public static let ruleRefusedStops = Symptom(
        "rule-refused-stops", .rules, exit: .badInput, "refused: {rule}",
        do: "Mend the rule at that place, or set rules.ignore_refused to true: {advice}")
    /// No rule can run.
    public static let rulesNone = Symptom(
        "rules-none", .rules, exit: .badInput, "no rule can run; {refused} are refused",
        do: "Correct rules.paths, and mend the rules that `hubwatch rules check` names")
    /// A file or folder of rules is not there.
    public static let rulesMissing = Symptom(
        "rules-missing", .rules, exit: .inputNotFound, "rules.paths: there is no file or folder {path}",
        do: "Correct rules.paths; paths are looked up from the folder in which hubwatch is started")
    /// A rule runs, and probably does not mean what it says.
    public static let ruleWarned = Symptom(
        "rule-warned", .rules, .warning, "{rule}", do: "Read the rule at that place again: {advice}")

    static let eventFields: [Symptom] = [
        fieldsSeen, fieldsAbsent, logAbsent, fieldsMore, eventsUnreadable, eventsPartlyUnreadable, eventsNone,
        eventsNotGiven, eventsOwned, eventsNotAsked, eventsNotNeeded,
    ]

    /// The rules find their fields.
    public static let fieldsSeen = Symptom(
        "fields-seen", .fields,
        "{records} records in {messages} messages of {logs}: {able} of {rules} rules find their fields")
    /// A rule's fields never appear.
    public static let fieldsAbsent = Symptom(
        "fields-absent", .fields, .warning,
        "rule '{title}' ({file}) reads {fields}: in none of the {records} records of its log",
        do: "It can match nothing like these events: stream the category that has these fields, or correct the rule")
    /// A rule's log never appears.
    public static let logAbsent = Symptom(
        "log-absent", .fields, .warning, "rule '{title}' ({file}) reads {log}; the events are of {logs}",
        do: "Stream that log to this hub (diagnostic settings), or take the rule out")
    /// More of that kind than are listed.
    public static let fieldsMore = Symptom(
        "fields-more", .fields, .warning, "{count} more rules cannot match anything like the events seen",
        do: "Look at the ones above first: what they lack is often the same")
    /// Nothing can be decoded.
    public static let eventsUnreadable = Symptom(
        "events-unreadable", .fields, exit: .badInput,
        "none of the {messages} newest messages holds log records ({reason})",
        do: "Check what is sent to this hub: hubwatch reads the JSON of Azure's diagnostic settings")
    /// Some cannot be decoded.
    public static let eventsPartlyUnreadable = Symptom(
        "events-partly-unreadable", .fields, .warning,
        "{letters} pieces of the {messages} messages cannot be decoded ({reason})",
        do: "A run keeps them as dead letters: `hubwatch deadletters list` shows each with its reason")
    /// There is nothing to look at.
    public static let eventsNone = Symptom(
        "events-none", .fields, .unknown, "the hub keeps no events to look at")
    /// Nothing arrived in time.
    public static let eventsNotGiven = Symptom(
        "events-not-given", .fields, .warning,
        "{kept} events are kept, but none was delivered within {limit}",
        do: "Try again with a longer --timeout; if it stays so, check the namespace's health in the portal")
    /// The partitions are taken.
    public static let eventsOwned = Symptom(
        "events-owned", .fields, .unknown,
        "not looked at: the partitions of group {group} are read with an owner level, and the doctor takes nothing away",
        do: "Give --peek-group another consumer group of this hub, to look beside the running reader")
    /// Looking was switched off.
    public static let eventsNotAsked = Symptom(
        "events-not-asked", .fields, .notNeeded, "not looked at: --no-peek")
    /// A plain broker.
    public static let eventsNotNeeded = Symptom(
        "events-not-needed", .fields, .notNeeded, "not looked at: a plain AMQP broker would hand the messages out")

    static let deliveries: [Symptom] = [
        sinkReady, sinkTerminal, sinkHeld, sinkFolderMissing, sinkUnwritable, sinkNotAFile, sinkFull, sinkFailed,
        sinkOwes,
    ]

    /// The file takes findings.
    public static let sinkReady = Symptom("sink-ready", .sinks, "{findings} can be appended to; {free} free")
    /// There is only the terminal.
    public static let sinkTerminal = Symptom(
        "sink-terminal", .sinks, .warning, "no findings file: findings are shown on the terminal only",
        do: "Set findings.file: a terminal forgets")
    /// A running hubwatch has it.
    public static let sinkHeld = Symptom("sink-held", .sinks, "{findings} is being written by a running hubwatch")
    /// No folder.
    public static let sinkFolderMissing = Symptom(
        "sink-folder-missing", .sinks, exit: .inputNotFound, "{findings} cannot be made: there is no folder {folder}",
        do: "Create the folder, or correct findings.file; findings wait in the state file meanwhile")
    /// No right to write.
    public static let sinkUnwritable = Symptom(
        "sink-unwritable", .sinks, exit: .notAllowed, "{findings} cannot be written ({said})",
        do:
            "Make file and folder writable for the user that runs hubwatch, or correct findings.file; findings wait in the state file meanwhile"
    )
    /// Not a file.
    public static let sinkNotAFile = Symptom(
        "sink-not-a-file", .sinks, exit: .badConfiguration, "{findings} is a folder, a pipe or a device",
        do: "Give the path of a regular file as findings.file")
    /// No room.
    public static let sinkFull = Symptom(
        "sink-full", .sinks, exit: .ioFailure, "the disk of {findings}, or the quota, is full ({said})",
        do: "Free space; findings wait in the state file and are written by themselves")
    /// Fails otherwise.
    public static let sinkFailed = Symptom(
        "sink-failed", .sinks, exit: .ioFailure, "{findings} cannot be opened ({said})", do: "Check the disk")
    /// A sink is behind.
    public static let sinkOwes = Symptom(
        "sink-owes", .sinks, .warning, "sink {sink} has {rows} findings ({size}) of the journal still to deliver",
        do: "They are delivered while hubwatch runs; if it runs, look at its log for why this sink waits")
}
