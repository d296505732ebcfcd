import Crypto
import Foundation

/// What a set of files held at a time, as digests: a file that was only touched has not changed.
struct FileContents: Hashable, Sendable {
    private var digests: [String: SHA256.Digest] = [:]

    /// Reads files; one that cannot be read counts as not there.
    init(_ paths: [String]) {
        for path in paths {
            digests[path] = FileManager.default.contents(atPath: path).map { SHA256.hash(data: $0) }
        }
    }

    /// The files that came, went, or hold something else now.
    func changed(since other: FileContents) -> [String] {
        Set(digests.keys).union(other.digests.keys).filter { digests[$0] != other.digests[$0] }.sorted()
    }
}
