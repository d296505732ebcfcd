/// Where one stored event lies in its chunk, and what the broker stamped on it.
///
/// The sequence number is not stored: it is the chunk's first one plus the entry's index.
struct LogEntry: Sendable, Equatable {
    /// First byte in the chunk's slab.
    var start: UInt32
    /// Encoded bytes, annotations included.
    var length: UInt32
    /// The service's byte position, which clients see as opaque decimal text.
    var offset: Int64
    /// Milliseconds since the Unix epoch, never decreasing within a partition.
    var enqueuedTime: Int64
}

/// A run of consecutive events in one slab of memory.
///
/// **Shape**: one byte array for all the events and one entry per event, so that a hub of several gigabytes costs a few
/// thousand allocations rather than one per event. **Isolation**: a value; a reader that holds a copy while the writer
/// appends makes the writer copy at most one slab, and a full chunk is never written again.
struct LogChunk: Sendable {
    /// The sequence number of the first entry.
    let firstSequenceNumber: Int64
    /// The encoded events, one after another.
    var slab: [UInt8] = []
    /// The events in sequence order.
    var entries: [LogEntry] = []

    init(firstSequenceNumber: Int64, capacity: Int) {
        self.firstSequenceNumber = firstSequenceNumber
        slab.reserveCapacity(capacity)
    }

    /// The sequence number that the next event of this chunk gets.
    var endSequenceNumber: Int64 { firstSequenceNumber + Int64(entries.count) }
}

/// Consecutive events of one chunk, handed to a reader outside the partition's lock.
struct LogSlice: Sendable {
    /// The sequence number of the first event.
    let firstSequenceNumber: Int64
    /// The slab that the entries point into, shared with the log.
    let slab: [UInt8]
    /// The events.
    let entries: ArraySlice<LogEntry>

    /// The sequence number after the last event.
    var endSequenceNumber: Int64 { firstSequenceNumber + Int64(entries.count) }
}
