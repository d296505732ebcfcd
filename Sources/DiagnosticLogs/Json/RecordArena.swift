/// Memory for texts that are made while a record is looked at: unescaped strings, lower-cased names, repaired JSON.
///
/// Chunks never move, so slots may point into them until ``reset()``. After a few records no chunk is added any more.
final class RecordArena {
    private struct Chunk {
        let base: UnsafeMutableRawPointer
        let count: Int
    }

    /// Where the next bytes go; in raw memory, because properties of a class cost an access check each time.
    private struct State {
        var chunks: [Chunk] = []
        var current = 0
        var used = 0
        /// Size of the current chunk; 0 before there is one.
        var size = 0
        var base: UnsafeMutableRawPointer?
        /// A chunk was added since the last reset.
        var hasGrown = false
    }

    private let state: UnsafeMutablePointer<State>
    /// For looking at texts that lie in the arena.
    private(set) lazy var indexer = StructuralIndexer()
    private static let chunkBytes = 64 * 1024
    /// Chunks beyond this are given back at reset, so that one hostile body does not stay in memory.
    private static let keptBytesMax = 8 * 1024 * 1024

    init() {
        state = .allocate(capacity: 1)
        state.initialize(to: State())
    }

    deinit {
        for chunk in state.pointee.chunks { chunk.base.deallocate() }
        state.deinitialize(count: 1)
        state.deallocate()
    }

    /// Room for `count` bytes with padding behind them.
    @inline(__always)
    func allocate(_ count: Int) -> UnsafeMutableRawPointer {
        let size = count + JSONLimits.padding
        let used = state.pointee.used
        if let base = state.pointee.base, used + size <= state.pointee.size {
            state.pointee.used = used + size
            return base + used
        }
        return allocateSlowly(size)
    }

    @inline(never)
    private func allocateSlowly(_ size: Int) -> UnsafeMutableRawPointer {
        let chunks = state.pointee.chunks
        // Chunks in front of the current one are full; look for a later one that is large enough before adding one.
        var next = min(state.pointee.current + 1, chunks.count)
        while next < chunks.count, chunks[next].count < size { next += 1 }
        if next == chunks.count {
            let count = max(size, Self.chunkBytes)
            let base = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 16)
            base.initializeMemory(as: UInt8.self, repeating: 0, count: count)
            state.pointee.chunks.append(Chunk(base: base, count: count))
            state.pointee.hasGrown = true
        }
        move(to: next, used: size)
        return state.pointee.chunks[next].base
    }

    private func move(to chunk: Int, used: Int) {
        let isThere = chunk < state.pointee.chunks.count
        state.pointee.current = chunk
        state.pointee.used = used
        state.pointee.base = isThere ? state.pointee.chunks[chunk].base : nil
        state.pointee.size = isThere ? state.pointee.chunks[chunk].count : 0
    }

    /// Gives all memory back for reuse.
    @inline(__always)
    func reset() {
        state.pointee.used = 0
        if state.pointee.current > 0 || state.pointee.hasGrown { resetChunks() }
    }

    @inline(never)
    private func resetChunks() {
        if state.pointee.hasGrown { trim() }
        state.pointee.hasGrown = false
        move(to: 0, used: 0)
    }

    /// A place to go back to.
    struct Mark {
        fileprivate let chunk: Int
        fileprivate let used: Int
    }

    /// The present place.
    var mark: Mark { Mark(chunk: state.pointee.current, used: state.pointee.used) }

    /// Gives back what was allocated behind a place.
    func release(to mark: Mark) { move(to: mark.chunk, used: mark.used) }

    private func trim() {
        var kept = 0
        var bytes = 0
        for chunk in state.pointee.chunks {
            bytes += chunk.count
            if bytes > Self.keptBytesMax { break }
            kept += 1
        }
        for chunk in state.pointee.chunks[kept...] { chunk.base.deallocate() }
        state.pointee.chunks.removeSubrange(kept...)
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
