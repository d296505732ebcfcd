import Foundation
import NIOCore
import NIOPosix

/// A RabbitMQ node of its own for one test: own ports, data folder and port mapper, on loopback only.
///
/// Nothing is left behind: the node and its port mapper are our children and end with ``stop()``.
final class RabbitMQServer {
    private static let server = "/usr/lib/rabbitmq/bin/rabbitmq-server"
    private static let portMapper = "/usr/bin/epmd"

    static var isInstalled: Bool {
        [server, portMapper].allSatisfy { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// Where a missing broker is a failure and not a reason to skip.
    static var isRequired: Bool { ProcessInfo.processInfo.environment["CI"] != nil }

    let port: Int
    private let folder: URL
    private let node = Process()
    private let mapper = Process()

    init(on group: any EventLoopGroup) async throws {
        let ports = try await Self.freePorts(3, on: group)
        port = ports[0]
        folder = FileManager.default.temporaryDirectory.appending(path: "hubwatch-rabbitmq-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let plugins = folder.appending(path: "enabled_plugins")
        try Data("[rabbitmq_amqp1_0].\n".utf8).write(to: plugins)
        let log = folder.appending(path: "log")
        try Data().write(to: log)
        let output = try FileHandle(forWritingTo: log)
        let shared = [
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": folder.path, "ERL_EPMD_PORT": "\(ports[1])",
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        ]
        mapper.executableURL = URL(filePath: Self.portMapper)
        mapper.environment = shared
        mapper.standardOutput = output
        mapper.standardError = output
        node.executableURL = URL(filePath: Self.server)
        node.environment = shared.merging([
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1", "RABBITMQ_NODE_PORT": "\(ports[0])",
            "RABBITMQ_DIST_PORT": "\(ports[2])", "RABBITMQ_NODENAME": "hubwatch-\(ports[0])@localhost",
            "RABBITMQ_MNESIA_BASE": folder.appending(path: "data").path, "RABBITMQ_LOG_BASE": folder.path,
            "RABBITMQ_ENABLED_PLUGINS_FILE": plugins.path, "RABBITMQ_LOGS": "-",
            "RABBITMQ_CONFIG_FILE": folder.appending(path: "none").path,
            "RABBITMQ_CONF_ENV_FILE": folder.appending(path: "none").path,
        ]) { $1 }
        node.standardInput = FileHandle.nullDevice
        node.standardOutput = output
        node.standardError = output
        try mapper.run()
        do {
            try node.run()
        } catch {
            kill(mapper.processIdentifier, SIGKILL)
            throw error
        }
    }

    /// The end of the node's log, for the message of a failed test.
    var logTail: String {
        let text = (try? String(contentsOf: folder.appending(path: "log"), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").suffix(20).joined(separator: "\n")
    }

    /// Ends the node at once: its data is thrown away with it.
    ///
    /// A kill, because children of a test's worker threads start with every other signal blocked. Each child leads a process
    /// group of its own, so that the node goes with its start script; the node's own children end with it.
    func stop() {
        for process in [node, mapper] {
            kill(-process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        try? FileManager.default.removeItem(at: folder)
    }

    private static func freePorts(_ count: Int, on group: any EventLoopGroup) async throws -> [Int] {
        var channels: [any Channel] = []
        for _ in 0..<count {
            channels.append(try await ServerBootstrap(group: group).bind(host: "127.0.0.1", port: 0).get())
        }
        let ports = channels.compactMap { $0.localAddress?.port }
        for channel in channels { try await channel.close().get() }
        return ports
    }
}
