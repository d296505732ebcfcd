/// The events of one partition: an append-only log with retention by time.
///
/// **Shape**: chunks of about half a megabyte, each one slab and its entries; the oldest chunk is dropped when its last
/// event has expired. **Isolation**: a value, guarded by its partition's lock. **Cost**: appending is one write into the
/// slab; finding a position is a binary search over chunks, then over entries.
struct PartitionLog: Sendable {
    /// The enqueued time that the service reports for a partition that never held an event: year 1, in milliseconds.
    static let yearOne: Int64 = -62_135_596_800_000

    /// The sequence number of the oldest event that is still kept; after the last one when the log is empty.
    private(set) var beginSequenceNumber: Int64 = 0
    /// The sequence number that the next event gets.
    ///
    /// Never reused, whatever retention removes.
    private(set) var nextSequenceNumber: Int64 = 0
    /// The offset of the last event ever appended; nil before the first.
    private(set) var lastOffset: Int64?
    /// The enqueued time of the last event ever appended.
    private(set) var lastEnqueuedTime: Int64 = PartitionLog.yearOne

    /// Bytes of events in memory, counted along because a hub of gigabytes has thousands of chunks.
    private(set) var storedBytes = 0

    private var nextOffset: Int64 = 0
    private var chunks: [LogChunk] = []
    private let chunkBytes: Int

    init(chunkBytes: Int = 512 * 1024) {
        self.chunkBytes = chunkBytes
    }

    /// The sequence number of the last event ever appended, -1 before the first.
    var lastSequenceNumber: Int64 { nextSequenceNumber - 1 }

    /// Whether no event is kept at present.
    var isEmpty: Bool { beginSequenceNumber == nextSequenceNumber }

    /// The stamps of the next event.
    struct Stamps: Sendable, Equatable {
        var sequenceNumber: Int64
        var offset: Int64
        var enqueuedTime: Int64
    }

    /// Appends one event that `write` encodes at the end of the slab.
    ///
    /// - Parameters:
    ///   - originalSize: bytes of the event as the sender encoded it; decides how far the offset moves.
    ///   - capacity: bytes that `write` will append at most; only a hint for choosing the chunk.
    ///   - now: the broker's clock in milliseconds; a clock that went back is held at the last value.
    @discardableResult
    mutating func append(
        originalSize: Int, capacity: Int, now: Int64, write: (Stamps, inout [UInt8]) -> Void
    ) -> Stamps {
        let stamps = Stamps(
            sequenceNumber: nextSequenceNumber, offset: nextOffset, enqueuedTime: max(now, lastEnqueuedTime))
        let last = openChunk(capacity: capacity)
        let start = chunks[last].slab.count
        write(stamps, &chunks[last].slab)
        let length = chunks[last].slab.count - start
        chunks[last].entries.append(
            LogEntry(
                start: UInt32(start), length: UInt32(length), offset: stamps.offset, enqueuedTime: stamps.enqueuedTime))
        storedBytes += length
        nextSequenceNumber += 1
        // The recorded service steps by the stored size, which is the sent size plus a fixed part, in units of eight.
        nextOffset += Int64((originalSize + 56 + 7) & ~7)
        lastOffset = stamps.offset
        lastEnqueuedTime = stamps.enqueuedTime
        return stamps
    }

    /// The offset that the next event gets.
    var offsetOfNext: Int64 { nextOffset }

    /// Takes back an event that was kept elsewhere, as it was encoded and stamped.
    mutating func restore(_ event: UnsafeRawBufferPointer, offset: Int64, enqueuedTime: Int64, nextOffset: Int64) {
        let last = openChunk(capacity: event.count)
        let start = chunks[last].slab.count
        chunks[last].slab.append(contentsOf: event)
        chunks[last].entries.append(
            LogEntry(
                start: UInt32(start), length: UInt32(event.count), offset: offset, enqueuedTime: enqueuedTime))
        storedBytes += event.count
        nextSequenceNumber += 1
        self.nextOffset = nextOffset
        lastOffset = offset
        lastEnqueuedTime = enqueuedTime
    }

    /// The index of the chunk that takes the next event, opening one when the last is full.
    private mutating func openChunk(capacity: Int) -> Int {
        if let last = chunks.last, last.slab.count + capacity <= chunkBytes { return chunks.count - 1 }
        chunks.append(
            LogChunk(firstSequenceNumber: nextSequenceNumber, capacity: max(chunkBytes, capacity)))
        return chunks.count - 1
    }

    /// Forgets the events enqueued before `time` (milliseconds).
    mutating func expire(before time: Int64) {
        guard let oldest = oldestKept, oldest.enqueuedTime < time else { return }
        let begin = sequenceNumber(firstWhere: { $0.enqueuedTime >= time })
        beginSequenceNumber = begin
        let dropped = chunks.firstIndex { $0.endSequenceNumber > begin } ?? chunks.count
        storedBytes -= chunks.prefix(dropped).reduce(0) { $0 + $1.slab.count }
        chunks.removeFirst(dropped)
    }

    private var oldestKept: LogEntry? {
        guard let chunk = chunks.first else { return nil }
        let index = Int(beginSequenceNumber - chunk.firstSequenceNumber)
        return chunk.entries.indices.contains(index) ? chunk.entries[index] : nil
    }
}

// MARK: - Reading

extension PartitionLog {
    /// Up to `maximumEvents` events from `sequenceNumber` on, all of one chunk; nil when there is none yet.
    ///
    /// The slice stops once `maximumBytes` is passed. A position that retention has passed reads from the oldest event.
    func slice(from sequenceNumber: Int64, maximumEvents: Int, maximumBytes: Int) -> LogSlice? {
        let first = max(sequenceNumber, beginSequenceNumber)
        guard first < nextSequenceNumber, maximumEvents > 0, let chunk = chunk(holding: first) else { return nil }
        let begin = Int(first - chunk.firstSequenceNumber)
        var end = min(chunk.entries.count, begin + maximumEvents)
        let bytes = Int(chunk.entries[end - 1].start) - Int(chunk.entries[begin].start)
        if bytes > maximumBytes {
            let limit = Int(chunk.entries[begin].start) + maximumBytes
            end = begin + max(1, chunk.entries[begin..<end].partitionPoint { Int($0.start) < limit })
        }
        return LogSlice(firstSequenceNumber: first, slab: chunk.slab, entries: chunk.entries[begin..<end])
    }

    /// The sequence number of the first kept event whose offset is after (or at) `offset`.
    func sequenceNumber(afterOffset offset: Int64, inclusive: Bool) -> Int64 {
        sequenceNumber(firstWhere: { inclusive ? $0.offset >= offset : $0.offset > offset })
    }

    /// The sequence number of the first kept event enqueued after (or at) `time` in milliseconds.
    func sequenceNumber(afterTime time: Int64, inclusive: Bool) -> Int64 {
        sequenceNumber(firstWhere: { inclusive ? $0.enqueuedTime >= time : $0.enqueuedTime > time })
    }

    /// The stamps of a kept event.
    func entry(at sequenceNumber: Int64) -> LogEntry? {
        guard sequenceNumber >= beginSequenceNumber, sequenceNumber < nextSequenceNumber,
            let chunk = chunk(holding: sequenceNumber)
        else { return nil }
        return chunk.entries[Int(sequenceNumber - chunk.firstSequenceNumber)]
    }

    /// The first kept event for which `isAtOrAfter` holds; it must be false up to some event and true from there on.
    private func sequenceNumber(firstWhere isAtOrAfter: (LogEntry) -> Bool) -> Int64 {
        let index = chunks.partitionPoint { chunk in !(chunk.entries.last.map(isAtOrAfter) ?? true) }
        guard index < chunks.count else { return nextSequenceNumber }
        let chunk = chunks[index]
        let entry = chunk.entries.partitionPoint { !isAtOrAfter($0) }
        return max(beginSequenceNumber, chunk.firstSequenceNumber + Int64(entry))
    }

    private func chunk(holding sequenceNumber: Int64) -> LogChunk? {
        let index = chunks.partitionPoint { $0.endSequenceNumber <= sequenceNumber }
        return index < chunks.count ? chunks[index] : nil
    }
}

extension RandomAccessCollection {
    /// How many elements at the start satisfy `isBefore`, which must hold for a prefix of the collection only.
    func partitionPoint(_ isBefore: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if isBefore(self[index(startIndex, offsetBy: middle)]) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }
}
