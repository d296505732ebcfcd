import CoreMetrics
import Testing

@testable import PrometheusMetrics

/// Goal: what is written is Prometheus' text format, whatever names and values are given.
///
/// Method: instruments of swift-metrics on a registry of their own, and the exact text.
@Suite struct PrometheusTests {
    private static let families = [
        MetricFamily("jobs_total", .counter, "Jobs done."),
        MetricFamily("depth", .gauge, "How \\ deep,\nin all."),
        MetricFamily("took_seconds", .histogram, "Time.", buckets: [0.1, 1]),
    ]

    @Test func theTextIsTheFormats() {
        let registry = PrometheusRegistry(families: Self.families)
        Counter(label: "jobs_total", dimensions: [("kind", "b")], factory: registry).increment(by: 7)
        Counter(label: "jobs_total", dimensions: [("kind", "a\"\\\n")], factory: registry).increment()
        Gauge(label: "depth", factory: registry).record(-0.5)
        let timer = Timer(label: "took_seconds", factory: registry)
        timer.recordNanoseconds(50_000_000)
        timer.recordNanoseconds(100_000_000)
        timer.recordNanoseconds(2_000_000_000)
        #expect(
            registry.text() == """
                # HELP depth How \\\\ deep,\\nin all.
                # TYPE depth gauge
                depth -0.5
                # HELP jobs_total Jobs done.
                # TYPE jobs_total counter
                jobs_total{kind="a\\"\\\\\\n"} 1
                jobs_total{kind="b"} 7
                # HELP took_seconds Time.
                # TYPE took_seconds histogram
                took_seconds_bucket{le="0.1"} 2
                took_seconds_bucket{le="1"} 2
                took_seconds_bucket{le="+Inf"} 3
                took_seconds_sum 2.15
                took_seconds_count 3

                """)
    }

    @Test func familiesWithoutSeriesAreNotWritten() {
        #expect(PrometheusRegistry(families: Self.families).text() == "")
    }

    @Test(
        arguments: [
            (Double.nan, "NaN"), (Double.infinity, "+Inf"), (-Double.infinity, "-Inf"), (0, "0"), (-0.0, "0"),
            (0.25, "0.25"),
            (1_700_000_000.5, "1700000000.5"), (9_007_199_254_740_992, "9007199254740992.0"), (1e300, "1e+300"),
        ] as [(Double, String)])
    func valuesAreWrittenAsTheFormatHasThem(value: Double, text: String) {
        let registry = PrometheusRegistry()
        Gauge(label: "g", factory: registry).record(value)
        #expect(registry.text() == "# TYPE g gauge\ng \(text)\n")
    }

    @Test(arguments: [
        ("a.b-c", "a_b_c"), ("9lives", "_9lives"), ("", "_"), ("ns:rule", "ns:rule"), ("größe", "gr__e"),
    ])
    func namesBecomeWhatMayBe(label: String, name: String) {
        let registry = PrometheusRegistry()
        Counter(label: label, factory: registry).increment()
        #expect(registry.text() == "# TYPE \(name) counter\n\(name) 1\n")
    }

    @Test func labelsHaveOneOrderAndNoNameTwice() {
        #expect(PrometheusText.labels([("b", "2"), ("a", "1"), ("b", "3")]) == "a=\"1\",b=\"3\"")
        #expect(PrometheusText.labels([("le", "x"), ("a:b", "")]) == "a_b=\"\",exported_le=\"x\"")
    }

    @Test func oneSeriesWhoeverMakesIt() {
        let registry = PrometheusRegistry()
        Counter(label: "n_total", dimensions: [("a", "1"), ("b", "2")], factory: registry).increment()
        Counter(label: "n_total", dimensions: [("b", "2"), ("a", "1")], factory: registry).increment()
        #expect(registry.text().hasSuffix("n_total{a=\"1\",b=\"2\"} 2\n"))
    }

    @Test func countersDoNotFall() {
        let registry = PrometheusRegistry()
        let counter = Counter(label: "n_total", factory: registry)
        counter.increment(by: 3)
        counter.increment(by: -2)
        let seconds = FloatingPointCounter(label: "s_total", factory: registry)
        seconds.increment(by: 0.5)
        seconds.increment(by: -Double.infinity)
        seconds.increment(by: Double.nan)
        #expect(registry.text() == "# TYPE n_total counter\nn_total 3\n# TYPE s_total counter\ns_total 0.5\n")
    }

    @Test func seriesAreBoundedAndWhatIsRefusedIsCounted() {
        let registry = PrometheusRegistry(seriesMax: 3)
        for number in 0..<10 {
            Counter(label: "n_total", dimensions: [("n", "\(number)")], factory: registry).increment()
        }
        #expect(registry.text().split(separator: "\n").count == 1 + 3)
        #expect(registry.refusedSeries == 7)
        // A name has one kind.
        Gauge(label: "n_total", factory: registry).record(1)
        Recorder(label: "n_total", factory: registry).record(1)
        Meter(label: "n_total", factory: registry).set(1)
        Timer(label: "n_total", factory: registry).recordNanoseconds(1)
        #expect(registry.refusedSeries == 11)
        #expect(!registry.text().contains("gauge"))
    }

    @Test func whatIsDestroyedIsGoneAndMakesRoom() {
        let registry = PrometheusRegistry(seriesMax: 1)
        let gauge = Gauge(label: "g", dimensions: [("n", "1")], factory: registry)
        gauge.record(1)
        gauge.destroy()
        #expect(registry.text() == "")
        Gauge(label: "g", dimensions: [("n", "2")], factory: registry).record(2)
        #expect(registry.text().hasSuffix("g{n=\"2\"} 2\n"))
    }

    @Test func threadsCountTogether() async {
        let registry = PrometheusRegistry()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for number in 0..<500 {
                        Counter(label: "n_total", factory: registry).increment()
                        Recorder(label: "h", factory: registry).record(number)
                        if number % 100 == 0 { _ = registry.text() }
                    }
                }
            }
        }
        let text = registry.text()
        #expect(text.contains("\nn_total 4000\n"))
        #expect(text.contains("\nh_count 4000\n"))
    }
}
