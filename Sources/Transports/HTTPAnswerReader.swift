/// Reads the head of one answer out of bytes as they arrive, and leaves what follows it alone.
///
/// Written for this alone, because what follows is another protocol: a parser that goes on reading HTTP would take its first
/// bytes. Interim answers (1xx except 101) are passed over.
///
/// **Bounds**: ``bytesMax`` for everything up to the end of the head. What cannot be HTTP is refused at its first byte.
/// **Source**: RFC 9112, sections 2.2, 4 and 5.
public struct HTTPAnswerReader: Sendable {
    /// What the bytes amount to.
    public enum Progress: Hashable, Sendable {
        /// The head is not complete.
        case incomplete
        /// The head, and how many of the bytes given last belong to what follows.
        case answer(HTTPAnswer, bytesLeft: Int)
        /// The peer does not speak HTTP.
        case notHTTP
        /// The head is longer than any that is meant well.
        case tooLong
    }

    /// Most bytes of a head with the interim answers before it.
    public static let bytesMax = 16_384

    private var line: [UInt8] = []
    private var lines: [[UInt8]] = []
    private var bytesRead = 0

    /// Makes a reader for one answer.
    public init() {}

    /// Takes bytes in; not to be called again after anything but `incomplete`.
    public mutating func read(_ bytes: some Collection<UInt8>) -> Progress {
        var left = bytes.count
        for byte in bytes {
            left -= 1
            bytesRead += 1
            if bytesRead > Self.bytesMax { return .tooLong }
            guard byte == 0x0A else {
                line.append(byte)
                if lines.isEmpty, !Self.mayBegin(line) { return .notHTTP }
                continue
            }
            if line.last == 0x0D { line.removeLast() }
            if !line.isEmpty {
                lines.append(line)
                line = []
                continue
            }
            guard let answer = Self.answer(lines) else { return .notHTTP }
            lines = []
            if (100...199).contains(answer.status), answer.status != 101 { continue }
            return .answer(answer, bytesLeft: left)
        }
        return .incomplete
    }

    private static let beginning = Array("HTTP/1.".utf8)

    private static func mayBegin(_ line: [UInt8]) -> Bool { zip(line, beginning).allSatisfy { $0 == $1 } }

    private static func answer(_ lines: [[UInt8]]) -> HTTPAnswer? {
        guard let first = lines.first else { return nil }
        let parts = String(decoding: first, as: UTF8.self).split(
            separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, parts[0].utf8.count == 8, parts[1].utf8.count == 3,
            parts[1].utf8.allSatisfy({ (48...57).contains($0) }), let status = Int(parts[1]), status >= 100
        else { return nil }
        var answer = HTTPAnswer(status: status, reason: parts.count > 2 ? parts[2].trimmingBlanks : "")
        for line in lines.dropFirst() {
            let text = String(decoding: line, as: UTF8.self)
            guard let colon = text.firstIndex(of: ":") else { return nil }
            let name = text[..<colon]
            guard !name.isEmpty, name.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
            answer.fields.append(.init(String(name), text[text.index(after: colon)...].trimmingBlanks))
        }
        return answer
    }
}
