import AMQPTypes
import EventHubs

extension PartitionLog {
    /// The sequence number at which reading from a position starts.
    ///
    /// A position beyond the last event is an error on the service, not a wait; exactly the last, exclusive, is legal.
    /// - Parameter clamps: whether such a position starts at the end instead.
    func start(
        of position: EventPosition, clamps: Bool, trail: BrokerCondition.Trail
    ) throws(AMQPCondition) -> Int64 {
        switch position {
        case .earliest:
            return beginSequenceNumber
        case .latest:
            return nextSequenceNumber
        case .offset(let text, let inclusive):
            guard let offset = Int64(text) else {
                throw BrokerCondition.badFilter("'\(text.prefix(64))' is no offset.", trail: trail)
            }
            guard clamps || offset <= lastOffset ?? -1 else {
                throw BrokerCondition.invalidPosition(
                    what: "offset", supplied: text, last: String(lastOffset ?? -1), trail: trail)
            }
            return sequenceNumber(afterOffset: offset, inclusive: inclusive)
        case .sequenceNumber(let number, let inclusive):
            guard clamps || number <= lastSequenceNumber else {
                throw BrokerCondition.invalidPosition(
                    what: "sequence number", supplied: String(number), last: String(lastSequenceNumber), trail: trail)
            }
            guard number < nextSequenceNumber else { return nextSequenceNumber }
            return max(beginSequenceNumber, inclusive ? number : number + 1)
        case .enqueuedTime(let time, let inclusive):
            return sequenceNumber(afterTime: time, inclusive: inclusive)
        }
    }
}
