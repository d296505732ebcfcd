public import DiagnosticLogs

/// The end of a span of messages behind which nothing will be read: a replay of files or of a part of a hub.
extension Merger {
    /// Windows that hold something and are not over, over all rules; each is counted once, however many groups it has.
    public var openWindowCount: Int {
        states.indices.reduce(0) { sum, rule in
            guard let body = rules.bodies[rule].grouped else { return sum }
            let firstOpen = states[rule].closedThrough.map { $0 + body.hop } ?? Int64.min
            var panes: Set<Int64> = []
            var ends: Set<Int64> = []
            for group in states[rule].groups.values {
                for pane in group.panes where panes.insert(pane.number).inserted {
                    let own = body.ownSlots(of: pane.number)
                    var end = max(own.first, firstOpen)
                    while end <= own.last {
                        ends.insert(end)
                        end += body.hop
                    }
                }
            }
            return sum + ends.count
        }
    }

    /// Closes every window that holds something, as if the watermark had passed them all; watermarks stay.
    ///
    /// What comes afterwards for such a window is late. Windows that lie behind everything seen are not judged: silence
    /// after the end says nothing.
    public mutating func closeOpenWindows(now: Timestamp) {
        for rule in states.indices {
            guard let body = rules.bodies[rule].grouped else { continue }
            let newest = states[rule].groups.values.compactMap { $0.panes.last?.number }.max()
            guard let end = newest.map({ body.ownSlots(of: $0).last }),
                states[rule].closedThrough.map({ end > $0 }) ?? true
            else { continue }
            close(rule, body, through: end, now)
        }
    }
}
