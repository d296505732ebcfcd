import EventHubs
import Logging
import StatusReport
import StatusSamples
import Synchronization
import Testing

@testable import StatusServer

/// Goal: what is asked over HTTP is answered as documented, to those who may ask.
///
/// Method: a server on a free port, real sockets, and the bytes of the answers.
@Suite(.timeLimit(.minutes(3))) struct ServerTests {
    @Test func healthSaysWhatIsWrong() async throws {
        try await ServerFixture.with { server, port in
            let good = try await RawClient.ask(port, "/health/ready")
            #expect(good.status == 200)
            #expect(good.body == "{\"phase\":\"running\",\"reasons\":[],\"status\":\"ready\"}")
            #expect(good.field("content-type") == "application/json")
            #expect(good.field("cache-control") == "no-store")
            server.set(
                .init(phase: .running, reasons: [.init(.sinkFailing, subject: "file", "the disk is full")]))
            let bad = try await RawClient.ask(port, "/health/ready")
            #expect(bad.status == 503)
            #expect(
                bad.body == """
                    {"phase":"running","reasons":[{"code":"sink_failing","message":"the disk is full","subject":"file"}],"status":"not_ready"}
                    """)
            #expect(try await RawClient.ask(port, "/health/live").status == 200, "what heals by waiting is alive")
            server.set(.init(phase: .running, reasons: [], stuck: ["the commits have not moved"]))
            let stuck = try await RawClient.ask(port, "/health/live")
            #expect(stuck.status == 503)
            #expect(stuck.body.contains("the commits have not moved"))
        }
    }

    @Test func metricsAndTheReport() async throws {
        try await ServerFixture.with { _, port in
            let metrics = try await RawClient.ask(port, "/metrics")
            #expect(metrics.status == 200)
            #expect(metrics.field("content-type") == "text/plain; version=0.0.4; charset=utf-8")
            #expect(metrics.body.contains("hubwatch_http_requests_total 1\n"))
            let report = try await RawClient.ask(port, "/status.json")
            #expect(try StatusReport(json: Array(report.body.utf8)).partitions == SampleReport.report.partitions)
        }
    }

    @Test func onlyKnownPathsAndMethods() async throws {
        try await ServerFixture.with { _, port in
            for path in ["/nothing", "/metrics/", "/health", "//metrics", "/../etc/passwd", "/%2e%2e/x"] {
                let answer = try await RawClient.ask(port, path)
                #expect(answer.status == 404, "\(path)")
            }
            for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"] {
                let answer = try await RawClient.ask(port, "/metrics", method: method)
                #expect(answer.status == 405)
                #expect(answer.field("allow") == "GET, HEAD")
            }
            let head = try await RawClient.ask(port, "/status.json", method: "HEAD")
            #expect(head.status == 200)
            #expect(head.body == "")
            #expect(head.field("content-length").flatMap(Int.init) ?? 0 > 100)
        }
    }

    @Test func withATokenNothingIsToldWithoutIt() async throws {
        let token = "0123456789abcdef"
        try await ServerFixture.with(token: token) { server, port in
            server.set(.init(phase: .running, reasons: [.init(.journalFull, "secret reason")]))
            for path in ["/metrics", "/status.json", "/", "/nothing"] {
                let answer = try await RawClient.ask(port, path)
                #expect(answer.status == 401, "\(path)")
                #expect(answer.field("www-authenticate")?.hasPrefix("Basic") == true)
            }
            let bare = try await RawClient.ask(port, "/health/ready")
            #expect(bare.status == 503)
            #expect(bare.body == "{\"status\":\"not_ready\"}")
            let shown = ["Authorization: Bearer \(token)"]
            #expect(try await RawClient.ask(port, "/health/ready", headers: shown).body.contains("secret reason"))
            #expect(try await RawClient.ask(port, "/metrics", headers: shown).status == 200)
            #expect(
                try await RawClient.ask(port, "/metrics", headers: ["Authorization: Bearer \(token)x"]).status == 401)
            let basic = ["Authorization: Basic dXNlcjowMTIzNDU2Nzg5YWJjZGVm"]
            #expect(try await RawClient.ask(port, "/status.json", headers: basic).status == 200)
            let twice = try await RawClient.ask(port, "/metrics", headers: shown + shown)
            #expect(twice.status == 401, "two are one too many")
        }
    }

    @Test func anotherSitesNameIsRefusedOnLoopback() async throws {
        try await ServerFixture.with { _, port in
            let client = try await RawClient.connect(port)
            await client.send("GET /status.json HTTP/1.1\r\nHost: attacker.example\r\nConnection: close\r\n\r\n")
            let answer = Answer(await client.read { Answer($0).isWhole() })
            #expect(answer.status == 421)
            #expect(!answer.text.contains("partitions"))
            await client.close()
        }
    }

    @Test func withoutATokenOnlyLoopbackIsServed() async throws {
        await #expect(throws: StatusServerError.self) {
            try await StatusServer.start(
                StatusServerConfiguration(host: "0.0.0.0", port: 0),
                source: StatusSource(report: { SampleReport.report }, metrics: { "" }), logger: Logger(label: "test"))
        }
    }

    @Test func anAddressThatIsTakenIsNamed() async throws {
        try await ServerFixture.with { _, port in
            do throws(StatusServerError) {
                _ = try await StatusServer.start(
                    StatusServerConfiguration(port: port),
                    source: StatusSource(report: { SampleReport.report }, metrics: { "" }),
                    logger: Logger(label: "test"))
                Issue.record("two servers on one port")
            } catch {
                #expect(error.code == .addressUnavailable)
                #expect(error.description.contains("127.0.0.1:\(port)"), "\(error)")
            }
        }
    }

    @Test func pagesCanBeAdded() async throws {
        let routes = [
            StatusRoute("/page") { request in
                var answer = StatusAnswer.text(
                    "\(request.query["a"] ?? "-") \(request.headers["x-b"] ?? "-") \(request.headers["authorization"] ?? "-")",
                    type: "text/html; charset=utf-8")
                answer.headers = [("Content-Security-Policy", "default-src 'none'"), ("bad name", "x")]
                return answer
            }
        ]
        try await ServerFixture.with(token: "0123456789abcdef", routes: routes) { _, port in
            let answer = try await RawClient.ask(
                port, "/page?a=1%202&b", headers: ["X-B: c", "Authorization: Bearer 0123456789abcdef"])
            #expect(answer.status == 200)
            #expect(answer.body == "1 2 c -", "credentials are not handed on")
            #expect(answer.field("content-type") == "text/html; charset=utf-8")
            #expect(answer.field("content-security-policy") == "default-src 'none'")
        }
    }

    @Test func aReportIsMadeOnceForMany() async throws {
        try await ServerFixture.with(limits: { $0.reuse = .seconds(3600) }) { server, port in
            for path in [String](repeating: "/status.json", count: 50) + [String](repeating: "/health/ready", count: 50)
            {
                let answer = try await RawClient.ask(port, path)
                #expect(answer.status == 200)
            }
            #expect(server.reports.load(ordering: .relaxed) == 1)
        }
    }
}
