/// A regular expression as a non-deterministic automaton, run in time linear in the text.
///
/// Log lines are an attacker's input and rules are written by many hands: an engine that back-tracks could be made to
/// take exponential time by one record.
struct CompiledRegex: Sendable {
    private enum Instruction: Sendable {
        case characters(RegexNode.CharacterSet)
        case split(Int, Int)
        case jump(Int)
        case assertion(RegexNode.Assertion)
        case accept
    }

    /// Most instructions of one expression.
    private static let instructionCountMax = 20_000

    private let program: [Instruction]
    private let wholeText: Bool

    init(_ pattern: RegexPattern) throws(DetectionError) {
        var parser = RegexParser(pattern)
        let node = try parser.parse()
        var program: [Instruction] = []
        try Self.emit(node, into: &program)
        program.append(.accept)
        self.program = program
        wholeText = pattern.wholeText
    }

    private static func emit(_ node: RegexNode, into program: inout [Instruction]) throws(DetectionError) {
        guard program.count < instructionCountMax else {
            throw DetectionError(
                .ruleNotRunnable, "regular expression: it is too large once its repetitions are unrolled")
        }
        switch node {
        case .empty: break
        case .characters(let set): program.append(.characters(set))
        case .assertion(let assertion): program.append(.assertion(assertion))
        case .sequence(let nodes): for part in nodes { try emit(part, into: &program) }
        case .alternatives(let branches):
            var ends: [Int] = []
            for (index, branch) in branches.enumerated() {
                guard index < branches.count - 1 else {
                    try emit(branch, into: &program)
                    break
                }
                let split = program.count
                program.append(.accept)
                try emit(branch, into: &program)
                ends.append(program.count)
                program.append(.accept)
                program[split] = .split(split + 1, program.count)
            }
            for end in ends { program[end] = .jump(program.count) }
        case .repeated(let inner, let min, let max):
            for _ in 0..<min { try emit(inner, into: &program) }
            guard let max else {
                let split = program.count
                program.append(.accept)
                try emit(inner, into: &program)
                program.append(.jump(split))
                program[split] = .split(split + 1, program.count)
                return
            }
            var splits: [Int] = []
            for _ in min..<Swift.max(min, max) {
                splits.append(program.count)
                program.append(.accept)
                try emit(inner, into: &program)
            }
            for split in splits { program[split] = .split(split + 1, program.count) }
        }
    }

    /// Tests a text; allocates two lists of the program's size.
    func matches(_ text: UnsafeRawBufferPointer) -> Bool {
        var threads = ThreadList(capacity: program.count)
        var next = ThreadList(capacity: program.count)
        var at = 0
        var previous: Unicode.Scalar?
        while true {
            let decoded = CaseFolding.decode(text, at: at)
            let scalar = decoded?.0 ?? (at < text.count ? Unicode.Scalar(0xfffd) : nil)
            if at == 0 || !wholeText { add(0, to: &threads, previous: previous, following: scalar) }
            if threads.accepted, !wholeText || scalar == nil { return true }
            guard let scalar else { return false }
            at += decoded?.1 ?? 1
            if threads.list.isEmpty, wholeText { return false }
            let following = CaseFolding.decode(text, at: at)?.0 ?? (at < text.count ? Unicode.Scalar(0xfffd) : nil)
            next.clear()
            for thread in threads.list {
                if case .characters(let set) = program[thread], set.contains(scalar) {
                    add(thread + 1, to: &next, previous: scalar, following: following)
                }
            }
            swap(&threads, &next)
            previous = scalar
        }
    }

    /// Tests the text of a value.
    func matches(_ text: String) -> Bool {
        var copy = text
        return copy.withUTF8 { matches(UnsafeRawBufferPointer($0)) }
    }

    /// Adds an instruction and all that follow it without taking a character.
    private func add(
        _ start: Int, to threads: inout ThreadList, previous: Unicode.Scalar?, following: Unicode.Scalar?
    ) {
        threads.pending.append(start)
        while let at = threads.pending.popLast() {
            guard threads.insert(at) else { continue }
            switch program[at] {
            case .characters: threads.list.append(at)
            case .accept: threads.accepted = true
            case .jump(let target): threads.pending.append(target)
            case .split(let a, let b):
                threads.pending.append(b)
                threads.pending.append(a)
            case .assertion(let assertion):
                if Self.holds(assertion, previous, following) { threads.pending.append(at + 1) }
            }
        }
    }

    private static func holds(
        _ assertion: RegexNode.Assertion, _ previous: Unicode.Scalar?, _ following: Unicode.Scalar?
    ) -> Bool {
        switch assertion {
        case .textStart: previous == nil
        case .textEnd: following == nil
        case .lineStart: previous == nil || previous == "\n"
        case .lineEnd: following == nil || following == "\n"
        case .wordBoundary: isWord(previous) != isWord(following)
        case .notWordBoundary: isWord(previous) == isWord(following)
        }
    }

    private static func isWord(_ scalar: Unicode.Scalar?) -> Bool {
        guard let scalar else { return false }
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "_": return true
        default: return false
        }
    }
}

/// The instructions that are alive at one place of the text.
private struct ThreadList {
    var list: [Int] = []
    var pending: [Int] = []
    var accepted = false
    private var seen: [UInt32]
    private var generation: UInt32 = 1

    init(capacity: Int) { seen = [UInt32](repeating: 0, count: capacity) }

    mutating func clear() {
        list.removeAll(keepingCapacity: true)
        accepted = false
        generation &+= 1
    }

    mutating func insert(_ instruction: Int) -> Bool {
        if seen[instruction] == generation { return false }
        seen[instruction] = generation
        return true
    }
}
