import DiagnosticLogs
import Foundation

/// Message bodies in one block of memory, each with the spare bytes behind it that decoders may read.
final class SampleBodies {
    let memory: UnsafeMutableRawBufferPointer
    let ranges: [Range<Int>]
    /// When each body counts as enqueued: with its newest record.
    private(set) var enqueued: [Timestamp]
    let bytes: Int
    private(set) var records = 0

    /// Reads a file of one body a line, such as `hubwatch generate` writes.
    convenience init(file: String, bytesMaximum: Int = .max) throws {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw MeasureFailure("'\(file)' cannot be read")
        }
        self.init(
            bodies: data.prefix(bytesMaximum == .max ? data.count : bytesMaximum).split(separator: 10).map(Array.init))
        guard records > 0 else { throw MeasureFailure("'\(file)' holds no records") }
    }

    init(bodies: [[UInt8]]) {
        let spare = 64
        bytes = bodies.reduce(0) { $0 + $1.count }
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: bytes + bodies.count * spare + spare, alignment: 64)
        memory.initializeMemory(as: UInt8.self, repeating: 0x20)
        var at = 0
        var ranges: [Range<Int>] = []
        for body in bodies {
            UnsafeMutableRawBufferPointer(rebasing: memory[at..<(at + body.count)]).copyBytes(from: body)
            ranges.append(at..<(at + body.count))
            at += body.count + spare
        }
        self.memory = memory
        self.ranges = ranges
        enqueued = []
        let decoder = EnvelopeDecoder(plan: .empty)
        for index in ranges.indices {
            var newest = Timestamp(nanoseconds: 0)
            decoder.decode(self[index], enqueued: newest) { record in
                newest = max(newest, record.eventTime)
                records += 1
            } onDeadLetter: { _ in
            }
            enqueued.append(newest)
        }
    }

    deinit { memory.deallocate() }

    /// A body; 64 readable bytes follow it.
    subscript(index: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(memory)[ranges[index]])
    }

    /// A body as an array.
    func array(_ index: Int) -> [UInt8] { Array(self[index]) }
}
