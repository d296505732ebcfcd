/// What is wrong with a state file.
public enum StateFault: Hashable, Sendable {
    /// Another kind of file.
    case notOurs
    /// Written by a newer program: the file's form and the newest that is known.
    case newer(form: Int, known: Int)
    /// Written by an older program, whose form is carried over.
    case older(form: Int, known: Int)
    /// Written by a program too old.
    case tooOld(form: Int, known: Int)
    /// Damaged.
    case damaged
    /// No right to read.
    case unreadable
    /// No folder, or no regular file.
    case missing
    /// Locked.
    case busy
    /// Anything else.
    case failed
}

/// What is in a state file.
public struct StateContents: Hashable, Sendable {
    /// Size in bytes, with its log.
    public var bytes: Int64
    /// Whether the whole file was checked for damage.
    public var isChecked: Bool
    /// Saved positions.
    public var positions: Int
    /// Stored dead letters.
    public var deadLetters: Int64
    /// Recorded gaps.
    public var gaps: Int
    /// When something was committed last, milliseconds since the Unix epoch.
    public var committedMs: Int64?
    /// The hub that the positions belong to, as `namespace/hub`.
    public var source: String?

    /// Makes contents.
    public init(
        bytes: Int64, isChecked: Bool, positions: Int, deadLetters: Int64, gaps: Int, committedMs: Int64?,
        source: String?
    ) {
        self.bytes = bytes
        self.isChecked = isChecked
        self.positions = positions
        self.deadLetters = deadLetters
        self.gaps = gaps
        self.committedMs = committedMs
        self.source = source
    }
}

/// What came of opening a state file.
public struct StateObservation: Hashable, Sendable {
    /// How it ended.
    public enum Outcome: Hashable, Sendable {
        /// There is none yet.
        case none
        /// It is there.
        case open(StateContents)
        /// It cannot be used, with what the system or the database said.
        case refused(StateFault, String)
    }

    /// How it ended.
    public var outcome: Outcome
    /// The process that has the file for writing.
    public var holder: Int?
    /// The hub that the settings name, as `namespace/hub`; nil without a source.
    public var source: String?

    /// Makes an observation.
    public init(_ outcome: Outcome, holder: Int?, source: String?) {
        self.outcome = outcome
        self.holder = holder
        self.source = source
    }
}

extension Diagnosis {
    /// Judges the state file.
    public static func state(_ observation: StateObservation, nowMs: Int64) -> [Sighting] {
        var sightings: [Sighting] = []
        switch observation.outcome {
        case .none: sightings = [Sighting(.stateNone)]
        case .refused(let fault, let said): sightings = [refused(fault, said)]
        case .open(let contents): sightings = open(contents, observation.source, nowMs)
        }
        if let holder = observation.holder {
            sightings.append(Sighting(.stateHeld, [Figure("process", .number(Int64(holder)))]))
        }
        return sightings
    }

    private static func open(_ contents: StateContents, _ source: String?, _ nowMs: Int64) -> [Sighting] {
        if let stored = contents.source, let source, stored != source {
            return [
                Sighting(.stateOfOtherHub, [Figure("stored", .text(stored)), Figure("found", .text(source))])
            ]
        }
        let age = contents.committedMs.map { Figure.span(max(0, nowMs &- $0)) + " ago" } ?? "never"
        let figures = [
            Figure("size", .bytes(contents.bytes)), Figure("positions", .number(Int64(contents.positions))),
            Figure("dead", .number(contents.deadLetters)), Figure("gaps", .number(Int64(contents.gaps))),
            Figure("commit", .text(age)),
        ]
        return [Sighting(contents.isChecked ? .stateFine : .stateUnchecked, figures)]
    }

    private static func refused(_ fault: StateFault, _ said: String) -> Sighting {
        let words = [Figure("said", .text(said))]
        func forms(_ form: Int, _ known: Int) -> [Figure] {
            [Figure("form", .number(Int64(form))), Figure("known", .number(Int64(known)))]
        }
        return switch fault {
        case .notOurs: Sighting(.stateNotOurs, words)
        case .newer(let form, let known): Sighting(.stateNewer, forms(form, known))
        case .older(let form, let known): Sighting(.stateOlder, forms(form, known))
        case .tooOld(let form, let known): Sighting(.stateTooOld, forms(form, known))
        case .damaged: Sighting(.stateDamaged, words)
        case .unreadable: Sighting(.stateUnreadable, words)
        case .missing: Sighting(.stateFolderMissing, words)
        case .busy: Sighting(.stateBusy, words)
        case .failed: Sighting(.stateFailed, words)
        }
    }
}
