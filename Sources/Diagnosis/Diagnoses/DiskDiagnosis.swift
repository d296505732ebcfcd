/// What came of writing a file into a folder.
public struct DiskObservation: Hashable, Sendable {
    /// How it ended.
    public enum Outcome: Hashable, Sendable {
        /// Written, flushed, removed.
        case written
        /// No room, after so many bytes.
        case full(written: Int64, String)
        /// No right.
        case readOnly(String)
        /// No folder.
        case missing(String)
        /// Anything else.
        case failed(String)
    }

    /// The folder.
    public var folder: String
    /// How it ended.
    public var outcome: Outcome
    /// What was to be written, in bytes.
    public var wantedBytes: Int64
    /// Room for this user, in bytes; nil where unknown.
    public var freeBytes: Int64?
    /// All there is.
    public var totalBytes: Int64?

    /// Makes an observation.
    public init(
        folder: String, _ outcome: Outcome, wantedBytes: Int64, freeBytes: Int64?, totalBytes: Int64?
    ) {
        self.folder = folder
        self.outcome = outcome
        self.wantedBytes = wantedBytes
        self.freeBytes = freeBytes
        self.totalBytes = totalBytes
    }

    fileprivate var figures: [Figure] {
        [
            Figure("folder", .text(folder)), Figure("wanted", .bytes(wantedBytes)),
            Figure("free", freeBytes.map { .bytes($0) } ?? .text("?")),
            Figure("total", totalBytes.map { .bytes($0) } ?? .text("?")),
        ]
    }
}

/// What came of looking at the findings file.
public enum FindingsFileObservation: Hashable, Sendable {
    /// The settings name none.
    case none
    /// It is there and can be appended to; whether somebody has it locked.
    case open(isHeld: Bool)
    /// It is not there yet; what came of writing into its folder.
    case absent(DiskObservation)
    /// It is no regular file.
    case notAFile
    /// It cannot be opened; the same outcomes as for a folder.
    case refused(DiskObservation.Outcome)
}

/// Findings that a sink has still to deliver.
public struct SinkDebt: Hashable, Sendable {
    /// The sink's name.
    public var sink: String
    /// How many.
    public var rows: Int64
    /// How large.
    public var bytes: Int64

    /// Makes a debt.
    public init(sink: String, rows: Int64, bytes: Int64) {
        self.sink = sink
        self.rows = rows
        self.bytes = bytes
    }
}

extension Diagnosis {
    /// Judges the disk of the state file; `reserveBytes` is what findings that wait may take.
    public static func disk(_ observation: DiskObservation, reserveBytes: Int64) -> [Sighting] {
        let figures = observation.figures
        switch observation.outcome {
        case .written:
            let isLow = observation.freeBytes.map { $0 < reserveBytes } ?? false
            return [
                Sighting(isLow ? .diskLow : .diskWritable, figures + [Figure("journal", .bytes(reserveBytes))])
            ]
        case .full(let written, let said):
            return [
                Sighting(.diskFull, figures + [Figure("written", .bytes(written)), Figure("said", .text(said))])
            ]
        case .readOnly(let said): return [Sighting(.diskReadOnly, figures + [Figure("said", .text(said))])]
        case .missing(let said): return [Sighting(.diskMissing, figures + [Figure("said", .text(said))])]
        case .failed(let said): return [Sighting(.diskFailed, figures + [Figure("said", .text(said))])]
        }
    }

    /// Judges the sinks.
    public static func sinks(
        _ observation: FindingsFileObservation, debts: [SinkDebt], freeBytes: Int64?
    ) -> [Sighting] {
        let free = Figure("free", freeBytes.map { .bytes($0) } ?? .text("?"))
        var sightings: [Sighting]
        switch observation {
        case .none: sightings = [Sighting(.sinkTerminal)]
        case .open(let isHeld): sightings = [Sighting(isHeld ? .sinkHeld : .sinkReady, [free])]
        case .notAFile: sightings = [Sighting(.sinkNotAFile)]
        case .refused(let outcome): sightings = [sink(outcome, "", free)]
        case .absent(let disk): sightings = [sink(disk.outcome, disk.folder, free)]
        }
        sightings += debts.filter { $0.rows > 0 }.sorted { $0.sink < $1.sink }.map {
            Sighting(
                .sinkOwes,
                [
                    Figure("sink", .text($0.sink)), Figure("rows", .number($0.rows)), Figure("size", .bytes($0.bytes)),
                ])
        }
        return sightings
    }

    private static func sink(_ outcome: DiskObservation.Outcome, _ folder: String, _ free: Figure) -> Sighting {
        switch outcome {
        case .written: Sighting(.sinkReady, [free])
        case .full(_, let said): Sighting(.sinkFull, [Figure("said", .text(said))])
        case .readOnly(let said): Sighting(.sinkUnwritable, [Figure("said", .text(said))])
        case .missing: Sighting(.sinkFolderMissing, [Figure("folder", .text(folder))])
        case .failed(let said): Sighting(.sinkFailed, [Figure("said", .text(said))])
        }
    }
}
