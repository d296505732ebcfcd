public import CoreMetrics
import Synchronization

/// A backend of swift-metrics that keeps every series and writes them when Prometheus asks.
///
/// Give it to whatever makes instruments (`Counter(label:dimensions:factory:)`), or bootstrap the whole process with it.
/// Labels of swift-metrics are metric names here: write them as Prometheus wants them. Series of one name and the same
/// labels are one series, whoever makes them.
///
/// **Bounds**: at most `seriesMax` series a name; more are counted in ``refusedSeries`` and take no values.
/// **Isolation**: any thread. Making an instrument takes a lock, giving it a value takes that of the series alone.
public final class PrometheusRegistry: MetricsFactory {
    private struct Entry {
        var family: MetricFamily
        var series: [String: any MetricSeries] = [:]
    }

    private struct State {
        var entries: [String: Entry]
        var refused: Int64 = 0
    }

    private let state: Mutex<State>
    private let seriesMax: Int

    /// Makes a registry.
    ///
    /// - Parameters:
    ///   - families: help texts, kinds and buckets; what is not among them has no help text, and a histogram of it has
    ///     buckets for seconds.
    ///   - seriesMax: most series of one name.
    public init(families: [MetricFamily] = [], seriesMax: Int = 4096) {
        var entries: [String: Entry] = [:]
        for family in families { entries[family.name] = Entry(family: family) }
        state = Mutex(State(entries: entries))
        self.seriesMax = max(1, seriesMax)
    }

    /// How many series were refused: beyond the bound, or of another kind than their name.
    public var refusedSeries: Int64 { state.withLock(\.refused) }

    /// Everything, in Prometheus' text format.
    public func text() -> String {
        let entries = state.withLock { Array($0.entries.values) }.sorted { $0.family.name < $1.family.name }
        var text = ""
        for entry in entries {
            let series = entry.series.sorted { $0.key < $1.key }.map { (labels: $0.key, value: $0.value.value) }
            PrometheusText.append(entry.family, series, to: &text)
        }
        return text
    }

    // MARK: what swift-metrics asks for

    /// A counter of whole numbers.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        find(label, dimensions, .counter) { CounterSeries($0.name, $1) } ?? RefusedSeries()
    }

    /// A counter of amounts that are not whole.
    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        find(label, dimensions, .counter) { RealCounterSeries($0.name, $1) } ?? RefusedSeries()
    }

    /// A gauge.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        find(label, dimensions, .gauge) { GaugeSeries($0.name, $1) } ?? RefusedSeries()
    }

    /// A histogram, or a gauge when it is not to aggregate.
    public func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        let series: (any RecorderHandler)? =
            if aggregate {
                find(label, dimensions, .histogram) { HistogramSeries($0.name, $1, bounds: $0.buckets) }
            } else {
                find(label, dimensions, .gauge) { GaugeSeries($0.name, $1) }
            }
        return series ?? RefusedSeries()
    }

    /// A histogram of seconds.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        find(label, dimensions, .histogram) { HistogramSeries($0.name, $1, bounds: $0.buckets) } ?? RefusedSeries()
    }

    /// Forgets the series.
    public func destroyCounter(_ handler: any CounterHandler) { forget(handler) }
    /// Forgets the series.
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { forget(handler) }
    /// Forgets the series.
    public func destroyMeter(_ handler: any MeterHandler) { forget(handler) }
    /// Forgets the series.
    public func destroyRecorder(_ handler: any RecorderHandler) { forget(handler) }
    /// Forgets the series.
    public func destroyTimer(_ handler: any TimerHandler) { forget(handler) }

    private func find<Series: MetricSeries>(
        _ label: String, _ dimensions: [(String, String)], _ kind: MetricFamily.Kind,
        _ make: (MetricFamily, String) -> Series
    ) -> Series? {
        let name = PrometheusText.metricName(label)
        let labels = PrometheusText.labels(dimensions)
        return state.withLock { state in
            var entry =
                state.entries[name] ?? Entry(family: MetricFamily(name, kind, "", buckets: MetricFamily.secondsBuckets))
            if let known = entry.series[labels] as? Series { return known }
            guard entry.family.kind == kind, entry.series[labels] == nil, entry.series.count < seriesMax else {
                state.refused += 1
                return nil
            }
            let series = make(entry.family, labels)
            entry.series[labels] = series
            state.entries[name] = entry
            return series
        }
    }

    private func forget(_ handler: AnyObject) {
        guard let series = handler as? any MetricSeries else { return }
        state.withLock { state in
            guard state.entries[series.family]?.series[series.labels] === series else { return }
            state.entries[series.family]?.series[series.labels] = nil
        }
    }
}
