public import CoreMetrics
public import StatusReport
import Synchronization

/// Brings a run's reports into swift-metrics.
///
/// Counters of a report count since the start; what was added since the report before is what an instrument is told. A
/// series that a report no longer has (a rule that was taken away) is destroyed.
///
/// **Isolation**: any thread; one report at a time. **Cost**: per report, never per record.
public final class RunMetrics: Sendable {
    private let factory: any MetricsFactory
    private let usage: @Sendable () -> ProcessUsage
    private let commitDuration: Timer
    private let commitSize: Recorder
    private let instruments: Mutex<Instruments>

    /// Makes the instruments with a backend of swift-metrics; this process's use of the machine comes with each report.
    public convenience init(factory: any MetricsFactory) {
        self.init(factory: factory, usage: ProcessFiles.usage)
    }

    init(factory: any MetricsFactory, usage: @escaping @Sendable () -> ProcessUsage) {
        self.factory = factory
        self.usage = usage
        commitDuration = Timer(label: "hubwatch_commit_duration_seconds", factory: factory)
        commitSize = Recorder(label: "hubwatch_commit_size_bytes", factory: factory)
        instruments = Mutex(Instruments())
    }

    /// A commit succeeded.
    public func committed(_ duration: Duration, bytes: Int) {
        let (seconds, attoseconds) = duration.components
        commitDuration.recordNanoseconds(max(0, seconds) &* 1_000_000_000 &+ max(0, attoseconds) / 1_000_000_000)
        commitSize.record(bytes)
    }

    /// Gives every instrument what a report says.
    public func publish(_ report: StatusReport) {
        let samples = ReportSamples(report, usage())
        instruments.withLock { $0.take(samples, factory) }
    }

    /// The instruments made so far, and what the counters were told.
    private struct Instruments {
        struct Key: Hashable {
            var name: String
            var labels: [String]
        }

        var gauges: [Key: Gauge] = [:]
        var counters: [Key: (counter: Counter, told: Int64)] = [:]
        var realCounters: [String: (counter: FloatingPointCounter, told: Double)] = [:]

        mutating func take(_ samples: ReportSamples, _ factory: any MetricsFactory) {
            var seen: Set<Key> = []
            for sample in samples.gauges {
                let key = Key(name: sample.name, labels: sample.labels.flatMap { [$0.0, $0.1] })
                seen.insert(key)
                let gauge =
                    gauges[key] ?? Gauge(label: sample.name, dimensions: sample.labels, factory: factory)
                gauges[key] = gauge
                gauge.record(sample.value)
            }
            for sample in samples.counters {
                let key = Key(name: sample.name, labels: sample.labels.flatMap { [$0.0, $0.1] })
                seen.insert(key)
                let known =
                    counters[key]
                    ?? (Counter(label: sample.name, dimensions: sample.labels, factory: factory), 0)
                if sample.value > known.told { known.counter.increment(by: sample.value - known.told) }
                counters[key] = (known.counter, max(known.told, sample.value))
            }
            for sample in samples.realCounters {
                let known =
                    realCounters[sample.name] ?? (FloatingPointCounter(label: sample.name, factory: factory), 0)
                if sample.value > known.told { known.counter.increment(by: sample.value - known.told) }
                realCounters[sample.name] = (known.counter, max(known.told, sample.value))
            }
            for (key, gauge) in gauges where !seen.contains(key) {
                gauge.destroy()
                gauges[key] = nil
            }
            for (key, known) in counters where !seen.contains(key) {
                known.counter.destroy()
                counters[key] = nil
            }
        }
    }
}
