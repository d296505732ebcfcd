import Foundation
import HubwatchConfiguration
import HubwatchRuntime
import Logging
import NIOCore
import ServiceLifecycle
import StatusServer
import StatusSite

/// Runs hubwatch until a signal comes, with the status line, the ear for reloads and the service manager beside it.
struct RunService: Service {
    let hubwatch: Hubwatch
    let end: Hubwatch.End
    let status: RunStatusText
    let drain: Duration
    let reloading: RunReloading?
    let supervision: Supervision?
    let level: LogLevel
    let site: StatusSite
    let serve: @Sendable () async throws(CommandFailure) -> StatusServer?

    /// The status server is there before the hub is asked and until the last commit: starting and draining are states to see.
    func run() async throws {
        let server = try await serve()
        let sampling = server.map { _ in
            Task { await site.run { try? await Task.sleep(for: .seconds(1)) } }
        }
        func shutdown() async {
            sampling?.cancel()
            await sampling?.value
            await server?.shutdown()
        }
        do {
            try await read()
        } catch {
            await shutdown()
            throw error
        }
        await shutdown()
    }

    private func read() async throws {
        let tasks: [Task<Void, Never>] = [
            Task { await status.paint() },
            Task { _ = await supervision?.becomeReady() },
            Task { _ = await supervision?.beat() },
            Task { _ = await reloading?.run() },
        ]
        defer { for task in tasks { task.cancel() } }
        try await hubwatch.run(until: end, reloading: reloading?.reloading(note)) { [supervision, drain] in
            try? await gracefulShutdown()
            guard !Task.isCancelled else { return }
            supervision?.stopping()
            // A drain that hangs must not outlive what service managers wait for. What is not committed is read again.
            Task.detached {
                try? await Task.sleep(for: drain)
                Terminal.error(
                    "hubwatch: the last commit did not come within \(drain); the next start repeats what it missed")
                exit(ExitStatus.tryAgain.rawValue)
            }
        }
    }

    private func note(_ event: Reloading.Event) {
        switch event {
        case .began: supervision?.reloading()
        case .taken(let given):
            level.level = RunCommand.level(given.configuration.log)
            supervision?.ready("Reloaded")
        case .unchanged: supervision?.ready("Nothing has changed")
        case .refused: supervision?.ready("A reload was refused: the settings and rules before it are in force")
        }
    }
}

/// What a service manager that watches the process is told.
struct Supervision: Sendable {
    private let manager: ServiceManager
    private let status: RunStatus
    private let group: any EventLoopGroup

    /// How long a start may wait for the hub before it counts as done: a hub that is away is waited for, and no reason to
    /// start again.
    static let startLimit = Duration.seconds(15)

    /// Nil when nobody watches.
    init?(_ status: RunStatus, _ group: any EventLoopGroup) {
        guard let manager = ServiceManager(environment: ProcessInfo.processInfo.environment) else { return nil }
        self.manager = manager
        self.status = status
        self.group = group
    }

    /// Says that the service is ready once every partition is read, or at the limit.
    func becomeReady() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await status.waitUntil(\.isReading) }
            group.addTask { try? await Task.sleep(for: Self.startLimit) }
            await group.next()
            group.cancelAll()
        }
        guard !Task.isCancelled else { return }
        manager.ready(status.snapshot.isReading ? text : "Waiting for the hub")
    }

    /// Gives a sign of life, twice as often as the manager wants one, as long as every event loop takes its turn.
    @concurrent
    func beat() async {
        guard let limit = manager.watchdog else { return }
        while !Task.isCancelled {
            for loop in group.makeIterator() { try? await loop.submit {}.get() }
            manager.alive(text)
            try? await Task.sleep(for: limit / 2)
        }
    }

    func reloading() { manager.reloading() }
    func ready(_ text: String) { manager.ready(text) }
    func stopping() { manager.stopping() }

    private var text: String {
        let now = status.snapshot
        let attached = now.partitions.values.count(where: \.isAttached)
        return "Reading \(attached) of \(now.partitions.count) partitions, \(Amount.count(now.lag)) messages behind, "
            + "\(now.alerts) alerts"
    }
}
