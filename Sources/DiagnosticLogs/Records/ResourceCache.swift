import CSimdjson

/// Remembers resource ids that were taken apart before: a hub carries few resources, each in many records.
///
/// Direct-mapped and of a fixed size, so that a sender who invents ids can only make it useless, not large.
final class ResourceCache {
    private static let entryCount = 64
    private static let bytesMax = 384

    private struct Entry {
        var hash: UInt64 = 0
        var length = 0
        var parts = ResourceIDParts(UnsafeRawBufferPointer(start: nil, count: 0))
    }

    private let entries: UnsafeMutablePointer<Entry>
    /// Per entry, the id as written and the id in lower case.
    private let texts: UnsafeMutableRawPointer

    init() {
        entries = .allocate(capacity: Self.entryCount)
        entries.initialize(repeating: Entry(), count: Self.entryCount)
        texts = .allocate(byteCount: Self.entryCount * Self.bytesMax * 2, alignment: 16)
    }

    deinit {
        entries.deallocate()
        texts.deallocate()
    }

    /// Takes an id apart, from memory if it was seen lately.
    ///
    /// The text in lower case is valid until the next call.
    func resource(
        _ text: UnsafeRawBufferPointer, arena: RecordArena
    ) -> (lower: UnsafeRawBufferPointer, parts: ResourceIDParts) {
        guard text.count <= Self.bytesMax, text.count >= 8, let base = text.baseAddress else {
            let lower = Self.lowercased(text, into: arena.allocate(text.count))
            return (lower, ResourceIDParts(lower))
        }
        let hash = Self.hash(base, text.count)
        let number = Int(truncatingIfNeeded: hash &>> 56) & (Self.entryCount - 1)
        let original = texts + number * Self.bytesMax * 2
        let lower = original + Self.bytesMax
        let entry = entries + number
        if entry.pointee.hash != hash || entry.pointee.length != text.count
            || csj_equal(
                original.assumingMemoryBound(to: UInt8.self), base.assumingMemoryBound(to: UInt8.self), text.count) == 0
        {
            original.copyMemory(from: base, byteCount: text.count)
            let folded = Self.lowercased(text, into: lower)
            entry.pointee = Entry(hash: hash, length: text.count, parts: ResourceIDParts(folded))
        }
        return (UnsafeRawBufferPointer(start: lower, count: text.count), entry.pointee.parts)
    }

    private static func lowercased(
        _ text: UnsafeRawBufferPointer, into target: UnsafeMutableRawPointer
    ) -> UnsafeRawBufferPointer {
        for (i, byte) in text.enumerated() {
            target.storeBytes(of: FieldAliases.asciiLowercased(byte), toByteOffset: i, as: UInt8.self)
        }
        return UnsafeRawBufferPointer(start: target, count: text.count)
    }

    /// Any mixing function will do: a collision costs one more parse.
    private static func hash(_ base: UnsafeRawPointer, _ count: Int) -> UInt64 {
        var hash = UInt64(count) &* 0x9E37_79B9_7F4A_7C15
        var at = 0
        while at + 8 <= count {
            hash = (hash ^ base.loadUnaligned(fromByteOffset: at, as: UInt64.self)) &* 0xFF51_AFD7_ED55_8CCD
            hash ^= hash &>> 32
            at += 8
        }
        hash = (hash ^ base.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)) &* 0xC4CE_B9FE_1A85_EC53
        return hash ^ hash &>> 29
    }
}
