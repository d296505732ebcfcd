import DevBroker
import Foundation
import Logging
import NIOCore
import NIOPosix
import Testing

/// Goal: the official Python client, unmodified, works with the dev broker as it does with the service.
///
/// Method: start two brokers (any key, and checked keys), run `interop.py` in its environment, and pass on its verdict.
@Suite struct InteropTests {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test(
        .enabled(if: PythonPeers.areWanted, PythonPeers.reason),
        .timeLimit(.minutes(12)))
    func azureEventHubClient() async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        var logger = Logger(label: "interop")
        logger.logLevel = .warning
        let open = try DevBroker(
            configuration: DevBrokerConfiguration(
                listeners: [
                    .init(port: 0), .init(port: 0, usesTLS: true), .init(port: 0, isWebSocket: true),
                    .init(port: 0, usesTLS: true, isWebSocket: true),
                ], admin: .init(port: 0)),
            group: group, logger: logger)
        let strict = try DevBroker(
            configuration: DevBrokerConfiguration(
                listeners: [.init(port: 0)], hubs: [HubDefinition(name: "strict", partitionCount: 1)],
                policies: [
                    AccessPolicy(name: "sender", key: "send-key", rights: .send),
                    AccessPolicy(name: "listener", key: "listen-key", rights: .listen),
                ], isAuthStrict: true),
            group: group, logger: logger)
        let addresses = try await open.start()
        let strictAddresses = try await strict.start()
        let authority = FileManager.default.temporaryDirectory.appending(path: "interop-\(UUID().uuidString).pem")
        try #require(open.certificateAuthorityPEM).write(to: authority, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: authority) }

        let status = try await run([
            "--plain", "\(addresses.amqp[0].port)", "--tls", "\(addresses.amqp[1].port)", "--ca", authority.path,
            "--websocket", "\(addresses.amqp[2].port)", "--websocket-tls", "\(addresses.amqp[3].port)",
            "--admin", "\(try #require(addresses.adminPort))", "--strict", "\(strictAddresses.amqp[0].port)",
        ])
        #expect(status == 0, "interop.py reported failures; its lines are above")
        await open.shutdown()
        await strict.shutdown()
    }

    /// Runs the script with the test's own output, so that each check is seen as it is made.
    private func run(_ arguments: [String]) async throws -> Int32 {
        let process = Process()
        process.executableURL = URL(filePath: try PythonPeers.python())
        let script = Self.root.appending(path: "Tests/Interop/interop.py").path
        var extra: [String] = []
        if let only = ProcessInfo.processInfo.environment["HUBWATCH_INTEROP_ONLY"] { extra = ["--only", only] }
        process.arguments = [script] + arguments + extra
        return try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do {
                try process.run()
            } catch {
                process.terminationHandler = nil
                continuation.resume(throwing: error)
            }
        }
    }
}
