import CSimdjson

/// Owns one simdjson indexer: stage 1 of the library, without its tree.
///
/// **Isolation**: one worker; each use overwrites the index of the one before. A class, because a walker keeps several
/// and hands them on by nesting level.
final class StructuralIndexer {
    private let handle: OpaquePointer?

    init() { handle = csj_indexer_new() }

    deinit { csj_indexer_free(handle) }

    /// What stage 1 says about a text.
    enum Failure: UInt8, Error {
        case empty, invalidUTF8, controlCharacter, unclosedString, outOfMemory, other
    }

    /// Indexes a text.
    ///
    /// The cursor is valid until the next call.
    func index(_ text: UnsafeRawBufferPointer) -> Result<IndexCursor, Failure> {
        guard let handle, let base = text.baseAddress else { return .failure(.empty) }
        let bytes = base.assumingMemoryBound(to: UInt8.self)
        let index = csj_index_text(handle, bytes, text.count)
        guard index.status == csj_ok, let offsets = index.offsets else {
            return .failure(Self.failure(index.status))
        }
        return .success(IndexCursor(base: bytes, offsets: offsets, count: index.count, length: text.count))
    }

    /// Whether the library's full parser takes a text.
    ///
    /// 64 readable bytes must follow it.
    func isStrictlyValid(_ text: UnsafeRawBufferPointer) -> Bool {
        guard let handle, let base = text.baseAddress else { return false }
        // The library counts the level below the deepest container too.
        let depth = JSONLimits.depthMax + 1
        return csj_check_text(handle, base.assumingMemoryBound(to: UInt8.self), text.count, depth) == csj_ok
    }

    private static func failure(_ status: csj_status) -> Failure {
        switch status {
        case csj_empty: .empty
        case csj_invalid_utf8: .invalidUTF8
        case csj_control_character: .controlCharacter
        case csj_unclosed_string: .unclosedString
        case csj_out_of_memory: .outOfMemory
        default: .other
        }
    }
}

/// Bounds that hold for every text.
enum JSONLimits {
    /// Containers inside each other, the outermost counted.
    static let depthMax = 64
    /// Bytes that must be readable behind every text handed to the walker.
    static let padding = 64
    /// JSON texts inside strings inside JSON texts.
    static let nestedTextsMax = 3
}
