extension Arithmetic {
    /// Applies the operator; null for nulls, bags, texts, overflow and division by zero.
    func apply(_ a: Value, _ b: Value) -> Value {
        switch (a, b) {
        case (.long(let x), .long(let y)): return apply(x, y).map { .long($0) } ?? .null
        case (.double(let x), .double(let y)): return apply(x, y)
        case (.long(let x), .double(let y)): return apply(Double(x), y)
        case (.double(let x), .long(let y)): return apply(x, Double(y))
        // A time and a span in milliseconds.
        case (.datetime(let x), .long(let y)) where self == .add || self == .subtract:
            return apply(x, y).map { .datetime($0) } ?? .null
        case (.long(let x), .datetime(let y)) where self == .add:
            return apply(x, y).map { .datetime($0) } ?? .null
        default: return .null
        }
    }

    private func apply(_ x: Int64, _ y: Int64) -> Int64? {
        let (value, overflow): (Int64, Bool)
        switch self {
        case .add: (value, overflow) = x.addingReportingOverflow(y)
        case .subtract: (value, overflow) = x.subtractingReportingOverflow(y)
        case .multiply: (value, overflow) = x.multipliedReportingOverflow(by: y)
        case .divide: (value, overflow) = x.dividedReportingOverflow(by: y)
        case .remainder: (value, overflow) = x.remainderReportingOverflow(dividingBy: y)
        }
        return overflow ? nil : value
    }

    private func apply(_ x: Double, _ y: Double) -> Value {
        let value =
            switch self {
            case .add: x + y
            case .subtract: x - y
            case .multiply: x * y
            case .divide: x / y
            case .remainder: x.truncatingRemainder(dividingBy: y)
            }
        return value.isFinite ? .double(value) : .null
    }
}

extension ScalarFunction {
    /// Applies the function.
    ///
    /// A missing argument is null.
    func apply(_ arguments: [CompiledExpression], _ context: borrowing some ExpressionContext) -> Value {
        switch self {
        case .coalesce:
            for argument in arguments {
                let value = argument.evaluate(in: context)
                if value != .null { return value }
            }
            return .null
        case .case: return Self.choose(arguments, context)
        case .concat:
            var joined = ""
            for argument in arguments {
                guard let text = argument.evaluate(in: context).singleText else { return .null }
                joined += text
            }
            return .string(joined)
        case .toLower, .toUpper, .length, .startsWith, .endsWith, .toString, .toLong, .toDouble, .dateTruncate, .round,
            .absolute:
            let first = arguments.first?.evaluate(in: context) ?? .null
            let second = arguments.count > 1 ? arguments[1].evaluate(in: context) : .null
            return apply(first, second, count: arguments.count)
        }
    }

    private static func choose(_ arguments: [CompiledExpression], _ context: borrowing some ExpressionContext) -> Value
    {
        var at = 0
        while at + 1 < arguments.count {
            if arguments[at].evaluate(in: context).truth == true { return arguments[at + 1].evaluate(in: context) }
            at += 2
        }
        return at < arguments.count ? arguments[at].evaluate(in: context) : .null
    }

    private func apply(_ first: Value, _ second: Value, count: Int) -> Value {
        // Conversions map over bags; all other functions take one value.
        if case .bag(let values) = first {
            switch self {
            case .toString, .toLong, .toDouble:
                return Value(members: values.map { apply($0, second, count: count) }.filter { $0 != .null })
            default: return .null
            }
        }
        switch self {
        case .toLower: return first.singleText.map { .string($0.lowercased()) } ?? .null
        case .toUpper: return first.singleText.map { .string($0.uppercased()) } ?? .null
        case .length: return first.singleText.map { .long(Int64($0.unicodeScalars.count)) } ?? .null
        case .startsWith, .endsWith:
            guard let text = first.singleText, let part = second.singleText else { return .null }
            return .boolean(
                self == .startsWith
                    ? text.utf8.starts(with: part.utf8) : text.utf8.reversed().starts(with: part.utf8.reversed()))
        case .toString: return first.text.map { .string($0) } ?? .null
        case .toLong: return Self.long(first)
        case .toDouble: return Self.double(first)
        case .dateTruncate: return Self.truncate(span: first, time: second)
        case .round: return Self.round(first, digits: count > 1 ? second : .long(0))
        case .absolute:
            switch first {
            case .long(let value): return value == .min ? .null : .long(abs(value))
            case .double(let value): return .double(abs(value))
            default: return .null
            }
        case .coalesce, .case, .concat: return .null
        }
    }

    private static func long(_ value: Value) -> Value {
        switch value {
        case .long: value
        case .double(let number): Int64(exactly: number.rounded()).map { .long($0) } ?? .null
        case .boolean(let flag): .long(flag ? 1 : 0)
        case .datetime(let time): .long(time)
        case .string(let text): Value(number: text).map { long($0) } ?? .null
        case .null, .bag: .null
        }
    }

    private static func double(_ value: Value) -> Value {
        switch value {
        case .long(let number): .double(Double(number))
        case .double: value
        case .boolean(let flag): .double(flag ? 1 : 0)
        case .datetime(let time): .double(Double(time))
        case .string(let text): NumberText.double(text).map { .double($0) } ?? .null
        case .null, .bag: .null
        }
    }

    private static func truncate(span: Value, time: Value) -> Value {
        guard case .long(let width) = span, width > 0 else { return .null }
        let instant: Int64
        switch time {
        case .datetime(let value): instant = value
        case .string(let text):
            guard let value = CivilTime.parse(text) else { return .null }
            instant = value
        default: return .null
        }
        // Weeks start on Monday; the epoch was a Thursday.
        let shift: Int64 = width % 604_800_000 == 0 ? 345_600_000 : 0
        let (shifted, overflow) = instant.subtractingReportingOverflow(shift)
        guard !overflow else { return .null }
        let (start, over) = (CivilTime.floorDivide(shifted, width).quotient).multipliedReportingOverflow(by: width)
        return over ? .null : .datetime(start &+ shift)
    }

    private static func round(_ value: Value, digits: Value) -> Value {
        guard case .long(let places) = digits, (-15...15).contains(places) else { return .null }
        switch value {
        case .long where places >= 0: return value
        case .long(let number): return long(round(.double(Double(number)), digits: digits))
        case .double(let number):
            var scale = 1.0
            for _ in 0..<places.magnitude { scale *= 10 }
            let result = places >= 0 ? (number * scale).rounded() / scale : (number / scale).rounded() * scale
            return result.isFinite ? .double(result) : .null
        default: return .null
        }
    }
}
