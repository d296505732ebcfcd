import Crypto
import Detection
import EventHubs
import FindingFormats
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Receivers
import Sinks
import StateStore
import Testing

@testable import NetworkSinks

/// Goal: a webhook takes every finding at least once with the same id, whatever its receiver does; nothing is followed
/// elsewhere, and nothing waits for longer than stated.
///
/// Method: real web servers on loopback that fail as told; the real sink, follower and state file; pauses step a clock.
@Suite(.timeLimit(.minutes(2))) struct WebhookTests {
    private let secret = "whsec_" + Data("a shared secret of some length".utf8).base64EncodedString()

    private func carrier(
        port: Int, path: String = "/hook", scheme: String = "http", host: String = "127.0.0.1",
        timeout: Duration = .seconds(10), trust: ReceiverTrust = ReceiverTrust(),
        headers: [(name: String, value: Secret)] = []
    ) throws -> HTTPCarrier {
        var settings = HTTPCarrier.Settings(url: Secret("\(scheme)://\(host):\(port)\(path)"), productVersion: "1")
        settings.signer = WebhookSigner(Secret(secret))
        settings.timeout = timeout
        settings.trust = trust
        settings.headers = headers
        return try HTTPCarrier(settings, group: loops, now: WallTime.now) { entry in
            Array(format.line(entry, logged: WallTime.now()).dropLast())
        }
    }

    /// One attempt at one finding.
    private func attempt(_ carrier: HTTPCarrier) async -> CarryOutcome {
        let outcome = await carrier.carry([Parcel(journalID: 1, entry: entry(1))])
        await carrier.close()
        return outcome
    }

    @Test func aFindingComesSignedWithItsIDAndHeaders() async throws {
        let receiver = try await HTTPReceiver { _, _ in .reply(204) }
        let outcome = await attempt(
            try carrier(port: receiver.port, headers: [("X-Team", Secret("soc")), ("User-Agent", Secret("mine"))]))
        #expect(outcome.accepted == 1 && outcome.failure == nil && outcome.answer == "204 No Content")
        let request = try #require(receiver.requests.first)
        #expect(request.method == "POST" && request.path == "/hook")
        #expect(request.header("content-type") == "application/json")
        #expect(request.header("webhook-id") == "finding1-create")
        #expect(request.header("x-team") == "soc" && request.headers["user-agent"] == ["mine"])
        // What the page says a receiver does.
        let stamp = try #require(request.header("webhook-timestamp"))
        var code = HMAC<SHA256>(key: SymmetricKey(data: Data("a shared secret of some length".utf8)))
        code.update(data: Data("finding1-create.\(stamp).".utf8) + Data(request.body))
        #expect(request.header("webhook-signature") == "v1," + Data(code.finalize()).base64EncodedString())
        let body = try #require(JSONSerialization.jsonObject(with: Data(request.body)) as? [String: Any])
        #expect((body["finding_info"] as? [String: Any])?["uid"] as? String == "finding1")
        await receiver.close()
    }

    @Test func theSignatureIsThatOfThePublishedScheme() {
        // Computed apart, with Python's hmac and base64.
        let signer = WebhookSigner(Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
        let body = Array("{\"test\": 2432232314}".utf8)
        let signature = signer?.signature(id: "msg_p5jXN8AQM9LWM0D4loKWxJek", seconds: 1_614_265_330, body: body)
        #expect(signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
        #expect(WebhookSigner(Secret("whsec_")) == nil && WebhookSigner(Secret("")) == nil)
        #expect(WebhookSigner(Secret("plain words")) != nil)
    }

    @Test func aReceiverThatFailsAndComesBackGetsEveryFindingInOrder() async throws {
        let state = try StateUnderTest()
        let store = try state.open()
        try await state.commit((1...4).map { entry($0) }, to: store)
        let receiver = try await HTTPReceiver { number, _ in
            switch number {
            case 1: .reply(500, [], "out of order")
            case 2: .reply(429, [("Retry-After", "120")])
            case 3: .hangUp
            case 5: .reply(503)
            default: .reply(200)
            }
        }
        try await state.deliver(with: try carrier(port: receiver.port), store, upTo: 4)
        let ids = receiver.requests.map { $0.header("webhook-id") ?? "" }
        #expect(
            ids == [
                "finding1-create", "finding1-create", "finding1-create", "finding1-create", "finding2-create",
                "finding2-create", "finding3-create", "finding4-create",
            ])
        // What it asked for was honoured.
        #expect(state.elapsed >= .seconds(120))
        #expect(try await store.sinkLetterCounts().isEmpty)
        try await store.close()
        await receiver.close()
    }

    @Test func aRefusalIsADeadLetterAtOnceAndTheRestGoesOn() async throws {
        let state = try StateUnderTest()
        let store = try state.open()
        try await state.commit((1...3).map { entry($0) }, to: store)
        let receiver = try await HTTPReceiver { _, request in
            request.header("webhook-id") == "finding2-create" ? .reply(400, [], "no such field") : .reply(200)
        }
        try await state.deliver(with: try carrier(port: receiver.port), store, upTo: 3)
        #expect(receiver.requests.count == 3)
        let letters = try await store.sinkLetters(of: "soc", after: 0, limit: 9, includingResent: true)
        #expect(letters.map(\.letter.reason) == ["400 Bad Request, saying 'no such field'"])
        try await store.close()
        await receiver.close()
    }

    @Test func aRedirectIsFollowedNowhere() async throws {
        let other = try await HTTPReceiver { _, _ in .reply(200) }
        let target = "http://localhost:\(other.port)/collect?key=s3cret"
        for status in [301, 302, 303, 307, 308] {
            let receiver = try await HTTPReceiver { _, _ in .reply(status, [("Location", target)]) }
            let failure = try #require(await attempt(try carrier(port: receiver.port)).failure)
            #expect(failure.kind == .unavailable)
            #expect(failure.summary.contains("another host (localhost)") && !failure.summary.contains("s3cret"))
            #expect(failure.remedy.contains("not followed"))
            await receiver.close()
        }
        #expect(other.requests.isEmpty)
        await other.close()
    }

    @Test(arguments: [true, false])
    func aReceiverThatNeverAnswersOrDripsEndsWithinTheTime(drips: Bool) async throws {
        let receiver = try await HTTPReceiver { _, _ in drips ? .drip : .silence }
        let failure = await attempt(try carrier(port: receiver.port, timeout: .seconds(1))).failure
        #expect(failure?.kind == .unavailable)
        #expect(failure?.summary.contains("no answer from http://127.0.0.1:\(receiver.port) within 1.0 s") == true)
        await receiver.close()
    }

    @Test func aConnectionThatIsRefusedIsSaid() async throws {
        let gone = try await HTTPReceiver { _, _ in .reply(200) }
        let port = gone.port
        await gone.close()
        let failure = await attempt(try carrier(port: port)).failure
        #expect(failure?.kind == .unavailable)
        #expect(failure?.summary.lowercased().contains("connection refused") == true, "\(failure?.summary ?? "")")
    }

    @Test func tlsIsVerified() async throws {
        let state = try StateUnderTest()
        let certificates = try TestCertificates()
        let receiver = try await HTTPReceiver(tls: certificates.server) { _, _ in .reply(200) }
        let trust = ReceiverTrust(authorityFile: try certificates.authorityFile(in: state.folder))
        let trusted = await attempt(
            try carrier(port: receiver.port, scheme: "https", host: "localhost", trust: trust))
        #expect(trusted.accepted == 1, "\(trusted)")
        let unknown = await attempt(try carrier(port: receiver.port, scheme: "https", host: "localhost"))
        #expect(unknown.failure?.summary.contains("certificate cannot be verified") == true, "\(unknown)")
        #expect(unknown.failure?.remedy.contains("ca_file") == true)
        let otherName = await attempt(try carrier(port: receiver.port, scheme: "https", trust: trust))
        #expect(otherName.failure?.summary.contains("TLS to https://127.0.0.1") == true, "\(otherName)")
        let plain = try await HTTPReceiver { _, _ in .reply(200) }
        let noTLS = await attempt(try carrier(port: plain.port, scheme: "https", host: "localhost"))
        #expect(noTLS.failure?.kind == .unavailable && plain.requests.isEmpty)
        #expect(receiver.requests.count == 1)
        await receiver.close()
        await plain.close()
    }

    @Test func aReceiverThatWantsACertificateGetsIt() async throws {
        let state = try StateUnderTest()
        let certificates = try TestCertificates(wantsClient: true)
        let receiver = try await HTTPReceiver(tls: certificates.server) { _, _ in .reply(200) }
        var trust = ReceiverTrust(authorityFile: try certificates.authorityFile(in: state.folder))
        let without = await attempt(
            try carrier(port: receiver.port, scheme: "https", host: "localhost", trust: trust))
        #expect(without.failure?.summary.contains("certificate") == true, "\(without)")
        #expect(without.failure?.remedy.contains("certificate_file") == true, "\(without)")
        #expect(receiver.requests.isEmpty)
        trust.certificateFile = try certificates.clientFile(in: state.folder)
        let with = await attempt(try carrier(port: receiver.port, scheme: "https", host: "localhost", trust: trust))
        #expect(with.accepted == 1, "\(with)")
        await receiver.close()
    }

    @Test func anAnswerThatRepeatsASecretIsNotShown() async throws {
        let receiver = try await HTTPReceiver { _, request in
            .reply(400, [], "you sent \(request.header("authorization") ?? "")\u{1b}[2J")
        }
        let outcome = await attempt(
            try carrier(port: receiver.port, headers: [("Authorization", Secret("Bearer top-s3cret"))]))
        #expect(outcome.failure?.summary == "400 Bad Request, saying '(an answer that repeats a secret)'")
        await receiver.close()
    }

    @Test func aRestartInTheMiddleSendsAgainWithTheSameID() async throws {
        let state = try StateUnderTest()
        let store = try state.open()
        try await state.commit((1...3).map { entry($0) }, to: store)
        let receiver = try await HTTPReceiver { _, _ in .reply(200) }
        // The receiver has answered, and the process died before it noted that.
        _ = await attempt(try carrier(port: receiver.port))
        try await store.close()
        let next = try state.open()
        try await state.deliver(with: try carrier(port: receiver.port), next, upTo: 3)
        let ids = receiver.requests.map { $0.header("webhook-id") ?? "" }
        #expect(ids == ["finding1-create", "finding1-create", "finding2-create", "finding3-create"])
        try await next.close()
        await receiver.close()
    }

    @Test func aReceiverGoneForLongerThanStatedLeavesDeadLetters() async throws {
        let state = try StateUnderTest()
        let store = try state.open()
        try await state.commit((1...3).map { entry($0) }, to: store)
        let gone = try await HTTPReceiver { _, _ in .reply(200) }
        let port = gone.port
        await gone.close()
        try await state.deliver(
            with: try carrier(port: port), store, upTo: 3, policy: DeliveryPolicy(giveUpAfter: .seconds(3600)))
        #expect(state.elapsed >= .seconds(3600))
        #expect(try await store.sinkLetterCounts()["soc"] == SinkLetterCounts(stored: 3))
        try await store.close()
    }
}

/// What an answer means, without a network.
@Suite struct HTTPAnswerTests {
    @Test(
        arguments: [
            (200, nil), (204, nil), (299, nil), (400, .refused), (413, .refused), (422, .refused), (301, .unavailable),
            (401, .unavailable), (404, .unavailable), (410, .unavailable), (408, .unavailable), (429, .unavailable),
            (500, .unavailable), (503, .unavailable), (600, .unavailable), (100, .unavailable),
        ] as [(Int, DeliveryFailure.Kind?)])
    func statuses(status: Int, kind: DeliveryFailure.Kind?) {
        #expect(HTTPAnswer(status: status).failure(host: "h", now: 0)?.kind == kind)
    }

    @Test(
        arguments: [
            ("120", 120), (" 0 ", 0), ("-5", 0), ("99999999999999", 1_000_000_000),
            ("Sun, 06 Nov 1994 08:49:37 GMT", 37),
            ("Sun, 06 Nov 1994 08:00:00 GMT", 0),
        ] as [(String, Int)])
    func waitsAreRead(text: String, seconds: Int) {
        #expect(RetryAfter.read(text, now: 784_111_740) == .seconds(seconds))
    }

    @Test(arguments: [
        "", "soon", "1.5", "Sun, 06 Nov 1994", "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 99 Nov 1994 08:49:37 GMT",
    ])
    func otherWaitsAreNone(text: String) { #expect(RetryAfter.read(text, now: 0) == nil) }

    @Test func aRedirectNamesOnlyTheHost() {
        var answer = HTTPAnswer(status: 302)
        answer.location = "/login"
        #expect(answer.failure(host: "h", now: 0)?.summary.contains("same host") == true)
        answer.location = "https://evil.example/?token=x"
        let summary = answer.failure(host: "h", now: 0)?.summary ?? ""
        #expect(summary.contains("evil.example") && !summary.contains("token"))
    }
}
