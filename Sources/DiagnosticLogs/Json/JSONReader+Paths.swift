extension JSONReader {
    /// Calls `body` with every value that the steps lead to, through arrays and JSON texts in strings, until it returns
    /// false; returns false when it did.
    ///
    /// `isRoot`: the first name is matched without case.
    @discardableResult
    static func forEach(
        _ steps: ArraySlice<String>, below start: FieldSlot, isRoot: Bool, arena: RecordArena, nesting: Int = 0,
        _ body: (FieldSlot) -> Bool
    ) -> Bool {
        guard let step = steps.first else { return body(start) }
        switch start.kind {
        case .object:
            let value = member(step, of: start, isRoot: isRoot)
            if value.kind == .missing { return true }
            return forEach(steps.dropFirst(), below: value, isRoot: false, arena: arena, nesting: nesting, body)
        case .array, .several:
            if let number = Int(step), String(number) == step {
                let value = element(number, of: start)
                if value.kind == .missing { return true }
                return forEach(steps.dropFirst(), below: value, isRoot: false, arena: arena, nesting: nesting, body)
            }
            return forEachElement(of: start) {
                forEach(steps, below: $0, isRoot: false, arena: arena, nesting: nesting, body)
            }
        case .string:
            guard nesting < JSONLimits.nestedTextsMax, let inner = opened(start, arena: arena) else { return true }
            return forEach(steps, below: inner, isRoot: false, arena: arena, nesting: nesting + 1, body)
        case .missing, .null, .false, .true, .number, .integer, .timestamp: return true
        }
    }

    /// The one value that the steps lead to; `several` when they lead through an array.
    static func find(_ path: FieldPath, in record: FieldSlot, arena: RecordArena) -> FieldSlot {
        var value = record
        var nesting = 0
        for (i, step) in path.steps.enumerated() {
            if value.kind == .string {
                guard nesting < JSONLimits.nestedTextsMax, let inner = opened(value, arena: arena) else {
                    return .missing
                }
                value = inner
                nesting += 1
            }
            switch value.kind {
            case .object: value = member(step, of: value, isRoot: i == 0)
            case .array:
                guard let number = Int(step), String(number) == step else {
                    return FieldSlot(kind: .several, bits: value.bits, length: value.length)
                }
                value = element(number, of: value)
            case .missing, .null, .false, .true, .number, .string, .integer, .timestamp, .several: return .missing
            }
        }
        return value
    }

    /// The object or array that a string holds, or nil.
    static func opened(_ string: FieldSlot, arena: RecordArena) -> FieldSlot? {
        guard RecordWalker.looksLikeContainer(string.memory) else { return nil }
        let text = string.hasEscapes ? arena.unescaped(string.memory) : string.memory
        if let value = container(text, arena) { return value }
        var repairer = JSONRepairer(text: text, enabled: [.singleQuotes, .escapedControlCharacters])
        return repairer.run(into: arena).flatMap { container($0.bytes, arena) }
    }

    private static func container(_ text: UnsafeRawBufferPointer, _ arena: RecordArena) -> FieldSlot? {
        guard let whole = value(text, at: 0), whole.slot.kind == .object || whole.slot.kind == .array,
            text[whole.next...].allSatisfy({ IndexCursor.isBlank($0) }),
            case .success(var cursor) = arena.indexer.index(text), cursor.skipValue(depth: 0),
            cursor.at == cursor.count
        else { return nil }
        return whole.slot
    }

    /// A member by name: the last of that name; at the root without case, better spellings first.
    static func member(_ name: String, of object: FieldSlot, isRoot: Bool) -> FieldSlot {
        var found = FieldSlot.missing
        var foundSpelling = -1
        let wanted = isRoot ? FieldAliases.asciiLowercased(name) : name
        let documented = FieldAliases.documentedNames[wanted]
        forEachMember(of: object) { key, value in
            guard let written = key.stringValue else { return true }
            guard isRoot else {
                if written == name, written.utf8.elementsEqual(name.utf8) { found = value }
                return true
            }
            guard FieldAliases.asciiLowercased(written) == wanted else { return true }
            let startsSmall = written.utf8.first.map { $0 &- 0x61 < 26 } ?? false
            let spelling = written == documented ? 2 : startsSmall ? 1 : 0
            if spelling >= foundSpelling { (found, foundSpelling) = (value, spelling) }
            return true
        }
        return found
    }

    private static func element(_ number: Int, of array: FieldSlot) -> FieldSlot {
        var found = FieldSlot.missing
        var i = 0
        forEachElement(of: array) {
            if i == number { found = $0 }
            i += 1
            return i <= number
        }
        return found
    }

    /// Calls `body` with every string, number and boolean below a value until it returns false.
    @discardableResult
    static func forEachScalar(
        below value: FieldSlot, arena: RecordArena, depth: Int = 0, nesting: Int = 0, _ body: (FieldSlot) -> Bool
    ) -> Bool {
        guard depth < JSONLimits.depthMax else { return true }
        switch value.kind {
        case .object:
            var goesOn = true
            forEachMember(of: value) { _, member in
                goesOn = forEachScalar(below: member, arena: arena, depth: depth + 1, nesting: nesting, body)
                return goesOn
            }
            return goesOn
        case .array, .several:
            return forEachElement(of: value) {
                forEachScalar(below: $0, arena: arena, depth: depth + 1, nesting: nesting, body)
            }
        case .string:
            if nesting < JSONLimits.nestedTextsMax, let inner = opened(value, arena: arena) {
                return forEachScalar(below: inner, arena: arena, depth: depth + 1, nesting: nesting + 1, body)
            }
            return body(value)
        case .number, .true, .false, .integer, .timestamp: return body(value)
        case .missing, .null: return true
        }
    }
}
