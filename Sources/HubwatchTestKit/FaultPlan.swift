/// What goes wrong in one simulation, and when: a pure value made of a seed.
///
/// Moments are counted in what the simulation does (steps of its scheduler, operations of its disk, bytes on a wire), never in
/// time, so that a crash can come between any two effects.
public struct FaultPlan: Sendable, CustomStringConvertible {
    /// What the disk answers to a run of operations.
    public struct DiskFault: Sendable {
        /// What happens.
        public enum Kind: String, Sendable {
            /// The device fails.
            case failure
            /// There is no room.
            case full
            /// The process ends inside the operation.
            case crash
            /// The machine loses power inside the operation: what was not flushed may be gone.
            case powerLoss
        }

        /// What happens.
        public var kind: Kind
        /// The first operation, counted from 1 over the simulation.
        public var first: Int
        /// How many operations in a row.
        public var count: Int
    }

    /// What the network or the broker does at a step.
    public enum Event: String, Sendable, CaseIterable {
        /// A connection ends with what is under way.
        case cut
        /// The broker closes all connections with an error.
        case close
        /// The broker detaches the links of one partition.
        case detach
        /// Another reader takes one partition.
        case steal
        /// Nothing is carried for a while.
        case stall
        /// The broker cannot be reached for a while, and connections are cut.
        case outage
        /// The client's wall clock jumps, within the bound that `source.clock_skew` states.
        case clockJump
        /// The process is killed between two steps.
        case kill
        /// The process is told to stop, and drains.
        case stop
    }

    /// The seed that it was made of.
    public var seed: UInt64
    /// What happens at which step, in order.
    public var events: [(step: Int, event: Event)] = []
    /// What the disk does.
    public var diskFaults: [DiskFault] = []
    /// Most bytes carried at once.
    public var pieceMax: Int

    /// Makes the plan of a seed: from none to a dozen faults.
    ///
    /// - Parameter steps: about how many steps the simulation takes without faults.
    public init(seed: UInt64, steps: Int) {
        self.seed = seed
        var generator = SeededGenerator(seed: seed ^ 0x5eed_fa17)
        pieceMax = [48, 512, 4_096, 65_536].randomElement(using: &generator) ?? 512
        let count = Int.random(in: 0...8, using: &generator)
        for _ in 0..<count {
            let step = Int.random(in: 1...max(1, steps), using: &generator)
            events.append((step, Event.allCases.randomElement(using: &generator) ?? .kill))
        }
        events.sort { $0.step < $1.step }
        for _ in 0..<Int.random(in: 0...4, using: &generator) {
            let kinds: [DiskFault.Kind] = [.failure, .full, .crash, .crash, .powerLoss]
            let kind = kinds.randomElement(using: &generator) ?? .crash
            diskFaults.append(
                DiskFault(
                    kind: kind, first: Int.random(in: 1...900, using: &generator),
                    count: kind == .full
                        ? Int.random(in: 1...40, using: &generator) : Int.random(in: 1...3, using: &generator)))
        }
    }

    /// What goes wrong, on one line.
    public var description: String {
        let disk = diskFaults.map { "\($0.kind.rawValue)@op\($0.first)x\($0.count)" }
        return (events.map { "\($0.event.rawValue)@\($0.step)" } + disk + ["pieces<=\(pieceMax)"]).joined(
            separator: " ")
    }
}
