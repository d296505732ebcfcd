import AMQPTypes
import Logging
import NIOCore

/// How a script of faults has fared, as `GET /faults` shows it.
public struct FaultReport: Sendable, Hashable, Codable {
    /// One fault of the script.
    public struct Entry: Sendable, Hashable, Codable {
        /// Its line.
        public var line: Int
        /// How often it has happened.
        public var fired: Int

        /// Makes an entry.
        public init(line: Int, fired: Int) {
            self.line = line
            self.fired = fired
        }
    }

    /// The faults in the order of the script.
    public var faults: [Entry]

    /// Makes a report.
    public init(faults: [Entry]) { self.faults = faults }

    /// How often any fault has happened.
    public var fired: Int { faults.reduce(0) { $0 + $1.fired } }
}

extension DevBroker {
    /// Starts a script of faults: counts and times begin now; the script before ends.
    ///
    /// Links that a fault has stopped stay stopped until they are attached again.
    public func install(_ script: FaultScript) {
        let generation = context.faults.install(script)
        context.logger.notice("faults begin", metadata: ["count": "\(script.faults.count)"])
        let loop = group.any()
        loop.execute { self.performTimedFaults(of: generation, on: loop) }
    }

    /// Ends the script of faults.
    public func removeFaults() { context.faults.install(nil) }

    /// How the script has fared; nil without one.
    public var faultReport: FaultReport? {
        context.faults.report.map { script, fired in
            FaultReport(faults: zip(script.faults, fired).map { FaultReport.Entry(line: $0.line, fired: $1) })
        }
    }

    private func performTimedFaults(of generation: Int, on loop: any EventLoop) {
        guard let (due, next) = context.faults.timeReached(generation: generation) else { return }
        for fault in due { perform(fault) }
        guard let next else { return }
        // Rounded up: a fault that is asked for a moment too early is asked for again.
        loop.scheduleTask(in: next + .nanoseconds(1)) { self.performTimedFaults(of: generation, on: loop) }
    }

    private func perform(_ fault: Fault) {
        switch fault.action {
        case .detach(let condition): detachLinks(fault.filter, condition)
        case .throttle: detachLinks(fault.filter, FaultCondition.busy)
        case .close(let condition): closeConnections(condition)
        case .cut: cutConnections()
        default: break
        }
    }

    private func detachLinks(_ filter: Fault.Filter, _ condition: AMQPCondition) {
        for hub in context.namespace.all where filter.hub == nil || filter.hub?.lowercased() == hub.name.lowercased() {
            guard let id = filter.partition else {
                hub.detachLinks(partition: nil, condition)
                continue
            }
            if let partition = hub.partition(id: id) { hub.detachLinks(partition: partition.number, condition) }
        }
    }
}
