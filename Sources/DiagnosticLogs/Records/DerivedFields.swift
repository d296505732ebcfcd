/// Computes the fields that are asked for and are no member of the record.
struct DerivedFields {
    private let wanted: [(field: DerivedField, slot: Int)]
    private let needsResource: Bool
    private let needsKind: Bool
    private let outcomeInputs: [Int]
    private let callerAddress: Int?
    private let resources = ResourceCache()

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

    init(_ tables: PlanTables) {
        wanted = tables.derived
        let fields = Set(wanted.map(\.field))
        needsResource = !fields.isDisjoint(with: [
            .subscriptionID, .resourceGroup, .resourceProvider, .resourceName, .resourceLeafName, .service, .dataset,
        ])
        needsKind = !fields.isDisjoint(with: [.service, .dataset, .outcome])
        outcomeInputs = fields.contains(.outcome) ? Self.outcomePaths.compactMap { tables.slot(of: $0) } : []
        callerAddress = tables.slot(of: FieldPath(["callerIpAddress"]))
    }

    /// Fills the slots of derived fields.
    func fill(_ walker: RecordWalker, eventTime: Timestamp, enqueued: Timestamp) {
        guard !wanted.isEmpty else { return }
        let slots = walker.slots
        var resource = Resource(text: UnsafeRawBufferPointer(start: nil, count: 0), parts: nil)
        if needsResource, let text = plainText(slots[CoreSlot.resourceID.rawValue], walker.arena) {
            let (lower, parts) = resources.resource(text, arena: walker.arena)
            resource = Resource(text: lower, parts: parts)
        }
        let kind = needsKind ? logKind(walker, resource.slot(resource.parts?.provider)) : .none
        for (field, slot) in wanted {
            switch field {
            case .eventTime: slots[slot] = FieldSlot(eventTime)
            case .enqueuedTime: slots[slot] = FieldSlot(enqueued)
            case .resourceID: slots[slot] = slots[CoreSlot.resourceID.rawValue]
            case .subscriptionID: slots[slot] = resource.slot(resource.parts?.subscription)
            case .resourceGroup: slots[slot] = resource.slot(resource.parts?.group)
            case .resourceProvider: slots[slot] = resource.slot(resource.parts?.provider)
            case .resourceName: slots[slot] = resource.slot(resource.parts?.name)
            case .resourceLeafName: slots[slot] = resource.slot(resource.parts?.leaf)
            case .outcome: slots[slot] = FieldSlot(constant: outcome(walker, kind).constant)
            case .sourceAddress: slots[slot] = sourceAddress(walker)
            case .service: slots[slot] = kind.service.map { FieldSlot(constant: $0) } ?? .missing
            case .dataset: slots[slot] = FieldSlot(constant: kind.dataset)
            }
        }
    }

    /// The record's resource id in lower case and where its parts are.
    private struct Resource {
        let text: UnsafeRawBufferPointer
        let parts: ResourceIDParts?

        func slot(_ range: Range<Int>?) -> FieldSlot {
            guard let range, let base = text.baseAddress else { return .missing }
            return FieldSlot(.string, base + range.lowerBound, range.count)
        }
    }

    private func logKind(_ walker: RecordWalker, _ provider: FieldSlot) -> LogKind {
        guard let category = plainText(walker.slots[CoreSlot.category.rawValue], walker.arena) else {
            return walker.notes.pointee.flags.isDisjoint(with: [.restShape, .logAnalyticsShape]) ? .none : .activity
        }
        return LogKind(category: category, isCognitive: Self.isCognitive(provider.memory))
    }

    private static func isCognitive(_ provider: UnsafeRawBufferPointer) -> Bool {
        let prefix: StaticString = "microsoft.cognitiveservices"
        guard provider.count >= prefix.utf8CodeUnitCount else { return false }
        for i in 0..<prefix.utf8CodeUnitCount where provider[i] != prefix.utf8Start[i] { return false }
        return true
    }

    private func outcome(_ walker: RecordWalker, _ kind: LogKind) -> Outcome {
        for slot in outcomeInputs {
            let value = walker.slots[slot]
            guard value.kind == .string || value.kind == .number,
                let outcome = Outcome(text: value.memory, isSignIn: kind == .signIn)
            else { continue }
            return outcome
        }
        return .unknown
    }

    private func sourceAddress(_ walker: RecordWalker) -> FieldSlot {
        guard let callerAddress, case let value = walker.slots[callerAddress], value.kind == .string,
            case .whole(let host, _) = AddressText(value.memory).kind, let base = value.memory.baseAddress
        else { return .missing }
        return FieldSlot(.string, base + host.lowerBound, host.count)
    }

    private func plainText(_ slot: FieldSlot, _ arena: RecordArena) -> UnsafeRawBufferPointer? {
        guard slot.kind == .string, slot.length > 0 else { return nil }
        return slot.hasEscapes ? arena.unescaped(slot.memory) : slot.memory
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
