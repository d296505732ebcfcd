import DiagnosticLogs
import EventHubs
import EventHubsClient

/// What a worker tells of itself when it is asked, and when its link goes.
extension PartitionWorker {
    /// Says what is in flight, and by that, that the event loop answers.
    func sample(_ now: Timestamp) {
        let flight = control?.bytesInFlight ?? (held: 0, granted: 0)
        // A plain broker cannot be asked: there the open link, which heartbeats keep open, is the sign of life.
        let cannotBeAsked = resumption == nil
        status.update(partition) {
            if cannotBeAsked, $0.isAttached { $0.lastHeardAt = now }
            $0.heldBytes = Int64(flight.held)
            $0.grantedBytes = Int64(flight.granted)
            $0.loopSeenAt = now
        }
    }

    /// Counts a link that is gone.
    func noteDetached(_ reason: PartitionDetachReason) {
        let (name, error): (String?, EventHubsError?) =
            switch reason {
            case .stolen(let error, _): ("stolen", error)
            case .lost(let error, _): ("lost", error)
            case .stalled: ("stalled", nil)
            case .positionRefused(let error, _): ("refused", error)
            case .shutdown: (nil, nil)
            }
        status.update(partition) {
            $0.isAttached = false
            $0.grantedBytes = 0
            $0.lastError = error ?? $0.lastError
        }
        if let name { status.update { $0.connections.linksLost[name, default: 0] += 1 } }
    }
}
