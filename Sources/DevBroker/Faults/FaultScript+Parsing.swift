import AMQPTypes

extension FaultScript {
    /// Reads a script; see ``FaultScript`` for the form.
    ///
    /// **Errors**: `invalidConfiguration` with every line that cannot be read, where, and what is allowed.
    public init(parsing text: String, file: String = "faults") throws(DevBrokerError) {
        self.init()
        var problems: [DevBrokerError.Problem] = []
        let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        for (index, line) in lines.enumerated() {
            guard index < Self.linesMax else {
                problems.append(
                    .init(line: index + 1, column: 1, path: "", message: "more than \(Self.linesMax) lines"))
                break
            }
            do throws(FaultLine.Mistake) {
                var reader = try FaultLine(line)
                guard !reader.words.isEmpty else { continue }
                var fault = try reader.fault()
                fault.line = index + 1
                faults.append(fault)
            } catch {
                problems.append(.init(line: index + 1, column: error.column, path: "", message: error.message))
            }
        }
        guard problems.isEmpty else {
            throw DevBrokerError(
                .invalidConfiguration, "The script of faults cannot be read.", file: file, problems: problems)
        }
    }

    private static let linesMax = 1000
}

/// One line of a script, read from left to right.
struct FaultLine {
    /// What is wrong, and in which column, counted in bytes from 1.
    struct Mistake: Error {
        var column: Int
        var message: String
    }

    struct Word {
        var text: String
        var column: Int
        var isQuoted = false
    }

    private(set) var words: [Word] = []
    private var next = 0
    private let endColumn: Int

    /// Splits a line into words and quoted texts; a comment ends it.
    init(_ line: Substring) throws(Mistake) {
        let bytes = Array(line.utf8)
        endColumn = bytes.count + 1
        var position = 0
        while position < bytes.count {
            let start = position
            switch bytes[position] {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
                position += 1
            case UInt8(ascii: "#"):
                return
            case UInt8(ascii: "\""):
                var text: [UInt8] = []
                position += 1
                while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
                    if bytes[position] == UInt8(ascii: "\\"), position + 1 < bytes.count { position += 1 }
                    text.append(bytes[position])
                    position += 1
                }
                guard position < bytes.count else {
                    throw Mistake(column: start + 1, message: "the text has no closing quotation mark")
                }
                position += 1
                words.append(Word(text: String(decoding: text, as: UTF8.self), column: start + 1, isQuoted: true))
            default:
                while position < bytes.count, ![0x20, 0x09, 0x0D, 0x22].contains(bytes[position]) { position += 1 }
                let text = String(decoding: bytes[start..<position], as: UTF8.self)
                words.append(Word(text: text, column: start + 1))
            }
        }
    }

    /// Reads the whole line.
    mutating func fault() throws(Mistake) -> Fault {
        guard let first = take(), first.text == "on" else {
            throw Mistake(column: 1, message: "a fault begins with `on`: on EVENT [KEY=VALUE …] do ACTION")
        }
        guard let event = take(), event.text == "time" || BrokerFact.Kind(rawValue: event.text) != nil else {
            let names = BrokerFact.Kind.allCases.map(\.rawValue) + ["time"]
            throw mistake(at: words.count > 1 ? 1 : words.count, "an event is one of \(names.joined(separator: ", "))")
        }
        var options = FaultOptions(event: event.text)
        while let word = take(), word.text != "do" || word.isQuoted {
            try options.set(word)
        }
        guard next > 0, words[next - 1].text == "do", next < words.count else {
            throw Mistake(column: endColumn, message: "the action is missing: end the line with `do ACTION`")
        }
        let place = next
        let action = try action(on: event.text)
        if next < words.count { throw mistake(at: next, "nothing may follow the action") }
        let allowed = Self.actions(on: event.text)
        guard allowed.contains(words[place].text) else {
            throw mistake(
                at: place,
                "`\(words[place].text)` does not go with `on \(event.text)`: \(allowed.joined(separator: ", "))")
        }
        return try options.fault(doing: action, column: event.column)
    }

    private static func actions(on event: String) -> [String] {
        switch event {
        case "open": ["close", "cut", "delay", "silence", "overrun"]
        case "attach": ["refuse", "detach", "close", "throttle", "delay", "silence", "cut"]
        case "delivery":
            ["detach", "close", "throttle", "delay", "stall", "cut", "repeat", "rewind", "skip", "garbage"]
        case "send": ["refuse", "detach", "close", "throttle", "silence", "cut"]
        case "time": ["detach", "close", "throttle", "cut"]
        default: ["refuse", "close", "throttle", "delay", "silence", "cut"]
        }
    }

    // MARK: Actions

    private mutating func action(on event: String) throws(Mistake) -> FaultAction {
        let name = take()?.text ?? ""
        switch name {
        case "refuse": return .refuse(try condition())
        case "detach": return .detach(try condition())
        case "close": return .close(try condition())
        case "throttle": return .throttle
        case "silence": return .silence
        case "garbage": return .garbage
        case "delay":
            guard let word = take() else { throw missing("a time such as 200ms") }
            return .delay(try FaultOptions.duration(word, word.text))
        case "stall":
            return .stall(try take().map { (word) throws(Mistake) in try FaultOptions.duration(word, word.text) })
        case "cut":
            guard let word = take() else { return .cut(afterBytes: 0) }
            guard word.text.hasPrefix("bytes=") else {
                throw Mistake(column: word.column, message: "write cut bytes=N")
            }
            return .cut(afterBytes: try FaultOptions.number(word, word.text.dropFirst(6), from: 0))
        case "repeat": return .repeat(try count(orElse: 1))
        case "rewind": return .rewind(try count())
        case "skip": return .skip(try count())
        case "overrun": return .overrun(try count())
        default:
            let allowed = Self.actions(on: event).joined(separator: ", ")
            throw mistake(at: next - 1, "`\(name)` is no action: \(allowed)")
        }
    }

    private mutating func count(orElse standard: Int? = nil) throws(Mistake) -> Int {
        guard let word = take() else {
            guard let standard else { throw missing("a number") }
            return standard
        }
        return try FaultOptions.number(word, Substring(word.text), from: 1)
    }

    private mutating func condition() throws(Mistake) -> AMQPCondition {
        guard let name = take(), !name.isQuoted else {
            throw missing("an error condition such as amqp:link:detach-forced")
        }
        guard name.text.contains(":"), name.text.utf8.count <= 128,
            name.text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw Mistake(
                column: name.column, message: "`\(name.text)` is no error condition such as amqp:link:detach-forced")
        }
        var condition = FaultCondition.named(name.text)
        if next < words.count, words[next].isQuoted { condition.description = take()?.text }
        return condition
    }

    // MARK: Words

    private mutating func take() -> Word? {
        guard next < words.count else { return nil }
        next += 1
        return words[next - 1]
    }

    private func missing(_ what: String) -> Mistake { Mistake(column: endColumn, message: "\(what) is missing") }

    private func mistake(at index: Int, _ message: String) -> Mistake {
        Mistake(column: words.indices.contains(index) ? words[index].column : endColumn, message: message)
    }
}

/// The `KEY=VALUE` words of a line.
struct FaultOptions {
    private let event: String
    private var filter = Fault.Filter()
    private var occurrences = Fault.Occurrences()
    private var hasNth = false
    private var hasEvery = false
    private var after: Duration?
    private var until: Duration?
    private var span: Duration?
    private var at: Duration?
    private var seen: Set<String> = []

    init(event: String) { self.event = event }

    private var keys: [String] {
        let when = ["nth", "every", "after", "until", "for"]
        switch event {
        case "time": return ["at", "hub", "partition"]
        case "attach": return ["hub", "partition", "group", "position"] + when
        case "delivery": return ["hub", "partition", "sequence"] + when
        case "send": return ["hub", "partition"] + when
        case "request": return ["hub", "partition", "subject"] + when
        default: return when
        }
    }

    mutating func set(_ word: FaultLine.Word) throws(FaultLine.Mistake) {
        guard let sign = word.text.firstIndex(of: "="), !word.isQuoted else {
            throw Self.mistake(word, "`\(word.text)` is no KEY=VALUE; the action follows `do`")
        }
        let key = String(word.text[..<sign])
        let value = word.text[word.text.index(after: sign)...]
        guard keys.contains(key) else {
            throw Self.mistake(word, "`\(key)` does not go with `on \(event)`: \(keys.joined(separator: ", "))")
        }
        guard seen.insert(key).inserted else { throw Self.mistake(word, "`\(key)` is given twice") }
        guard !value.isEmpty else { throw Self.mistake(word, "`\(key)` has no value") }
        switch key {
        case "hub": filter.hub = String(value)
        case "partition": filter.partition = String(value)
        case "group": filter.group = String(value)
        case "sequence": filter.sequenceNumber = Int64(try Self.number(word, value, from: 0))
        case "position": filter.position = try Self.choice(word, value)
        case "subject": filter.subject = try Self.choice(word, value)
        case "nth":
            hasNth = true
            (occurrences.first, occurrences.last) = try Self.range(word, value)
        case "every":
            hasEvery = true
            occurrences.every = try Self.number(word, value, from: 1)
        case "after": after = try Self.duration(word, String(value))
        case "until": until = try Self.duration(word, String(value))
        case "for": span = try Self.duration(word, String(value))
        default: at = try Self.duration(word, String(value))
        }
    }

    func fault(doing action: FaultAction, column: Int) throws(FaultLine.Mistake) -> Fault {
        let trigger: Fault.Trigger
        if let kind = BrokerFact.Kind(rawValue: event) {
            trigger = .fact(kind)
        } else {
            guard let at else { throw FaultLine.Mistake(column: column, message: "`on time` needs at=TIME") }
            trigger = .time(at)
        }
        var fault = Fault(on: trigger, do: action)
        fault.filter = filter
        fault.occurrences = occurrences
        // `every=10` alone means the tenth, the twentieth and so on.
        if hasEvery, !hasNth { fault.occurrences.first = occurrences.every }
        fault.after = after
        fault.until = until
        fault.span = span
        return fault
    }

    // MARK: Values

    private static func mistake(_ word: FaultLine.Word, _ message: String) -> FaultLine.Mistake {
        FaultLine.Mistake(column: word.column, message: message)
    }

    static func number(
        _ word: FaultLine.Word, _ text: Substring, from least: Int
    ) throws(FaultLine.Mistake) -> Int {
        guard let number = Int(text), (least...1_000_000_000).contains(number) else {
            throw mistake(word, "`\(text)` is no whole number from \(least) to 1000000000")
        }
        return number
    }

    static func duration(_ word: FaultLine.Word, _ text: String) throws(FaultLine.Mistake) -> Duration {
        let value = Substring(text)
        for (unit, milliseconds) in [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)]
        where value.hasSuffix(unit) {
            guard let number = Int(value.dropLast(unit.count)), (0...1_000_000).contains(number) else { break }
            return .milliseconds(number * milliseconds)
        }
        throw mistake(word, "`\(value)` is no time: a whole number with ms, s, m or h")
    }

    private static func range(
        _ word: FaultLine.Word, _ value: Substring
    ) throws(FaultLine.Mistake) -> (first: Int, last: Int?) {
        guard let dots = value.firstRange(of: "..") else {
            let only = try number(word, value, from: 1)
            return (only, only)
        }
        let first = try number(word, value[..<dots.lowerBound], from: 1)
        let end = value[dots.upperBound...]
        guard !end.isEmpty else { return (first, nil) }
        let last = try number(word, end, from: 1)
        guard first <= last else { throw mistake(word, "`\(value)` ends before it begins") }
        return (first, last)
    }

    private static func choice<Choice: RawRepresentable & CaseIterable>(
        _ word: FaultLine.Word, _ value: Substring
    ) throws(FaultLine.Mistake) -> Choice where Choice.RawValue == String {
        if let choice = Choice(rawValue: String(value)) { return choice }
        let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        throw mistake(word, "`\(value)` is none of \(names)")
    }
}
