import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// The open connections of a server, and what became of others.
///
/// **Isolation**: the server's event loop; the server has one.
final class OpenConnections {
    var table: ConnectionTable
    private var channels: [ConnectionTable.ID: any Channel] = [:]
    private let counts: ServerCounts
    private var isClosing = false

    init(connectionsMax: Int, counts: ServerCounts) {
        table = ConnectionTable(connectionsMax: connectionsMax)
        self.counts = counts
    }

    /// Closes every connection, and whatever else is accepted.
    func closeAll() {
        isClosing = true
        for channel in Array(channels.values) { channel.close(promise: nil) }
    }

    func opened(_ channel: any Channel) -> ConnectionTable.ID {
        let (id, closing) = table.opened()
        if isClosing { channel.close(promise: nil) }
        if closing != id { channels[id] = channel }
        counts.open(channels.count)
        if let closing {
            counts.closed(.crowded)
            (closing == id ? channel : channels.removeValue(forKey: closing))?.close(promise: nil)
        }
        return id
    }

    func closed(_ id: ConnectionTable.ID) {
        table.closed(id)
        channels[id] = nil
        counts.open(channels.count)
    }
}

/// Keeps one connection within its bounds: the shell of ``ConnectionPatience`` and ``ConnectionTable``.
///
/// Stands between the HTTP codec and Hummingbird: it sees heads that are complete, not the bytes of which they are made.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let connections: OpenConnections
    private let counts: ServerCounts
    private let times: ConnectionPatience.Times
    private var patience: ConnectionPatience?
    private var id: ConnectionTable.ID?
    private var timer: Scheduled<Void>?
    /// When the timer fires: it is not moved with every part, but looks again when it fires too early.
    private var timerDue: Duration?
    private var isRefusing = false
    /// Whether an answer without a stated length is being written.
    private var isStreaming = false

    init(_ connections: OpenConnections, counts: ServerCounts, times: ConnectionPatience.Times) {
        self.connections = connections
        self.counts = counts
        self.times = times
    }

    func handlerAdded(context: ChannelHandlerContext) {
        patience = ConnectionPatience(times, now: now(context))
        id = connections.opened(context.channel)
        arm(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) { leave() }

    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    private func leave() {
        timer?.cancel()
        timer = nil
        patience = nil
        if let id { connections.closed(id) }
        id = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isRefusing else { return }
        let part = unwrapInboundIn(data)
        switch part {
        case .head(let head):
            guard !Self.announcesBody(head) else { return refuseBody(context) }
            counts.requested()
            patience?.headReceived(now: now(context))
            if let id { connections.table.becameBusy(id) }
        case .body:
            // Nothing announced it.
            return refuseBody(context)
        case .end:
            patience?.requestEnded(now: now(context))
        }
        arm(context)
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        var isEnd = false
        switch unwrapOutboundIn(data) {
        case .head(let head): isStreaming = head.headerFields[.contentLength] == nil
        case .body: break
        case .end:
            isEnd = true
            isStreaming = false
        }
        patience?.writeBegan(now: now(context))
        if isEnd {
            patience?.answerEnded(now: now(context))
            if let id, patience?.isSilent == true { connections.table.becameSilent(id) }
        }
        arm(context)
        let taken = promise ?? context.eventLoop.makePromise(of: Void.self)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        taken.futureResult.whenComplete { _ in
            let (handler, context) = bound.value
            handler.patience?.writeEnded(now: handler.now(context))
        }
        context.write(data, promise: taken)
    }

    /// A client that hears a stream and says no more has left; one that waits for an answer may have said all it has to say.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event, isStreaming { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    private static func announcesBody(_ head: HTTPRequest) -> Bool {
        if head.headerFields[.transferEncoding] != nil { return true }
        return head.headerFields[values: .contentLength].contains { $0 != "0" }
    }

    /// Nothing here takes a body: reading one to its end would be work for whoever sends the largest.
    private func refuseBody(_ context: ChannelHandlerContext) {
        isRefusing = true
        counts.closed(.tooLarge)
        guard patience?.requests == 0 else { return context.close(promise: nil) }
        let head = HTTPResponse(
            status: .contentTooLarge, headerFields: [.connection: "close", .contentLength: "0"])
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in bound.value.close(promise: nil) }
    }

    // MARK: time

    private func now(_ context: ChannelHandlerContext) -> Duration {
        .nanoseconds(Int64(clamping: context.eventLoop.now.uptimeNanoseconds))
    }

    private func arm(_ context: ChannelHandlerContext) {
        guard let deadline = patience?.deadline else { return }
        if let timerDue, timer != nil, timerDue <= deadline { return }
        timer?.cancel()
        timerDue = deadline
        let wait = max(.zero, deadline - now(context))
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: TimeAmount(wait) + .nanoseconds(1)) {
            let (handler, context) = bound.value
            handler.timeReached(context)
        }
    }

    private func timeReached(_ context: ChannelHandlerContext) {
        timer = nil
        timerDue = nil
        guard let deadline = patience?.deadline else { return }
        guard now(context) >= deadline else { return arm(context) }
        counts.closed(.timedOut)
        context.close(promise: nil)
    }
}
