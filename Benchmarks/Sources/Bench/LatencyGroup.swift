import Foundation
import Histogram

/// From the broker's clock, and from the time at which an event was due to be sent, to the line of its finding in the file.
///
/// The publisher does not wait for anybody: what was due while something stood still counts with the whole wait.
struct LatencyGroup: Group {
    static let name = "latency"
    static let seconds = 90

    private static let partitions = 4
    private static let warmUp = 3.0
    private static let measured = 12.0
    private static let markersPerSecond = 200.0

    func measure(_ bench: Workbench, into result: inout GroupResult) throws {
        let sample = try bench.sample(records: 60_000, bodyBytes: 16_384)
        let capacity = try self.capacity(bench, sample)
        result.rows.append(
            Row(
                name: "capacity: publisher, broker and hubwatch at once", figure: capacity, unit: "messages/s",
                note: "Latency is measured with publisher, broker and hubwatch on the same cores, bodies of 16 kB."))
        let percentiles = [("p50", 50.0), ("p99", 99.0), ("p99.9", 99.9)]
        var points: [String: [Series.Point]] = [:]
        for load in [10.0, 50, 90] {
            bench.say("latency: at \(Int(load)) % of capacity")
            let found = try latencies(bench, sample, rate: capacity * load / 100)
            for (from, histogram) in [("enqueued", found.enqueued), ("due", found.due)] {
                for (name, percentile) in percentiles {
                    let milliseconds = Double(histogram.valueAtPercentile(percentile)) / 1000
                    let isBudget = load == 50 && name == "p99" && from == "enqueued"
                    result.rows.append(
                        Row(
                            name: "\(Int(load)) % load: \(from) to file, \(name)", figure: milliseconds, unit: "ms",
                            budget: isBudget ? .init(kind: .atMost, value: 50) : nil))
                    if from == "enqueued" { points[name, default: []].append(.init(x: load, y: milliseconds)) }
                }
            }
            result.rows.append(
                Row(
                    name: "\(Int(load)) % load: findings measured", figure: Double(found.due.totalCount),
                    unit: "findings"))
        }
        result.plots.append(
            Plot(
                file: "load", title: "Event enqueued to finding in the file", xLabel: "load, % of capacity",
                yLabel: "ms",
                isLogarithmicY: true, series: percentiles.map { Series(name: $0.0, points: points[$0.0] ?? []) }))
    }

    /// What goes through while the publisher sends as much as the broker takes; looked for twice, because sending what is
    /// due every millisecond costs more than sending as fast as the answers come.
    private func capacity(_ bench: Workbench, _ sample: String) throws -> Double {
        bench.say("latency: looking for the capacity")
        let first = try throughput(bench, sample, [])
        return try throughput(bench, sample, ["--rate", "\(first)"])
    }

    private func throughput(_ bench: Workbench, _ sample: String, _ arguments: [String]) throws -> Double {
        let broker = try bench.broker(["latency:\(Self.partitions)"])
        let detector = try detector(bench, broker, every: 100, folder: bench.newFolder())
        while try detector.object(Progress.self, within: 20).attached < Double(Self.partitions) {}
        let publisher = try publisher(bench, broker, sample, arguments + ["--seconds", "10"])
        var looks: [Progress] = []
        while (looks.last?.seconds ?? 0) - (looks.first?.seconds ?? 0) < 8 {
            let look = try detector.object(Progress.self, within: 20)
            if look.messages > 0 { looks.append(look) }
        }
        publisher.kill()
        detector.kill()
        guard let end = looks.last, let begin = looks.first(where: { end.seconds - $0.seconds < 6 }),
            end.seconds > begin.seconds
        else { throw BenchFailure("nothing was read") }
        return (end.messages - begin.messages) / (end.seconds - begin.seconds)
    }

    private func detector(_ bench: Workbench, _ broker: Broker, every: Int, folder: String) throws -> Program {
        try bench.tool(
            "measure",
            ["detect", "--port", "\(broker.port)", "--hub", "latency", "--folder", folder, "--every", "\(every)"])
    }

    private func publisher(
        _ bench: Workbench, _ broker: Broker, _ sample: String, _ arguments: [String]
    ) throws -> Program {
        try bench.tool(
            "measure",
            [
                "publish", "--port", "\(broker.port)", "--hub", "latency", "--partitions", "\(Self.partitions)",
                "--sample", sample,
            ] + arguments)
    }

    private func latencies(
        _ bench: Workbench, _ sample: String, rate: Double
    ) throws -> (due: Histogram<UInt64>, enqueued: Histogram<UInt64>) {
        let broker = try bench.broker(["latency:\(Self.partitions)"])
        let folder = try bench.newFolder()
        let detector = try detector(bench, broker, every: 200, folder: folder)
        while try detector.object(Progress.self, within: 20).attached < Double(Self.partitions) {}
        let findings = try FindingsTail("\(folder)/findings.ndjson")
        let seconds = Self.warmUp + Self.measured
        let publisher = try publisher(
            bench, broker, sample,
            ["--rate", "\(rate)", "--markers", "\(Self.markersPerSecond)", "--seconds", "\(seconds)"])
        var due = Histogram<UInt64>(highestTrackableValue: 120_000_000, numberOfSignificantValueDigits: .three)
        var enqueued = due
        let began = ContinuousClock.now
        var first: Int64?
        while began.duration(to: .now).seconds < seconds + 5 {
            for marker in findings.next(within: 0.1) {
                first = min(first ?? marker.due, marker.due)
                guard let first, Double(marker.due - first) / 1e9 >= Self.warmUp else { continue }
                due.record(UInt64(max(0, marker.seen - marker.due) / 1000))
                enqueued.record(UInt64(max(0, marker.seen - marker.enqueued) / 1000))
            }
        }
        publisher.kill()
        detector.kill()
        guard due.totalCount > 0 else { throw BenchFailure("no finding was written") }
        return (due, enqueued)
    }
}

/// Follows a findings file as it grows, and says when which marker was there.
private final class FindingsTail {
    private let watch: Int32
    private var file: Int32 = -1
    private let path: String
    private var rest: [UInt8] = []
    private var known: Set<Int64> = []

    init(_ path: String) throws {
        self.path = path
        watch = inotify_init1(Int32(O_NONBLOCK))
        let folder = (path as NSString).deletingLastPathComponent
        guard watch >= 0, inotify_add_watch(watch, folder, UInt32(IN_MODIFY | IN_CREATE)) >= 0 else {
            throw BenchFailure("the folder of findings cannot be watched")
        }
    }

    deinit {
        close(watch)
        if file >= 0 { close(file) }
    }

    /// A marker that is new in the file, with its times in nanoseconds since 1970.
    struct Marker {
        var due: Int64
        /// By the broker's clock, which counts milliseconds.
        var enqueued: Int64
        var seen: Int64
    }

    /// Markers that are new in the file.
    func next(within seconds: Double) -> [Marker] {
        var waiting = pollfd(fd: watch, events: Int16(POLLIN), revents: 0)
        guard poll(&waiting, 1, Int32(seconds * 1000)) > 0 else { return [] }
        var events = [UInt8](repeating: 0, count: 65_536)
        while read(watch, &events, events.count) > 0 {}
        if file < 0 { file = open(path, O_RDONLY) }
        guard file >= 0 else { return [] }
        let count = read(file, &events, events.count)
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let now = Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
        guard count > 0 else { return [] }
        var bytes = Array(events.prefix(count))
        while bytes.count % events.count == 0 {
            let more = read(file, &events, events.count)
            guard more > 0 else { break }
            bytes += events.prefix(more)
        }
        rest += bytes
        guard let end = rest.lastIndex(of: 10) else { return [] }
        let text = String(decoding: rest[..<end], as: UTF8.self)
        rest.removeFirst(end + 1)
        var found: [Marker] = []
        for line in text.split(separator: "\n") {
            guard let mark = line.range(of: "\"correlation_uid\":\"due-"),
                let due = Int64(line[mark.upperBound...].prefix { $0.isNumber }), known.insert(due).inserted,
                let enqueued = Self.enqueued(line)
            else { continue }
            found.append(Marker(due: due, enqueued: enqueued, seen: now))
        }
        return found
    }

    /// The broker's time in a finding, `"enqueued":"2026-11-21T10:00:00.123Z"`.
    private static func enqueued(_ line: Substring) -> Int64? {
        guard let mark = line.range(of: "\"enqueued\":\"") else { return nil }
        let numbers = line[mark.upperBound...].prefix { $0 != "Z" }.split(whereSeparator: { !$0.isNumber })
        let values = numbers.prefix(6).compactMap { Int32($0) }
        guard values.count == 6 else { return nil }
        var time = tm()
        (time.tm_year, time.tm_mon, time.tm_mday) = (values[0] - 1900, values[1] - 1, values[2])
        (time.tm_hour, time.tm_min, time.tm_sec) = (values[3], values[4], values[5])
        let digits = numbers.count > 6 ? String(numbers[6].prefix(9)) : ""
        let fraction = Int64(digits.padding(toLength: 9, withPad: "0", startingAt: 0)) ?? 0
        return Int64(timegm(&time)) * 1_000_000_000 + fraction
    }
}
