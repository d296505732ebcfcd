import CoreMetrics
public import PrometheusMetrics

/// What the server counts about itself, so that a flood is seen.
///
/// **Isolation**: any thread.
final class ServerCounts: Sendable {
    /// Why the server closed a connection.
    enum Closing: String, CaseIterable {
        /// There were too many.
        case crowded
        /// It took too long.
        case timedOut = "timed_out"
        /// It sent a body.
        case tooLarge = "too_large"
    }

    private let requests: Counter
    private let connections: Gauge
    private let closings: [Closing: Counter]
    private let answers: [Int: Counter]

    init(_ factory: any MetricsFactory) {
        requests = Counter(label: "hubwatch_http_requests_total", factory: factory)
        connections = Gauge(label: "hubwatch_http_connections", factory: factory)
        closings = Dictionary(
            uniqueKeysWithValues: Closing.allCases.map {
                let counter = Counter(
                    label: "hubwatch_http_connections_closed_total", dimensions: [("reason", $0.rawValue)],
                    factory: factory)
                return ($0, counter)
            })
        answers = Dictionary(
            uniqueKeysWithValues: [2, 4, 5].map {
                let counter = Counter(
                    label: "hubwatch_http_answers_total", dimensions: [("status", "\($0)xx")], factory: factory)
                return ($0, counter)
            })
        connections.record(0)
    }

    func requested() { requests.increment() }
    func open(_ count: Int) { connections.record(count) }
    func closed(_ reason: Closing) { closings[reason]?.increment() }
    func answered(_ status: Int) { answers[status / 100]?.increment() }
}

extension StatusServer {
    /// What the server's own metrics mean.
    public static let metricFamilies = [
        MetricFamily("hubwatch_http_requests_total", .counter, "Requests that arrived at the status server."),
        MetricFamily("hubwatch_http_answers_total", .counter, "Answers of the status server by class of status."),
        MetricFamily("hubwatch_http_connections", .gauge, "Open connections of the status server."),
        MetricFamily(
            "hubwatch_http_connections_closed_total", .counter,
            "Connections that the status server closed: crowded (too many), timed_out, too_large (a body)."),
    ]
}
