#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The events of one partition in a file, so that a hub survives a restart of the broker.
///
/// **Shape**: little-endian records, one after another: length of the event (4 bytes), checksum of it (4), offset (8), enqueued
/// time (8), offset of the event after it (8), the event. The sequence number is the record's index.
/// **Guarantee**: a record is in the operating system's hands before its sender is answered: it survives a kill of the
/// broker, not a loss of power. A torn last record is cut at start. Expired events stay in the file until the hub is deleted.
/// **Isolation**: used under its partition's lock.
struct PartitionFile: Sendable {
    /// What stands before each event.
    private static let headerSize = 32
    /// No event is larger than what a broker may be configured to take.
    private static let lengthMax = 1 << 28
    private let descriptor: Int32

    /// Opens the file, reads what it holds into the log, and cuts a torn end off.
    init(path: String, into log: inout PartitionLog) throws(DevBrokerError) {
        let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard opened >= 0 else { throw Self.failure("open", path) }
        descriptor = opened
        let size = Int(lseek(opened, 0, SEEK_END))
        guard size > 0 else { return }
        guard let memory = mmap(nil, size, PROT_READ, MAP_PRIVATE, opened, 0), memory != MAP_FAILED else {
            throw Self.failure("map", path)
        }
        let whole = Self.restore(UnsafeRawBufferPointer(start: memory, count: size), into: &log)
        munmap(memory, size)
        guard ftruncate(opened, off_t(whole)) == 0, lseek(opened, 0, SEEK_END) >= 0 else {
            throw Self.failure("cut the torn end of", path)
        }
    }

    /// Reads whole records; the number of bytes that they take.
    private static func restore(_ bytes: UnsafeRawBufferPointer, into log: inout PartitionLog) -> Int {
        var position = 0
        while bytes.count - position >= headerSize {
            let length = Int(bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self).littleEndian)
            guard length <= lengthMax, bytes.count - position - headerSize >= length else { break }
            let event = UnsafeRawBufferPointer(
                rebasing: bytes[(position + headerSize)..<(position + headerSize + length)])
            guard bytes.loadUnaligned(fromByteOffset: position + 4, as: UInt32.self).littleEndian == checksum(event)
            else {
                break
            }
            log.restore(
                event, offset: Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: position + 8, as: Int64.self)),
                enqueuedTime: Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: position + 16, as: Int64.self)),
                nextOffset: Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: position + 24, as: Int64.self)))
            position += headerSize + length
        }
        return position
    }

    /// Appends the events of a log from a sequence number on; false when the file cannot be written.
    func append(from log: PartitionLog, sequenceNumber: Int64) -> Bool {
        var next = sequenceNumber
        var bytes: [UInt8] = []
        while let slice = log.slice(from: next, maximumEvents: 1 << 32, maximumBytes: 1 << 40) {
            for (index, entry) in slice.entries.enumerated() {
                let after = log.entry(at: slice.firstSequenceNumber + Int64(index) + 1)?.offset ?? log.offsetOfNext
                let range = Int(entry.start)..<Int(entry.start + entry.length)
                slice.slab.withUnsafeBytes { slab in
                    let event = UnsafeRawBufferPointer(rebasing: slab[range])
                    bytes.append(littleEndian: entry.length)
                    bytes.append(littleEndian: Self.checksum(event))
                    bytes.append(littleEndian: UInt64(bitPattern: entry.offset))
                    bytes.append(littleEndian: UInt64(bitPattern: entry.enqueuedTime))
                    bytes.append(littleEndian: UInt64(bitPattern: after))
                    bytes.append(contentsOf: event)
                }
            }
            next = slice.endSequenceNumber
        }
        return write(bytes)
    }

    /// Gives the descriptor back.
    func close() {
        #if canImport(Glibc)
            _ = Glibc.close(descriptor)
        #else
            _ = Darwin.close(descriptor)
        #endif
    }

    private func write(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { buffer in
            var start = 0
            while start < buffer.count {
                #if canImport(Glibc)
                    let count = Glibc.write(descriptor, buffer.baseAddress?.advanced(by: start), buffer.count - start)
                #else
                    let count = Darwin.write(descriptor, buffer.baseAddress?.advanced(by: start), buffer.count - start)
                #endif
                if count > 0 {
                    start += count
                } else if errno != EINTR {
                    return false
                }
            }
            return true
        }
    }

    /// FNV-1a over eight bytes at a time: finds torn and overwritten records, no attacks.
    private static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        var position = 0
        while position + 8 <= bytes.count {
            hash =
                (hash ^ bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self).littleEndian) &* 0x100_0000_01B3
            position += 8
        }
        for byte in bytes[position...] { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return UInt32(truncatingIfNeeded: hash ^ (hash >> 32))
    }

    private static func failure(_ what: String, _ path: String) -> DevBrokerError {
        DevBrokerError(.dataUnusable, "Cannot \(what) `\(path)`: \(String(cString: strerror(errno))).")
    }
}

extension [UInt8] {
    fileprivate mutating func append(littleEndian number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }
}
