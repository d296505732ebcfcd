/// Which files have changed for good: two looks in a row must agree, so that files are not read while somebody still
/// writes them.
struct SettledChanges {
    private var known: [String: FileStamp]
    private var last: [String: FileStamp]

    /// Starts from the files that are there.
    init(_ files: [String: FileStamp]) {
        known = files
        last = files
    }

    /// Takes a look; the changed files once they have settled, otherwise nothing.
    mutating func look(_ files: [String: FileStamp]) -> [String] {
        defer { last = files }
        guard files == last, files != known else { return [] }
        defer { known = files }
        return Set(files.keys).union(known.keys).filter { files[$0] != known[$0] }.sorted()
    }
}
