import Foundation

/// Three times as much as can be judged, for minutes; then nothing new, until it has caught up.
struct OverloadGroup: Group {
    static let name = "overload"
    static let seconds = 420

    private static let partitions = 4
    private static let factor = 3.0

    private struct Hub: Decodable {
        var events: Double
        var sent: Double
    }

    private struct Port: Decodable { var port: Int }

    /// One look at both sides.
    private struct Look {
        var seconds: Double
        var events: Double
        var progress: Progress
        /// Events that exist and are not judged yet.
        var lag: Double { max(0, events - progress.messages) }
    }

    func measure(_ bench: Workbench, into result: inout GroupResult) throws {
        let sample = try bench.sample(records: 20_000, bodyBytes: 16_384)
        bench.say("overload: looking for the capacity")
        let probing = try run(bench, sample, rate: 2_000_000, seconds: 6, catchesUp: false)
        let capacity = Self.speed(probing.filter { $0.seconds > 2 })
        guard capacity > 0 else { throw BenchFailure("nothing was read") }
        let seconds = Double(bench.overloadSeconds)
        bench.say("overload: \(Int(capacity * Self.factor)) messages/s for \(Int(seconds)) s, then catching up")
        let looks = try run(bench, sample, rate: capacity * Self.factor, seconds: seconds, catchesUp: true)
        let during = looks.filter { $0.seconds > 2 && $0.seconds <= seconds }
        let after = looks.filter { $0.seconds > seconds }
        report(capacity, seconds, during, after, &result)
        let points = { (figure: (Look) -> Double) in looks.map { Series.Point(x: $0.seconds, y: figure($0)) } }
        result.plots.append(
            Plot(
                file: "lag", title: "Three times the capacity for \(Int(seconds)) s, then recovery", xLabel: "seconds",
                yLabel: "messages behind",
                series: [
                    Series(name: "true lag", points: points(\.lag)),
                    Series(name: "lag as reported", points: points { $0.progress.lag }),
                ]))
        result.plots.append(
            Plot(
                file: "memory", title: "Memory of hubwatch under overload", xLabel: "seconds", yLabel: "MB resident",
                series: [Series(name: "memory", points: points { $0.progress.memoryBytes / 1e6 })]))
    }

    private func report(
        _ capacity: Double, _ seconds: Double, _ during: [Look], _ after: [Look], _ result: inout GroupResult
    ) {
        result.notes.append(
            "Bodies of 16 kB from a hub that keeps nothing and runs on the same cores; capacity is what goes through while far more is there."
        )
        let speed = Self.speed(during)
        result.rows.append(
            Row(
                name: "throughput at three times the capacity", figure: speed, unit: "messages/s", peer: "capacity",
                peerFigure: capacity, ratio: speed / capacity))
        let memory = (during + after).map(\.progress.memoryPeakBytes).max() ?? .nan
        result.rows.append(Row(name: "peak memory", figure: memory / 1e6, unit: "MB"))
        if let last = during.last {
            result.rows.append(Row(name: "lag at the end of the overload", figure: last.lag, unit: "messages"))
        }
        let errors = during.map { abs($0.progress.lag - $0.lag) / max(1, $0.lag) * 100 }
        result.rows.append(
            Row(name: "reported lag differs from the true one by", figure: Figures.median(errors), unit: "%"))
        if let first = during.first, let last = during.last, last.seconds > first.seconds {
            let commits = (last.progress.commits - first.progress.commits) / (last.seconds - first.seconds)
            result.rows.append(Row(name: "commits during the overload", figure: commits, unit: "commits/s"))
            let detached = during.filter { $0.progress.attached < Double(Self.partitions) }.count
            result.rows.append(
                Row(name: "looks that found a link lost", figure: Double(detached), unit: "of \(during.count)"))
        }
        if let caught = after.first(where: { $0.lag < 1 }) {
            result.rows.append(Row(name: "caught up after", figure: caught.seconds - seconds, unit: "s"))
        } else {
            result.notes.append("It had not caught up when the measurement ended.")
        }
    }

    private static func speed(_ looks: [Look]) -> Double {
        guard let first = looks.first, let last = looks.last, last.seconds > first.seconds else { return 0 }
        return (last.progress.messages - first.progress.messages) / (last.seconds - first.seconds)
    }

    private func run(
        _ bench: Workbench, _ sample: String, rate: Double, seconds: Double, catchesUp: Bool
    ) throws -> [Look] {
        let hub = try bench.tool("measure", ["hub", "--partitions", "\(Self.partitions)", "--sample", sample])
        let port = try hub.object(Port.self, within: 30).port
        let detector = try bench.tool(
            "measure",
            ["detect", "--port", "\(port)", "--hub", "rising", "--folder", bench.newFolder(), "--every", "250"])
        while try detector.object(Progress.self, within: 20).attached < Double(Self.partitions) {}
        hub.send("rate \(rate)")
        _ = try hub.object(Hub.self, within: 20)
        let start = ContinuousClock.now
        var looks: [Look] = []
        var isOver = false
        // Catching up takes twice as long as the overload at full speed; twice that is allowed for.
        let limit = catchesUp ? seconds * (Self.factor + 2) + 10 : seconds
        while start.duration(to: .now).seconds < limit {
            let progress = try detector.object(Progress.self, within: 30)
            hub.send("look")
            let events = try hub.object(Hub.self, within: 30).events
            let now = start.duration(to: .now).seconds
            looks.append(Look(seconds: now, events: events, progress: progress))
            if now >= seconds, !isOver, catchesUp {
                isOver = true
                hub.send("rate 0")
                _ = try hub.object(Hub.self, within: 30)
            }
            if isOver, let last = looks.last, last.lag < 1, last.progress.isCaughtUp { break }
        }
        hub.kill()
        detector.kill()
        return looks
    }
}
