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

    /// An instruction as plain numbers, so that running it counts no references.
    private struct Step: Sendable {
        enum Kind: UInt8 {
            case characters, split, jump, assertion, accept
        }

        var kind = Kind.accept
        /// Which of the ASCII characters a set holds.
        var lowHalf: UInt64 = 0
        var highHalf: UInt64 = 0
        /// Where it goes on; for sets and assertions, which one.
        var first: Int32 = 0
        var second: Int32 = 0

        @inline(__always)
        func holds(ascii value: UInt32) -> Bool {
            (value < 64 ? lowHalf >> UInt64(value) : highHalf >> UInt64(value - 64)) & 1 == 1
        }
    }

    private let program: [Step]
    private let sets: [RegexNode.CharacterSet]
    private let assertions: [RegexNode.Assertion]
    private let wholeText: Bool

    init(_ pattern: RegexPattern) throws(DetectionError) {
        var parser = RegexParser(pattern)
        let node = try parser.parse()
        var program: [Instruction] = []
        try Self.emit(node, into: &program)
        program.append(.accept)
        var sets: [RegexNode.CharacterSet] = []
        var assertions: [RegexNode.Assertion] = []
        self.program = program.map { instruction in
            var step = Step()
            switch instruction {
            case .characters(let set):
                step.kind = .characters
                step.first = Int32(sets.count)
                for value in UInt32(0)..<128 where Unicode.Scalar(value).map(set.contains) ?? false {
                    if value < 64 {
                        step.lowHalf |= 1 << UInt64(value)
                    } else {
                        step.highHalf |= 1 << UInt64(value - 64)
                    }
                }
                sets.append(set)
            case .split(let a, let b): step = Step(kind: .split, first: Int32(a), second: Int32(b))
            case .jump(let target): step = Step(kind: .jump, first: Int32(target))
            case .assertion(let assertion):
                step = Step(kind: .assertion, first: Int32(assertions.count))
                assertions.append(assertion)
            case .accept: break
            }
            return step
        }
        self.sets = sets
        self.assertions = assertions
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

    /// Tests a text; `scratch` is reused from text to text.
    func matches(_ text: UnsafeRawBufferPointer, scratch: inout RegexScratch) -> Bool {
        scratch.reset(program.count)
        return program.withUnsafeBufferPointer { run(text, $0, &scratch) }
    }

    private func run(
        _ text: UnsafeRawBufferPointer, _ program: UnsafeBufferPointer<Step>, _ scratch: inout RegexScratch
    ) -> Bool {
        var at = 0
        var previous: Unicode.Scalar?
        while true {
            let decoded = CaseFolding.decode(text, at: at)
            let scalar = decoded?.0 ?? (at < text.count ? Unicode.Scalar(0xfffd) : nil)
            if at == 0 || !wholeText { add(0, program, &scratch.threads, previous, scalar) }
            if scratch.threads.accepted, !wholeText || scalar == nil { return true }
            guard let scalar else { return false }
            at += decoded?.1 ?? 1
            if scratch.threads.list.isEmpty, wholeText { return false }
            let following = CaseFolding.decode(text, at: at)?.0 ?? (at < text.count ? Unicode.Scalar(0xfffd) : nil)
            scratch.next.clear()
            for thread in scratch.threads.list {
                let step = program[Int(thread)]
                let isMember =
                    scalar.value < 128 ? step.holds(ascii: scalar.value) : sets[Int(step.first)].contains(scalar)
                if isMember { add(thread + 1, program, &scratch.next, scalar, following) }
            }
            scratch.swap()
            previous = scalar
        }
    }

    /// Tests the text of a value; allocates.
    func matches(_ text: String) -> Bool {
        var copy = text
        var scratch = RegexScratch()
        return copy.withUTF8 { matches(UnsafeRawBufferPointer($0), scratch: &scratch) }
    }

    /// Adds an instruction and all that follow it without taking a character.
    private func add(
        _ start: Int32, _ program: UnsafeBufferPointer<Step>, _ threads: inout ThreadList,
        _ previous: Unicode.Scalar?, _ following: Unicode.Scalar?
    ) {
        threads.pending.append(start)
        while let at = threads.pending.popLast() {
            guard threads.insert(Int(at)) else { continue }
            let step = program[Int(at)]
            switch step.kind {
            case .characters: threads.list.append(at)
            case .accept: threads.accepted = true
            case .jump: threads.pending.append(step.first)
            case .split:
                threads.pending.append(step.second)
                threads.pending.append(step.first)
            case .assertion:
                if Self.holds(assertions[Int(step.first)], previous, following) { threads.pending.append(at + 1) }
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

/// Memory for running regular expressions, kept between texts.
struct RegexScratch {
    fileprivate var threads = ThreadList()
    fileprivate var next = ThreadList()

    fileprivate mutating func reset(_ count: Int) {
        threads.reset(count)
        next.reset(count)
    }

    fileprivate mutating func swap() { Swift.swap(&threads, &next) }
}

/// The instructions that are alive at one place of the text.
private struct ThreadList {
    var list: [Int32] = []
    var pending: [Int32] = []
    var accepted = false
    private var seen: [UInt32] = []
    private var generation: UInt32 = 0

    mutating func reset(_ count: Int) {
        if seen.count < count { seen += [UInt32](repeating: 0, count: count - seen.count) }
        pending.removeAll(keepingCapacity: true)
        clear()
    }

    mutating func clear() {
        list.removeAll(keepingCapacity: true)
        accepted = false
        if generation == .max {
            for at in seen.indices { seen[at] = 0 }
            generation = 0
        }
        generation += 1
    }

    mutating func insert(_ instruction: Int) -> Bool {
        if seen[instruction] == generation { return false }
        seen[instruction] = generation
        return true
    }
}
