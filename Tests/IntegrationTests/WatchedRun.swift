import EventHubs
import Foundation
import FoundationNetworking
import HubwatchMetrics
import HubwatchRuntime
import Logging
import NIOCore
import NIOPosix
import PrometheusMetrics
import StatusReport
import StatusServer

/// A hubwatch in a test with the status server beside it, wired as `hubwatch run` wires them.
struct WatchedRun {
    let hubwatch: Hubwatch
    let port: Int

    /// Runs a body beside a hubwatch and its status server; stops both.
    static func with(
        _ hub: HubFixture, _ settings: [String: String] = [:],
        limits adjust: (inout StatusServerConfiguration.Limits) -> Void = { $0.reuse = .zero },
        _ body: (WatchedRun) async throws -> Void
    ) async throws {
        let registry = PrometheusRegistry(families: MetricCatalog.families + StatusServer.metricFamilies)
        let metrics = RunMetrics(factory: registry)
        let observation = RunObservation { duration, bytes in metrics.committed(duration, bytes: bytes) }
        var configuration = StatusServerConfiguration(port: 0)
        adjust(&configuration.limits)
        let limits = configuration.limits
        try await hub.whileRunning(settings, observation: observation) { hubwatch in
            var configuration = StatusServerConfiguration(port: 0)
            configuration.limits = limits
            let source = StatusSource(
                report: { hubwatch.report() },
                metrics: {
                    metrics.publish(hubwatch.report())
                    return registry.text()
                })
            let server = try await StatusServer.start(
                configuration, source: source, metrics: registry, logger: Logger(label: "status"))
            do {
                try await body(WatchedRun(hubwatch: hubwatch, port: server.port))
            } catch {
                await server.shutdown()
                throw error
            }
            await server.shutdown()
        }
    }

    /// Asks and waits for the answer.
    func get(_ path: String) async throws -> (status: Int, body: String) {
        guard let url = URL(string: "http://127.0.0.1:\(port)\(path)") else { return (0, "") }
        let (data, response) = try await URLSession.shared.data(from: url)
        return ((response as? HTTPURLResponse)?.statusCode ?? 0, String(decoding: data, as: UTF8.self))
    }

    /// The reasons that `/health/ready` gives, and its status.
    func readiness() async throws -> (status: Int, codes: Set<String>) {
        let (status, body) = try await get("/health/ready")
        let object = try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]
        let reasons = object?["reasons"] as? [[String: Any]] ?? []
        return (status, Set(reasons.compactMap { $0["code"] as? String }))
    }

    /// The value of a series in a scrape; nil when it is not there.
    static func value(_ series: String, in scrape: String) -> Double? {
        scrape.split(separator: "\n").first { $0.hasPrefix(series + " ") }
            .flatMap { Double($0.split(separator: " ").last ?? "") }
    }
}

/// Connections to a port on which bytes are sent and answers are counted.
struct Crowd {
    /// Opens connections that send a part of a request and no more.
    static func halfOpen(_ count: Int, _ port: Int) async throws -> [any Channel] {
        var channels: [any Channel] = []
        for _ in 0..<count {
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(host: "127.0.0.1", port: port).get()
            try? await channel.writeAndFlush(ByteBuffer(string: "GET /metrics HTTP/1.1\r\nHost: local")).get()
            channels.append(channel)
        }
        return channels
    }

    /// Sends requests over one connection, ten at a time without waiting in between; how many were answered with 200.
    static func flood(_ port: Int, path: String, tens: Int) async throws -> Int {
        let (answers, continuation) = AsyncStream.makeStream(of: Int.self)
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AnswerCounter(continuation))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        let ten = String(repeating: "GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n", count: 10)
        var answered = 0
        var iterator = answers.makeAsyncIterator()
        for round in 0..<tens {
            try? await channel.writeAndFlush(ByteBuffer(string: ten)).get()
            while answered < (round + 1) * 10 {
                guard let more = await iterator.next() else { return answered }
                answered += more
            }
        }
        try? await channel.close().get()
        return answered
    }

    private final class AnswerCounter: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let answers: AsyncStream<Int>.Continuation
        private var kept = ""
        private static let mark = "HTTP/1.1 200 OK\r\n"

        init(_ answers: AsyncStream<Int>.Continuation) { self.answers = answers }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            kept += String(buffer: unwrapInboundIn(data))
            let pieces = kept.components(separatedBy: Self.mark)
            // A mark may be torn: its beginning is kept for the next bytes.
            kept = String((pieces.last ?? "").suffix(Self.mark.utf8.count - 1))
            if pieces.count > 1 { answers.yield(pieces.count - 1) }
        }

        func channelInactive(context: ChannelHandlerContext) { answers.finish() }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
