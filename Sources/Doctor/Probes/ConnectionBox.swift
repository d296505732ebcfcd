import Diagnosis
import Synchronization

/// What came of a connection, written once by who opens it and read by the checks after.
final class ConnectionBox: Sendable {
    private let held = Mutex<ConnectionObservation?>(nil)

    var value: ConnectionObservation? { held.withLock { $0 } }

    func set(_ observation: ConnectionObservation) { held.withLock { $0 = observation } }
}
