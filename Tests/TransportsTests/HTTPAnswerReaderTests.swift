import Testing
import Transports

/// Goal: one head is read, whatever the pieces; what follows it is left alone; what is no HTTP is refused early.
///
/// Method: texts in, progress out, whole and cut at every byte.
@Suite struct HTTPAnswerReaderTests {
    private static let sound = "HTTP/1.1 101 Switching Protocols\r\nUpgrade:  websocket \r\nX-Empty:\r\n\r\n"

    private func read(_ text: String) -> HTTPAnswerReader.Progress {
        var reader = HTTPAnswerReader()
        return reader.read(Array(text.utf8))
    }

    @Test func aHeadIsReadAndWhatFollowsIsCounted() {
        let expected = HTTPAnswer(
            status: 101, reason: "Switching Protocols",
            fields: [.init("Upgrade", "websocket"), .init("X-Empty", "")])
        #expect(read(Self.sound) == .answer(expected, bytesLeft: 0))
        #expect(read(Self.sound + "AMQP") == .answer(expected, bytesLeft: 4))
        #expect(read(Self.sound.replacing("\r\n", with: "\n")) == .answer(expected, bytesLeft: 0))
        #expect(read("HTTP/1.0 200\r\n\r\n") == .answer(HTTPAnswer(status: 200), bytesLeft: 0))
    }

    @Test func piecesOfAnySizeGiveTheSame() {
        let bytes = Array((Self.sound + "rest").utf8)
        let whole = read(Self.sound)
        for cut in 1..<bytes.count {
            var reader = HTTPAnswerReader()
            var progress = reader.read(bytes[..<cut])
            if progress == .incomplete { progress = reader.read(bytes[cut...]) }
            guard case .answer(let answer, let left) = progress, case .answer(let expected, _) = whole else {
                Issue.record("cut at \(cut): \(progress)")
                continue
            }
            #expect(answer == expected)
            #expect(left <= 4)
        }
    }

    @Test func interimAnswersArePassedOver() {
        let early = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
        guard case .answer(let answer, 0) = read(early + "HTTP/1.1 200 OK\r\n\r\n") else {
            Issue.record("no answer")
            return
        }
        #expect(answer.status == 200)
        #expect(read(early) == .incomplete)
    }

    @Test(arguments: [
        "S", "SSH-2.0-OpenSSH_9.6\r\n", "HTTP/2 200\r\n\r\n", "HTTP/1.1\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2x0 OK\r\n\r\n", "HTTP/1.1 099 Low\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "\r\n\r\n",
        "HTTP/1.1 200 OK\r\n: nameless\r\n\r\n", "HTTP/1.1 200 OK\r\n folded: x\r\n\r\n", "\u{16}\u{3}\u{1}",
        "AMQP\u{0}\u{1}\u{0}\u{0}", "HTTP/1.123 200 OK\r\n\r\n",
    ])
    func whatIsNoHTTPIsRefused(text: String) { #expect(read(text) == .notHTTP) }

    @Test func aHeadWithoutEndIsRefused() {
        let endless = "HTTP/1.1 200 OK\r\n" + String(repeating: "X: y\r\n", count: 10_000)
        #expect(read(endless) == .tooLong)
        let interims = String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 1000)
        #expect(read(interims) == .tooLong)
    }

    @Test func anyBytesAreSurvived() {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<2000 {
            var bytes = Array(Self.sound.utf8)
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            var reader = HTTPAnswerReader()
            if case .answer(let answer, let left) = reader.read(bytes) {
                #expect((100...999).contains(answer.status) && left <= bytes.count)
                #expect(answer.statusText.utf8.allSatisfy { (32...126).contains($0) })
            }
        }
    }

    @Test func listsAreReadWithoutCase() {
        let answer = HTTPAnswer(
            status: 200, fields: [.init("Connection", "keep-alive, Upgrade"), .init("CONNECTION", "x,,")])
        #expect(answer.list(of: "connection") == ["keep-alive", "upgrade", "x"])
    }

    @Test func aQuestionCannotBeBrokenUp() {
        let question = HTTPQuestion(
            method: "CONNECT", target: "h:1\r\nX: y", fields: [("Host", "a\nB: c"), ("Login", "secret")])
        #expect(
            String(decoding: question.bytes, as: UTF8.self)
                == "CONNECT h:1X: y HTTP/1.1\r\nHost: aB: c\r\nLogin: secret\r\n\r\n")
        #expect(!"\(question)\(String(reflecting: question))".contains("secret"))
    }
}

/// A repeatable generator (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
