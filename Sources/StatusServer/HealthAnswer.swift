import StatusReport

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The answers of `/health/live` and `/health/ready`.
///
/// **Shape**: `{"status":"ready","reasons":[]}`; 200, or 503 with what is wrong. Who shows no token where one is needed gets
/// the status alone.
enum HealthAnswer {
    static let live = "/health/live"
    static let ready = "/health/ready"
    static let paths: Set<String> = [live, ready]

    private struct Document: Encodable {
        var status: String
        var phase: String?
        var reasons: [StatusReport.Readiness.Reason]?
    }

    /// Whether the process moves at all.
    static func live(_ readiness: StatusReport.Readiness, isBare: Bool) -> StatusAnswer {
        let stuck = readiness.stuck.map { StatusReport.Readiness.Reason(.stuck, $0) }
        return answer(
            readiness.isAlive ? "alive" : "stuck", isGood: readiness.isAlive,
            isBare ? nil : (phase: readiness.phase.rawValue, reasons: stuck))
    }

    /// Whether it does its work.
    static func ready(_ readiness: StatusReport.Readiness, isBare: Bool) -> StatusAnswer {
        answer(
            readiness.isReady ? "ready" : "not_ready", isGood: readiness.isReady,
            isBare ? nil : (phase: readiness.phase.rawValue, reasons: readiness.reasons))
    }

    private static func answer(
        _ status: String, isGood: Bool, _ details: (phase: String, reasons: [StatusReport.Readiness.Reason])?
    ) -> StatusAnswer {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let document = Document(status: status, phase: details?.phase, reasons: details?.reasons)
        let bytes = (try? encoder.encode(document)).map { Array($0) } ?? Array("{\"status\":\"\(status)\"}".utf8)
        return .json(bytes, status: isGood ? 200 : 503)
    }
}
