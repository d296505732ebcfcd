/// Decides what each frame of a WebSocket means that carries AMQP as a stream of bytes.
///
/// **States**: *open*, within a message of several frames or between messages → *closed*, once either end has sent a close
/// frame: nothing after that is delivered, and nothing but the rest of what is on its way is written.
///
/// Message boundaries mean nothing: AMQP's bytes are passed on as they come, frame by frame.
/// **Source**: RFC 6455, sections 5 and 7.
public struct WebSocketSession: Sendable {
    /// Which end this is.
    public enum Role: Hashable, Sendable {
        /// Its frames are masked, the peer's are not.
        case client
        /// Its frames are not masked, the peer's are.
        case server
    }

    /// What is known of a frame besides its payload.
    public struct FrameHead: Hashable, Sendable {
        /// The four bits of the operation.
        public var opcode: UInt8
        /// Whether it ends a message.
        public var isFinal: Bool
        /// Whether a bit is set that only an extension could mean.
        public var hasReservedBits: Bool
        /// Whether the payload is masked.
        public var isMasked: Bool

        /// Makes a head.
        public init(opcode: UInt8, isFinal: Bool = true, hasReservedBits: Bool = false, isMasked: Bool) {
            self.opcode = opcode
            self.isFinal = isFinal
            self.hasReservedBits = hasReservedBits
            self.isMasked = isMasked
        }
    }

    /// A frame that cannot be read at all.
    public enum FrameFault: Hashable, Sendable {
        /// Longer than is taken.
        case tooLong(bytesMax: Int)
        /// A control frame in pieces, or one of more than 125 bytes.
        case badControlFrame
    }

    /// What the shell must do.
    public enum Action: Hashable, Sendable {
        /// Pass the payload on.
        case deliver
        /// Answer with a pong of the same payload.
        case pong
        /// Nothing.
        case ignore
        /// Send a close frame with a code (none: an empty one), then close the channel, with an error where one is given.
        case close(code: UInt16?, TransportRefusal?)
    }

    private enum State: Sendable {
        case open(isInMessage: Bool)
        case closed
    }

    private let role: Role
    private var state = State.open(isInMessage: false)

    /// Makes a session right after the handshake.
    public init(role: Role) { self.role = role }

    /// Whether bytes may still be written.
    public var isOpen: Bool { if case .open = state { true } else { false } }

    /// A frame has arrived.
    ///
    /// - Parameter payload: of control frames, without mask; not looked at for others.
    public mutating func received(_ frame: FrameHead, payload: [UInt8] = []) -> Action {
        guard case .open(let isInMessage) = state else { return .ignore }
        guard frame.isMasked == (role == .server) else {
            return fail(1002, role == .client ? "masked a frame" : "did not mask a frame")
        }
        guard !frame.hasReservedBits else { return fail(1002, "used an extension that nobody asked for") }
        switch frame.opcode {
        case 0x0:
            guard isInMessage else { return fail(1002, "continued a message that it had not begun") }
            state = .open(isInMessage: !frame.isFinal)
            return .deliver
        case 0x2:
            guard !isInMessage else { return fail(1002, "began a message within another") }
            state = .open(isInMessage: !frame.isFinal)
            return .deliver
        case 0x1: return fail(1003, "sent text, which is no AMQP")
        case 0x8: return closeReceived(payload)
        case 0x9: return .pong
        case 0xA: return .ignore
        default: return fail(1002, "sent a frame of an unknown kind")
        }
    }

    private mutating func closeReceived(_ payload: [UInt8]) -> Action {
        if payload.isEmpty {
            state = .closed
            return .close(code: nil, nil)
        }
        guard payload.count >= 2 else { return fail(1002, "sent half a close code") }
        let code = UInt16(payload[0]) << 8 | UInt16(payload[1])
        state = .closed
        // Section 7.4: the codes that may stand in a frame.
        guard (1000...1003).contains(code) || (1007...1014).contains(code) || (3000...4999).contains(code) else {
            return .close(code: 1002, Self.broken("sent the close code \(code), which no frame may have"))
        }
        if code == 1000 { return .close(code: code, nil) }
        let said = PeerText.shown(String(decoding: payload[2...], as: UTF8.self))
        return .close(
            code: code,
            TransportRefusal(
                .webSocket,
                "The peer closed the WebSocket with code \(code)\(said.isEmpty ? "" : " (\(said))")",
                remedy: code == 1001 ? "" : "Check gateways on the way if it comes again", isRetriable: true))
    }

    /// The bytes are no frame.
    public mutating func faulted(_ fault: FrameFault) -> Action {
        guard isOpen else { return .ignore }
        switch fault {
        case .tooLong(let bytesMax): return fail(1009, "sent a frame of more than \(bytesMax) bytes")
        case .badControlFrame: return fail(1002, "sent a control frame in pieces or of more than 125 bytes")
        }
    }

    /// This end wants to close.
    public mutating func closeOrdered() -> Action {
        guard isOpen else { return .ignore }
        state = .closed
        return .close(code: 1000, nil)
    }

    private mutating func fail(_ code: UInt16, _ why: String) -> Action {
        state = .closed
        return .close(code: code, Self.broken(why))
    }

    private static func broken(_ why: String) -> TransportRefusal {
        TransportRefusal(
            .webSocket, "The peer broke the WebSocket protocol: it \(why)",
            remedy: "Something on the way may rewrite the connection: check proxies and gateways", isRetriable: true)
    }
}
