/// The text of one kind of record with named gaps, cut into pieces once so that writing a record is mostly copying.
///
/// **Shape** Gaps are written `<name>`; the names are the raw values of `Slot`. Line breaks and the blanks that follow
/// them are dropped, so that a template can be laid out in lines. An unknown name stays in the text as it is, which the
/// tests look for.
struct RecordTemplate<Slot: RawRepresentable & Sendable>: Sendable where Slot.RawValue == String {
    private enum Piece: Sendable {
        case literal([UInt8])
        case gap(Slot)
    }

    private let pieces: [Piece]

    init(_ text: String) {
        var pieces: [Piece] = []
        var literal: [UInt8] = []
        var name: [UInt8]?
        var skipsBlanks = false
        for byte in text.utf8 {
            if let open = name {
                guard byte == UInt8(ascii: ">") else {
                    name?.append(byte)
                    continue
                }
                let word = String(decoding: open, as: UTF8.self)
                if let slot = Slot(rawValue: word) {
                    if !literal.isEmpty { pieces.append(.literal(literal)) }
                    literal = []
                    pieces.append(.gap(slot))
                } else {
                    literal.append(text: "<\(word)>")
                }
                name = nil
                skipsBlanks = false
            } else if byte == UInt8(ascii: "\n") {
                skipsBlanks = true
            } else if byte == UInt8(ascii: " ") && skipsBlanks {
                continue
            } else if byte == UInt8(ascii: "<") {
                name = []
            } else {
                skipsBlanks = false
                literal.append(byte)
            }
        }
        if !literal.isEmpty { pieces.append(.literal(literal)) }
        self.pieces = pieces
    }

    /// Appends one record, asking `fill` to write each gap in turn.
    @inline(__always)
    func write(into body: inout [UInt8], _ fill: (Slot, inout [UInt8]) -> Void) {
        for piece in pieces {
            switch piece {
            case .literal(let bytes): body.append(contentsOf: bytes)
            case .gap(let slot): fill(slot, &body)
            }
        }
    }
}
