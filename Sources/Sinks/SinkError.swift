public import StateStore

/// Why a sink could not deliver, where, and what to do about it.
public struct SinkError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kinds of failure.
    public enum Code: Hashable, Sendable {
        /// The disk, or the quota, is full.
        case diskFull
        /// The file or its folder cannot be written.
        case readOnly
        /// The folder does not exist.
        case notFound
        /// The path is a folder, a pipe or a device.
        case notAFile
        /// Another process writes the file.
        case inUse
        /// Reading or writing failed.
        case ioFailure
        /// The terminal or pipe is gone.
        case outputClosed
        /// The receiver does not take findings: how often that was tried, and when it is tried again.
        case undelivered(DeliveryFailure, attempts: Int, pause: Duration)
        /// The journal could not be read, or the cursor not be written.
        case store(StateStoreError)
    }

    /// What kind of failure.
    public var code: Code
    /// Where: a path, or the sink's name.
    public var path: String
    /// What the system said.
    public var detail: String

    /// Makes an error.
    public init(_ code: Code, path: String, detail: String = "") {
        self.code = code
        self.path = path
        self.detail = detail
    }

    /// True when waiting can help: the follower keeps the rows and tries again.
    public var isRetriable: Bool {
        switch code {
        case .diskFull, .readOnly, .notFound, .ioFailure: true
        case .undelivered: true
        case .notAFile, .inUse, .outputClosed: false
        case .store(let error): error.isRetriable
        }
    }

    /// One line: what, where, what to do.
    public var description: String {
        let why = detail.isEmpty ? "" : " (\(detail))"
        return switch code {
        case .diskFull:
            "findings cannot be written to \(path)\(why): the disk is full; free space, writing goes on by itself"
        case .readOnly:
            "findings cannot be written to \(path)\(why): make it and its folder writable; writing goes on by itself"
        case .notFound:
            "findings cannot be written to \(path)\(why): create the folder; writing goes on by itself"
        case .notAFile:
            "findings cannot be written to \(path)\(why): give the path of a regular file"
        case .inUse:
            "findings cannot be written to \(path)\(why): another process writes it; give each its own file"
        case .ioFailure:
            "findings cannot be written to \(path)\(why): check the disk; writing is tried again"
        case .outputClosed:
            "findings cannot be shown on \(path)\(why): they stay in the journal"
        case .undelivered(let failure, _, _): failure.description
        case .store(let error): error.description
        }
    }
}
