/// How far the stream is to be published while one process lives: evenly over the time that it is expected to take.
///
/// Some kills come before that time, and the next process finds the rest; so the stream lasts until the last kill.
struct PublishingPace {
    /// Messages that were asked for before.
    var first: Int
    /// Messages to be asked for in the end.
    var last: Int
    /// Time to spread them over.
    var milliseconds: Double

    /// Messages to be asked for some milliseconds after the start; it never falls as time goes on.
    func due(after elapsed: Double) -> Int {
        guard last > first else { return first }
        guard milliseconds > 0, elapsed < milliseconds else { return last }
        return first + Int(Double(last - first) * max(0, elapsed) / milliseconds)
    }
}
