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
}
