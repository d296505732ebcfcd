import NIOCore
import Testing

@testable import StatusServer

/// Goal: nothing that a client sends, or does not send, takes more than its bound, ends the process or keeps others out.
///
/// Method: real sockets against a server with small limits; what is waited for is that the server closes, or answers others.
@Suite(.timeLimit(.minutes(3))) struct HostileClientTests {
    private static let request = "GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"

    /// Whether an ordinary client is served.
    private static func serves(_ port: Int) async throws -> Bool {
        try await RawClient.ask(port, "/health/live").status == 200
    }

    @Test func aSilentConnectionIsClosed() async throws {
        try await ServerFixture.with(limits: { $0.headTime = .milliseconds(50) }) { server, port in
            let client = try await RawClient.connect(port)
            await client.closed()
            #expect(server.metric("hubwatch_http_connections_closed_total{reason=\"timed_out\"}") == 1)
        }
    }

    @Test func aHeadThatDribblesInIsClosed() async throws {
        try await ServerFixture.with(limits: { $0.headTime = .milliseconds(100) }) { server, port in
            let client = try await RawClient.connect(port)
            await client.send("GET /health/live HTTP/1.1\r\nHost: localhost\r\n")
            // A byte at a time for as long as the server lets it: dribbling does not extend the time.
            let dribble = Task {
                var number = 0
                while !Task.isCancelled, number < 10_000_000 {
                    await client.send(number % 10 == 0 ? "X" : number % 10 == 9 ? ":\r\n" : "y")
                    number += 1
                }
            }
            await client.closed()
            dribble.cancel()
            _ = await dribble.value
            #expect(try await Self.serves(port))
        }
    }

    @Test func aConnectionMayBeSilentBetweenRequestsForItsTime() async throws {
        try await ServerFixture.with(limits: { $0.idleTime = .milliseconds(50) }) { server, port in
            let client = try await RawClient.connect(port)
            await client.send(Self.request)
            #expect(Answer(await client.read { Answer($0).isWhole() }).status == 200)
            await client.closed()
            #expect(server.metric("hubwatch_http_connections_closed_total{reason=\"timed_out\"}") == 1)
        }
    }

    @Test func anAnswerThatDoesNotComeIsGivenUp() async throws {
        let (never, continuation) = AsyncStream.makeStream(of: Void.self)
        defer { continuation.finish() }
        let routes = [
            StatusRoute("/never") { _ in
                // Until the server is stopped: then the task is cancelled.
                for await _ in never {}
                return .text("late")
            }
        ]
        try await ServerFixture.with(routes: routes, limits: { $0.answerTime = .milliseconds(50) }) { server, port in
            let client = try await RawClient.connect(port)
            await client.send("GET /never HTTP/1.1\r\nHost: localhost\r\n\r\n")
            await client.closed()
            #expect(try await Self.serves(port))
        }
    }

    @Test func aClientThatDoesNotReadIsCutOff() async throws {
        let large = String(repeating: "x", count: 4 << 20)
        let routes = [StatusRoute("/large") { _ in .text(large) }]
        try await ServerFixture.with(routes: routes, limits: { $0.writeTime = .milliseconds(100) }) { server, port in
            let client = try await RawClient.connect(port)
            await client.stopReading()
            for _ in 0..<8 { await client.send("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n") }
            while server.metric("hubwatch_http_connections_closed_total{reason=\"timed_out\"}") != 1 {
                let isServed = try await Self.serves(port)
                #expect(isServed)
            }
            await client.close()
        }
    }

    @Test func bodiesAreRefused() async throws {
        try await ServerFixture.with { server, port in
            for field in ["Content-Length: 1000000000000", "Content-Length: 5", "Transfer-Encoding: chunked"] {
                let client = try await RawClient.connect(port)
                await client.send("POST /metrics HTTP/1.1\r\nHost: localhost\r\n\(field)\r\n\r\n")
                let answer = Answer(await client.read())
                #expect(answer.status == 413, "\(field): \(answer.text)")
                await client.closed()
            }
            #expect(server.metric("hubwatch_http_connections_closed_total{reason=\"too_large\"}") == 3)
            #expect(try await Self.serves(port))
        }
    }

    @Test(arguments: [
        "GET /\(String(repeating: "a", count: 9000)) HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nX: \(String(repeating: "a", count: 9000))\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\n\(String(repeating: "X: \(String(repeating: "a", count: 400))\r\n", count: 60))\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\n\(String(repeating: "X: y\r\n", count: 100))\r\n",
        "nonsense\r\n\r\n", "\0\0\0\0\0\0\0\0", "GET / HTTP/9.9\r\n\r\n", "GET  HTTP/1.1\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}\u{FC}\u{3}\u{3}",
        "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : localhost\r\n\r\n",
    ])
    func whatIsTooLargeOrNoHTTPIsRefused(text: String) async throws {
        try await ServerFixture.with(limits: { limits in
            limits.headTime = .milliseconds(500)
            limits.idleTime = .milliseconds(500)
        }) { _, port in
            let client = try await RawClient.connect(port)
            await client.send(text)
            let answer = Answer(await client.read())
            #expect([0, 400, 413].contains(answer.status), "\(answer.text.prefix(200))")
            await client.closed()
            #expect(try await Self.serves(port))
        }
    }

    @Test func aCrowdThatSaysNothingKeepsNobodyOut() async throws {
        try await ServerFixture.with(limits: { $0.connectionsMax = 16 }) { server, port in
            var crowd: [RawClient] = []
            for number in 0..<200 {
                let client = try await RawClient.connect(port)
                await client.send("GET /health/live HTTP/1.1\r\nHost: local")
                crowd.append(client)
                guard number % 20 == 0 else { continue }
                let isServed = try await Self.serves(port)
                #expect(isServed)
            }
            await crowd[0].closed()
            #expect(try await Self.serves(port))
            let open = try #require(server.metric("hubwatch_http_connections"))
            #expect(open <= 16)
            #expect(server.metric("hubwatch_http_connections_closed_total{reason=\"crowded\"}") ?? 0 >= 184)
            for client in crowd { await client.close() }
        }
    }

    @Test func manyRequestsOverFewConnectionsAreAllAnswered() async throws {
        // On a slow machine the last connection's turn comes late, and how long a head may take is not the matter here.
        try await ServerFixture.with(limits: { ($0.reuse, $0.headTime) = (.milliseconds(250), .seconds(120)) }) {
            server, port in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        let client = try await RawClient.connect(port)
                        // Sent without waiting for answers.
                        for _ in 0..<50 { await client.send(String(repeating: Self.request, count: 10)) }
                        let text = await client.read { $0.count { $0 == "{" } >= 500 }
                        await client.close()
                        return text.split(separator: "HTTP/1.1 200 OK").count
                    }
                }
                for try await answered in group { #expect(answered == 500) }
            }
            #expect(server.metric("hubwatch_http_requests_total") == 4000)
        }
    }

    @Test func streamsAreBoundedAndEndWithTheirClients() async throws {
        let routes = [
            StatusRoute("/events") { _ in
                let (stream, continuation) = AsyncStream.makeStream(of: [UInt8].self)
                continuation.yield(Array("data: hello\n\n".utf8))
                return StatusAnswer(type: "text/event-stream", body: .stream(stream))
            }
        ]
        let events = "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n"
        try await ServerFixture.with(routes: routes, limits: { $0.streamsMax = 2 }) { server, port in
            let first = try await RawClient.connect(port)
            await first.send(events)
            #expect(await first.read { $0.contains("hello") }.contains("200 OK"))
            let second = try await RawClient.connect(port)
            await second.send(events)
            #expect(await second.read { $0.contains("hello") }.contains("200 OK"))
            #expect(try await RawClient.ask(port, "/events").status == 503)
            #expect(try await Self.serves(port))
            await first.close()
            // Its place is free as soon as the server has noticed.
            while true {
                let third = try await RawClient.connect(port)
                await third.send(events)
                let text = await third.read { $0.contains("hello") || $0.contains("503") }
                await third.close()
                if text.contains("200 OK") { break }
            }
            await second.close()
        }
    }

    /// Connects, asks and leaves, until nobody listens any more.
    private static func keepAsking(_ port: Int) -> Task<Void, Never> {
        Task {
            while !Task.isCancelled, let client = try? await RawClient.connect(port) {
                await client.send(String(repeating: request, count: 5))
                await client.close()
            }
        }
    }

    @Test func itStopsInTheMiddleOfAFlood() async throws {
        var clients: [Task<Void, Never>] = []
        try await ServerFixture.with(limits: { $0.connectionsMax = 32 }) { server, port in
            for _ in 0..<16 { clients.append(Self.keepAsking(port)) }
            var requests = 0
            while requests < 500 {
                let isServed = try await Self.serves(port)
                #expect(isServed)
                requests = server.metric("hubwatch_http_requests_total") ?? 0
            }
        }
        for client in clients { client.cancel() }
        for client in clients { await client.value }
    }
}
