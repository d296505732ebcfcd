import AMQPTypes
import CProton
import CProtonShim

/// One AMQP 1.0 connection without its socket: bytes and time in, bytes and events out.
///
/// **Shape**: owns a Proton connection driver. Facts come out of ``nextEvent()`` in order; orders may be given at any
/// time and in any state. An order on a handle that is unknown or over is ignored, because the peer may have ended it
/// while the order was on its way.
/// **Isolation**: none of its own; confined to whoever feeds it, as a rule one event loop. It has no socket, clock or
/// task.
/// **Bounds**: what arrives is bounded by the credit granted and by the message sizes stated; what is sent is kept
/// until it is taken, so that senders look at ``outgoingBytes(_:)``.
/// **Errors**: whatever a peer sends ends at worst in ``EngineEvent/failed(_:)``.
/// **Source**: parts 2 and 5.3 of the specification.
public final class AMQPEngine {
    /// What an engine is told before its first byte.
    public typealias Configuration = EngineConfiguration

    let driver: ProtonDriver
    let configuration: EngineConfiguration
    let maxFrameSize: Int

    // Endpoints by handle, and by Proton's pointer while Proton has it.
    var sessions: [SessionHandle: SessionRecord] = [:]
    var sessionsByPointer: [OpaquePointer: SessionRecord] = [:]
    var links: [LinkHandle: LinkRecord] = [:]
    var linksByPointer: [OpaquePointer: LinkRecord] = [:]
    /// Sessions and links that are freed but not gone: Proton keeps them while their last frames wait to be sent.
    var freed: Set<OpaquePointer> = []
    var lastSession: UInt32 = 0
    var lastLink: UInt32 = 0
    /// The link of the previous delivery: batches make it the next one's as well.
    var cachedLink: LinkRecord?

    // Input
    var handshake: HandshakeBuffer
    var incoming: IncomingFrameFilter
    var slabs: SlabPool
    /// Links with messages that are not yet an event.
    var linksWithMessages: [LinkRecord] = []

    // Output
    var outgoing: OutgoingFrameFilter
    var output: [UInt8] = []
    var outputTaken = 0

    // Events that wait to be asked for; a ring would save the clearing, but the queue is empty after every read.
    var events: [EngineEvent] = []
    var eventsTaken = 0

    var isAuthenticationReported: Bool
    var isAwaitingJudgement = false
    var isCloseReported = false
    var isFailureReported = false
    var isFinishReported = false
    var isClosing = false
    /// The reason that we gave for giving up; Proton would add words of its own.
    var abortCondition: AMQPCondition?

    /// Makes an engine; nothing is sent before ``open()``, except that a client's SASL header is pending at once.
    public init(_ configuration: EngineConfiguration) {
        self.configuration = configuration
        maxFrameSize = Int(max(configuration.maxFrameSize, 512))
        driver = ProtonDriver(configuration)
        handshake = HandshakeBuffer(frameSizeMax: maxFrameSize)
        incoming = IncomingFrameFilter(frameSizeMax: maxFrameSize)
        outgoing = OutgoingFrameFilter(padsLists: configuration.padsLists)
        slabs = SlabPool(slabSize: configuration.slabSize)
        isAuthenticationReported = configuration.authentication == .none
        // Handling the first event binds the transport; before that Proton must not be asked for output.
        drainProton()
    }
}

// MARK: Bytes and time

extension AMQPEngine {
    /// Takes bytes from the peer, all of them; what they mean is in the events afterwards.
    ///
    /// Messages are copied once, into slabs; the bytes are not kept.
    public func receive(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count > 0, !pn_connection_driver_read_closed(driver.pointer) else { return }
        slabs.beginTurn()
        if handshake.isOver, handshake.isEmpty {
            feed(bytes)
        } else {
            handshake.append(bytes)
            feedHandshake()
        }
        publishAllBatches()
    }

    /// The peer will send no more bytes.
    public func receiveClosed() {
        slabs.beginTurn()
        if !isAwaitingJudgement, let rest = handshake.takeAll() { rest.withUnsafeBytes { feed($0) } }
        pn_connection_driver_read_close(driver.pointer)
        drainProton()
        publishAllBatches()
    }

    /// The transport is gone in both directions.
    ///
    /// Unless both sides had closed, ``EngineEvent/failed(_:)`` with `amqp:connection:framing-error` follows.
    public func disconnected() {
        receiveClosed()
        pn_connection_driver_close(driver.pointer)
        drainProton()
        output.removeAll()
        outputTaken = 0
    }

    /// Hands over bytes for the peer; the body says how many of them it took.
    ///
    /// - Returns: false when nothing was pending, and the body was not called.
    public func withOutput(_ body: (UnsafeRawBufferPointer) -> Int) -> Bool {
        fillOutput()
        guard outputTaken < output.count else { return false }
        let pending = output.count - outputTaken
        let taken = output.withUnsafeBytes { bytes in
            body(UnsafeRawBufferPointer(rebasing: bytes[outputTaken...]))
        }
        outputTaken += min(max(taken, 0), pending)
        if outputTaken == output.count {
            output.removeAll(keepingCapacity: output.capacity <= Self.outputKept)
            outputTaken = 0
        }
        return true
    }

    /// Lets time pass; needed for idle time-outs in both directions.
    ///
    /// - Parameter now: milliseconds of a clock that never goes back, more than 0.
    /// - Returns: when to call again, at the latest; nil when no time-out is agreed (yet: call once after
    ///   ``EngineEvent/opened(_:)``).
    public func tick(now: UInt64) -> UInt64? {
        let next = pn_transport_tick(driver.transport, Int64(clamping: now))
        drainProton()
        return next > 0 ? UInt64(next) : nil
    }

    /// The next event, or nil when there is none for now.
    public func nextEvent() -> EngineEvent? {
        if eventsTaken == events.count {
            drainProton()
            publishAllBatches()
        }
        guard eventsTaken < events.count else { return nil }
        let event = events[eventsTaken]
        eventsTaken += 1
        if eventsTaken == events.count {
            // Frees the events' memory references now: the slabs of delivered batches must be free for the next turn.
            events.removeAll(keepingCapacity: true)
            eventsTaken = 0
        }
        return event
    }

    /// Whether everything is over: nothing to read, write or tell.
    public var isFinished: Bool {
        isWriteClosed && pn_connection_driver_finished(driver.pointer) && eventsTaken == events.count
    }

    /// Whether no more bytes will be produced and all have been taken.
    ///
    /// The peer may still have to answer our close: the socket can be closed when ``isReadClosed`` is true as well.
    public var isWriteClosed: Bool {
        outputTaken == output.count && pn_connection_driver_write_closed(driver.pointer)
    }

    /// Whether further bytes from the peer would be ignored.
    public var isReadClosed: Bool {
        pn_connection_driver_read_closed(driver.pointer)
    }
}

// MARK: Feeding Proton

extension AMQPEngine {
    /// Proton's input buffer grows to this; smaller reads cost two to three times as much for large messages.
    static let readSize = 65536
    /// How much output is gathered before it is handed over.
    static let outputBatch = 131_072
    /// An output buffer that grew beyond this is given back.
    static let outputKept = 1 << 20

    func feed(_ bytes: UnsafeRawBufferPointer) {
        var at = 0
        while at < bytes.count {
            var buffer = pn_connection_driver_read_buffer_sized(driver.pointer, Self.readSize)
            // The size asked for is a total: with a frame half received there may be no room in it.
            if buffer.size == 0 { buffer = pn_connection_driver_read_buffer(driver.pointer) }
            guard buffer.size > 0, let start = buffer.start else { return }
            let room = min(buffer.size, bytes.count - at)
            let count = incoming.observe(UnsafeRawBufferPointer(rebasing: bytes[at..<(at + room)]))
            if let violation = incoming.violation {
                abort(AMQPCondition(name: "amqp:connection:framing-error", description: violation))
                return
            }
            let part = UnsafeRawBufferPointer(rebasing: bytes[at..<(at + count)])
            UnsafeMutableRawBufferPointer(start: start, count: count).copyMemory(from: part)
            pn_connection_driver_read_done(driver.pointer, count)
            drainProton()
            at += count
        }
    }

    /// Feeds the beginning of the stream unit by unit, and not past a SASL choice that nobody has judged.
    func feedHandshake() {
        while !isAwaitingJudgement, let unit = handshake.next() {
            unit.withUnsafeBytes { feed($0) }
        }
        if handshake.isOverfull {
            abort(
                AMQPCondition(name: "amqp:resource-limit-exceeded", description: "too much sent before the open frame"))
        }
    }

    func fillOutput() {
        while output.count - outputTaken < Self.outputBatch {
            let buffer = pn_connection_driver_write_buffer(driver.pointer)
            guard buffer.size > 0, let start = buffer.start else { break }
            outgoing.process(UnsafeRawBufferPointer(start: start, count: buffer.size), into: &output)
            _ = pn_connection_driver_write_done(driver.pointer, buffer.size)
        }
        for channel in outgoing.takeBegins() { incoming.expectAnswer(toBegin: channel) }
        drainProton()
    }
}
