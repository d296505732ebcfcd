/// One folded column of a partial: an element of a commutative monoid.
enum Accumulator: Sendable {
    case count(Int64)
    /// Exact: integers as one wide integer, doubles in fixed point.
    case sum(integers: Int128, doubles: FixedPointSum?, values: Int64)
    case extremum(Value, isMaximum: Bool)
    case distinct(DistinctSet)
    /// Sorted by ``Value/totalOrder(_:_:)``, the lowest up to a bound.
    case values([Value], isTruncated: Bool)
    case distribution(ValueDistribution)
    /// The value of the first or the last record that has one; the place is nil before any.
    case outermost(Value, RecordPlace?, isLast: Bool)
    /// The matched events of rules that look at each; see ``EventList``.
    case events(EventList)

    init(_ function: AggregateFunction) {
        switch function {
        case .countRows, .count: self = .count(0)
        case .sum, .average: self = .sum(integers: 0, doubles: nil, values: 0)
        case .minimum: self = .extremum(.null, isMaximum: false)
        case .maximum: self = .extremum(.null, isMaximum: true)
        case .countDistinct: self = .distinct(DistinctSet())
        case .values: self = .values([], isTruncated: false)
        case .percentile: self = .distribution(ValueDistribution())
        case .first: self = .outermost(.null, nil, isLast: false)
        case .last: self = .outermost(.null, nil, isLast: true)
        }
    }

    /// Folds a row that takes part: all values of the argument, or the row itself for a count of rows.
    ///
    /// With `isText`, minima and maxima compare texts by their bytes instead of reading numbers in them. First and last
    /// values need the record's place.
    mutating func fold(
        _ argument: Value, countsRows: Bool, isText: Bool = false, at place: RecordPlace? = nil, bounds: FoldLimits,
        scratch: inout ByteWriter
    ) {
        if countsRows {
            if case .count(let count) = self { self = .count(count &+ 1) }
            return
        }
        if case .outermost(_, let best, let isLast) = self {
            guard argument != .null, let place, Self.isFurther(place, than: best, isLast: isLast) else { return }
            self = .outermost(argument, place, isLast: isLast)
            return
        }
        if case .bag(let values) = argument {
            for value in values { add(value, isText: isText, bounds: bounds, scratch: &scratch) }
        } else if argument != .null {
            add(argument, isText: isText, bounds: bounds, scratch: &scratch)
        }
    }

    private mutating func add(_ value: Value, isText: Bool, bounds: FoldLimits, scratch: inout ByteWriter) {
        switch self {
        case .count(let count): self = .count(count &+ 1)
        case .sum(let integers, var doubles, let values):
            // Azure writes many numbers as texts; what is no number takes no part.
            let number: Value? = if case .string(let text) = value { Value(number: text) } else { value }
            switch number {
            case .long(let term): self = .sum(integers: integers &+ Int128(term), doubles: doubles, values: values &+ 1)
            case .double(let term):
                // Emptied first, so that the sum is not copied while it grows.
                self = .count(0)
                var sum = doubles ?? FixedPointSum()
                doubles = nil
                sum.add(term)
                self = .sum(integers: integers, doubles: sum, values: values &+ 1)
            default: break
            }
        case .extremum(let best, let isMaximum):
            let candidate: Value =
                if case .string(let text) = value, !isText { Value(number: text) ?? value } else { value }
            if Self.isBetter(candidate, than: best, isMaximum: isMaximum) {
                self = .extremum(candidate, isMaximum: isMaximum)
            }
        case .distinct(var set):
            self = .count(0)
            scratch.clear()
            scratch.value(value.canonical)
            set.insert(StableHash(scratch.bytes), bound: bounds.distinctValuesMax)
            self = .distinct(set)
        case .values(var values, var isTruncated):
            self = .count(0)
            Self.insert(value, into: &values, &isTruncated, bound: bounds.listedValuesMax)
            self = .values(values, isTruncated: isTruncated)
        case .distribution(var distribution):
            guard let number = value.numeric else { return }
            self = .count(0)
            distribution.add(number, bound: bounds.percentileValuesMax)
            self = .distribution(distribution)
        case .outermost, .events: break
        }
    }

    private static func isFurther(_ place: RecordPlace, than best: RecordPlace?, isLast: Bool) -> Bool {
        guard let best else { return true }
        return isLast ? best < place : place < best
    }

    /// Adds another partial's column of the same function; columns of other functions never meet, both come from one
    /// rule version.
    mutating func merge(_ other: Accumulator, bounds: FoldLimits) {
        // One side at a time, and emptied before it grows: a second reference would copy a set for every change.
        switch other {
        case .count(let b):
            if case .count(let a) = self { self = .count(a &+ b) }
        case .sum(let b, let more, let m):
            guard case .sum(let a, var doubles, let n) = self else { return }
            self = .count(0)
            if let more {
                var total = doubles ?? FixedPointSum()
                doubles = nil
                total.add(more)
                doubles = total
            }
            self = .sum(integers: a &+ b, doubles: doubles, values: n &+ m)
        case .extremum(let b, _):
            if case .extremum(let a, let isMaximum) = self, b != .null, Self.isBetter(b, than: a, isMaximum: isMaximum)
            {
                self = .extremum(b, isMaximum: isMaximum)
            }
        case .distinct(let b):
            guard case .distinct(var a) = self else { return }
            self = .count(0)
            a.merge(b, bound: bounds.distinctValuesMax)
            self = .distinct(a)
        case .values(let b, let cut):
            guard case .values(var a, var isTruncated) = self else { return }
            self = .count(0)
            isTruncated = isTruncated || cut
            for value in b { Self.insert(value, into: &a, &isTruncated, bound: bounds.listedValuesMax) }
            self = .values(a, isTruncated: isTruncated)
        case .distribution(let b):
            guard case .distribution(var a) = self else { return }
            self = .count(0)
            a.merge(b, bound: bounds.percentileValuesMax)
            self = .distribution(a)
        case .outermost(let value, let place, _):
            guard case .outermost(_, let best, let isLast) = self, let place,
                Self.isFurther(place, than: best, isLast: isLast)
            else { return }
            self = .outermost(value, place, isLast: isLast)
        case .events(let b):
            guard case .events(var a) = self else { return }
            self = .count(0)
            a.merge(b)
            self = .events(a)
        }
    }

    private static func isBetter(_ value: Value, than best: Value, isMaximum: Bool) -> Bool {
        if best == .null { return true }
        // Numbers displace all else, so that one stray text cannot hide a maximum that was already reached.
        if value.isNumber != best.isNumber { return value.isNumber }
        let order = Value.totalOrder(value, best)
        return isMaximum ? order > 0 : order < 0
    }

    private static func insert(_ value: Value, into values: inout [Value], _ isTruncated: inout Bool, bound: Int) {
        var low = 0
        var high = values.count
        while low < high {
            let middle = (low + high) / 2
            if Value.totalOrder(values[middle], value) < 0 { low = middle + 1 } else { high = middle }
        }
        if low < values.count, Value.totalOrder(values[low], value) == 0 { return }
        if values.count >= bound { isTruncated = true }
        guard low < bound else { return }
        values.insert(value, at: low)
        if values.count > bound { values.removeLast() }
    }

    /// The column's value in a result row; `rank` is the percentile asked for.
    func result(of function: AggregateFunction, rank: Double = 50, bounds: FoldLimits) -> Value {
        switch self {
        case .count(let count): return .long(count)
        case .extremum(let best, _): return best
        case .distinct(let set): return .long(set.count(bound: bounds.distinctValuesMax).value)
        case .values(let values, _): return Value(members: values)
        case .distribution(let distribution):
            return distribution.percentile(rank).flatMap { $0.isFinite ? .double($0) : nil } ?? .null
        case .outermost(let value, _, _): return value
        case .events(let list): return .long(Int64(list.entries.count))
        case .sum(let integers, let doubles, let count):
            guard count > 0 else { return .null }
            if doubles == nil, function == .sum {
                return Int64(exactly: integers).map { .long($0) } ?? .null
            }
            var total = doubles ?? FixedPointSum()
            total.add(integers)
            guard let sum = total.rounded else { return .null }
            return .double(function == .average ? sum / Double(count) : sum)
        }
    }

    /// True when a bound was met, so that the result is an estimate or incomplete.
    func isBounded(bounds: FoldLimits) -> Bool {
        switch self {
        case .count, .sum, .extremum, .outermost, .events: false
        case .distinct(let set): !set.count(bound: bounds.distinctValuesMax).isExact
        case .values(_, let isTruncated): isTruncated
        case .distribution(let distribution): !distribution.isExact
        }
    }
}
