import EventHubs
import EventHubsClient
import Synchronization

/// Where partitions without a position were first read from in this run.
///
/// The newest event is another one at each look: a session that takes over before a partition has brought anything would
/// pass over what has arrived meanwhile. So it is fixed once.
final class FirstPlaces: Sendable {
    private let places = Mutex<[Int: EventPosition]>([:])

    /// The place to begin at; asks the hub where that is, the first time that it matters.
    func place(
        of partition: Int, _ start: EventPosition, _ inquiry: HubInquiry
    ) async throws(EventHubsError) -> EventPosition {
        guard start == .latest else { return start }
        if let place = places.withLock({ $0[partition] }) { return place }
        let last = try await inquiry.partition(partition).lastSequenceNumber
        let place: EventPosition = last < 0 ? .earliest : .sequenceNumber(last, inclusive: false)
        return places.withLock { places in
            places[partition] = places[partition] ?? place
            return places[partition] ?? place
        }
    }
}
