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
}
