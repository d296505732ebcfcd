/// Rewriting of a record that was just written, from `start` to the end of the body.
///
/// **Invariants** A record is one JSON object whose `properties`, where it has them, are its last member.
extension [UInt8] {
    /// Applies a quirk of records; false where the record has nothing that it could change.
    mutating func apply(_ quirk: Quirk, toRecordAt start: Int) -> Bool {
        switch quirk {
        case .stringProperties: stringProperties(ofRecordAt: start, quoting: UInt8(ascii: "\""))
        case .singleQuotesInString: stringProperties(ofRecordAt: start, quoting: UInt8(ascii: "'"))
        case .singleQuotes: singleQuoteProperties(ofRecordAt: start)
        case .pascalNames: pascalNames(ofRecordAt: start)
        case .usTime, .offsetTime: rewriteTime(ofRecordAt: start, asUS: quirk == .usTime)
        case .lowerResource: lowerResource(ofRecordAt: start)
        case .emptyName: insert(Array(#""":"","#.utf8), after: start)
        case .rawLineFeed: insertLineFeed(inRecordAt: start)
        default: false
        }
    }

    /// Turns the object in `properties` into a JSON string that holds it.
    mutating func stringProperties(ofRecordAt start: Int, quoting quote: UInt8 = UInt8(ascii: "\"")) -> Bool {
        guard let range = properties(ofRecordAt: start) else { return false }
        var inside = self[range]
        if quote == UInt8(ascii: "'") {
            guard !inside.contains(UInt8(ascii: "\\")), !inside.contains(quote) else { return false }
            for index in inside.indices where inside[index] == UInt8(ascii: "\"") { inside[index] = quote }
        }
        removeSubrange(range.lowerBound..<count)
        append(UInt8(ascii: "\""))
        append(escaping: inside)
        append(text: "\"}")
        return true
    }

    private mutating func singleQuoteProperties(ofRecordAt start: Int) -> Bool {
        guard let range = properties(ofRecordAt: start) else { return false }
        guard !self[range].contains(UInt8(ascii: "\\")), !self[range].contains(UInt8(ascii: "'")) else { return false }
        for index in range where self[index] == UInt8(ascii: "\"") { self[index] = UInt8(ascii: "'") }
        return true
    }

    private mutating func pascalNames(ofRecordAt start: Int) -> Bool {
        var changed = false
        for name in ["category", "operationName", "correlationId", "tenantId"] {
            guard let range = value(of: name, from: start) else { continue }
            // The name starts its own length, two quotes' and a colon's before the value.
            let first = range.lowerBound - name.utf8.count - 2
            self[first] &-= 32
            changed = true
        }
        return changed
    }

    /// Replaces the time, whose 28 bytes are `2026-11-21T08:00:00.1234567Z`.
    private mutating func rewriteTime(ofRecordAt start: Int, asUS: Bool) -> Bool {
        guard let found = value(of: "time", from: start), found.lowerBound + 29 < count else { return false }
        let first = found.lowerBound + 1
        if !asUS {
            replaceSubrange((first + 27)..<(first + 28), with: Array("+00:00".utf8))
            return true
        }
        func number(_ offset: Int, _ digits: Int) -> Int {
            (0..<digits).reduce(0) { $0 * 10 + Int(self[first + offset + $1] &- 48) }
        }
        let hour = number(11, 2)
        var text: [UInt8] = []
        text.append(text: "\(number(5, 2))/\(number(8, 2))/\(number(0, 4)) \(hour % 12 == 0 ? 12 : hour % 12):")
        text.append(digits: number(14, 2), width: 2)
        text.append(UInt8(ascii: ":"))
        text.append(digits: number(17, 2), width: 2)
        text.append(text: hour < 12 ? " AM" : " PM")
        replaceSubrange(first..<(first + 28), with: text)
        return true
    }

    private mutating func lowerResource(ofRecordAt start: Int) -> Bool {
        guard let found = value(of: "resourceId", from: start) else { return false }
        var index = found.lowerBound + 1
        while index < count, self[index] != UInt8(ascii: "\"") {
            if (65...90).contains(self[index]) { self[index] |= 0x20 }
            index += 1
        }
        return true
    }

    private mutating func insertLineFeed(inRecordAt start: Int) -> Bool {
        guard let found = value(of: "operationName", from: start), self[found.lowerBound] == UInt8(ascii: "\"") else {
            return false
        }
        // At the end of the text, where the real ones are.
        var index = found.lowerBound + 1
        while index < count, self[index] != UInt8(ascii: "\"") { index += 1 }
        insert(0x0A, at: Swift.min(index, count))
        return true
    }

    private mutating func insert(_ bytes: [UInt8], after index: Int) -> Bool {
        guard index < count else { return false }
        insert(contentsOf: bytes, at: index + 1)
        return true
    }

    /// The bytes of the `properties` object: up to, not including, the brace that closes the record.
    private func properties(ofRecordAt start: Int) -> Range<Int>? {
        guard let found = value(of: "properties", from: start), self[found.lowerBound] == UInt8(ascii: "{") else {
            return nil
        }
        return found.lowerBound..<(count - 1)
    }

    /// From the first byte of the first member of this name, at any depth, to the end of the body.
    private func value(of name: String, from start: Int) -> Range<Int>? {
        let needle = Array("\"\(name)\":".utf8)
        guard count - start > needle.count else { return nil }
        let last = count - needle.count - 1
        var index = start
        while index <= last {
            if self[index] == needle[0] && self[index + 1] == needle[1]
                && self[index..<(index + needle.count)].elementsEqual(needle)
            {
                return (index + needle.count)..<count
            }
            index += 1
        }
        return nil
    }
}
