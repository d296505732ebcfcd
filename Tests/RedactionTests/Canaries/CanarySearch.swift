import Testing

/// Looks for all canaries in outputs, in one pass over each.
struct CanarySearch {
    private let canaries: [Canary]
    /// By the first eight bytes of a piece: the canary and the piece.
    private var starts: [UInt64: [(canary: Int, piece: [UInt8])]] = [:]
    private var mayStart = [Bool](repeating: false, count: 65_536)

    init(_ canaries: [Canary]) {
        self.canaries = canaries
        for (number, canary) in canaries.enumerated() {
            for piece in canary.pieces {
                let bytes = Array(piece.utf8)
                precondition(bytes.count >= 8)
                let start = bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
                starts[start, default: []].append((number, bytes))
                mayStart[Int(start & 0xFFFF)] = true
            }
        }
    }

    /// Numbers of the canaries that an output holds, as it is or with its blanks taken out: wrapping cuts long words.
    func found(in output: [UInt8]) -> Set<Int> {
        scan(output).union(scan(output.filter { $0 > 0x20 }))
    }

    private func scan(_ output: [UInt8]) -> Set<Int> {
        var found: Set<Int> = []
        mayStart.withUnsafeBufferPointer { mayStart in
            output.withUnsafeBytes { bytes in
                var at = 0
                let last = bytes.count - 8
                while at <= last {
                    let start = bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)
                    if mayStart[Int(truncatingIfNeeded: start & 0xFFFF)], let candidates = starts[start] {
                        for (canary, piece) in candidates where stands(piece, at, bytes) { found.insert(canary) }
                    }
                    at += 1
                }
            }
        }
        return found
    }

    /// Ids are unique; addresses and numbers must stand alone.
    private func stands(_ piece: [UInt8], _ at: Int, _ bytes: UnsafeRawBufferPointer) -> Bool {
        let end = at + piece.count
        guard end <= bytes.count, bytes[at..<end].elementsEqual(piece) else { return false }
        guard piece[0] &- 0x30 < 10 else { return true }
        let isFree = { (place: Int) in place < 0 || place >= bytes.count || bytes[place] &- 0x30 >= 10 }
        return isFree(at - 1) && isFree(end)
    }

    /// Fails for every canary that stands where it may not; returns how many stand where they may.
    @discardableResult
    func expectNothingHidden(in outputs: [(name: String, bytes: [UInt8])], masksPeople: Bool) -> Set<Int> {
        var shown: Set<Int> = []
        var leaks = 0
        for output in outputs {
            for number in found(in: output.bytes).sorted() {
                let canary = canaries[number]
                if CanaryAllowList(canary.category).allows(canary, masksPeople: masksPeople) {
                    shown.insert(number)
                } else {
                    leaks += 1
                    if leaks <= 20 {
                        Issue.record(
                            "\(output.name) shows the \(canary.shape) of \(canary.category) at \(canary.path): \(canary.text)"
                        )
                    }
                }
            }
        }
        #expect(leaks == 0)
        return shown
    }
}
