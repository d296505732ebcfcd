extension Symptom {
    static let stateFile: [Symptom] = [
        stateFine, stateHeld, stateNone, stateUnchecked, stateNotOurs, stateNewer, stateOlder, stateTooOld,
        stateDamaged,
        stateUnreadable, stateFolderMissing, stateBusy, stateFailed, stateOfOtherHub,
    ]

    /// The file is whole.
    public static let stateFine = Symptom(
        "state-fine", .state,
        "{size}, whole; {positions} positions, {dead} dead letters, {gaps} gaps; last commit {commit}")
    /// A running hubwatch has it.
    public static let stateHeld = Symptom(
        "state-held", .state, "in use by process {process}, a running hubwatch: only looked at")
    /// There is none.
    public static let stateNone = Symptom(
        "state-none", .state, "no file {state} yet: the first run makes it and starts at {from}")
    /// The check of the whole file was left out.
    public static let stateUnchecked = Symptom(
        "state-unchecked", .state, .unknown, "{size} are too many to read here: only opened, not checked for damage",
        do: "Check a copy: sqlite3 COPY 'PRAGMA integrity_check'")
    /// Something else.
    public static let stateNotOurs = Symptom(
        "state-not-ours", .state, exit: .badInput, "{state} is no state file of hubwatch ({said})",
        do: "Give another path as state.path; this file is left untouched")
    /// Written by a later hubwatch.
    public static let stateNewer = Symptom(
        "state-newer", .state, exit: .badInput,
        "{state} was written by a newer hubwatch: its form is {form}, this program knows {known}",
        do: "Run the newer hubwatch, or give another state file")
    /// Written by an earlier hubwatch.
    public static let stateOlder = Symptom(
        "state-older", .state, .warning, "{state} has form {form}, this program writes {known}",
        do: "Copy the file first if you may want to go back: the next `hubwatch run` carries it over")
    /// Written by one too early.
    public static let stateTooOld = Symptom(
        "state-too-old", .state, exit: .badInput, "{state} has form {form}, which this program cannot carry over",
        do: "Start it once with an older hubwatch, or move it away to start afresh")
    /// Damaged.
    public static let stateDamaged = Symptom(
        "state-damaged", .state, exit: .badInput, "{state} is damaged ({said})",
        do: "Restore a copy, or move it away with its -wal and -shm files and start afresh; check the disk")
    /// No right to read.
    public static let stateUnreadable = Symptom(
        "state-unreadable", .state, exit: .notAllowed, "{state} cannot be read ({said})",
        do: "Run the doctor as the user that runs hubwatch, or mend the rights of file and folder")
    /// No folder.
    public static let stateFolderMissing = Symptom(
        "state-folder-missing", .state, exit: .inputNotFound, "{state} cannot be there: {said}",
        do: "Create the folder, or correct state.path")
    /// Locked by another reader or writer.
    public static let stateBusy = Symptom(
        "state-busy", .state, exit: .tryAgain, "{state} is locked ({said})",
        do: "Close the program that has it open; hubwatch itself never keeps readers waiting")
    /// The disk or the database refuses.
    public static let stateFailed = Symptom(
        "state-failed", .state, exit: .ioFailure, "{state} cannot be read ({said})", do: "Check the disk")
    /// The positions are another hub's.
    public static let stateOfOtherHub = Symptom(
        "state-of-other-hub", .state, exit: .badInput, "the positions in {state} are those of {stored}, not of {found}",
        do: "Give each hub its own state file (state.path), or forget the positions: `hubwatch checkpoints reset`")

    static let disks: [Symptom] = [diskWritable, diskLow, diskFull, diskReadOnly, diskMissing, diskFailed]

    /// There is room.
    public static let diskWritable = Symptom("disk-writable", .disk, "{folder}: {free} free of {total}")
    /// There is little room.
    public static let diskLow = Symptom(
        "disk-low", .disk, .warning,
        "{folder}: only {free} free of {total}, and findings that wait may take {journal} (state.journal_max)",
        do: "Free space, or lower state.journal_max")
    /// There is none.
    public static let diskFull = Symptom(
        "disk-full", .disk, exit: .ioFailure,
        "{folder}: the disk, or the quota, is full: {written} of {wanted} could be written, {free} free ({said})",
        do: "Free space; a running hubwatch holds its position, loses nothing, and goes on by itself")
    /// It cannot be written.
    public static let diskReadOnly = Symptom(
        "disk-read-only", .disk, exit: .notAllowed, "{folder} cannot be written ({said})",
        do: "Make the folder writable for the user that runs hubwatch, or correct state.path")
    /// It is not there.
    public static let diskMissing = Symptom(
        "disk-missing", .disk, exit: .inputNotFound, "there is no folder {folder} ({said})",
        do: "Create the folder, or correct state.path")
    /// It fails.
    public static let diskFailed = Symptom(
        "disk-failed", .disk, exit: .ioFailure, "writing to {folder} failed ({said})", do: "Check the disk")

    static let positions: [Symptom] = [
        positionsKept, positionsNone, positionsNotNeeded, retentionOverrun, retentionOverrunStops, hubRecreated,
        hubRecreatedStops, positionBeyondEnd, positionBeyondEndStops, retentionNear, lagNone, lagWaiting, lagFirst,
        lagStuck, lagNotNeeded,
    ]

    /// Nothing is lost.
    public static let positionsKept = Symptom(
        "positions-kept", .retention, "all {count} saved positions are within what the hub keeps: no gap")
    /// Nothing was saved.
    public static let positionsNone = Symptom(
        "positions-none", .retention, .notNeeded, "no saved positions: the first run starts at {from}")
    /// A plain broker.
    public static let positionsNotNeeded = Symptom(
        "positions-not-needed", .retention, .notNeeded, "a plain AMQP broker has no positions")
    /// Events are gone, and the run goes on.
    public static let retentionOverrun = Symptom(
        "retention-overrun", .retention, .warning,
        "partition {partition}: {missing} events after {position} are no longer kept; the oldest is {first}: a gap arises",
        do:
            "They are gone. The next run records the gap and goes on ({setting} is {policy}); keep events for longer, or keep hubwatch running"
    )
    /// Events are gone, and the run stops.
    public static let retentionOverrunStops = Symptom(
        "retention-overrun-stops", .retention, exit: .badInput,
        "partition {partition}: {missing} events after {position} are no longer kept; the oldest is {first}: a gap arises",
        do: "They are gone, and {setting} is stop: set it to earliest or latest for the next run")
    /// Another hub, and the run goes on.
    public static let hubRecreated = Symptom(
        "hub-recreated", .retention, .warning,
        "partition {partition}: the hub was deleted and made again on {created}; position {position} is of the old one",
        do: "What the old hub held is gone. The next run records the gap and goes on ({setting} is {policy})")
    /// Another hub, and the run stops.
    public static let hubRecreatedStops = Symptom(
        "hub-recreated-stops", .retention, exit: .badInput,
        "partition {partition}: the hub was deleted and made again on {created}; position {position} is of the old one",
        do: "Find out who deleted the hub; then set {setting} to earliest or latest for the next run")
    /// The position is ahead of the hub, and the run goes on.
    public static let positionBeyondEnd = Symptom(
        "position-beyond-end", .retention, .warning,
        "partition {partition}: position {position} lies beyond the end; the newest event is {last}",
        do: "As after a failover to a copy that lags. The next run goes on by {setting}, which is {policy}")
    /// The position is ahead of the hub, and the run stops.
    public static let positionBeyondEndStops = Symptom(
        "position-beyond-end-stops", .retention, exit: .badInput,
        "partition {partition}: position {position} lies beyond the end; the newest event is {last}",
        do:
            "As after a failover to a copy that lags. Look with `hubwatch checkpoints list`, then set {setting} to earliest (may count twice) or latest (may skip)"
    )
    /// Events will be lost soon.
    public static let retentionNear = Symptom(
        "retention-near", .retention, .warning,
        "partition {partition}: position {position} is {ahead} events from the oldest one kept, {first}: soon a gap arises",
        do: "Start hubwatch, or find out why it is behind, before the hub drops what was not read")

    /// Everything is read.
    public static let lagNone = Symptom("lag-none", .lag, "everything is read")
    /// Events wait.
    public static let lagWaiting = Symptom(
        "lag-waiting", .lag, "{events} events wait, most in partition {partition} ({most}); behind by {time}")
    /// Nothing was read so far.
    public static let lagFirst = Symptom("lag-first", .lag, "nothing was read so far; {events} events wait")
    /// A running hubwatch does not get on.
    public static let lagStuck = Symptom(
        "lag-stuck", .lag, .warning,
        "{events} events wait, and the running hubwatch (process {process}) has committed nothing for {since}",
        do: "Look at its log: links lost, a full journal or a full disk hold it up")
    /// A plain broker.
    public static let lagNotNeeded = Symptom(
        "lag-not-needed", .lag, .notNeeded, "a plain AMQP broker does not tell how much waits")
}
