import EventHubs
import HubwatchConfiguration
import HubwatchMetrics
import HubwatchRuntime
import Logging
import PrometheusMetrics
import StatusServer

/// What watches `hubwatch run` from outside: metrics, and the server that answers with them.
struct RunWatch: Sendable {
    private let registry = PrometheusRegistry(families: MetricCatalog.families + StatusServer.metricFamilies)
    private let metrics: RunMetrics

    init() { metrics = RunMetrics(factory: registry) }

    /// What a run tells while it runs.
    var observation: RunObservation {
        RunObservation { [metrics] duration, bytes in metrics.committed(duration, bytes: bytes) }
    }

    /// Serves as the settings say; nil where nothing is to be served.
    ///
    /// A default address that is taken, as by another hubwatch, is only said; one that somebody gave is needed.
    func serve(
        _ settings: Configuration.HTTP?, _ hubwatch: Hubwatch, routes: [StatusRoute] = [], _ logger: Logger
    ) async throws(CommandFailure) -> StatusServer? {
        guard let settings else { return nil }
        let configuration = StatusServerConfiguration(host: settings.host, port: settings.port, token: settings.token)
        let source = StatusSource(
            report: { hubwatch.report() },
            metrics: { [metrics, registry] in
                metrics.publish(hubwatch.report())
                return registry.text()
            })
        do throws(StatusServerError) {
            let server = try await StatusServer.start(
                configuration, source: source, routes: routes, metrics: registry, logger: logger)
            let host = server.host.contains(":") ? "[\(server.host)]" : server.host
            logger.notice(
                "Serving http://\(host):\(server.port)/: the status page, /health/live, /health/ready, /metrics, /status.json."
            )
            return server
        } catch {
            let remedy = "give another address with http.listen, or none"
            guard settings.isExplicit else {
                logger.warning("\(error.description): \(remedy). Going on without health and metrics.")
                return nil
            }
            throw CommandFailure(.unavailable, "\(error.description): \(remedy)")
        }
    }
}
