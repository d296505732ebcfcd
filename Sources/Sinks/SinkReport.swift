/// What a sink noticed that a person should know.
///
/// The runtime logs and counts these.
public enum SinkReport: Hashable, Sendable, CustomStringConvertible {
    /// A new file was made.
    case created(path: String)
    /// A file that was there before this sink ever wrote was taken over; its bytes were kept.
    case adopted(path: String, bytes: Int64)
    /// Lines behind the cursor were already in the file: the last process died between writing and noting it.
    case recovered(path: String, lines: Int)
    /// The last line was torn by a crash and was cut off; it is written again whole.
    case tornLineCut(path: String, bytes: Int64)
    /// Bytes that this sink did not write are in the file; they were kept.
    case foreignBytes(path: String, bytes: Int64)
    /// The file was moved away; a new one was begun.
    case rotated(path: String, to: String?)
    /// The file is gone; a new one was begun.
    case missing(path: String)
    /// The file is shorter than what was written: somebody cut it. What was cut is not written again.
    case shortened(path: String, from: Int64, to: Int64)
    /// The file could be read by others; its mode was changed.
    case modeChanged(path: String, from: UInt16, to: UInt16)
    /// A journal row is no finding; it was passed over and stays in the journal.
    case unreadableRow(id: Int64, reason: String)
    /// Delivery failed and is tried again; nothing is dropped meanwhile.
    case waiting(sink: String, error: SinkError, attempt: Int)
    /// Delivery works again.
    case resumed(sink: String, attempts: Int)
    /// Findings became dead letters of the sink; some of them were only counted, because the table is full.
    case gaveUp(sink: String, findings: Int, notKept: Int, reason: String)
    /// The process stops before everything was delivered; the next one goes on.
    case leftBehind(sink: String, error: SinkError)
    /// The file could not be rotated; writing goes on in it.
    case rotationFailed(path: String, detail: String)
    /// A rotated file was removed, because enough newer ones are there.
    case removed(path: String)

    /// One line.
    public var description: String {
        switch self {
        case .created(let path): "began the findings file \(path)"
        case .adopted(let path, let bytes):
            "the findings file \(path) was there before; its \(bytes) bytes are kept and findings are appended"
        case .recovered(let path, let lines):
            "\(lines) findings were already in \(path) from before the last stop; they are not written again"
        case .tornLineCut(let path, let bytes):
            "cut \(bytes) bytes of an unfinished last line off \(path); the finding is written again whole"
        case .foreignBytes(let path, let bytes):
            "\(bytes) bytes in \(path) were not written by hubwatch; they are kept"
        case .rotated(let path, .some(let name)): "\(path) was moved to \(name); began a new file"
        case .rotated(let path, .none): "\(path) was replaced; goes on in the new file"
        case .missing(let path): "\(path) is gone; began a new file"
        case .shortened(let path, let from, let to):
            "\(path) was cut from \(from) to \(to) bytes by somebody else; what was cut is not written again"
        case .modeChanged(let path, let from, let to):
            "changed the mode of \(path) from \(String(from, radix: 8)) to \(String(to, radix: 8))"
        case .unreadableRow(let id, let reason): "journal row \(id) was passed over: \(reason)"
        case .waiting(let sink, let error, let attempt):
            "sink \(sink) waits (attempt \(attempt)), nothing is dropped: \(error)"
        case .resumed(let sink, let attempts): "sink \(sink) delivers again after \(attempts) attempts"
        case .gaveUp(let sink, let findings, let notKept, let reason):
            "sink \(sink) gave up on \(findings == 1 ? "a finding" : "\(findings) findings"): \(reason). "
                + (notKept == findings
                    ? "The table of dead letters is full: they were counted and not kept"
                    : "See `hubwatch sinks deadletters`, send again with `hubwatch sinks resend`")
        case .leftBehind(let sink, let error):
            "sink \(sink) has findings left to deliver; the next start goes on with them: \(error)"
        case .rotationFailed(let path, let detail):
            "\(path) cannot be rotated (\(detail)): make its folder writable; findings go on into the same file"
        case .removed(let path): "removed \(path): newer rotated files are kept"
        }
    }
}
