/// A part of the page that is replaced as a whole.
public struct PageSection: Sendable {
    /// Id of its element.
    public var id: Name
    /// Its element, with everything in it.
    public var html: Markup

    /// Makes a section.
    public init(id: Name, html: Markup) {
        self.id = id
        self.html = html
    }

    /// The event that replaces it: its id on the first line, its element behind.
    public var event: [UInt8] {
        ServerSentEvent(name: "section", data: Array(id.rawValue.utf8) + [UInt8(ascii: "\n")] + html.bytes).bytes
    }

    /// Ids of sections.
    public enum Name: String, Hashable, Sendable, CaseIterable {
        /// State, source, time.
        case masthead
        /// The large numbers.
        case figures
        /// Lag and rate over time.
        case charts
        /// Timeline and list of findings.
        case findings
        /// Partitions, with their lag.
        case partitions
        /// Rules with hits.
        case rules
        /// Dead letters by reason.
        case deadLetters = "dead-letters"
        /// Sinks with cursors.
        case sinks
        /// What was missed.
        case gaps
    }
}

/// Which readers of the live page there are, and which of them gets what.
///
/// A reader that comes gets every section once, since its page may be older than the board; after that, what changed. A
/// reader whose queue is full is dropped: nothing is kept for it, and nobody waits for it.
///
/// **Bounds**: so many readers. **Isolation**: a value.
public struct LiveBoard: Sendable {
    /// Tells readers apart.
    public typealias Reader = Int

    private let readersMax: Int
    private var readers: Set<Reader> = []
    private var last: Reader = 0
    private var sections: [PageSection.Name: Markup] = [:]
    private var order: [PageSection.Name] = []

    /// Makes an empty board.
    public init(readersMax: Int) { self.readersMax = max(1, readersMax) }

    /// Readers that are there.
    public var count: Int { readers.count }

    /// A reader came; nil when there is no place for it.
    public mutating func joined() -> Reader? {
        guard readers.count < readersMax else { return nil }
        last += 1
        readers.insert(last)
        return last
    }

    /// A reader left, or was too slow.
    ///
    /// - Returns: whether it was there.
    @discardableResult
    public mutating func left(_ reader: Reader) -> Bool { readers.remove(reader) != nil }

    /// The page was drawn: what has changed on it, as bytes for all readers; empty when nothing has.
    public mutating func drawn(_ drawn: [PageSection]) -> [UInt8] {
        var bytes: [UInt8] = []
        for section in drawn where sections[section.id] != section.html {
            if sections.updateValue(section.html, forKey: section.id) == nil { order.append(section.id) }
            bytes += section.event
        }
        return bytes
    }

    /// Everything that is on the board, for a reader that just came.
    public var everything: [UInt8] {
        order.flatMap { id in sections[id].map { PageSection(id: id, html: $0).event } ?? [] }
    }
}
