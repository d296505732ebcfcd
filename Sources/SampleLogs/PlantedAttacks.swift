/// One record of an attack or a near miss, planned but not yet written.
struct PlantedRecord: Sendable {
    enum Content: Sendable {
        case activity(ActivityEvent)
        case audit(operation: String, account: Resource, objectID: String, asset: GUID, responseLength: Int?)
    }

    /// Which entry of the ground truth the record belongs to.
    enum Truth: Sendable {
        case listingStart(Int)
        case listingSuccess(Int)
        case theft(Int)
        case nearMiss
    }

    var time: EventTime
    var content: Content
    var truth: Truth
}

/// Plans attacks: which records, at which event times, and the ground truth that follows from them.
///
/// The two queues are in order of event time; the generator takes from them as its own event time passes.
struct PlantedAttacks: Sendable {
    private(set) var activity: [PlantedRecord] = []
    private(set) var audit: [PlantedRecord] = []
    private(set) var expected = ExpectedFindings()

    private let inventory: Inventory
    private let start: EventTime
    private let span: Int64
    private var random: SeededRandom
    private var accountNumber = 0

    init(_ plan: AttackPlan, inventory: Inventory, start: EventTime, span: Int64, random: SeededRandom) {
        self.inventory = inventory
        self.start = start
        self.span = span
        self.random = random
        for number in 0..<plan.keyListings { plantKeyListing(number, of: plan.keyListings) }
        for number in 0..<plan.modelThefts { plantModelTheft(number) }
        for _ in 0..<plan.largeTransfers { plantLargeTransfer() }
        if plan.nearMisses { plantNearMisses() }
        activity = Self.sorted(activity)
        audit = Self.sorted(audit)
    }

    /// The number of records that are planted.
    var count: Int { activity.count + audit.count }

    /// Orders by time, and by order of planning where times are equal, so that the order never depends on the sort.
    private static func sorted(_ records: [PlantedRecord]) -> [PlantedRecord] {
        records.enumerated()
            .sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
            .map(\.element)
    }

    /// Plants Start and Success of one listing; three in four on Cognitive Services, the others on Machine Learning.
    private mutating func plantKeyListing(_ number: Int, of total: Int) {
        let tool = ClientApplication.tools[number % ClientApplication.tools.count]
        let operation =
            number % 4 == 2 ? ActivityOperation.listWorkspaceKeys : ActivityOperation.listCognitiveKeys
        // Each listing gets its own slice of the span, so that they do not bunch.
        let slice = span / Int64(max(total, 1))
        let time = start.advanced(byNanoseconds: slice &* Int64(number)).advanced(byNanoseconds: below(slice))
        guard let event = event(operation, by: tool.rawValue, at: time) else { return }
        let entry = expected.keyListings.count
        let end = plantOperation(
            event, ends: .success, start: .listingStart(entry), end: .listingSuccess(entry))
        expected.keyListings.append(
            KeyListing(
                correlationID: event.correlation.text,
                resourceID: String(decoding: event.resource.upperID, as: UTF8.self),
                applicationID: tool.rawValue, account: event.principal.account, eventTime: end))
    }

    /// Plants a burst: the second has exactly 100 records, the border; the others 110 to 400.
    private mutating func plantModelTheft(_ number: Int) {
        let count = number == 1 ? 100 : random.number(in: 110...(number == 0 ? 220 : 400))
        let account = freshAccount()
        let entry = expected.modelThefts.count
        let times = plantListings("ListKey", on: account, count: count, truth: .theft(entry))
        expect(account, times: times, responseLengthMax: nil)
    }

    /// Plants three listings of which one says that it sent a million bytes or more.
    private mutating func plantLargeTransfer() {
        let account = freshAccount()
        let length = 1_000_000 + random.below(4_000_000)
        let entry = expected.modelThefts.count
        let times = plantListings("ListKey", on: account, count: 3, truth: .theft(entry), responseLength: length)
        expect(account, times: times, responseLengthMax: length)
    }

    private mutating func expect(_ account: Resource, times: [EventTime], responseLengthMax: Int?) {
        expected.modelThefts.append(
            ModelTheft(
                resourceID: String(decoding: account.upperID, as: UTF8.self),
                subscriptionID: account.subscription, resourceGroup: account.group, resourceName: account.name,
                count: times.count, responseLengthMax: responseLengthMax, firstEventTime: times.min() ?? start,
                lastEventTime: times.max() ?? start))
    }

    private mutating func plantNearMisses() {
        let quiet = freshAccount()
        _ = plantListings("ListKey", on: quiet, count: 99, truth: .nearMiss)
        note(.ninetyNineListings, on: quiet, records: 99)
        let other = freshAccount()
        _ = plantListings("ListKeys", on: other, count: 120, truth: .nearMiss)
        note(.otherOperation, on: other, records: 120)
        for portal in ClientApplication.portals {
            plantNearMiss(.portal, .listCognitiveKeys, application: portal.rawValue, ends: .success)
        }
        plantNearMiss(
            .portalUpperCase, .listCognitiveKeys, application: ClientApplication.azurePortal.rawValue.uppercased(),
            ends: .success)
        for tool in ClientApplication.tools {
            plantNearMiss(.forbidden, .listCognitiveKeys, application: tool.rawValue, ends: .failure)
            plantNearMiss(.storage, .listStorageKeys, application: tool.rawValue, ends: .success)
        }
    }

    private mutating func plantNearMiss(
        _ kind: NearMiss.Kind, _ operation: ActivityOperation, application: String, ends phase: ActivityEvent.Phase
    ) {
        let time = start.advanced(byNanoseconds: below(span))
        guard let event = event(operation, by: application, at: time) else { return }
        _ = plantOperation(event, ends: phase, start: .nearMiss, end: .nearMiss)
        expected.nearMisses.append(
            NearMiss(
                kind: kind, resourceID: String(decoding: event.resource.upperID, as: UTF8.self),
                correlationID: event.correlation.text, applicationID: application, records: 2))
    }

    private mutating func note(_ kind: NearMiss.Kind, on account: Resource, records: Int) {
        expected.nearMisses.append(
            NearMiss(
                kind: kind, resourceID: String(decoding: account.upperID, as: UTF8.self), correlationID: nil,
                applicationID: nil, records: records))
    }

    private mutating func below(_ bound: Int64) -> Int64 {
        Int64(random.below(Int(clamping: max(bound, 1))))
    }

    private mutating func event(
        _ operation: ActivityOperation, by application: String, at time: EventTime
    ) -> ActivityEvent? {
        guard
            let resource = random.element(of: inventory.resources[operation.kind]),
            let user = random.element(of: inventory.users)
        else { return nil }
        return ActivityEvent(
            time: time, operation: operation, resource: resource, principal: user, application: application,
            correlation: random.guid(), phase: .start, durationMs: 0)
    }

    /// Plants the first and the last record of an operation; gives the time of the last.
    private mutating func plantOperation(
        _ event: ActivityEvent, ends phase: ActivityEvent.Phase, start first: PlantedRecord.Truth,
        end last: PlantedRecord.Truth
    ) -> EventTime {
        activity.append(PlantedRecord(time: event.time, content: .activity(event), truth: first))
        var done = event
        done.phase = phase
        done.durationMs = random.number(in: 150...1_500)
        let wanted = event.time.advanced(byNanoseconds: Int64(done.durationMs) &* 1_000_000)
        done.time = min(wanted, start.advanced(byNanoseconds: max(span - 1, 0)))
        activity.append(PlantedRecord(time: done.time, content: .activity(done), truth: last))
        return done.time
    }

    /// Plants Audit records within a window of 20 to 45 minutes, or the span where that is shorter.
    private mutating func plantListings(
        _ operation: String, on account: Resource, count: Int, truth: PlantedRecord.Truth, responseLength: Int? = nil
    ) -> [EventTime] {
        let minute: Int64 = 60_000_000_000
        let window = min(minute &* Int64(random.number(in: 20...45)), span)
        let opening = start.advanced(byNanoseconds: below(span - window))
        let objectID = random.element(of: inventory.users)?.objectID ?? ""
        var times: [EventTime] = []
        for number in 0..<count {
            // Audit times are whole seconds: cut here, so that the ground truth holds what is written.
            let time = opening.advanced(byNanoseconds: below(window)).wholeSecond(notBefore: start)
            times.append(time)
            audit.append(
                PlantedRecord(
                    time: time,
                    content: .audit(
                        operation: operation, account: account, objectID: objectID, asset: random.guid(),
                        responseLength: number == 0 ? responseLength : responseLength.map { $0 / 1_000 }),
                    truth: truth))
        }
        return times
    }

    /// An account that nothing else in the sample uses.
    private mutating func freshAccount() -> Resource {
        accountNumber += 1
        return Resource(
            kind: .openAI, subscription: inventory.subscriptions[random.below(inventory.subscriptions.count)],
            group: "rg-ai-lab-\(padded(accountNumber, 2))",
            // Samples of two seeds in one hub must not add up to bursts that neither planted.
            name: "oai-lab-\(inventory.tenant.prefix(4))-\(padded(accountNumber, 4))",
            random: &random)
    }
}
