import Testing
import Transports

/// Goal: a WebSocket is made only by an answer that RFC 6455 allows and that chooses AMQP; any other is explained.
///
/// Method: answers in, refusals out.
@Suite struct WebSocketHandshakeTests {
    private let handshake = WebSocketHandshake(
        peer: "ns.example:443", authority: "ns.example", nonce: (0x0102_0304_0506_0708, 0x1112_1314_1516_1718))

    private var key: String { handshake.question.fields.first { $0.name == "Sec-WebSocket-Key" }?.value ?? "" }

    private func answer(_ changes: [String: String?] = [:], status: Int = 101) -> HTTPAnswer {
        var fields: [String: String?] = [
            "Upgrade": "WebSocket", "Connection": "keep-alive, Upgrade",
            "Sec-WebSocket-Accept": WebSocketHandshake.acceptance(of: key), "Sec-WebSocket-Protocol": "AMQPWSB10",
        ]
        fields.merge(changes) { $1 }
        return HTTPAnswer(
            status: status, reason: "Reason",
            fields: fields.sorted { $0.key < $1.key }.compactMap { name, value in value.map { .init(name, $0) } })
    }

    private func refusal(_ answer: HTTPAnswer) -> TransportRefusal? {
        do throws(TransportRefusal) {
            try handshake.judge(answer)
            return nil
        } catch {
            return error
        }
    }

    @Test func theQuestionIsTheServices() {
        let question = handshake.question
        #expect(question.method == "GET" && question.target == "/$servicebus/websocket")
        let fields = Dictionary(uniqueKeysWithValues: question.fields.map { ($0.name, $0.value) })
        #expect(fields["Host"] == "ns.example" && fields["Sec-WebSocket-Protocol"] == "AMQPWSB10")
        #expect(fields["Sec-WebSocket-Version"] == "13" && fields["Upgrade"] == "websocket")
        #expect(key == "CAcGBQQDAgEYFxYVFBMSEQ==")
    }

    @Test func theAcceptanceIsTheStandards() {
        // RFC 6455, section 1.3.
        #expect(WebSocketHandshake.acceptance(of: "dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    }

    @Test func aRightAnswerIsTaken() { #expect(refusal(answer()) == nil) }

    @Test(arguments: [
        ("Upgrade", "h2c", "another protocol"), ("Upgrade", nil, "another protocol"),
        ("Connection", "close", "another protocol"), ("Sec-WebSocket-Accept", "bm9uZQ==", "key does not fit"),
        ("Sec-WebSocket-Accept", nil, "key does not fit"),
        ("Sec-WebSocket-Protocol", "amqp", "chose the protocol amqp"),
        ("Sec-WebSocket-Protocol", nil, "chose no protocol"),
        ("Sec-WebSocket-Extensions", "permessage-deflate", "extension"),
    ])
    func aWrongAnswerIsExplained(field: String, value: String?, text: String) {
        let refusal = refusal(answer([field: value]))
        #expect(refusal?.origin == .webSocket && refusal?.isRetriable == false)
        #expect(refusal?.summary.contains(text) == true, "\(String(describing: refusal))")
        #expect(refusal?.remedy.isEmpty == false)
    }

    @Test(arguments: [
        (404, false, "no AMQP WebSocket at /$servicebus/websocket (404 Reason)"), (401, false, "refused"),
        (403, false, "refused"), (200, false, "refused"), (301, false, "refused"), (426, false, "refused"),
        (429, true, "refused"), (500, true, "refused"), (503, true, "refused"),
    ])
    func otherStatusesAreExplained(status: Int, isRetriable: Bool, text: String) {
        let refusal = refusal(answer(status: status))
        #expect(refusal?.isRetriable == isRetriable)
        #expect(refusal?.summary.contains(text) == true, "\(String(describing: refusal))")
    }

    @Test(arguments: [
        (HandshakeFailure.hungUp, true), (.silent(seconds: 3), true), (.notHTTP, false), (.tooLong, false),
    ])
    func silenceIsExplained(failure: HandshakeFailure, isRetriable: Bool) {
        let refusal = handshake.refusal(failure)
        #expect(refusal.isRetriable == isRetriable && refusal.summary.contains("ns.example:443"))
    }
}
