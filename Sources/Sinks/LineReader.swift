#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The complete lines of a file from an offset on, and where an unfinished last line begins.
struct LineReader {
    /// Lines longer than this are passed over as foreign: a findings line is a few kilobytes.
    static let lineBytesMaximum = 16 << 20
    private static let chunkBytes = 256 << 10

    private let file: AppendFile
    private var buffer: [UInt8] = []
    private var start = 0
    private var readOffset: Int64
    private var skipping = false
    /// End of the last complete line that ``next()`` returned; behind the last one, where a torn line begins.
    private(set) var offset: Int64
    /// Bytes of the file behind ``offset``, once ``next()`` returned nil.
    private(set) var tornBytes: Int64 = 0

    init(file: AppendFile, offset: Int64) {
        self.file = file
        self.offset = offset
        self.readOffset = offset
    }

    /// The next complete line without its line end; nil at the end of the file.
    ///
    /// A line that is too long is empty.
    mutating func next() throws(SinkError) -> [UInt8]? {
        var searched = start
        while true {
            if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = skipping ? [] : Array(buffer[start..<end])
                skipping = false
                start = end + 1
                offset = readOffset - Int64(buffer.count - start)
                return line
            }
            if buffer.count - start > Self.lineBytesMaximum {
                skipping = true
                start = buffer.count
            }
            buffer.removeFirst(start)
            start = 0
            searched = buffer.count
            let chunk = try file.read(from: readOffset, count: Self.chunkBytes)
            if chunk.isEmpty {
                tornBytes = readOffset - offset
                return nil
            }
            buffer += chunk
            readOffset += Int64(chunk.count)
        }
    }

    /// `metadata.uid` of a findings line; nil for anything else.
    static func identity(in line: [UInt8]) -> String? {
        struct Finding: Decodable {
            struct Metadata: Decodable {
                let uid: String
            }
            let metadata: Metadata
        }
        guard line.first == UInt8(ascii: "{") else { return nil }
        return try? JSONDecoder().decode(Finding.self, from: Data(line)).metadata.uid
    }
}
