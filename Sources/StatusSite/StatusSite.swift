import Foundation
import StatusPage
public import StatusReport
public import StatusServer

/// The status page of a run: it keeps the near past, reads findings from the journal, draws, and answers.
///
/// The past is sampled once a second, which costs a report. The page is drawn when somebody asks, once a second at most however
/// many ask, and sent to those who look while they look. Nobody looks: nothing is drawn and the state file is not read.
///
/// **Isolation**: its actor; the state file is read on a queue of its own. **Bounds**: those of ``StatusHistory``,
/// `LiveFeed` and `JournalReader`.
public actor StatusSite {
    private let report: @Sendable () -> StatusReport
    private let journal: JournalReader
    private let feed: LiveFeed
    private var history = StatusHistory()
    private var drawn: (atMs: Int64, drawing: PageDrawing, recent: RecentActivity)?
    private var drawing: Task<(PageDrawing, RecentActivity), Never>?

    /// Makes a site; nothing is opened before somebody asks.
    ///
    /// - Parameters:
    ///   - statePath: the state file of the run.
    ///   - readersMax: most live pages.
    ///   - report: the run's report, now.
    public init(statePath: String, readersMax: Int = 16, report: @escaping @Sendable () -> StatusReport) {
        self.report = report
        journal = JournalReader(path: statePath)
        feed = LiveFeed(readersMax: readersMax)
    }

    /// The pages, for ``StatusServer/StatusServer/start(_:source:routes:metrics:logger:)``.
    public nonisolated var routes: [StatusRoute] {
        [
            StatusRoute("/") { _ in
                let nonce = Self.nonce()
                return StatusAnswer(
                    type: "text/html; charset=utf-8", headers: PagePolicy.headers(nonce: nonce),
                    body: .bytes(await self.page().document(nonce: nonce)))
            },
            StatusRoute("/live") { request in
                // A page of another site cannot read the stream, but it could take up the places.
                guard request.headers["sec-fetch-site"] != "cross-site" else {
                    return .text("Another site's page may not ask for this.\n", status: 403)
                }
                guard let stream = await self.feed.subscribe() else {
                    return .text("Too many live pages are open.\n", status: 503)
                }
                return StatusAnswer(
                    type: "text/event-stream", headers: PagePolicy.bareHeaders, body: .stream(stream))
            },
            StatusRoute("/recent.json") { _ in
                var recent = await self.recent()
                recent.findings = Array(recent.findings.prefix(Self.findingsSent))
                guard let json = try? JSONEncoder().encode(recent) else {
                    return .text("The recent past cannot be written as JSON.\n", status: 500)
                }
                return StatusAnswer(
                    type: "application/json", headers: PagePolicy.bareHeaders, body: .bytes(Array(json)))
            },
            StatusRoute("/icon.svg") { _ in
                StatusAnswer(
                    type: "image/svg+xml", headers: PagePolicy.bareHeaders,
                    body: .bytes(Array("\(PagePolicy.icon)".utf8)))
            },
        ]
    }

    /// Samples the past and feeds live pages until the task is cancelled; then every live page's stream ends.
    ///
    /// - Parameter pause: waits for the next second.
    public func run(pause: @Sendable () async -> Void) async {
        while !Task.isCancelled {
            await turn()
            await pause()
        }
        await feed.stop()
        await journal.close()
    }

    /// One sample, and one drawing if somebody looks.
    func turn() async {
        history.observed(StatusHistory.Observation(report()))
        if await feed.readers > 0 { await feed.send(page()) }
    }

    /// The page, at most a second old.
    func page() async -> PageDrawing { await current().0 }

    /// What is past, for programs.
    func recent() async -> RecentActivity { await current().1 }

    /// Most findings that programs are sent; a page shows fewer, its timeline more.
    private static let findingsSent = 100
    private static let ageMaxMs: Int64 = 900

    private func current() async -> (PageDrawing, RecentActivity) {
        let report = report()
        let now = report.process.reportedMs
        if let drawn, now >= drawn.atMs, now - drawn.atMs < Self.ageMaxMs { return (drawn.drawing, drawn.recent) }
        // Those who ask while a page is being drawn get that one.
        if let drawing { return await drawing.value }
        history.observed(StatusHistory.Observation(report))
        let task = Task { [history, journal] in
            let known = await journal.look()
            let recent = RecentActivity(history, known.shelf)
            var view = StatusView(report, gaps: known.gaps)
            if let trouble = known.trouble { view.reasons.append(trouble) }
            return (StatusPage(view, recent).drawing(), recent)
        }
        drawing = task
        let made = await task.value
        drawing = nil
        drawn = (now, made.0, made.1)
        return made
    }

    /// Letters and digits that nobody can guess: 128 bits.
    private static func nonce() -> String {
        var generator = SystemRandomNumberGenerator()
        let (high, low) = (generator.next() as UInt64, generator.next() as UInt64)
        return String(high, radix: 36) + "A" + String(low, radix: 36)
    }
}
