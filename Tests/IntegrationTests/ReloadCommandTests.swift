import Foundation
import Synchronization
import Testing

/// Goal: `hubwatch run` reloads on SIGHUP and when files change, says with file and line what it does not take, and tells the
/// service manager how it is.
///
/// Method: the built `hubwatch` as a process under load, with a configuration file, rules behind links as a mounted
/// configuration map has them, and a socket in the place of systemd's.
@Suite(.timeLimit(.minutes(3))) struct ReloadCommandTests {
    @Test func signalsAndFilesReload() async throws {
        try await HubFixture.with(partitions: 2) { hub in
            let manager = try NotifySocket(hub.path("notify"), hub.facts)
            let files = try Files(hub)
            try files.write(level: "notice", interval: "100ms")
            try files.mountRules(["audit": "Audit"])
            let process = try RunProcess(files, manager, hub)
            defer { process.kill() }
            try await hub.eventually("systemd hears that it is ready") { manager.heard("READY=1") == 1 }
            #expect(manager.texts.contains { $0.contains("Reading 2 of 2 partitions") })
            try await hub.eventually("and that it is alive") { manager.heard("WATCHDOG=1") > 0 }

            try hub.append(Self.audit(5), partition: 0)
            try await hub.eventually("five") { try hub.findings().count == 5 }
            // A folder is replaced whole: nobody has to ask.
            try files.mountRules(["audit": "Audit", "again": "Audit"])
            try await hub.eventually("the change is noticed") { process.log.contains("1 kept, 1 added (again)") }
            try hub.append(Self.audit(5), partition: 1)
            try await hub.eventually("five more, twice") { try hub.findings().count == 15 }

            // Under load: what is between is read by one or the other, and by one only.
            for round in 0..<4 {
                try hub.append(Self.audit(20), partition: round % 2)
                try files.write(level: "notice", interval: "100ms", shadow: "nothing-\(round)")
                process.signal(SIGHUP)
                try hub.append(Self.audit(20), partition: 0)
                try await hub.eventually("round \(round)") { process.count("Reloaded.") == round + 2 }
            }
            try await hub.eventually("all are found") { try hub.findings().count == 15 + 2 * 160 }
            #expect(manager.heard("RELOADING=1") >= 5)
            try await hub.eventually("each is over") { manager.heard("READY=1") >= 6 }
            try await refuse(hub, files, process, manager)
            #expect(process.stop() == 0, "\(process.log)")
            try await hub.eventually("systemd hears of the end") { manager.heard("STOPPING=1") == 1 }
            let ids = try hub.findings().compactMap { ($0["metadata"] as? [String: Any])?["uid"] as? String }
            #expect(Set(ids).count == ids.count, "each once")
        }
    }

    private func refuse(_ hub: HubFixture, _ files: Files, _ process: RunProcess, _ manager: NotifySocket) async throws
    {
        try files.write(level: "loud", interval: "100ms")
        try await hub.eventually("the setting is named with its line") {
            process.log.contains("\(files.configuration):2:10: 'log.level'")
        }
        try files.write(level: "notice", interval: "100ms", state: "other.db")
        process.signal(SIGHUP)
        try await hub.eventually("what takes a restart is named") {
            process.log.contains("'state.path' changes from '\(hub.path("state.db"))'")
        }
        try files.write(level: "notice", interval: "100ms")
        try files.mountRules(["audit": "Audit", "again": "Audit", "broken": "[Audit"])
        try await hub.eventually("the rule is named with its line") {
            process.log.contains("rules.d/broken.yml:") && process.log.contains("everything stays as it was")
        }
        try await hub.eventually("systemd hears of it") { manager.texts.contains { $0.contains("refused") } }
        let before = try hub.findingsByRule()["again"] ?? 0
        try hub.append(Self.audit(1), partition: 0)
        try await hub.eventually("the rules before it are in force") {
            try hub.findingsByRule()["again"] == before + 1
        }
        try files.mountRules(["audit": "Audit", "again": "Audit"])
        try files.write(level: "info", interval: "100ms")
        try await hub.eventually("what is mended is taken") { process.log.contains("settings: log.level") }
    }

    private static func audit(_ count: Int) -> [[UInt8]] {
        (0..<count).map { _ in Records.auditListKey(account: "a") }
    }
}

/// The files that a process reads: a configuration, and a folder of rules as a mounted configuration map has them.
private final class Files: Sendable {
    let configuration: String
    private let hub: HubFixture
    private let version = Mutex(0)

    init(_ hub: HubFixture) throws {
        self.hub = hub
        configuration = hub.path("hubwatch.yaml")
        try FileManager.default.createDirectory(atPath: hub.path("rules.d"), withIntermediateDirectories: true)
    }

    func write(level: String, interval: String, shadow: String = "none", state: String = "state.db") throws {
        let key = "SharedAccessKeyName=a;SharedAccessKey=b;UseDevelopmentEmulator=true"
        let text = """
            log:
              level: \(level)
            source:
              connection_string: Endpoint=sb://127.0.0.1:\(hub.port);\(key);EntityPath=\(hub.hub)
            rules:
              paths: ["\(hub.path("rules.d"))"]
              shadow: ["\(shadow)"]
            state:
              path: \(hub.path(state))
            findings:
              file: \(hub.path("findings.ndjson"))
            reload:
              interval: \(interval)

            """
        try text.write(toFile: configuration, atomically: true, encoding: .utf8)
    }

    /// Points the link of the mounted folder to a new folder with these rules.
    func mountRules(_ categories: [String: String]) throws {
        let number = version.withLock { version in
            version += 1
            return version
        }
        let manager = FileManager.default
        let folder = hub.path("rules.d")
        try manager.createDirectory(atPath: "\(folder)/..\(number)", withIntermediateDirectories: true)
        for (name, category) in categories {
            let id = name.utf8.reduce(10) { ($0 * 7 + Int($1)) % 90 } + 10
            let rule = """
                title: \(name)
                id: 5b8f6f0e-8f4b-4a5e-9f39-0000000000\(id)
                status: test
                logsource:
                    product: azure
                detection:
                    selection:
                        category: \(category)
                    condition: selection
                level: low
                """
            try rule.write(toFile: "\(folder)/..\(number)/\(name).yml", atomically: true, encoding: .utf8)
            if (try? manager.destinationOfSymbolicLink(atPath: "\(folder)/\(name).yml")) == nil {
                try manager.createSymbolicLink(
                    atPath: "\(folder)/\(name).yml", withDestinationPath: "..data/\(name).yml")
            }
        }
        try manager.createSymbolicLink(atPath: "\(folder)/..next", withDestinationPath: "..\(number)")
        #expect(rename("\(folder)/..next", "\(folder)/..data") == 0)
        for name in try manager.contentsOfDirectory(atPath: folder) where name.hasSuffix(".yml") {
            if categories[String(name.dropLast(4))] == nil { try manager.removeItem(atPath: "\(folder)/\(name)") }
        }
    }
}

/// `hubwatch run` as a process whose log can be read while it runs.
private final class RunProcess: Sendable {
    private struct State {
        var process: Process
        var log = ""
    }

    private let state: Mutex<State>

    var log: String { state.withLock { $0.log } }

    init(_ files: Files, _ manager: NotifySocket, _ hub: HubFixture) throws {
        let process = Process()
        process.executableURL = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appending(path: "hubwatch")
        process.arguments = ["run", "--config", files.configuration]
        var variables = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("HUBWATCH_") }
        variables["NOTIFY_SOCKET"] = manager.path
        variables["WATCHDOG_USEC"] = "200000"
        process.environment = variables
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        let pipe = Pipe()
        process.standardError = pipe
        try process.run()
        state = Mutex(State(process: process))
        pipe.fileHandleForReading.readabilityHandler = { [weak self] handle in
            let data = handle.availableData
            guard !data.isEmpty else {
                handle.readabilityHandler = nil
                return
            }
            self?.state.withLock { $0.log += String(decoding: data, as: UTF8.self) }
            hub.facts.changed()
        }
    }

    func count(_ text: String) -> Int { log.components(separatedBy: text).count - 1 }

    func signal(_ number: Int32) { Foundation.kill(state.withLock { $0.process.processIdentifier }, number) }

    func stop() -> Int32 {
        let process = state.withLock { $0.process }
        process.terminate()
        process.waitUntilExit()
        return process.terminationStatus
    }

    func kill() {
        let process = state.withLock { $0.process }
        if process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) }
    }
}

/// A socket that hears what a service tells systemd.
private final class NotifySocket: Sendable {
    let path: String
    private let received = Mutex<[String]>([])
    private let descriptor: Int32

    init(_ path: String, _ facts: FactSignal) throws {
        self.path = path
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        try #require(descriptor >= 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8) + [0]
        try #require(bytes.count <= MemoryLayout.size(ofValue: address.sun_path))
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let bound = withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0)
        let listening = descriptor
        Thread.detachNewThread { [weak self] in
            var buffer = [UInt8](repeating: 0, count: 4096)
            while true {
                let count = recv(listening, &buffer, buffer.count, 0)
                guard count > 0 else { break }
                self?.received.withLock { $0.append(String(decoding: buffer[..<count], as: UTF8.self)) }
                facts.changed()
            }
            close(listening)
        }
    }

    deinit { shutdown(descriptor, Int32(SHUT_RDWR)) }

    var texts: [String] { received.withLock { $0 } }

    /// How often a line was heard.
    func heard(_ line: String) -> Int { texts.count { $0.split(separator: "\n").contains { $0 == line } } }
}
