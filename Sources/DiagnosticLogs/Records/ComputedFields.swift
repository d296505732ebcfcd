/// Computes the fields that are no member of the record, or the first of several members, when a rule reads them.
///
/// Few records come as far as that: most are passed over by a rule's first test, on a raw member.
///
/// **Isolation**: one worker. **Cost**: nothing per record; each value is made at most once a record, without allocation.
final class ComputedFields {
    private let tables: PlanTables
    private let walker: RecordWalker
    private let outcomeInputs: [Int]
    private let callerAddress: Int?
    private let resources = ResourceCache()

    /// Per computed slot, its value and the number of the record that it was made for.
    private let values: UnsafeMutablePointer<FieldSlot>
    private let madeFor: UnsafeMutablePointer<UInt64>
    private var record: UInt64 = 0
    private var eventTime = Timestamp(nanoseconds: 0)
    private var enqueuedTime = Timestamp(nanoseconds: 0)
    private var resource = Resource()
    private var resourceMadeFor: UInt64 = 0

    /// Raw paths that a derived field is computed from, besides those every plan has.
    static func inputs(of field: DerivedField) -> [FieldPath] {
        switch field {
        case .outcome: outcomePaths
        case .sourceAddress: [FieldPath(["callerIpAddress"])]
        case .eventTime, .enqueuedTime, .resourceID, .subscriptionID, .resourceGroup, .resourceProvider, .resourceName,
            .resourceLeafName, .service, .dataset:
            []
        }
    }

    /// Where an outcome may be said, best first.
    private static let outcomePaths = [
        FieldPath(["resultType"]), FieldPath(["properties", "result"]), FieldPath(["status"]),
        FieldPath(["properties", "status", "errorCode"]), FieldPath(["resultSignature"]), FieldPath(["statusCode"]),
        FieldPath(["properties", "httpStatusCode"]), FieldPath(["properties", "responseStatusCode"]),
        FieldPath(["properties", "statusCode"]),
    ]

    init(_ walker: RecordWalker) {
        self.walker = walker
        tables = walker.tables
        outcomeInputs = Self.outcomePaths.compactMap { walker.tables.slot(of: $0) }
        callerAddress = tables.slot(of: FieldPath(["callerIpAddress"]))
        values = .allocate(capacity: tables.computed.count)
        values.initialize(repeating: .missing, count: tables.computed.count)
        madeFor = .allocate(capacity: tables.computed.count)
        madeFor.initialize(repeating: 0, count: tables.computed.count)
    }

    deinit {
        values.deallocate()
        madeFor.deallocate()
    }

    /// Forgets the record before; the walker holds the new one.
    func begin(eventTime: Timestamp, enqueued: Timestamp) {
        record &+= 1
        self.eventTime = eventTime
        enqueuedTime = enqueued
    }

    /// A slot of the plan, of a path or computed; missing for a number that the plan does not have.
    @inline(__always)
    func slot(_ number: Int) -> FieldSlot {
        if number >= 0, number < walker.slotCount { return walker.slots[number] }
        return computedSlot(number)
    }

    /// Replaces the value of a slot by one that means the same.
    func replace(_ number: Int, by value: FieldSlot) {
        if number < walker.slotCount { walker.slots[number] = value } else { values[number - walker.slotCount] = value }
    }

    @inline(never)
    private func computedSlot(_ number: Int) -> FieldSlot {
        guard number >= walker.slotCount, number < tables.slotCount else { return .missing }
        let own = number - walker.slotCount
        if madeFor[own] != record {
            madeFor[own] = record
            values[own] = compute(tables.computed[own])
        }
        return values[own]
    }

    private func compute(_ wanted: ComputedSlot) -> FieldSlot {
        switch wanted {
        case .choice(let candidates): firstPresent(candidates)
        case .derived(.eventTime): FieldSlot(eventTime)
        case .derived(.enqueuedTime): FieldSlot(enqueuedTime)
        case .derived(.resourceID): walker.slots[CoreSlot.resourceID.rawValue]
        case .derived(.subscriptionID): resourcePart { $0.subscription }
        case .derived(.resourceGroup): resourcePart { $0.group }
        case .derived(.resourceProvider): resourcePart { $0.provider }
        case .derived(.resourceName): resourcePart { $0.name }
        case .derived(.resourceLeafName): resourcePart { $0.leaf }
        case .derived(.outcome): FieldSlot(constant: outcome().constant)
        case .derived(.sourceAddress): sourceAddress()
        case .derived(.service): logKind().service.map { FieldSlot(constant: $0) } ?? .missing
        case .derived(.dataset): FieldSlot(constant: logKind().dataset)
        }
    }

    private func firstPresent(_ candidates: [Int]) -> FieldSlot {
        var best = FieldSlot.missing
        for candidate in candidates {
            let value = walker.slots[candidate]
            if !value.isNull { return value }
            if value.kind == .null { best = value }
        }
        return best
    }

    /// The record's resource id in lower case and where its parts are.
    private struct Resource {
        var text = UnsafeRawBufferPointer(start: nil, count: 0)
        var parts: ResourceIDParts?
    }

    private func resourcePart(_ part: (ResourceIDParts) -> Range<Int>?) -> FieldSlot {
        if resourceMadeFor != record {
            resourceMadeFor = record
            resource = Resource()
            if let text = plainText(CoreSlot.resourceID.rawValue), !text.isEmpty {
                let (lower, parts) = resources.resource(text, arena: walker.arena)
                resource = Resource(text: lower, parts: parts)
            }
        }
        guard let range = resource.parts.flatMap(part), let base = resource.text.baseAddress else { return .missing }
        return FieldSlot(.string, base + range.lowerBound, range.count)
    }

    /// The kind of log that the record belongs to.
    func logKind() -> LogKind {
        guard let category = plainText(CoreSlot.category.rawValue), !category.isEmpty else {
            return walker.notes.pointee.flags.isDisjoint(with: [.restShape, .logAnalyticsShape]) ? .none : .activity
        }
        return LogKind(category: category) { Self.isCognitive(resourcePart { $0.provider }.memory) }
    }

    private static func isCognitive(_ provider: UnsafeRawBufferPointer) -> Bool {
        let prefix: StaticString = "microsoft.cognitiveservices"
        guard provider.count >= prefix.utf8CodeUnitCount else { return false }
        for i in 0..<prefix.utf8CodeUnitCount where provider[i] != prefix.utf8Start[i] { return false }
        return true
    }

    private func outcome() -> Outcome {
        let isSignIn = logKind() == .signIn
        for input in outcomeInputs {
            let value = walker.slots[input]
            let text = value.kind == .number ? value.memory : plainText(input)
            if let text, let outcome = Outcome(text: text, isSignIn: isSignIn) { return outcome }
        }
        return .unknown
    }

    private func sourceAddress() -> FieldSlot {
        guard let callerAddress, let text = plainText(callerAddress), let base = text.baseAddress,
            case .whole(let host, _) = AddressText(text).kind
        else { return .missing }
        return FieldSlot(.string, base + host.lowerBound, host.count)
    }

    /// The text of a raw slot that holds a string.
    ///
    /// Without escapes, whoever looked at it first: what is computed must not depend on what rules read before.
    private func plainText(_ slot: Int) -> UnsafeRawBufferPointer? {
        let value = walker.slots[slot]
        guard value.kind == .string else { return nil }
        return value.hasEscapes ? walker.arena.unescaped(value.memory) : value.memory
    }
}

extension PlanTables {
    /// The slot of a raw path, whatever the case of its top-level name.
    func slot(of path: FieldPath) -> Int? {
        paths.first {
            $0.path.steps.dropFirst() == path.steps.dropFirst()
                && $0.path.steps.first.map(FieldAliases.asciiLowercased)
                    == path.steps.first.map(FieldAliases.asciiLowercased)
        }?.slot
    }
}
