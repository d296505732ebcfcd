import GRDB

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

extension StateStoreError {
    /// Sorts what GRDB throws.
    ///
    /// The statement and its arguments stay out of the message: they may hold log data.
    init(_ error: any Error, path: String) {
        if let error = error as? StateStoreError {
            self = error
            return
        }
        guard let error = error as? DatabaseError else {
            self.init(.database, path: path, detail: "\(type(of: error))")
            return
        }
        let detail = "SQLite \(error.extendedResultCode.rawValue): \(error.message ?? "no message")"
        switch error.extendedResultCode {
        // The shared-memory file could not grow: SQLite has no better code for a full disk here.
        case .SQLITE_IOERR_SHMSIZE:
            self.init(.diskFull, path: path, detail: detail)
            return
        case .SQLITE_READONLY_CANTLOCK, .SQLITE_READONLY_RECOVERY:
            self.init(.busy, path: path, detail: detail)
            return
        default: break
        }
        switch error.resultCode {
        case .SQLITE_NOTADB: self.init(.notOurs, path: path, detail: "no database")
        case .SQLITE_CORRUPT, .SQLITE_FORMAT: self.init(.corrupt, path: path, detail: detail)
        case .SQLITE_FULL: self.init(.diskFull, path: path, detail: detail)
        case .SQLITE_READONLY, .SQLITE_PERM: self.init(.readOnly, path: path, detail: detail)
        case .SQLITE_CANTOPEN: self.init(Self.unopenable(path), path: path, detail: detail)
        case .SQLITE_BUSY, .SQLITE_LOCKED: self.init(.busy, path: path, detail: detail)
        case .SQLITE_IOERR: self.init(.ioFailure, path: path, detail: detail)
        case .SQLITE_MISUSE: self.init(.closed, path: path)
        default: self.init(.database, path: path, detail: detail)
        }
    }

    /// Why SQLite could not open a file that is there: usually it may not create the -wal file beside it.
    private static func unopenable(_ path: String) -> Code {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        if access(folder, F_OK) != 0 { return .notFound }
        return access(folder, W_OK) == 0 ? .ioFailure : .readOnly
    }
}
