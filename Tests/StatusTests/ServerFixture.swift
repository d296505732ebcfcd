import EventHubs
import Logging
import PrometheusMetrics
import StatusReport
import StatusSamples
import Synchronization

@testable import StatusServer

/// A status server on a free port, with a report that the test sets.
final class ServerFixture: Sendable {
    let registry = PrometheusRegistry(families: StatusServer.metricFamilies)
    private let current: Mutex<StatusReport>
    /// How often a report was asked for.
    let reports = Atomic(0)
    let token: String?

    private init(token: String?) {
        self.token = token
        var report = SampleReport.report
        report.readiness = .init(phase: .running, reasons: [])
        current = Mutex(report)
    }

    /// Changes the report.
    func set(_ readiness: StatusReport.Readiness) { current.withLock { $0.readiness = readiness } }

    /// The value of a metric that the server keeps about itself.
    func metric(_ series: String) -> Int? {
        registry.text().split(separator: "\n").first { $0.hasPrefix(series + " ") }
            .flatMap { Int($0.split(separator: " ").last ?? "") }
    }

    /// Runs a body beside a server, then stops it.
    static func with(
        token: String? = nil, routes: [StatusRoute] = [],
        limits adjust: (inout StatusServerConfiguration.Limits) -> Void = { _ in },
        _ body: (ServerFixture, Int) async throws -> Void
    ) async throws {
        let fixture = ServerFixture(token: token)
        var configuration = StatusServerConfiguration(port: 0, token: token.map { Secret($0) })
        configuration.limits.reuse = .zero
        adjust(&configuration.limits)
        let source = StatusSource(
            report: {
                fixture.reports.wrappingAdd(1, ordering: .relaxed)
                return fixture.current.withLock { $0 }
            }, metrics: { fixture.registry.text() })
        let server = try await StatusServer.start(
            configuration, source: source, routes: routes, metrics: fixture.registry, logger: Logger(label: "test"))
        do {
            try await body(fixture, server.port)
        } catch {
            await server.shutdown()
            throw error
        }
        await server.shutdown()
    }
}
