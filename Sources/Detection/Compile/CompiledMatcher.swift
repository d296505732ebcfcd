@_spi(Revealing) internal import DiagnosticLogs

/// A ``Matcher`` made ready: literals folded and hashed, patterns and networks parsed.
enum CompiledMatcher: Sendable {
    case pattern(CompiledPattern)
    /// Prepared texts (folded unless case counts).
    case oneOf(Set<[UInt8]>, foldsCase: Bool)
    case number(Comparison, Double)
    case integer(Comparison, Int64)
    case boolean(Bool)
    case null
    case exists(Bool)
    case regex(CompiledRegex)
    case network(NetworkMatcher)
    case sameAs(slot: Int, foldsCase: Bool)

    /// Rough cost of one test, to order the children of a conjunction.
    var cost: Int {
        switch self {
        case .null, .exists, .boolean: 1
        case .pattern(let pattern): pattern.exact != nil ? 2 : 10
        case .oneOf: 5
        case .number, .integer: 4
        case .sameAs: 8
        case .network: 20
        case .regex: 100
        }
    }
}

extension CompiledMatcher {
    /// Compiles a matcher; `slot` gives the slot of a field.
    init(_ matcher: Matcher, slot: (Field) -> Int) throws(DetectionError) {
        switch matcher {
        case .text(let pattern): self = .pattern(CompiledPattern(pattern))
        case .oneOf(let texts, let caseSensitive):
            let prepared = texts.map { Array((caseSensitive ? $0 : CaseFolding.fold($0)).utf8) }
            self = .oneOf(Set(prepared), foldsCase: !caseSensitive)
        case .number(let test, let number): self = .number(test, number)
        case .integer(let test, let number): self = .integer(test, number)
        case .boolean(let value): self = .boolean(value)
        case .null: self = .null
        case .exists(let value): self = .exists(value)
        case .regex(let pattern): self = .regex(try CompiledRegex(pattern))
        case .network(let text):
            guard let network = NetworkMatcher(text) else {
                throw DetectionError(.ruleNotRunnable, "'\(text)' is no network; write 10.0.0.0/8 or 2001:db8::/32")
            }
            self = .network(network)
        case .sameAs(let other, let caseSensitive): self = .sameAs(slot: slot(other), foldsCase: !caseSensitive)
        }
    }
}

/// Tests slots of one record.
///
/// Holds memory that is reused from record to record.
struct SlotTester {
    private var folded: [UInt8] = []
    private var regexScratch = RegexScratch()

    /// Tests the value of a slot; on an array any element may pass.
    mutating func test(_ matcher: CompiledMatcher, slot number: Int, of record: RecordView) -> Bool {
        let slot = record[number]
        switch slot.kind {
        case .array, .several: return testEach(matcher, slot, of: record)
        case .string:
            guard slot.hasEscapes else { return testSingle(matcher, slot, text: slot.text, of: record) }
            return testSingle(matcher, slot, text: record.plainText(number), of: record)
        case .missing, .null, .false, .true, .number, .object, .integer, .timestamp:
            return testSingle(matcher, slot, text: slot.text, of: record)
        }
    }

    private mutating func testEach(_ matcher: CompiledMatcher, _ slot: FieldSlot, of record: RecordView) -> Bool {
        if case .exists(let wanted) = matcher, slot.kind == .array { return wanted }
        var passed = false
        var isEmpty = true
        var holdsObjects = false
        record.forEachValue(of: slot) { element in
            isEmpty = false
            if element.kind == .object { holdsObjects = true }
            if case .exists = matcher { return false }
            if element.kind == .string, element.hasEscapes {
                passed = withText(of: element) { tester, text in
                    tester.testSingle(matcher, element, text: text, of: record)
                }
            } else {
                passed = testSingle(matcher, element, text: element.text, of: record)
            }
            return !passed
        }
        switch matcher {
        case .exists(let wanted): return wanted != isEmpty
        case .null where slot.kind == .several && isEmpty: return true
        case .pattern(let pattern) where !passed && holdsObjects && slot.kind == .array && pattern.hasOpenEnd:
            // Rules written for a column of JSON text look into an array of objects as text.
            return slot.text.map { pattern.matches($0, scratch: &folded) } ?? false
        case .regex(let regex) where !passed && holdsObjects && slot.kind == .array:
            return slot.text.map { regex.matches($0, scratch: &regexScratch) } ?? false
        default: return passed
        }
    }

    /// Runs with the text of an escaped string of an array, unescaped.
    ///
    /// Allocates: such elements are rare.
    private mutating func withText(
        of slot: FieldSlot, _ body: (inout SlotTester, UnsafeRawBufferPointer) -> Bool
    ) -> Bool {
        var text = slot.stringValue ?? ""
        return text.withUTF8 { body(&self, UnsafeRawBufferPointer($0)) }
    }

    private mutating func testSingle(
        _ matcher: CompiledMatcher, _ slot: FieldSlot, text: UnsafeRawBufferPointer?, of record: RecordView
    ) -> Bool {
        switch matcher {
        case .null: return slot.isNull
        case .exists(let wanted): return wanted == !slot.isMissing
        case .boolean(let wanted): return Self.boolean(slot) == wanted
        case .number(let test, let number):
            guard slot.kind != .object, let value = slot.doubleValue else { return false }
            return test.accepts(value < number ? -1 : (value > number ? 1 : 0))
        case .integer(let test, let number): return Self.test(test, number, slot)
        case .pattern(let pattern):
            if slot.kind == .object {
                return pattern.hasOpenEnd && text.map { pattern.matches($0, scratch: &folded) } ?? false
            }
            return testText(slot, text) { tester, bytes in pattern.matches(bytes, scratch: &tester.folded) }
        case .oneOf(let texts, let foldsCase):
            guard slot.kind != .object else { return false }
            return testText(slot, text) { tester, bytes in
                tester.prepare(bytes, foldsCase: foldsCase)
                return texts.contains(tester.folded)
            }
        case .regex(let regex):
            return testText(slot, text) { tester, bytes in regex.matches(bytes, scratch: &tester.regexScratch) }
        case .network(let network): return testText(slot, text) { _, bytes in network.contains(bytes) }
        case .sameAs(let otherSlot, let foldsCase):
            guard slot.kind != .object, var theirs = record[otherSlot].stringValue else { return false }
            return testText(slot, text) { tester, bytes in
                tester.prepare(bytes, foldsCase: foldsCase)
                if foldsCase { theirs = CaseFolding.fold(theirs) }
                return tester.folded.elementsEqual(theirs.utf8)
            }
        }
    }

    private mutating func prepare(_ bytes: UnsafeRawBufferPointer, foldsCase: Bool) {
        if foldsCase {
            CaseFolding.fold(bytes, into: &folded)
        } else {
            folded.removeAll(keepingCapacity: true)
            folded.append(contentsOf: bytes)
        }
    }

    /// Runs with the text of a value: strings and numbers as written, booleans and computed values in words.
    private mutating func testText(
        _ slot: FieldSlot, _ text: UnsafeRawBufferPointer?, _ body: (inout SlotTester, UnsafeRawBufferPointer) -> Bool
    ) -> Bool {
        if let text { return body(&self, text) }
        switch slot.kind {
        case .true, .false, .integer, .timestamp: return withText(of: slot, body)
        case .missing, .null, .number, .string, .object, .array, .several: return false
        }
    }

    private static func boolean(_ slot: FieldSlot) -> Bool? {
        if slot.kind == .number || slot.kind == .integer {
            switch slot.integerValue {
            case 0: return false
            case 1: return true
            default: return nil
            }
        }
        return slot.kind == .object ? nil : slot.booleanValue
    }

    private static func test(_ test: Comparison, _ number: Int64, _ slot: FieldSlot) -> Bool {
        guard slot.kind != .object else { return false }
        if let value = slot.integerValue {
            return test.accepts(value < number ? -1 : (value > number ? 1 : 0))
        }
        guard let value = slot.doubleValue, let order = Value.order(.double(value), .long(number)) else { return false }
        return test.accepts(order)
    }
}
