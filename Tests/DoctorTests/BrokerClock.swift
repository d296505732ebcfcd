import Foundation
import Synchronization

/// A broker's clock that goes wrong by a stated time.
final class BrokerClock: Sendable {
    private let ahead: Mutex<Int64>

    init(aheadMs: Int64) { ahead = Mutex(aheadMs) }

    func set(aheadMs: Int64) { ahead.withLock { $0 = aheadMs } }

    /// Milliseconds since the Unix epoch.
    var read: @Sendable () -> Int64 {
        { [self] in Int64(Date().timeIntervalSince1970 * 1000) + ahead.withLock { $0 } }
    }
}
