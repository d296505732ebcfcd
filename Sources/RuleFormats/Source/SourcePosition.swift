/// A place in a rule file.
public struct SourcePosition: Hashable, Comparable, Sendable, Codable {
    /// Line, from 1.
    public var line: Int
    /// Column in Unicode scalars, from 1.
    public var column: Int

    /// Makes a place.
    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    /// The first character of a file.
    public static let start = SourcePosition(line: 1, column: 1)

    /// Orders places as they are read.
    public static func < (a: SourcePosition, b: SourcePosition) -> Bool { (a.line, a.column) < (b.line, b.column) }
}

/// Where each byte of a piece of text stands in the file that it was taken from.
///
/// A query inside a TOML string is compiled as text of its own, but its errors must name lines and columns of the file.
/// The map is a list of anchors: between two anchors the text and the file run alike, so a literal string has one
/// anchor and a string with escapes has one behind each escape.
struct SourceMap: Sendable {
    /// A byte of the text whose place in the file is known.
    struct Anchor: Sendable {
        var offset: Int
        var position: SourcePosition
    }

    /// Anchors in order of offset; the first is at offset 0.
    private(set) var anchors: [Anchor]

    /// Makes the map of a text that begins at a place and runs like the file from there.
    init(start: SourcePosition = .start) { anchors = [Anchor(offset: 0, position: start)] }

    /// Adds an anchor behind all others.
    mutating func append(offset: Int, position: SourcePosition) {
        if let last = anchors.last, last.offset == offset { anchors.removeLast() }
        anchors.append(Anchor(offset: offset, position: position))
    }

    /// The place of a byte of the text.
    ///
    /// **Cost**: linear in the distance from the anchor before it.
    func position(of offset: Int, in bytes: [UInt8]) -> SourcePosition {
        guard var anchor = anchors.first else { return .start }
        for candidate in anchors.dropFirst() {
            if candidate.offset > offset { break }
            anchor = candidate
        }
        var position = anchor.position
        var index = anchor.offset
        while index < offset, index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\n") {
                position.line += 1
                position.column = 1
            } else if byte & 0xC0 != 0x80 {
                position.column += 1
            }
            index += 1
        }
        return position
    }
}
