/// Memory for texts that are made while a record is looked at: unescaped strings, lower-cased names, repaired JSON.
///
/// Chunks never move, so slots may point into them until ``reset()``. After a few records no chunk is added any more.
final class RecordArena {
    private struct Chunk {
        let base: UnsafeMutableRawPointer
        let count: Int
    }

    private var chunks: [Chunk] = []
    private var current = 0
    private var used = 0
    /// For looking at texts that lie in the arena.
    private(set) lazy var indexer = StructuralIndexer()
    private static let chunkBytes = 64 * 1024
    /// Chunks beyond this are given back at reset, so that one hostile body does not stay in memory.
    private static let keptBytesMax = 8 * 1024 * 1024

    deinit { for chunk in chunks { chunk.base.deallocate() } }

    /// Room for `count` bytes with padding behind them.
    @inline(__always)
    func allocate(_ count: Int) -> UnsafeMutableRawPointer {
        let size = count + JSONLimits.padding
        if current < chunks.count, used + size <= chunks[current].count {
            defer { used += size }
            return chunks[current].base + used
        }
        return allocateSlowly(size)
    }

    @inline(never)
    private func allocateSlowly(_ size: Int) -> UnsafeMutableRawPointer {
        // Chunks in front of `current` are full; look for a later one that is large enough before adding one.
        var next = min(current + 1, chunks.count)
        while next < chunks.count, chunks[next].count < size { next += 1 }
        if next == chunks.count {
            let count = max(size, Self.chunkBytes)
            let base = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 16)
            base.initializeMemory(as: UInt8.self, repeating: 0, count: count)
            chunks.append(Chunk(base: base, count: count))
        }
        current = next
        used = size
        return chunks[next].base
    }

    /// Gives all memory back for reuse.
    @inline(__always)
    func reset() {
        if chunks.count > 1 { trim() }
        current = 0
        used = 0
    }

    /// A place to go back to.
    struct Mark {
        fileprivate let chunk: Int
        fileprivate let used: Int
    }

    /// The present place.
    var mark: Mark { Mark(chunk: current, used: used) }

    /// Gives back what was allocated behind a place.
    func release(to mark: Mark) {
        current = mark.chunk
        used = mark.used
    }

    private func trim() {
        var kept = 0
        while kept < chunks.count, chunks[...kept].reduce(0, { $0 + $1.count }) <= Self.keptBytesMax { kept += 1 }
        for chunk in chunks[kept...] { chunk.base.deallocate() }
        chunks.removeSubrange(kept...)
    }

    /// Copies bytes into the arena.
    func copy(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        let target = allocate(bytes.count)
        if let source = bytes.baseAddress { target.copyMemory(from: source, byteCount: bytes.count) }
        return UnsafeRawBufferPointer(start: target, count: bytes.count)
    }

    /// The meaning of the text between the quotes of a JSON string.
    func unescaped(_ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        let target = allocate(text.count)
        return UnsafeRawBufferPointer(start: target, count: JSONEscapes.unescape(text, into: target))
    }
}
