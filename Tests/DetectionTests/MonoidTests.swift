import DiagnosticLogs
import Testing

@testable import Detection

/// Goal: partials merge to the same value in any order and by any split.
///
/// Method: shuffles against one pass.
@Suite struct MonoidTests {
    private let limits = FoldLimits(distinctValuesMax: 50, listedValuesMax: 6, percentileValuesMax: 40, evidenceMax: 5)

    private func encoded(_ accumulator: Accumulator) -> [UInt8] {
        var writer = ByteWriter()
        accumulator.encode(to: &writer, bounds: limits)
        return writer.bytes
    }

    @Test(arguments: [
        AggregateFunction.count, .sum, .average, .minimum, .maximum, .countDistinct, .values, .percentile, .first,
        .last,
    ])
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
            func fold(_ values: some Sequence<(offset: Int, element: Value)>) -> Accumulator {
                var accumulator = Accumulator(function)
                var scratch = ByteWriter()
                for (number, value) in values {
                    // Times in pairs: the partition decides which of two is first.
                    let position = RecordPosition(partition: number % 3, sequence: Int64(number), index: 0)
                    accumulator.fold(
                        value, countsRows: false, at: RecordPlace(time: Int64(number / 2), position: position),
                        bounds: limits, scratch: &scratch)
                }
                return accumulator
            }
            let whole = fold(values.enumerated())
            var parts = [[(offset: Int, element: Value)]](repeating: [], count: 5)
            for value in values.enumerated().shuffled(using: &generator) {
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

    @Test func percentilesAreExactToTheBoundAndWithinTheStatedErrorBeyond() throws {
        var generator = SeededGenerator(seed: 31)
        for round in 0..<60 {
            let size = Int.random(in: 1...400, using: &generator)
            let numbers = (0..<size).map { _ -> Double in
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: Double(Int.random(in: -20...20, using: &generator))
                case 1: Double.random(in: 0...1e9, using: &generator)
                default: -Double.random(in: 0...1, using: &generator)
                }
            }
            var distribution = ValueDistribution()
            for number in numbers { distribution.add(number, bound: 40) }
            #expect(distribution.isExact == (Set(numbers).count <= 40), "round \(round)")
            let sorted = numbers.sorted()
            for rank in [0.0, 12.5, 50, 95, 99, 100] {
                let position = rank / 100 * Double(size - 1)
                let low = sorted[Int(position)]
                let high = sorted[min(Int(position) + 1, size - 1)]
                let expected = low + (high - low) * (position - Double(Int(position)))
                let found = try #require(distribution.percentile(rank))
                let slack = distribution.isExact ? 0 : max(abs(low), abs(high)) / 128 + 0x1p-30
                #expect(abs(found - expected) <= slack, "round \(round), percentile \(rank) of \(size)")
            }
        }
        #expect(ValueDistribution().percentile(50) == nil)
    }

    @Test func bucketsAreTheirOwnMiddleAndNarrow() {
        var generator = SeededGenerator(seed: 32)
        for _ in 0..<5_000 {
            let value = Double(
                sign: Bool.random(using: &generator) ? .plus : .minus,
                exponent: Int.random(in: -30...79, using: &generator),
                significand: Double.random(in: 1..<2, using: &generator))
            let middle = ValueDistribution.middle(of: value)
            #expect(ValueDistribution.middle(of: middle) == middle)
            #expect(abs(middle - value) <= abs(value) / 128, "\(value)")
        }
        for value in [0, 1e-12, -1e-300] { #expect(ValueDistribution.middle(of: value) == 0) }
        let top = ValueDistribution.middle(of: .greatestFiniteMagnitude)
        #expect(ValueDistribution.middle(of: top) == top && top.isFinite)
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
