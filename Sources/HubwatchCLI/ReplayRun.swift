import ArgumentParser
import DiagnosticLogs
import Foundation
import HubwatchConfiguration
import HubwatchRuntime
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization
import UnixSignals

/// Runs a replay with its progress beside it, and writes the summary.
struct ReplayRun {
    let options: ReplayOptions
    let settings: Configuration

    func run(_ source: Replay.Source, _ kept: Replay.Options) async throws {
        try refuseUsedFindings(kept)
        do {
            try EnvelopeDecoder.selfTest()
        } catch {
            throw CommandFailure(.internalFault, "the JSON decoder does not work on this machine: \(error)")
        }
        let line = StatusLine(isOn: Terminal.errorIsTerminal && !options.quiet)
        let level = Logger.Level(rawValue: settings.log.level) ?? .warning
        let format = LogOutput.Format(rawValue: settings.log.format) ?? .text
        let logger = Logger(label: "replay") { _ in LogOutput(level: level, format: format, statusLine: line) }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: System.coreCount)
        var surroundings = Hubwatch.Surroundings(
            group: group, logger: logger, hostName: "replay on \(ProcessInfo.processInfo.hostName)",
            productVersion: BuildInfo.version, terminal: RunCommand.terminal(settings.findings, line))
        surroundings.makeTokens = SignIn.provider(on: group, logger)
        let replay = Replay(source, kept, settings, surroundings)
        let service = ReplayService(replay: replay, painter: options.quiet ? nil : ReplayPainter(replay, line))
        let services = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    ServiceGroupConfiguration.ServiceConfiguration(
                        service: service, successTerminationBehavior: .gracefullyShutdownGroup)
                ], gracefulShutdownSignals: [.sigterm, .sigint],
                logger: Logger(label: "lifecycle") { _ in SwiftLogNoOpLogHandler() }))
        let started = ContinuousClock.now
        do {
            try await services.run()
        } catch let error as HubwatchError {
            line.end()
            throw CommandFailure(error)
        }
        line.end()
        if let report = service.report.value {
            let summary = ReplaySummary(report, replay.status.snapshot, took: started.duration(to: .now))
            if options.json { Terminal.output(summary.json) } else if !options.quiet { Terminal.error(summary.text) }
        }
        try? await group.shutdownGracefully()
        if service.report.value?.wasStopped == true { throw ExitCode(130) }
    }

    /// A replay to throw away knows nothing of what a file holds: adding to it would repeat findings.
    private func refuseUsedFindings(_ kept: Replay.Options) throws {
        guard let path = settings.findings.file, kept.stateFile == nil else { return }
        let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int64
        guard (size ?? 0) == 0 else {
            throw CommandFailure(
                .cannotCreate, "'\(path)' holds something already: remove it, or give --findings another name")
        }
    }
}

/// Runs the replay until its end or a signal.
private struct ReplayService: Service {
    let replay: Replay
    let painter: ReplayPainter?
    let report = ReportBox()

    func run() async throws {
        let painting = Task { await painter?.paint() }
        defer { painting.cancel() }
        report.value = try await replay.run { try? await gracefulShutdown() }
    }
}

/// Holds the report once there is one.
private final class ReportBox: Sendable {
    private let held = Mutex<ReplayReport?>(nil)

    var value: ReplayReport? {
        get { held.withLock { $0 } }
        set { held.withLock { $0 = newValue } }
    }
}

/// Shows progress: a bar on a terminal, else a line every five seconds.
struct ReplayPainter: Sendable {
    private let status: RunStatus
    private let tracker: ReplayTracker
    private let line: StatusLine

    init(_ replay: Replay, _ line: StatusLine) {
        status = replay.status
        tracker = replay.tracker
        self.line = line
    }

    /// Paints until cancelled.
    func paint() async {
        let start = ContinuousClock.now
        var meter = ProgressMeter()
        let interval: Duration = Terminal.errorIsTerminal ? .milliseconds(250) : .seconds(5)
        while true {
            try? await Task.sleep(for: interval)
            guard !Task.isCancelled else { return }
            let reading = meter.look(tracker.progress, at: start.duration(to: .now))
            let text = Self.text(reading, tracker.progress, tracker.unit, status.snapshot)
            if Terminal.errorIsTerminal { line.show(text) } else { Terminal.error(text) }
        }
    }

    static func text(
        _ reading: ProgressMeter.Reading, _ progress: ReplayProgress, _ unit: ReplayTracker.Unit,
        _ status: RunStatus.Snapshot
    ) -> String {
        let rate = reading.rate.map { Int64($0) } ?? 0
        let speed = unit == .bytes ? "\(Amount.bytes(rate))/s" : "\(Amount.count(rate)) messages/s"
        var tail = "\(speed)  \(Amount.count(status.messages)) messages"
        if let left = reading.left { tail += "  \(Self.left(left)) left" }
        let raised = status.findings.values.reduce(0) { $0 + $1.raised }
        tail += "  \(raised) findings"
        guard let total = progress.total, reading.percent != nil else { return "replaying  \(tail)" }
        return ProgressBar.text("replaying", progress.done, total, tail)
    }

    static func left(_ duration: Duration) -> String {
        let seconds = duration.components.seconds
        if seconds >= 3600 { return "\(seconds / 3600) h \(seconds / 60 % 60) min" }
        if seconds >= 60 { return "\(seconds / 60) min \(seconds % 60) s" }
        return "\(seconds) s"
    }
}
