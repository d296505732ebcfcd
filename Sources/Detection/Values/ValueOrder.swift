/// How values compare: the partial order of expressions, and the total order of minima, maxima, sorting and sets.
extension Value {
    /// Compares two single values of one type (numbers with each other, a text with what it can be read as).
    ///
    /// A text next to a number, boolean or time is read as one: JSON senders write numbers both ways. Null when the two
    /// cannot be ordered; nulls and bags are the caller's business.
    static func order(_ a: Value, _ b: Value) -> Int? {
        switch (a, b) {
        case (.long(let x), .long(let y)): threeWay(x, y)
        case (.double(let x), .double(let y)): threeWay(x, y)
        case (.long(let x), .double(let y)): order(x, y)
        case (.double(let x), .long(let y)): order(y, x).map { -$0 }
        case (.boolean(let x), .boolean(let y)): threeWay(x ? 1 : 0, y ? 1 : 0)
        case (.datetime(let x), .datetime(let y)): threeWay(x, y)
        case (.string(let x), .string(let y)): orderText(x, y)
        case (.string(let x), .long), (.string(let x), .double): Value(number: x).flatMap { order($0, b) }
        case (.long, .string(let y)), (.double, .string(let y)): Value(number: y).flatMap { order(a, $0) }
        case (.string(let x), .boolean(let y)): boolean(x).map { threeWay($0 ? 1 : 0, y ? 1 : 0) }
        case (.boolean(let x), .string(let y)): boolean(y).map { threeWay(x ? 1 : 0, $0 ? 1 : 0) }
        case (.string(let x), .datetime(let y)): CivilTime.parse(x).map { threeWay($0, y) }
        case (.datetime(let x), .string(let y)): CivilTime.parse(y).map { threeWay(x, $0) }
        default: nil
        }
    }

    /// A total order over all values: null, booleans, numbers, times, texts (by bytes), bags.
    ///
    /// Equal only if identical once numbers are compared as numbers; a long precedes the equal double.
    static func totalOrder(_ a: Value, _ b: Value) -> Int {
        if a.rank != b.rank { return threeWay(a.rank, b.rank) }
        if case .bag(let x) = a, case .bag(let y) = b {
            for (p, q) in zip(x, y) {
                let order = totalOrder(p, q)
                if order != 0 { return order }
            }
            return threeWay(x.count, y.count)
        }
        if let order = order(a, b), order != 0 { return order }
        switch (a, b) {
        case (.long, .double): return -1
        case (.double, .long): return 1
        default: return 0
        }
    }

    private var rank: Int {
        switch self {
        case .null: 0
        case .boolean: 1
        case .long, .double: 2
        case .datetime: 3
        case .string: 4
        case .bag: 5
        }
    }

    private static func threeWay<T: Comparable>(_ a: T, _ b: T) -> Int { a < b ? -1 : (a > b ? 1 : 0) }

    /// Orders texts by their UTF-8 bytes, not by Swift's canonical equivalence.
    static func orderText(_ a: String, _ b: String) -> Int {
        if a.utf8.elementsEqual(b.utf8) { return 0 }
        return a.utf8.lexicographicallyPrecedes(b.utf8) ? -1 : 1
    }

    /// Compares an integer with a double exactly, also beyond 2^53.
    private static func order(_ a: Int64, _ b: Double) -> Int? {
        if b.isNaN { return nil }
        if b >= 9_223_372_036_854_775_808.0 { return -1 }
        if b < -9_223_372_036_854_775_808.0 { return 1 }
        let whole = Int64(b.rounded(.towardZero))
        if a != whole { return threeWay(a, whole) }
        return threeWay(0, b - b.rounded(.towardZero))
    }

    private static func boolean(_ text: String) -> Bool? {
        switch text {
        case "true": true
        case "false": false
        default: nil
        }
    }
}

extension Comparison {
    /// Applies the test to two single values; null when they cannot be ordered.
    ///
    /// Values of types that never meet are not equal: `==` is false and `!=` true, orderings are null.
    func test(_ a: Value, _ b: Value) -> Bool? {
        guard let order = Value.order(a, b) else {
            switch self {
            case .equal: return false
            case .notEqual: return true
            case .less, .lessOrEqual, .greater, .greaterOrEqual: return nil
            }
        }
        return accepts(order)
    }

    /// Applies the test to the outcome of a three-way comparison.
    func accepts(_ order: Int) -> Bool {
        switch self {
        case .equal: order == 0
        case .notEqual: order != 0
        case .less: order < 0
        case .lessOrEqual: order <= 0
        case .greater: order > 0
        case .greaterOrEqual: order >= 0
        }
    }

    /// The test that holds exactly when this one does not.
    var negated: Comparison {
        switch self {
        case .equal: .notEqual
        case .notEqual: .equal
        case .less: .greaterOrEqual
        case .lessOrEqual: .greater
        case .greater: .lessOrEqual
        case .greaterOrEqual: .less
        }
    }

    /// The same test with its sides exchanged.
    var mirrored: Comparison {
        switch self {
        case .equal, .notEqual: self
        case .less: .greater
        case .lessOrEqual: .greaterOrEqual
        case .greater: .less
        case .greaterOrEqual: .lessOrEqual
        }
    }

    /// The operator as people write it.
    var symbol: String {
        switch self {
        case .equal: "=="
        case .notEqual: "!="
        case .less: "<"
        case .lessOrEqual: "<="
        case .greater: ">"
        case .greaterOrEqual: ">="
        }
    }
}
