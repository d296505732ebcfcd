import Testing

@testable import Detection

/// Goal: the automaton reports every piece that a text contains, and within its bounds at most more than that.
@Suite struct LiteralAutomatonTests {
    private static func text(_ generator: inout SeededGenerator, _ range: ClosedRange<Int>) -> [UInt8] {
        let length = Int.random(in: range, using: &generator)
        return (0..<length).map { _ in Array("abcA/é".utf8).randomElement(using: &generator) ?? 0 }
    }

    private static func found(_ automaton: LiteralAutomaton, _ text: [UInt8]) -> Set<Int32> {
        var rules: Set<Int32> = []
        text.withUnsafeBytes { automaton.view.forEachPiece(in: $0) { rules.formUnion($0) } }
        return rules
    }

    private static func contains(_ text: [UInt8], _ piece: [UInt8]) -> Bool {
        let folded = text.map(CaseFolding.foldASCII)
        return (0...max(0, folded.count - piece.count)).contains { Array(folded[$0...].prefix(piece.count)) == piece }
    }

    @Test(arguments: UInt64(1)...40)
    func reportsWhatATextContains(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let pieces = (0..<30).map { number in
            LiteralAutomaton.Piece(
                text: Self.text(&generator, 1...5).map(CaseFolding.foldASCII), rules: [Int32(number)])
        }
        let automaton = try #require(LiteralAutomaton(pieces))
        #expect(automaton.unplaced.isEmpty)
        for _ in 0..<100 {
            let text = Self.text(&generator, 0...30)
            let expected = Set(pieces.filter { Self.contains(text, $0.text) }.flatMap(\.rules))
            #expect(Self.found(automaton, text) == expected, "seed \(seed), text \(text)")
        }
    }

    /// Pieces of four bytes and more are searched by leaps; texts are made of pieces' parts, so that beginnings abound.
    @Test(arguments: UInt64(1)...60)
    func leapsPassNoPiece(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let pieces = (0..<Int.random(in: 1...20, using: &generator)).map { number in
            LiteralAutomaton.Piece(
                text: Self.text(&generator, 4...12).map(CaseFolding.foldASCII), rules: [Int32(number)])
        }
        let automaton = try #require(LiteralAutomaton(pieces))
        var hits = 0
        for _ in 0..<200 {
            var text: [UInt8] = []
            for _ in 0..<Int.random(in: 0...6, using: &generator) {
                let piece = pieces.randomElement(using: &generator)?.text ?? []
                let isPart = Bool.random(using: &generator)
                let part = isPart ? piece : Self.text(&generator, 0...5)
                text += Array(part.prefix(Int.random(in: 0...part.count, using: &generator)))
            }
            let expected = Set(pieces.filter { Self.contains(text, $0.text) }.flatMap(\.rules))
            hits += expected.count
            #expect(Self.found(automaton, text) == expected, "seed \(seed), text \(text)")
        }
        #expect(hits > 0)
    }

    @Test(arguments: [1 << 9, 1 << 11, 1 << 13])
    func boundsFindMoreAndNeverLess(bytesMax: Int) throws {
        var generator = SeededGenerator(seed: UInt64(bytesMax))
        let pieces = (0..<200).map { number in
            LiteralAutomaton.Piece(
                text: Self.text(&generator, 6...40).map(CaseFolding.foldASCII), rules: [Int32(number)])
        }
        let automaton = try #require(LiteralAutomaton(pieces, limits: .init(bytesMax: bytesMax)))
        // Eight classes of bytes, two bytes an entry.
        #expect(automaton.stateCount * 8 * 2 <= bytesMax)
        for piece in pieces {
            let found = Self.found(automaton, [0x2f] + piece.text + [0x2f]).union(automaton.unplaced)
            #expect(found.isSuperset(of: piece.rules))
        }
    }

    @Test func noPiecesNoAutomaton() { #expect(LiteralAutomaton([]) == nil) }

    @Test(
        arguments: [
            ("(?i)^microsoft\\.[a-z]+/vaults/(write|delete)$", ["/vaults/"]),
            ("^(User|Admin) [0-9]$", ["admin", "user"]),
            ("[aA]b+c", nil), ("a(bc)+d", ["bc"]), ("x?abc{2}", ["ab"]), ("(ab|c)", nil), ("\\bRoot\\b", ["root"]),
            (".*", nil),
        ] as [(String, [String]?)])
    func piecesOfExpressions(_ source: String, _ expected: [String]?) throws {
        var parser = RegexParser(RegexPattern(source: source))
        let pieces = try parser.parse().requiredPieces?.map { String(decoding: $0, as: UTF8.self) }.sorted()
        #expect(pieces == expected)
    }
}
