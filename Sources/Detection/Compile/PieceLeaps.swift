/// Finds the first place of a text where a piece can begin, by looking at one pair of bytes in many.
///
/// Wu and Manber's search: a pair that is in no piece's beginning lets the search leap by almost the length of the shortest
/// piece. Long pieces, which rules mostly look for, let a text of a hundred bytes be passed in a few looks.
struct PieceLeaps {
    /// The shortest piece for which leaping is worth its while.
    static let lengthMin = 4

    /// By pair of classes, the distance to the next pair to look at; zero where the beginning of a piece may end.
    let distances: UnsafePointer<UInt8>
    /// Width of a class in bits.
    let shift: Int
    /// Bytes of the beginnings: the length of the shortest piece.
    let length: Int

    /// The first place where a piece can begin; nil when none can.
    @inline(__always)
    func firstStart(in text: UnsafeRawBufferPointer, _ classes: UnsafePointer<UInt8>) -> Int? {
        var end = length &- 1
        while end < text.count {
            let distance = distances[Int(classes[Int(text[end &- 1])]) << shift | Int(classes[Int(text[end])])]
            if distance == 0 { return end &- (length &- 1) }
            end &+= Int(distance)
        }
        return nil
    }
}
