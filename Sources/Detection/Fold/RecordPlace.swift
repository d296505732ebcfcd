internal import DiagnosticLogs

/// Where a record stands in the one order that the engine knows: (time on the rule's clock, partition, sequence, index).
///
/// Two records of equal time are ordered by their partition's number: arbitrary, but the same on every run.
struct RecordPlace: Hashable, Comparable, Sendable {
    /// Nanoseconds on the rule's clock.
    var time: Int64
    var position: RecordPosition

    static func < (a: RecordPlace, b: RecordPlace) -> Bool {
        a.time != b.time ? a.time < b.time : a.position < b.position
    }
}

extension RecordStamp {
    var place: RecordPlace { RecordPlace(time: time, position: position) }
}

extension ByteWriter {
    mutating func place(_ place: RecordPlace) {
        signed(place.time)
        signed(Int64(place.position.partition))
        signed(place.position.sequence)
        signed(Int64(place.position.index))
    }
}

extension ByteReader {
    mutating func place() throws(DetectionError) -> RecordPlace {
        RecordPlace(
            time: try signed(),
            position: RecordPosition(partition: try integer(), sequence: try signed(), index: try integer()))
    }
}
