/// A repaired text and the map from its bytes to the bytes it was made from.
struct RepairedText {
    /// One place where the text was changed.
    struct Change {
        /// Where the new bytes start in the repaired text.
        var output: UInt32
        /// One behind them.
        var outputEnd: UInt32
        /// The place in the original text that follows the change.
        var inputEnd: UInt32
        /// What was done.
        var repair: RepairSet
    }

    /// The text, padded.
    var bytes: UnsafeRawBufferPointer
    /// All repairs that changed something.
    var applied: RepairSet
    /// The changes, in order.
    var changes: [Change]

    /// The place in the original text that a place in the repaired text came from.
    func original(of offset: Int) -> Int {
        let before = changes[..<firstChange(from: offset + 1)]
        guard let last = before.last else { return offset }
        return Int(last.inputEnd) + max(0, offset - Int(last.outputEnd))
    }

    /// What was repaired inside a range.
    ///
    /// Marks are stripped from the message as a whole and count for every record.
    func repairs(in range: Range<Int>) -> RepairSet {
        var found = applied.intersection(.strippedMarks)
        for change in changes[firstChange(from: range.lowerBound)...] {
            if Int(change.output) >= range.upperBound { break }
            found.formUnion(change.repair)
        }
        return found
    }

    /// Number of the first change that starts at or behind an offset.
    private func firstChange(from offset: Int) -> Int {
        var low = 0
        var high = changes.count
        while low < high {
            let middle = (low + high) / 2
            if Int(changes[middle].output) < offset { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
