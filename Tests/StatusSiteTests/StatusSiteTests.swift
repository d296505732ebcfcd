import AsyncHTTPClient
import Detection
import DiagnosticLogs
import EventHubs
import FindingFormats
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import StateStore
import StatusPage
import StatusReport
import StatusServer
import Synchronization
import Testing

@testable import StatusSite

/// Goal: the page is served to those who may see it, with what the journal holds, and goes on live.
///
/// Method: a real server on a free loopback port, a real client, a state file that the test writes.
@Suite(.timeLimit(.minutes(2))) struct StatusSiteTests {
    /// A state file, a site over it, and its server.
    struct Served: Sendable {
        let store: SQLiteStateStore
        let site: StatusSite
        let url: String

        func get(_ path: String, _ headers: [(String, String)] = []) async throws -> (HTTPClientResponse, String) {
            var request = HTTPClientRequest(url: url + path)
            for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
            let response = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
            return (response, String(buffer: try await response.body.collect(upTo: 8 << 20)))
        }

        func journal(_ entries: [JournalEntry]) async throws {
            var transaction = StateTransaction(committedNs: 1)
            transaction.journal = try entries.map { entry in
                JournalDraft(
                    key: JournalKey(findingID: entry.finding.id, activity: .create), ruleID: entry.finding.rule.id,
                    isAlert: entry.isAlert, status: .active, payload: try JournalRecord(entry).payload(), decidedNs: 1)
            }
            _ = try await store.commit(transaction)
        }
    }

    /// Serves, with a report whose time moves on by a second whenever it is asked for.
    static func serving(token: Secret? = nil, _ body: (Served) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hubwatch-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "state.db").path
        let store = try SQLiteStateStore(path: path, mode: .exclusive)
        let clock = Clock()
        let site = StatusSite(statePath: path, readersMax: 2) { clock.report() }
        let server = try await StatusServer.start(
            StatusServerConfiguration(port: 0, token: token),
            source: StatusSource(report: { clock.report() }, metrics: { "" }), routes: site.routes,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        do {
            try await body(Served(store: store, site: site, url: "http://127.0.0.1:\(server.port)"))
        } catch {
            await server.shutdown()
            throw error
        }
        await server.shutdown()
        try await store.close()
    }

    final class Clock: Sendable {
        private let seconds = Mutex<Int64>(1_772_366_400)

        func report() -> StatusReport {
            let now = seconds.withLock { seconds in
                seconds += 1
                return seconds
            }
            var report = StatusReport(
                process: .init(version: "1", host: "h", startedMs: 0, reportedMs: now * 1000),
                source: .init(namespace: "ns", hub: "logs", consumerGroup: "g"),
                readiness: .init(phase: .running, reasons: []))
            var partition = StatusReport.Partition(number: 3)
            partition.lagEvents = now % 100
            report.partitions = [partition]
            return report
        }
    }

    static func entry(_ id: String, title: String = "Keys <b>listed</b>") -> JournalEntry {
        let time = Timestamp(nanoseconds: 1_772_366_000_000_000_000)
        let position = RecordPosition(partition: 1, sequence: 2, index: 3)
        var evidence = Evidence(position: position, offset: "0", eventTime: time, enqueuedTime: time, receivedAt: time)
        evidence.principalName = "dana@example.com"
        let finding = Finding(
            id: id, rule: RuleMetadata(id: "r", title: title), ruleVersion: "v", group: [], window: nil, values: [],
            count: 1, firstSeen: time, lastSeen: time, firstPosition: position, lastPosition: position,
            evidence: [evidence], evidenceTruncated: false, reason: "because",
            times: .init(occurred: time, enqueued: time, received: time, decided: time))
        return JournalEntry(finding: finding, activity: .create, isAlert: true, alertID: "a")
    }

    @Test func thePageShowsTheJournalAndLetsNothingElseRun() async throws {
        try await Self.serving { served in
            try await served.journal([Self.entry("f1")])
            let (response, page) = try await served.get("/")
            #expect(response.status == .ok)
            #expect(response.headers.first(name: "content-type") == "text/html; charset=utf-8")
            #expect(page.contains("Keys &lt;b&gt;listed&lt;/b&gt;") && page.contains("dana@example.com"))
            let policy = try #require(response.headers.first(name: "content-security-policy"))
            let nonce = try #require(policy.firstMatch(of: /script-src 'nonce-([A-Za-z0-9]+)'/)).output.1
            #expect(page.contains("<script nonce=\"\(nonce)\">") && page.contains("<style nonce=\"\(nonce)\">"))
            for (name, value) in [
                ("x-frame-options", "DENY"), ("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer"),
                ("cross-origin-resource-policy", "same-origin"), ("cache-control", "no-store"),
            ] { #expect(response.headers.first(name: name) == value) }
            // Each document has a nonce of its own.
            #expect(try await served.get("/").0.headers.first(name: "content-security-policy") != policy)
            #expect(try await served.get("/icon.svg").0.headers.first(name: "content-type") == "image/svg+xml")
        }
    }

    @Test func programsReadTheNearPast() async throws {
        try await Self.serving { served in
            try await served.journal([Self.entry("f1"), Self.entry("f2")])
            await served.site.turn()
            let (_, text) = try await served.get("/recent.json")
            let recent = try JSONDecoder().decode(RecentActivity.self, from: Data(text.utf8))
            #expect(recent.findings.map(\.id) == ["f2", "f1"])
            #expect(recent.partitions.keys.sorted() == [3])
            #expect(recent.lag.values.last != .some(nil))
        }
    }

    @Test func aLivePageGetsWhatIsNew() async throws {
        try await Self.serving { served in
            let response = try await HTTPClient.shared.execute(
                HTTPClientRequest(url: served.url + "/live"), timeout: .seconds(60))
            #expect(response.headers.first(name: "content-type") == "text/event-stream")
            var seen = ""
            var steps = 0
            for try await chunk in response.body {
                seen += String(buffer: chunk)
                if steps == 0, seen.contains("retry: 3000") {
                    await served.site.turn()
                    steps = 1
                } else if steps == 1, seen.contains("data: findings\n") {
                    #expect(!seen.contains("dana@example.com"))
                    try await served.journal([Self.entry("f1")])
                    await served.site.turn()
                    steps = 2
                } else if steps == 2, seen.contains("dana@example.com") {
                    steps = 3
                    break
                }
            }
            #expect(steps == 3)
        }
    }

    @Test func aRunThatEndsEndsLivePages() async throws {
        try await Self.serving { served in
            let response = try await HTTPClient.shared.execute(
                HTTPClientRequest(url: served.url + "/live"), timeout: .seconds(60))
            let (ticks, tick) = AsyncStream.makeStream(of: Void.self)
            let running = Task { await served.site.run { for await _ in ticks { return } } }
            running.cancel()
            tick.finish()
            await running.value
            for try await _ in response.body {}
        }
    }

    @Test func livePagesAreBounded() async throws {
        try await Self.serving { served in
            var open: [HTTPClientResponse] = []
            for _ in 0..<2 {
                open.append(
                    try await HTTPClient.shared.execute(
                        HTTPClientRequest(url: served.url + "/live"), timeout: .seconds(60)))
            }
            #expect(try await served.get("/live").0.status == .serviceUnavailable)
            #expect(try await served.get("/").0.status == .ok)
            #expect(open.allSatisfy { $0.status == .ok })
        }
    }

    @Test func otherSitesSeeNothing() async throws {
        try await Self.serving { served in
            // A name of the web that points here.
            let (pointed, _) = try await served.get("/", [("host", "evil.example.com")])
            #expect(pointed.status.code == 421)
            let (other, _) = try await served.get("/live", [("sec-fetch-site", "cross-site")])
            #expect(other.status.code == 403)
        }
    }

    @Test func aTokenInTheAddressIsExchangedForACookie() async throws {
        let token = "0123456789abcdef0123456789abcdef"
        try await Self.serving(token: Secret(token)) { served in
            #expect(try await served.get("/").0.status == .unauthorized)
            #expect(try await served.get("/?token=wrong").0.status == .unauthorized)
            #expect(try await served.get("/live").0.status == .unauthorized)
            #expect(try await served.get("/", [("authorization", "Bearer \(token)")]).0.status == .ok)
            let (response, text) = try await served.get("/?token=\(token)")
            #expect(response.status == .ok)
            let cookie = try #require(response.headers.first(name: "set-cookie"))
            #expect(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"))
            #expect(!cookie.contains(token) && !text.contains(token))
            #expect(!text.contains("Findings"))
            let session = String(cookie.prefix { $0 != ";" })
            #expect(try await served.get("/", [("cookie", "a=b; \(session)")]).0.status == .ok)
            #expect(try await served.get("/recent.json", [("cookie", session)]).0.status == .ok)
            #expect(try await served.get("/", [("cookie", session + "0")]).0.status == .unauthorized)
        }
    }
}
