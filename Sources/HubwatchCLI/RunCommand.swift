import ArgumentParser
import Detection
import DiagnosticLogs
import Foundation
import HubwatchConfiguration
import HubwatchRuntime
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import StatusServer
import StatusSite
import UnixSignals

/// `hubwatch run`.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Read the hub, judge every record, raise findings.",
        discussion: """
            Resumes from its checkpoint; a first start begins at the oldest event that is kept, unless --from says otherwise. \
            SIGTERM and SIGINT drain, commit and exit 0 within 25 seconds. SIGHUP, or a change of the files, takes other settings, \
            rules and certificates without losing the position; what cannot be taken is reported and changes nothing.

              export HUBWATCH_CONNECTION_STRING='Endpoint=sb://…;SharedAccessKeyName=…;SharedAccessKey=…;EntityPath=logs'
              hubwatch run --rules Config/rules --state hubwatch.db --findings findings.ndjson
            """)

    @OptionGroup var options: ConfigurationOptions
    @Flag(help: "End with status 0 when every partition has been read to its end.") var untilCaughtUp = false
    @Flag(help: "No status line on a terminal.") var noStatus = false

    func run() async throws {
        let given = try options.givenSettings()
        let settings = given.configuration
        let line = StatusLine(isOn: Terminal.errorIsTerminal && !noStatus)
        let level = LogLevel(Self.level(settings.log))
        let logger = Self.logger(level, settings.log, line)
        do {
            try EnvelopeDecoder.selfTest()
        } catch {
            throw CommandFailure(.internalFault, "the JSON decoder does not work on this machine: \(error)")
        }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: System.coreCount)
        let watch = RunWatch()
        var surroundings = Hubwatch.Surroundings(
            group: group, logger: logger, hostName: ProcessInfo.processInfo.hostName,
            productVersion: BuildInfo.version, terminal: Self.terminal(settings.findings, line))
        surroundings.makeTokens = SignIn.provider(on: group, logger)
        surroundings.observation = settings.http == nil ? nil : watch.observation
        let hubwatch = Hubwatch(settings, surroundings)
        let site = StatusSite(statePath: settings.state.path) { hubwatch.report() }
        let end: Hubwatch.End = untilCaughtUp ? .whenCaughtUp : .whenStopped
        let service = RunService(
            hubwatch: hubwatch, end: end, status: RunStatusText(hubwatch.status, line), drain: settings.limits.drain,
            reloading: end == .whenStopped ? await RunReloading(options, given) : nil,
            supervision: Supervision(hubwatch.status, group), level: level, site: site,
            serve: { () async throws(CommandFailure) in
                try await watch.serve(settings.http, hubwatch, routes: site.routes, logger)
            })
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
        Self.summarize(hubwatch.status.snapshot, started.duration(to: .now))
        try? await group.shutdownGracefully()
    }

    static func level(_ settings: Configuration.Log) -> Logger.Level { Logger.Level(rawValue: settings.level) ?? .info }

    private static func logger(_ level: LogLevel, _ settings: Configuration.Log, _ line: StatusLine) -> Logger {
        let format = LogOutput.Format(rawValue: settings.format) ?? .text
        return Logger(label: "hubwatch") { _ in LogOutput(level: level, format: format, statusLine: line) }
    }

    static func terminal(_ settings: Configuration.Findings, _ line: StatusLine) -> Hubwatch.Terminal? {
        let isWanted =
            switch settings.terminal {
            case "always": true
            case "never": false
            default: Terminal.outputIsTerminal || settings.file == nil
            }
        guard isWanted else { return nil }
        let colour = Terminal.usesColour(settings.colour, isTerminal: Terminal.outputIsTerminal)
        return Hubwatch.Terminal(colour: colour, width: Terminal.width) { bytes in
            line.above { Terminal.write(bytes, to: 1) }
        }
    }

    private static func summarize(_ status: RunStatus.Snapshot, _ time: Duration) {
        let seconds = Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18
        let counters = status.counters
        var rate = ""
        if let first = status.firstReceivedAt, let last = status.lastReceivedAt, last > first {
            let reading = Double(last.nanoseconds - first.nanoseconds) / 1e9
            let bytes = Amount.bytes(Int64(Double(status.bytes) / reading))
            rate = " at \(Amount.rate(counters.records, reading)) records/s, \(bytes)/s"
        }
        Terminal.error(
            """
            Judged \(counters.records) records in \(status.messages) messages (\(Amount.bytes(status.bytes)))\(rate); \
            \(status.alerts) alerts, \(status.journaled) journal entries, \(counters.deadLetters) dead letters. \
            Stopped after the last commit, \((seconds * 10).rounded() / 10) s after the start.
            """)
        let shadow = status.findings.sorted { $0.key < $1.key }.filter { $0.value.isShadow }
        for (_, rule) in shadow {
            Terminal.error("  shadow rule '\(rule.title)': \(rule.raised) findings, recorded and not sent")
        }
    }
}

extension CommandFailure {
    init(_ error: HubwatchError) {
        switch error {
        case .eventHubs(let inner): self.init(inner)
        case .store(let inner): self.init(inner)
        case .noRules, .rulesRefused: self.init(.badInput, "\(error)")
        case .rulesNeedAllPartitions, .noSuchPartitions: self.init(.badConfiguration, "\(error)")
        case .otherSource, .positionRefused, .eventsMissing, .stateUnreadable: self.init(.badInput, "\(error)")
        case .replay(let inner): self.init(inner)
        case .sinkUnusable: self.init(.badConfiguration, "\(error)")
        case .sink: self.init(.ioFailure, "\(error)")
        case .fault: self.init(.internalFault, "\(error)")
        }
    }
}

/// The status line of `run`: rates, lag per partition, findings.
struct RunStatusText: Sendable {
    private let status: RunStatus
    private let line: StatusLine

    init(_ status: RunStatus, _ line: StatusLine) {
        self.status = status
        self.line = line
    }

    /// Writes the line four times a second until cancelled.
    func paint() async {
        var last = status.snapshot
        var lastTime = ContinuousClock.now
        while !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(250))
            let now = status.snapshot
            let time = ContinuousClock.now
            let span = lastTime.duration(to: time)
            let seconds = Double(span.components.seconds) + Double(span.components.attoseconds) / 1e18
            line.show(Self.text(from: last, to: now, seconds: seconds))
            last = now
            lastTime = time
        }
    }

    static func text(from last: RunStatus.Snapshot, to now: RunStatus.Snapshot, seconds: Double) -> String {
        let records = Amount.rate(now.counters.records - last.counters.records, seconds)
        let bytes = seconds > 0 ? Amount.bytes(Int64(Double(now.bytes - last.bytes) / seconds)) : "0 B"
        let behind = now.partitions.sorted { $0.key < $1.key }.filter { ($0.value.lag ?? 0) > 0 }
        let lag =
            behind.isEmpty
            ? "caught up"
            : "lag \(Amount.count(now.lag)) ("
                + behind.prefix(4).map { "\($0.key):\(Amount.count($0.value.lag ?? 0))" }.joined(separator: " ")
                + (behind.count > 4 ? " …)" : ")")
        let detached = now.partitions.values.count { !$0.isAttached }
        let links = detached > 0 ? "  \(detached) of \(now.partitions.count) partitions not attached" : ""
        return
            "\(records) records/s  \(bytes)/s  \(lag)  \(now.alerts) alerts  \(now.counters.deadLetters) dead letters\(links)"
    }
}
