/// Changes to bytes that are made here and not kept in the corpus: inputs stay small, and good when a format changes.
///
/// **Shape**: edits of five bytes: three of offset, what to do, and with what. An offset counts modulo the length.
struct ByteEdits {
    private let input: [UInt8]

    init(_ input: some Sequence<UInt8>) { self.input = Array(input) }

    /// The bytes after all edits.
    func applied(to original: [UInt8]) -> [UInt8] {
        var bytes = original
        for start in stride(from: 0, to: input.count - 4, by: 5) {
            guard !bytes.isEmpty else { break }
            let offset = Int(input[start]) << 16 | Int(input[start + 1]) << 8 | Int(input[start + 2])
            let value = input[start + 4]
            let at = offset % bytes.count
            switch input[start + 3] % 8 {
            case 0, 1: bytes[at] = value
            case 2: bytes[at] ^= 1 << (value & 7)
            case 3: bytes.insert(value, at: at)
            case 4: bytes.removeSubrange(at..<min(bytes.count, at + Int(value) + 1))
            case 5: bytes.insert(contentsOf: bytes[at..<min(bytes.count, at + Int(value) + 1)], at: at)
            case 6:
                for index in at..<min(bytes.count, at + 8) { bytes[index] = value }
            default: bytes.removeSubrange(at...)
            }
        }
        return bytes
    }
}
