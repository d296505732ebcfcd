/// The operations that go on in the background of the activity log, each with its one to three records.
///
/// **Shape** Starting an operation gives its first record at once; the others wait in order and are handed out between
/// later starts, so that records of several operations interleave within and across messages.
/// **Bounds** At most 128 records wait.
struct BackgroundActivity: Sendable {
    private let inventory: Inventory
    private let choices: [Int]
    private var waiting: [ActivityEvent] = []
    private var nextWaiting = 0

    init(inventory: Inventory) {
        self.inventory = inventory
        var choices: [Int] = []
        for (index, operation) in ActivityOperation.all.enumerated() {
            choices.append(contentsOf: repeatElement(index, count: operation.weight))
        }
        self.choices = choices
    }

    /// The next record: of a waiting operation, or of a new one that starts at `time`.
    mutating func next(at time: EventTime, end: EventTime, random: inout SeededRandom) -> ActivityEvent? {
        let count = waiting.count - nextWaiting
        if count > 0 && (count >= 128 || random.below(3) > 0) {
            let event = waiting[nextWaiting]
            nextWaiting += 1
            if nextWaiting == 256 {
                waiting.removeFirst(nextWaiting)
                nextWaiting = 0
            }
            return event
        }
        return start(at: time, end: end, random: &random)
    }

    private mutating func start(at time: EventTime, end: EventTime, random: inout SeededRandom) -> ActivityEvent? {
        let operation = ActivityOperation.all[choices[random.below(choices.count)]]
        let byUser = operation.portalOnly || random.below(10) < 7
        guard
            let resource = random.element(of: inventory.resources[operation.kind]),
            let principal = random.element(of: byUser ? inventory.users : inventory.services)
        else { return nil }
        var event = ActivityEvent(
            time: time, operation: operation, resource: resource, principal: principal,
            application: application(of: principal, for: operation, random: &random), correlation: random.guid(),
            phase: .start, durationMs: 0)
        let last: ActivityEvent.Phase = random.below(20) == 0 ? .failure : .success
        if case .single = operation.phases {
            event.phase = last
            return event
        }
        let first = event
        if case .triple = operation.phases {
            wait(&event, .accept, random.number(in: 100...2_000), end: end)
            wait(&event, last, random.number(in: 2_000...60_000), end: end)
        } else {
            wait(&event, last, random.number(in: 100...3_000), end: end)
        }
        return first
    }

    private mutating func wait(
        _ event: inout ActivityEvent, _ phase: ActivityEvent.Phase, _ milliseconds: Int, end: EventTime
    ) {
        event.phase = phase
        event.durationMs = milliseconds
        event.time = min(event.time.advanced(byNanoseconds: Int64(milliseconds) &* 1_000_000), end)
        waiting.append(event)
    }

    private func application(
        of principal: Principal, for operation: ActivityOperation, random: inout SeededRandom
    ) -> String {
        if operation.portalOnly {
            let portal = ClientApplication.portals[random.below(ClientApplication.portals.count)].rawValue
            // Some tokens carry the id in upper case; a rule must not care.
            return random.below(12) == 0 ? portal.uppercased() : portal
        }
        guard principal.isUser else { return principal.applicationID }
        let draw = random.below(20)
        let client: ClientApplication =
            draw < 12 ? .azurePortal : draw < 16 ? .azureCLI : draw < 19 ? .azurePowerShell : .visualStudioCode
        return client.rawValue
    }
}
