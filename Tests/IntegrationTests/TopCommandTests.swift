import Foundation
import Logging
import ProgramRuns
import StatusReport
import StatusSamples
import StatusServer
import Synchronization
import Testing

/// Goal: `hubwatch top` takes a terminal, follows its size, says when there is no answer, and gives the terminal back as it was,
/// whatever ends it.
///
/// Method: the built `hubwatch` on a pseudo-terminal, against a status server with a report that the test sets.
@Suite(.timeLimit(.minutes(3))) struct TopCommandTests {
    private struct Watched {
        let terminal: PseudoTerminal
        let server: StatusServer
        let report: SharedReport
        let facts: FactSignal

        func eventually(_ fact: () throws -> Bool) async throws { try await facts.wait(for: fact) }

        /// Stops the server; once only.
        func goAway() async {
            if report.takeDown() { await server.shutdown() }
        }
    }

    /// A shell that runs its arguments, and goes on with what was stopped when Return is pressed, twice.
    private static let shell = ["/bin/bash", "-c", "set -m; \"$@\"; read -r; fg; read -r; fg", "bash"]

    /// - Parameter shell: the words before the program's; none for a terminal that has no other process.
    private static func with(
        columns: Int = 80, lines: Int = 24, shell: [String] = [], _ body: (Watched) async throws -> Void
    ) async throws {
        let report = SharedReport()
        let facts = FactSignal()
        var configuration = StatusServerConfiguration(port: 0)
        configuration.limits.reuse = .zero
        let server = try await StatusServer.start(
            configuration, source: StatusSource(report: { report.value }, metrics: { "" }),
            logger: Logger(label: "status") { _ in SwiftLogNoOpLogHandler() })
        let terminal = try PseudoTerminal(columns: columns, lines: lines, facts: facts)
        let top = [
            BuiltCommand.program.path, "top", "--url", "http://127.0.0.1:\(server.port)", "--interval", "100ms",
        ]
        let words = shell + top
        try terminal.start(
            words[0], Array(words.dropFirst()),
            environment: BuiltCommand.environment(["TERM": "xterm-256color", "LC_ALL": "C"])
                .filter { $0.key != "NO_COLOR" })
        let watched = Watched(terminal: terminal, server: server, report: report, facts: facts)
        do {
            try await watched.eventually { terminal.frame.first?.hasPrefix("hubwatch") == true }
            try await body(watched)
        } catch {
            Issue.record("the terminal was:\n\(terminal.frame.joined(separator: "\n"))")
            terminal.signal(SIGKILL)
            terminal.release()
            await watched.goAway()
            throw error
        }
        // Only a failed expectation leaves it running.
        terminal.signal(SIGKILL)
        terminal.release()
        await watched.goAway()
    }

    /// The process has ended well, and the terminal is as it was.
    private static func expectRestored(_ watched: Watched) async throws {
        try await watched.eventually { ![.running, .stopped].contains(watched.terminal.state) }
        try #require(watched.terminal.state == .exited(0))
        try await watched.eventually { !watched.terminal.isTaken }
        #expect(watched.terminal.isCooked)
    }

    @Test func itDrawsFollowsTheSizeAndLeaves() async throws {
        try await Self.with { watched in
            let terminal = watched.terminal
            #expect(terminal.frame.count == 24)
            #expect(terminal.frame.last?.hasPrefix("q quit") == true)
            #expect(terminal.frame.contains { $0.contains("Azure AI keys listed outside the portal") })
            #expect(terminal.text.contains("\u{1B}[33mnot ready\u{1B}[0m"), "colour, as the terminal has it")
            #expect(terminal.isTaken && !terminal.isCooked)
            terminal.resize(columns: 120, lines: 40)
            try await watched.eventually { terminal.frame.count == 40 }
            #expect(terminal.frame.contains { $0.count > 80 })
            terminal.resize(columns: 40, lines: 12)
            try await watched.eventually { terminal.frame.count == 12 }
            #expect(terminal.frame.allSatisfy { $0.count <= 40 })
            watched.report.set { $0.findings.alerts = 7_777 }
            try await watched.eventually { terminal.frame.contains { $0.contains("alerts 7.78k") } }
            terminal.press(Array("q".utf8))
            try await Self.expectRestored(watched)
        }
    }

    @Test func ctrlCGivesTheTerminalBack() async throws {
        try await Self.with { watched in
            watched.terminal.press([0x03])
            try await Self.expectRestored(watched)
        }
    }

    @Test(arguments: [SIGTERM, SIGHUP, SIGINT]) func aSignalGivesTheTerminalBack(_ signal: Int32) async throws {
        try await Self.with { watched in
            watched.terminal.signal(signal)
            try await Self.expectRestored(watched)
        }
    }

    @Test func ctrlZGivesTheTerminalBackAndTakesItAgain() async throws {
        try await Self.with(shell: Self.shell) { watched in
            let terminal = watched.terminal
            for time in 1...2 {
                terminal.press([0x1A])
                // The shell says so.
                try await watched.eventually {
                    terminal.text.components(separatedBy: "Stopped").count == time + 1 && !terminal.isTaken
                }
                #expect(terminal.isCooked)
                terminal.press(Array("\n".utf8))
                try await watched.eventually { terminal.isTaken && !terminal.isCooked }
            }
            terminal.press(Array("q".utf8))
            try await Self.expectRestored(watched)
        }
    }

    /// As over `ssh -t HOST hubwatch top`: what stops there stands for good, and the terminal with it.
    @Test func ctrlZWhereNoShellIsStopsNothing() async throws {
        try await Self.with { watched in
            let terminal = watched.terminal
            terminal.press([0x1A])
            try await watched.eventually {
                terminal.state == .stopped || (terminal.text.contains("\u{1B}[?1049l") && terminal.isTaken)
            }
            try #require(terminal.state == .running)
            watched.report.set { $0.findings.alerts = 7_777 }
            try await watched.eventually { terminal.frame.contains { $0.contains("alerts 7.78k") } }
            terminal.press(Array("q".utf8))
            try await Self.expectRestored(watched)
        }
    }

    @Test func aPeerThatGoesAwayIsSaid() async throws {
        try await Self.with(columns: 140) { watched in
            let terminal = watched.terminal
            await watched.goAway()
            try await watched.eventually { terminal.frame.first?.hasPrefix("hubwatch  no answer") == true }
            // What was on its way may end otherwise; who asks next is refused.
            try await watched.eventually {
                terminal.frame.last?.contains("does not answer: Connection refused") == true
            }
            #expect(terminal.frame.contains { $0.contains("Azure AI keys") }, "what was last known stays")
            terminal.press(Array("q".utf8))
            try await Self.expectRestored(watched)
        }
    }

    @Test func aTerminalThatIsGoneEndsIt() async throws {
        try await Self.with { watched in
            watched.terminal.hangUp()
            try await watched.eventually { watched.terminal.state != .running }
            #expect(watched.terminal.state == .exited(0))
        }
    }

    @Test func aWrongAddressIsSaidAndTheTerminalNotTaken() async throws {
        let facts = FactSignal()
        // A port that was free a moment ago.
        let server = try await StatusServer.start(
            StatusServerConfiguration(port: 0), source: StatusSource(report: { SampleReport.report }, metrics: { "" }),
            logger: Logger(label: "status") { _ in SwiftLogNoOpLogHandler() })
        await server.shutdown()
        for (url, status, words) in [
            ("http://127.0.0.1:\(server.port)", 69, "does not answer: Connection refused; is hubwatch running"),
            ("http://nosuch.invalid:9465", 69, "does not answer: the host name cannot be resolved"),
            ("127.0.0.1:9465", 64, "--url takes an address such as"),
        ] as [(String, Int32, String)] {
            let terminal = try PseudoTerminal(columns: 200, lines: 24, facts: facts)
            try terminal.start(
                BuiltCommand.program.path, ["top", "--url", url], environment: BuiltCommand.environment([:]))
            try await facts.wait { terminal.state != .running }
            try #require(terminal.state == .exited(status))
            try await facts.wait { terminal.text.contains(words) }
            #expect(!terminal.text.contains("\u{1B}[?1049h") && terminal.isCooked)
            terminal.release()
        }
    }
}

/// The report that the server answers with.
private final class SharedReport: Sendable {
    private let report = Mutex(SampleReport.report)
    private let isUp = Mutex(true)

    var value: StatusReport { report.withLock { $0 } }

    /// Whether the server was still up; it counts as down from now on.
    func takeDown() -> Bool {
        isUp.withLock { isUp in
            defer { isUp = false }
            return isUp
        }
    }

    func set(_ change: (inout StatusReport) -> Void) { report.withLock { change(&$0) } }
}
