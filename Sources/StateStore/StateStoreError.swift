/// Why the state could not be read or written, where, and what to do about it.
public struct StateStoreError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kinds of failure.
    public enum Code: Hashable, Sendable {
        /// The file is a database of another program, or no database.
        case notOurs
        /// The file was written by a newer hubwatch.
        case newerVersion(found: Int, supported: Int)
        /// The file was written by a hubwatch too old to be carried over.
        case olderVersion(found: Int, supported: Int)
        /// Another process has the file; its id where known.
        case inUse(processID: Int?)
        /// The folder or file cannot be written.
        case readOnly
        /// The folder does not exist, or the path is not a file.
        case notFound
        /// The disk, or the quota, is full.
        case diskFull
        /// The file is damaged.
        case corrupt
        /// Reading or writing failed.
        case ioFailure
        /// A reader held the file for longer than the store waits.
        case busy
        /// The store was closed.
        case closed
        /// The caller asked for something impossible.
        case invalidArgument
        /// Anything else the database said.
        case database
    }

    /// What kind of failure.
    public var code: Code
    /// The state file.
    public var path: String
    /// What happened, in the system's words; never data.
    public var detail: String

    /// Makes an error.
    public init(_ code: Code, path: String, detail: String = "") {
        self.code = code
        self.path = path
        self.detail = detail
    }

    /// True when the same call can succeed later without anyone changing the configuration: keep the data and retry.
    public var isRetriable: Bool {
        switch code {
        case .diskFull, .ioFailure, .busy, .readOnly: true
        case .notOurs, .newerVersion, .olderVersion, .inUse, .notFound, .corrupt, .closed, .invalidArgument, .database:
            false
        }
    }

    /// Whether the file has an older form that opening it for writing brings to the present one.
    public var isCarriedOver: Bool {
        if case .olderVersion(let found, _) = code { found >= StateSchema.oldestVersion } else { false }
    }

    /// What a person can do.
    public var remedy: String {
        switch code {
        case .notOurs:
            "give another state file; this one is left untouched"
        case .newerVersion:
            "run the newer hubwatch, or give another state file"
        case .olderVersion where isCarriedOver:
            "start `hubwatch run` once: it carries the file over"
        case .olderVersion:
            "give another state file, or move this one away to start afresh"
        case .inUse:
            "stop the other process, or give this one its own state file"
        case .readOnly:
            "make the folder and the file writable for the user that runs hubwatch"
        case .notFound:
            "create the folder, or give another path"
        case .diskFull:
            "free space on the disk; nothing is lost, writing goes on by itself"
        case .corrupt:
            "move the file away together with its -wal and -shm files and start afresh, or restore a copy"
        case .ioFailure:
            "check the disk; writing is tried again"
        case .busy:
            "close the program that reads the file; writing is tried again"
        case .closed, .invalidArgument, .database:
            "report this with the message above"
        }
    }

    /// One line: what, where, what to do.
    public var description: String {
        let what =
            switch code {
            case .notOurs: "not a hubwatch state file"
            case .newerVersion(let found, let supported):
                "written by a newer hubwatch (version \(found) of the file; this one knows \(supported))"
            case .olderVersion(let found, let supported):
                "written by a hubwatch that is too old (version \(found) of the file; this one knows \(supported))"
            case .inUse(.some(let id)): "in use by process \(id)"
            case .inUse(.none): "in use by another process"
            case .readOnly: "cannot be written"
            case .notFound: "cannot be found"
            case .diskFull: "the disk is full"
            case .corrupt: "damaged"
            case .ioFailure: "reading or writing failed"
            case .busy: "held by a reader for too long"
            case .closed: "closed"
            case .invalidArgument: "asked for something impossible"
            case .database: "the database refused"
            }
        let why = detail.isEmpty ? "" : " (\(detail))"
        return "state file \(path): \(what)\(why): \(remedy)"
    }
}
