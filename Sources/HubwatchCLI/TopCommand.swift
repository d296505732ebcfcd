import ArgumentParser
import AsyncHTTPClient
import Foundation
import HubwatchConfiguration
import NIOCore
import StatusPage
import StatusReport
import Synchronization

/// `hubwatch top`.
struct TopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top", abstract: "Watch a running hubwatch in a terminal: lag, findings, rules, sinks.",
        discussion: """
            Shows what the status page shows, from the same address. It asks the running hubwatch over HTTP, so it works from
            another terminal and, with a token, from another machine.

              hubwatch top
              hubwatch top --url https://hubwatch.example.com --token-file token
              hubwatch top --once                   print everything once, as long as it is
              hubwatch top --json | jq .report.readiness

            Keys: q or Ctrl-C ends, Ctrl-Z suspends; any other key looks again at once. The window may be resized. NO_COLOR
            is obeyed.

            A hubwatch that is given a token (http.token_file) asks for it here too: --token-file, or HUBWATCH_STATUS_TOKEN.

            Exit codes: 69 when nothing answers, 77 when the token is missing or wrong, 65 when what answers is no hubwatch.
            """)

    @Option(help: "Address of the running hubwatch's status page.") var url = "http://127.0.0.1:9465"
    @Option(help: "File that holds the token. Default: HUBWATCH_STATUS_TOKEN, if it is set.") var tokenFile: String?
    @Option(help: "How often to look, such as 1s or 500ms.") var interval = "1s"
    @Flag(help: "Print everything once and end.") var once = false
    @Flag(help: "Print one JSON object: the report, and what is past.") var json = false

    func run() async throws {
        guard let milliseconds = DurationText.read(interval), (100...3_600_000).contains(milliseconds) else {
            throw CommandFailure(.usage, "--interval takes a time from 100ms to 1h; '\(interval)' is none")
        }
        let peer = try StatusPeer(url: url, token: try token())
        do {
            try await look(at: peer, every: .milliseconds(milliseconds))
        } catch {
            await peer.close()
            throw error
        }
        await peer.close()
    }

    private func look(at peer: StatusPeer, every interval: Duration) async throws {
        if json {
            Terminal.output(try await peer.json())
            return
        }
        let first = try await peer.status()
        let isScreen = Terminal.outputIsTerminal && !once
        let colour = Terminal.usesColour("auto", isTerminal: Terminal.outputIsTerminal)
        guard isScreen else {
            let screen = StatusScreen(
                first.view, first.recent, size: .init(columns: Terminal.width, lines: nil), colour: colour)
            for line in screen.lines() { Terminal.output(line) }
            return
        }
        let (events, happened) = await FullScreen.events(every: interval)
        let screen = FullScreen()
        await watch(peer, first, on: screen, events, happened, colour: colour)
        screen.release()
    }

    private func watch(
        _ peer: StatusPeer, _ first: StatusPeer.Status, on screen: FullScreen, _ events: AsyncStream<FullScreen.Event>,
        _ happened: AsyncStream<FullScreen.Event>.Continuation, colour: Bool
    ) async {
        var status = first
        var trouble: String?
        func show() {
            let size = FullScreen.size ?? (columns: 80, lines: 24)
            let lines = StatusScreen(
                status.view, status.recent, size: .init(columns: size.columns, lines: size.lines), colour: colour,
                trouble: trouble
            ).lines()
            FullScreen.show(lines)
        }
        show()
        let answer = TopAnswer()
        var isAsking = false
        // Keys are obeyed while an answer is waited for: one that never comes must not hold the terminal.
        for await event in events {
            switch event {
            case .stopped, .key(UInt8(ascii: "q")), .key(UInt8(ascii: "Q")), .key(0x03): return
            case .key(0x1A):
                screen.suspend()
                show()
            case .resized: show()
            case .due, .key, .answered:
                if let result = answer.take() {
                    isAsking = false
                    switch result {
                    case .success(let new): (status, trouble) = (new, nil)
                    // What was last known stays on the screen.
                    case .failure(let failure): trouble = "trying again: \(failure.message)"
                    }
                    show()
                }
                guard !isAsking, event != .answered else { continue }
                isAsking = true
                Task {
                    answer.set(await Self.ask(peer))
                    happened.yield(.answered)
                }
            }
        }
    }

    private static func ask(_ peer: StatusPeer) async -> Result<StatusPeer.Status, CommandFailure> {
        do {
            return .success(try await peer.status())
        } catch {
            return .failure((error as? CommandFailure) ?? CommandFailure(.internalFault, "\(error)"))
        }
    }

    private func token() throws -> String? {
        guard let tokenFile else { return ProcessInfo.processInfo.environment["HUBWATCH_STATUS_TOKEN"] }
        guard let text = try? String(contentsOfFile: tokenFile, encoding: .utf8) else {
            throw CommandFailure(.inputNotFound, "the token file '\(tokenFile)' cannot be read")
        }
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

/// The last answer of a running hubwatch, on its way to the screen.
private final class TopAnswer: Sendable {
    private let answer = Mutex<Result<StatusPeer.Status, CommandFailure>?>(nil)

    func set(_ new: Result<StatusPeer.Status, CommandFailure>) { answer.withLock { $0 = new } }

    func take() -> Result<StatusPeer.Status, CommandFailure>? {
        answer.withLock { answer in
            defer { answer = nil }
            return answer
        }
    }
}
