import Testing
import Transports

/// Goal: frames are passed on, answered or refused as RFC 6455 says, and nothing is delivered after the end.
///
/// Method: scripts of frames with the action each must have; random frames against the rules.
@Suite struct WebSocketSessionTests {
    private typealias Head = WebSocketSession.FrameHead

    private func head(_ opcode: UInt8, final: Bool = true, reserved: Bool = false, masked: Bool = false) -> Head {
        Head(opcode: opcode, isFinal: final, hasReservedBits: reserved, isMasked: masked)
    }

    /// The code of a close frame and the words about it.
    private func end(_ action: WebSocketSession.Action) -> (code: UInt16?, refusal: TransportRefusal?)? {
        if case .close(let code, let refusal) = action { (code, refusal) } else { nil }
    }

    @Test func aStreamIsDeliveredWhateverItsMessages() {
        var session = WebSocketSession(role: .client)
        #expect(session.received(head(2)) == .deliver)
        #expect(session.received(head(2, final: false)) == .deliver)
        #expect(session.received(head(0, final: false)) == .deliver)
        #expect(session.received(head(9), payload: [1, 2]) == .pong)
        #expect(session.received(head(10)) == .ignore)
        #expect(session.received(head(0)) == .deliver)
        #expect(session.received(head(2)) == .deliver)
        #expect(session.isOpen)
    }

    @Test(arguments: [
        (0x0, 1002, "continued a message"), (0x1, 1003, "text"), (0x3, 1002, "unknown kind"),
        (0xB, 1002, "unknown kind"),
    ])
    func framesOutOfPlaceEndIt(opcode: UInt8, code: UInt16, text: String) {
        var session = WebSocketSession(role: .client)
        let end = end(session.received(head(opcode)))
        #expect(end?.code == code)
        #expect(end?.refusal?.summary.contains(text) == true && end?.refusal?.isRetriable == true)
        #expect(!session.isOpen)
        #expect(session.received(head(2)) == .ignore)
        #expect(session.closeOrdered() == .ignore)
    }

    @Test func aMessageWithinAnotherEndsIt() {
        var session = WebSocketSession(role: .client)
        #expect(session.received(head(2, final: false)) == .deliver)
        #expect(end(session.received(head(2)))?.code == 1002)
    }

    @Test func masksAreTheClients() {
        var client = WebSocketSession(role: .client)
        #expect(end(client.received(head(2, masked: true)))?.code == 1002)
        var server = WebSocketSession(role: .server)
        #expect(server.received(head(2, masked: true)) == .deliver)
        #expect(end(server.received(head(2)))?.code == 1002)
        var extended = WebSocketSession(role: .client)
        #expect(end(extended.received(head(2, reserved: true)))?.refusal?.summary.contains("extension") == true)
    }

    @Test func closesAreAnsweredAndSaidWhenTheyMeanSomething() {
        func close(_ payload: [UInt8]) -> (code: UInt16?, refusal: TransportRefusal?)? {
            var session = WebSocketSession(role: .client)
            return end(session.received(head(8), payload: payload))
        }
        #expect(close([]).map { $0.code == nil && $0.refusal == nil } == true)
        #expect(close([0x03, 0xE8]).map { $0.code == 1000 && $0.refusal == nil } == true)
        let away = close([0x03, 0xE9] + Array("upgrade\u{7}".utf8))
        #expect(away?.code == 1001 && away?.refusal?.summary.contains("code 1001 (upgrade?)") == true)
        #expect(away?.refusal?.isRetriable == true)
        #expect(close([0x03])?.code == 1002)
        let forbidden: [[UInt8]] = [[0x03, 0xEC], [0x03, 0xED], [0x03, 0xEE], [0, 0], [0x07, 0xD0], [0xFF, 0xFF]]
        for code in forbidden { #expect(close(code)?.code == 1002) }
        #expect(close([0x0F, 0xA0])?.code == 4000)
    }

    @Test func ownEndsAreSaidOnce() {
        var session = WebSocketSession(role: .client)
        #expect(session.closeOrdered() == .close(code: 1000, nil))
        #expect(session.closeOrdered() == .ignore)
        #expect(session.received(head(8), payload: [0x03, 0xE8]) == .ignore)
        var long = WebSocketSession(role: .client)
        let tooLong = end(long.faulted(.tooLong(bytesMax: 4096)))
        #expect(tooLong?.code == 1009 && tooLong?.refusal?.summary.contains("more than 4096 bytes") == true)
        #expect(long.faulted(.badControlFrame) == .ignore)
        var control = WebSocketSession(role: .client)
        #expect(end(control.faulted(.badControlFrame))?.code == 1002)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func nothingIsDeliveredAfterTheEnd(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            var session = WebSocketSession(role: Bool.random(using: &generator) ? .client : .server)
            var hasEnded = false
            for _ in 0..<50 {
                let payload = (0..<Int.random(in: 0...4, using: &generator)).map { _ in
                    UInt8.random(in: 0...255, using: &generator)
                }
                let frame = head(
                    UInt8.random(in: 0...15, using: &generator), final: Bool.random(using: &generator),
                    reserved: Int.random(in: 0...20, using: &generator) == 0,
                    masked: Int.random(in: 0...9, using: &generator) < 5)
                let action = session.received(frame, payload: payload)
                #expect(!hasEnded || action == .ignore)
                if case .close(let code, _) = action {
                    hasEnded = true
                    #expect(code.map { $0 >= 1000 && $0 < 5000 } ?? true)
                }
                #expect(session.isOpen == !hasEnded)
            }
        }
    }
}
