import Testing

@testable import Detection

/// Goal: partials merge to the same value in any order and by any split.
///
/// Method: shuffles against one pass.
@Suite struct MonoidTests {
    private let limits = FoldLimits(distinctValuesMax: 50, listedValuesMax: 6, evidenceMax: 5)

    private func encoded(_ accumulator: Accumulator) -> [UInt8] {
        var writer = ByteWriter()
        accumulator.encode(to: &writer, bounds: limits)
        return writer.bytes
    }

    @Test(arguments: [AggregateFunction.count, .sum, .average, .minimum, .maximum, .countDistinct, .values])
    func anySplitAndOrderGiveTheSameBytes(function: AggregateFunction) throws {
        var generator = SeededGenerator(seed: 21)
        for round in 0..<40 {
            let values: [Value] = (0..<Int.random(in: 0...200, using: &generator)).map { _ in
                switch Int.random(in: 0..<6, using: &generator) {
                case 0: .null
                case 1: .double(Double.random(in: -1e12...1e12, using: &generator))
                case 2:
                    .double(
                        Double(sign: .minus, exponent: Int.random(in: -900...900, using: &generator), significand: 1.25)
                    )
                case 3: .string("s\(Int.random(in: 0...90, using: &generator))")
                case 4: .bag([.long(1), .long(Int64.random(in: 0...90, using: &generator))])
                default: .long(Int64.random(in: -90...90, using: &generator))
                }
            }
            func fold(_ values: some Sequence<Value>) -> Accumulator {
                var accumulator = Accumulator(function)
                var scratch = ByteWriter()
                for value in values { accumulator.fold(value, countsRows: false, bounds: limits, scratch: &scratch) }
                return accumulator
            }
            let whole = fold(values)
            var parts = [[Value]](repeating: [], count: 5)
            for value in values.shuffled(using: &generator) {
                parts[Int.random(in: 0..<5, using: &generator)].append(value)
            }
            var merged = Accumulator(function)
            for part in parts {
                var reader = ByteReader(encoded(fold(part)))
                merged.merge(try Accumulator(from: &reader), bounds: limits)
            }
            #expect(encoded(merged) == encoded(whole), "round \(round)")
            #expect(merged.result(of: function, bounds: limits) == whole.result(of: function, bounds: limits))
        }
    }

    @Test func sumsOfDoublesAreExact() {
        var sum = FixedPointSum()
        for value in [1e308, 1.0, -1e308, 1e-300, 2.0, -1e-300] { sum.add(value) }
        #expect(sum.rounded == 3)
        var tenths = FixedPointSum()
        for _ in 0..<10 { tenths.add(0.1) }
        // Ten times the double nearest to 0.1 rounds to 1; adding one by one does not.
        #expect(tenths.rounded == 1)
        var tiny = FixedPointSum()
        for _ in 0..<3 { tiny.add(Double.leastNonzeroMagnitude) }
        #expect(tiny.rounded == Double.leastNonzeroMagnitude * 3)
        var large = FixedPointSum()
        for _ in 0..<3 { large.add(Double.greatestFiniteMagnitude) }
        #expect(large.rounded == nil)
        large.add(-Double.greatestFiniteMagnitude)
        large.add(-Double.greatestFiniteMagnitude)
        #expect(large.rounded == Double.greatestFiniteMagnitude)
        var integers = FixedPointSum()
        integers.add(Int128(-5))
        integers.add(Int128(Int64.max) * 4)
        integers.add(Int128(Int64.max) * -4)
        #expect(integers.rounded == -5)
    }

    @Test func singleDoublesRoundToThemselves() {
        var generator = SeededGenerator(seed: 4)
        for _ in 0..<3_000 {
            let value = Double(bitPattern: generator.next())
            guard value.isFinite else { continue }
            var sum = FixedPointSum()
            sum.add(value)
            #expect(sum.rounded == value)
            sum.add(-value)
            #expect(sum.rounded == 0)
        }
    }

    @Test func sumsOfIntegersOverflowToNullInAnyOrder() {
        var scratch = ByteWriter()
        func sum(_ values: [Int64]) -> Value {
            var accumulator = Accumulator(.sum)
            for value in values {
                accumulator.fold(.long(value), countsRows: false, bounds: limits, scratch: &scratch)
            }
            return accumulator.result(of: .sum, bounds: limits)
        }
        #expect(sum([.max, 1]) == .null)
        #expect(sum([.max, 1, -1]) == .long(.max))
        #expect(sum([1, -1, .max]) == .long(.max))
        #expect(sum([]) == .null)
    }

    @Test func distinctCountsAreExactToTheBoundAndCloseBeyond() {
        var set = DistinctSet()
        for number in 0..<50_000 {
            if number == 1_000 { #expect(set.count(bound: 1_000) == (1_000, true)) }
            var writer = ByteWriter()
            writer.value(.long(Int64(number)))
            set.insert(StableHash(writer.bytes), bound: 1_000)
        }
        let (count, isExact) = set.count(bound: 1_000)
        #expect(!isExact)
        #expect((45_000...55_000).contains(count), "\(count)")
    }

    @Test func panesCutTimeAsWindowsNeedIt() throws {
        for (length, hop) in [(60, 10), (9, 8), (31, 30), (10, 10), (5, 20), (7, 3)] as [(Int64, Int64)] {
            let axis = try #require(PaneAxis(HoppingWindow(length: .seconds(length), hop: .seconds(hop))))
            let second: Int64 = 1_000_000_000
            for half in -100...100 {
                let time = Int64(half) * second / 2
                let windows = (-40...80).map { Int64($0) * hop * second }.filter {
                    $0 - length * second <= time && time <= $0
                }
                guard let pane = axis.pane(of: time) else {
                    #expect(windows.isEmpty)
                    continue
                }
                #expect(axis.firstWindowEnd(of: pane) == windows.first && axis.lastWindowEnd(of: pane) == windows.last)
                for end in windows { #expect(axis.panes(ofWindowEndingAt: end).contains(pane)) }
                for end in [windows[0] - hop * second, (windows.last ?? 0) + hop * second] {
                    #expect(!axis.panes(ofWindowEndingAt: end).contains(pane), "\(length)/\(hop) \(time) \(end)")
                }
            }
        }
        #expect(PaneAxis(HoppingWindow(length: .milliseconds(1_500), hop: .seconds(1))) == nil)
        #expect(PaneAxis(HoppingWindow(length: .seconds(0), hop: .seconds(1))) == nil)
    }
}
