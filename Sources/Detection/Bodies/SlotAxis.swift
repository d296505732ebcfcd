/// Panes and slots of rules whose slots follow each other without overlapping: `[k * length, (k + 1) * length)` since the
/// Unix epoch, one pane each.
///
/// A slot is decided from its own pane, some before it and perhaps one behind it.
struct SlotAxis: Sendable, Hashable {
    /// Length of a slot and of a pane, in nanoseconds.
    let length: Int64
    /// How many panes before its own a slot is decided from.
    let back: Int64
    /// How many panes behind its own a slot is decided from; it is over that much later.
    let ahead: Int64

    /// Makes an axis; nil when the length is no whole number of seconds from 1 s to 400 days.
    init?(_ duration: Duration, back: Int64, ahead: Int64) {
        let (seconds, attoseconds) = duration.components
        guard attoseconds == 0, (1...(400 * 86_400)).contains(seconds) else { return nil }
        length = seconds * 1_000_000_000
        self.back = back
        self.ahead = ahead
    }

    func pane(of time: Int64) -> Int64 {
        CivilTime.floorDivide(min(max(time, PaneAxis.earliest), PaneAxis.latest), length).quotient
    }

    /// True for the number of a pane that a time can fall into.
    func contains(pane: Int64) -> Bool { pane >= self.pane(of: .min) && pane <= self.pane(of: .max) }

    /// First and last instant of a pane.
    func bounds(ofPane pane: Int64) -> (start: Int64, end: Int64) { (pane * length, (pane + 1) * length - 1) }

    /// The last instant whose records matter to the slot of a pane.
    func slotEnd(of pane: Int64) -> Int64 { (pane + 1 + ahead) * length - 1 }

    /// The pane of a slot.
    func pane(ofSlotEnding end: Int64) -> Int64 { CivilTime.floorDivide(end, length).quotient - ahead }

    func panes(ofSlotEnding end: Int64) -> ClosedRange<Int64> {
        let pane = pane(ofSlotEnding: end)
        return pane - back...pane + ahead
    }

    func touchedSlots(of pane: Int64) -> SlotSpan {
        SlotSpan(first: slotEnd(of: pane - ahead), last: slotEnd(of: pane + back))
    }

    /// The end of the latest slot that lies strictly before the watermark less the lateness.
    func lastClosedEnd(watermark: Int64, lateness: Int64) -> Int64 {
        let time = min(max(watermark, PaneAxis.earliest), PaneAxis.latest) - min(max(0, lateness), PaneAxis.latest / 2)
        return CivilTime.floorDivide(time, length).quotient * length - 1
    }
}

/// A body whose time is cut by a ``SlotAxis``.
protocol SlottedBody: GroupedBody {
    var axis: SlotAxis { get }
}

extension SlottedBody {
    var hop: Int64 { axis.length }

    func pane(of time: Int64) -> Int64? { axis.pane(of: time) }

    func contains(pane: Int64) -> Bool { axis.contains(pane: pane) }

    func panes(ofSlotEnding end: Int64) -> ClosedRange<Int64> { axis.panes(ofSlotEnding: end) }

    func ownSlots(of pane: Int64) -> SlotSpan { SlotSpan(first: axis.slotEnd(of: pane), last: axis.slotEnd(of: pane)) }

    func touchedSlots(of pane: Int64) -> SlotSpan { axis.touchedSlots(of: pane) }

    func lastClosedEnd(watermark: Int64) -> Int64 {
        axis.lastClosedEnd(watermark: watermark, lateness: frame.lateness)
    }

    func emptyAccumulators(_ limits: FoldLimits) -> [Accumulator] { [] }
}
