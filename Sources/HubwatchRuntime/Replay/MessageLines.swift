#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Cuts a stream of bytes into messages: one a line, or one a JSON value where values span lines.
///
/// A pure core: bytes go in, ranges of its own memory come out, valid until the next call. 64 bytes are readable behind
/// every range, as decoders want them.
///
/// **Bounds**: a message longer than `bytesMax` is given cut to that length, and the rest of it is passed over.
struct MessageLines {
    /// What ends a message.
    enum Form: Hashable, Sendable {
        /// A line feed.
        case lines
        /// The bracket that closes the first one: for documents that are written over several lines.
        case values
    }

    /// A message in the memory of the cutter.
    struct Message: Hashable {
        var range: Range<Int>
        /// The line that it begins in, from 1.
        var line: Int64
    }

    static let padding = 64
    private let bytesMax: Int
    private var form: Form?
    private var storage: [UInt8] = []
    private var start = 0
    private var end = 0
    /// How far the message at hand was looked through.
    private var scanned = 0
    private var line: Int64 = 1
    /// Lines that ended inside the message at hand.
    private var linesInside: Int64 = 0
    private var depth = 0
    private var isInString = false
    private var isEscaped = false
    /// The message at hand was given, cut; its rest is passed over.
    private var isPassing = false

    /// Makes a cutter; with nil the form is found out from the first line.
    init(form: Form? = nil, bytesMax: Int) {
        self.form = form
        self.bytesMax = max(1, bytesMax)
    }

    /// Bytes of a message that was given.
    func withBytes<R>(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try storage.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    /// Takes more bytes of the stream.
    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        if start > 0 {
            storage.replaceSubrange(0..<(end - start), with: storage[start..<end])
            scanned -= start
            end -= start
            start = 0
        }
        storage.removeSubrange(end...)
        storage.append(contentsOf: bytes)
        end = storage.count
        storage.append(contentsOf: repeatElement(0, count: Self.padding))
    }

    /// The next message; nil when more bytes are needed, or at the end of the stream when there is none.
    mutating func next(atEnd: Bool) -> Message? {
        if form == nil {
            guard let found = firstForm(atEnd: atEnd) else { return nil }
            form = found
        }
        while true {
            guard let stop = findEnd(atEnd: atEnd) else {
                if isPassing {
                    start = scanned
                } else if scanned - start > bytesMax {
                    // Too long whatever follows: given now, cut, so that memory stays bounded.
                    isPassing = true
                    return Message(range: start..<(start + bytesMax), line: line)
                }
                return nil
            }
            var range = start..<stop.content
            let first = line
            let wasPassing = isPassing
            isPassing = false
            line += stop.lines
            linesInside = 0
            start = stop.next
            scanned = start
            if range.count > bytesMax { range = range.lowerBound..<(range.lowerBound + bytesMax) }
            if !wasPassing, !isBlank(range) { return Message(range: range, line: first) }
        }
    }

    private func isBlank(_ range: Range<Int>) -> Bool { storage[range].allSatisfy { $0 <= 0x20 } }

    /// Values span lines where the first line that says something opens brackets and does not close them.
    private func firstForm(atEnd: Bool) -> Form? {
        var at = start
        while at < end, storage[at] <= 0x20 { at += 1 }
        guard at < end else { return atEnd ? .lines : nil }
        guard storage[at] == UInt8(ascii: "{") || storage[at] == UInt8(ascii: "[") else { return .lines }
        var look = BracketScan()
        while at < end, storage[at] != UInt8(ascii: "\n") {
            look.take(storage[at])
            at += 1
            // A line of many kilobytes is a record, not the first line of a document.
            if at - start > 65_536 { return .lines }
        }
        guard at < end || atEnd else { return nil }
        return look.depth > 0 && at < end && !look.isInString ? .values : .lines
    }

    private typealias Stop = (content: Int, next: Int, lines: Int64)

    private mutating func findEnd(atEnd: Bool) -> Stop? { form == .values ? findBracket(atEnd) : findLineFeed(atEnd) }

    private mutating func findLineFeed(_ atEnd: Bool) -> Stop? {
        let feed = storage.withUnsafeBytes { bytes -> Int? in
            guard end > scanned, let base = bytes.baseAddress else { return nil }
            return memchr(base + scanned, 0x0A, end - scanned).map { UnsafeRawPointer($0) - base }
        }
        guard let feed else {
            scanned = end
            guard atEnd, start < end else { return nil }
            return (end, end, 1)
        }
        let content = feed > start && storage[feed - 1] == UInt8(ascii: "\r") ? feed - 1 : feed
        return (content, feed + 1, 1)
    }

    private mutating func findBracket(_ atEnd: Bool) -> Stop? {
        if depth == 0, !isPassing {
            // Between values: blanks, and the commas of those who write lists of documents.
            while start < end, storage[start] <= 0x20 || storage[start] == UInt8(ascii: ",") {
                if storage[start] == UInt8(ascii: "\n") { line += 1 }
                start += 1
            }
            scanned = max(scanned, start)
        }
        var scan = BracketScan(depth: depth, isInString: isInString, isEscaped: isEscaped)
        while scanned < end {
            let byte = storage[scanned]
            scanned += 1
            if byte == UInt8(ascii: "\n") { linesInside += 1 }
            scan.take(byte)
            if scan.depth == 0, !scan.isInString, byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") {
                (depth, isInString, isEscaped) = (0, false, false)
                return (scanned, scanned, linesInside)
            }
        }
        (depth, isInString, isEscaped) = (scan.depth, scan.isInString, scan.isEscaped)
        guard atEnd, start < end else { return nil }
        (depth, isInString, isEscaped) = (0, false, false)
        return (end, end, linesInside)
    }
}

/// Follows brackets and strings of JSON, byte by byte.
private struct BracketScan {
    var depth = 0
    var isInString = false
    var isEscaped = false

    mutating func take(_ byte: UInt8) {
        if isInString {
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isInString = false
            }
            return
        }
        switch byte {
        case UInt8(ascii: "\""): isInString = true
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"): depth = max(0, depth - 1)
        default: break
        }
    }
}
