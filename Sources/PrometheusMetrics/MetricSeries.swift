import CoreMetrics
import Synchronization

/// One series: the handler that swift-metrics calls, and what the renderer reads.
protocol MetricSeries: AnyObject, Sendable {
    /// The family's name.
    var family: String { get }
    /// The labels as written.
    var labels: String { get }
    /// The value now.
    var value: PrometheusText.Value { get }
}

/// A counter of whole numbers; what would make it fall is ignored.
final class CounterSeries: MetricSeries, CounterHandler {
    let family: String
    let labels: String
    private let count = Atomic<Int64>(0)

    init(_ family: String, _ labels: String) {
        self.family = family
        self.labels = labels
    }

    var value: PrometheusText.Value { .whole(count.load(ordering: .relaxed)) }
    func reset() { count.store(0, ordering: .relaxed) }

    func increment(by amount: Int64) {
        guard amount > 0 else { return }
        count.wrappingAdd(amount, ordering: .relaxed)
    }
}

/// A counter of amounts that are not whole, such as seconds.
final class RealCounterSeries: MetricSeries, FloatingPointCounterHandler {
    let family: String
    let labels: String
    private let sum = Mutex(0.0)

    init(_ family: String, _ labels: String) {
        self.family = family
        self.labels = labels
    }

    var value: PrometheusText.Value { .real(sum.withLock { $0 }) }
    func reset() { sum.withLock { $0 = 0 } }

    func increment(by amount: Double) {
        guard amount > 0, amount.isFinite else { return }
        sum.withLock { $0 += amount }
    }
}

/// A gauge: swift-metrics makes it as a recorder that does not aggregate, or as a meter.
final class GaugeSeries: MetricSeries, RecorderHandler, MeterHandler {
    let family: String
    let labels: String
    private let current = Mutex(0.0)

    init(_ family: String, _ labels: String) {
        self.family = family
        self.labels = labels
    }

    var value: PrometheusText.Value { .real(current.withLock { $0 }) }
    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }
    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { current.withLock { $0 = value } }
    func increment(by amount: Double) { current.withLock { $0 += amount } }
    func decrement(by amount: Double) { current.withLock { $0 -= amount } }
}

/// A histogram: a recorder that aggregates, or a timer, whose nanoseconds become seconds.
final class HistogramSeries: MetricSeries, RecorderHandler, TimerHandler {
    private struct Distribution {
        var counts: [Int64]
        var above: Int64 = 0
        var sum = 0.0
    }

    let family: String
    let labels: String
    private let bounds: [Double]
    private let distribution: Mutex<Distribution>

    init(_ family: String, _ labels: String, bounds: [Double]) {
        self.family = family
        self.labels = labels
        self.bounds = bounds
        distribution = Mutex(Distribution(counts: [Int64](repeating: 0, count: bounds.count)))
    }

    var value: PrometheusText.Value {
        distribution.withLock { .distribution(counts: $0.counts, above: $0.above, sum: $0.sum) }
    }

    func record(_ value: Int64) { record(Double(value)) }
    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }

    func record(_ value: Double) {
        guard value.isFinite else { return }
        let bucket = bounds.firstIndex { value <= $0 }
        distribution.withLock {
            if let bucket { $0.counts[bucket] &+= 1 } else { $0.above &+= 1 }
            $0.sum += value
        }
    }
}

/// Takes what is not exported: a series beyond the bound, or a name that is already of another kind.
final class RefusedSeries: CounterHandler, FloatingPointCounterHandler, RecorderHandler, MeterHandler, TimerHandler {
    func increment(by: Int64) {}
    func increment(by: Double) {}
    func decrement(by: Double) {}
    func reset() {}
    func record(_ value: Int64) {}
    func record(_ value: Double) {}
    func set(_ value: Int64) {}
    func set(_ value: Double) {}
    func recordNanoseconds(_ duration: Int64) {}
}
