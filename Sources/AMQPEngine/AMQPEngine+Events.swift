import AMQPTypes
import CProton
import CProtonShim

extension AMQPEngine {
    /// Turns everything that Proton has to tell into events.
    func drainProton() {
        while let event = pn_connection_driver_next_event(driver.pointer) {
            let type = pn_event_type(event)
            // The hot path first: nearly all events are deliveries.
            if type == PN_DELIVERY {
                if let delivery = pn_event_delivery(event) { handle(delivery: delivery) }
            } else {
                handle(event, type)
            }
        }
        if !isAuthenticationReported { reportAuthentication() }
    }

    private func handle(_ event: OpaquePointer, _ type: pn_event_type_t) {
        if !isAuthenticationReported { reportAuthentication() }
        switch type {
        case PN_CONNECTION_REMOTE_OPEN:
            publish(.opened(remoteOpen()))
        case PN_CONNECTION_REMOTE_CLOSE:
            connectionClosed()
        case PN_SESSION_REMOTE_OPEN:
            if let session = pn_event_session(event) { sessionOpened(session) }
        case PN_SESSION_REMOTE_CLOSE:
            if let session = pn_event_session(event) { sessionClosed(session) }
        case PN_LINK_REMOTE_OPEN:
            if let link = pn_event_link(event) { linkOpened(link) }
        case PN_LINK_REMOTE_CLOSE:
            if let link = pn_event_link(event) { linkClosed(link, closed: true) }
        case PN_LINK_REMOTE_DETACH:
            if let link = pn_event_link(event) { linkClosed(link, closed: false) }
        case PN_LINK_FLOW:
            if let link = pn_event_link(event) { linkFlowed(link) }
        case PN_SESSION_FINAL:
            if let session = pn_event_session(event) { freed.remove(session) }
        case PN_LINK_FINAL:
            if let link = pn_event_link(event) { freed.remove(link) }
        case PN_TRANSPORT_ERROR:
            transportFailed()
        case PN_TRANSPORT_CLOSED:
            publishAllBatches()
            if !isFinishReported {
                isFinishReported = true
                publish(.finished)
            }
        default:
            break
        }
    }

    func publish(_ event: EngineEvent) {
        events.append(event)
    }

    // MARK: Connection

    private func reportAuthentication() {
        if let server = driver.saslServer { reportRequest(server) }
        guard pn_sasl_outcome(pn_sasl(driver.transport)) == PN_SASL_OK else { return }
        isAuthenticationReported = true
        publish(.authenticated)
    }

    private func reportRequest(_ server: OpaquePointer) {
        var mechanism: UnsafePointer<CChar>?
        var response: UnsafePointer<CChar>?
        var responseSize = 0
        guard hubwatch_sasl_server_take_request(server, &mechanism, &response, &responseSize) else { return }
        isAwaitingJudgement = true
        let bytes = UnsafeRawBufferPointer(start: response, count: responseSize)
        publish(
            .authenticationRequested(
                mechanism: ProtonData.string(mechanism) ?? "", initialResponse: [UInt8](bytes)))
    }

    private func remoteOpen() -> RemoteOpen {
        var open = RemoteOpen(
            containerID: ProtonData.string(pn_connection_remote_container(driver.connection)) ?? "",
            hostname: ProtonData.string(pn_connection_remote_hostname(driver.connection)))
        let frameSize = pn_transport_get_remote_max_frame(driver.transport)
        // Proton was told less than the peer said; see HandshakeBuffer.
        open.maxFrameSize = frameSize == 0 || frameSize == .max ? 0 : frameSize &+ HandshakeBuffer.frameMargin
        open.channelMax = pn_transport_remote_channel_max(driver.transport)
        let idle = pn_transport_get_remote_idle_timeout(driver.transport)
        open.idleTimeout = idle == 0 ? nil : .milliseconds(Int64(idle))
        open.properties = ProtonData.map(pn_connection_remote_properties(driver.connection))
        open.offeredCapabilities = ProtonData.symbols(pn_connection_remote_offered_capabilities(driver.connection))
        open.desiredCapabilities = ProtonData.symbols(pn_connection_remote_desired_capabilities(driver.connection))
        return open
    }

    private func connectionClosed() {
        publishAllBatches()
        if !isCloseReported {
            isCloseReported = true
            publish(.closed(AMQPCondition(proton: pn_connection_remote_condition(driver.connection))))
        }
        isClosing = true
        pn_connection_close(driver.connection)
    }

    private func transportFailed() {
        publishAllBatches()
        guard !isFailureReported, !isCloseReported else { return }
        isFailureReported = true
        let condition =
            abortCondition ?? AMQPCondition(proton: pn_transport_condition(driver.transport))
            ?? AMQPCondition(name: "amqp:internal-error", description: "the transport failed without a reason")
        if !isAuthenticationReported, condition.name == "amqp:unauthorized-access" {
            publish(.authenticationFailed(condition))
        } else if Self.isTalkAfterEnd(condition) {
            // Some clients go on sending on a session that they have ended, as they close: that is a close.
            isCloseReported = true
            publish(.closed(nil))
        } else {
            publish(.failed(condition))
        }
    }

    private static func isTalkAfterEnd(_ condition: AMQPCondition) -> Bool {
        condition.name == "amqp:not-allowed" && condition.description?.contains("no such channel") == true
    }

    // MARK: Sessions

    private func sessionOpened(_ pointer: OpaquePointer) {
        if freed.contains(pointer) {
            reopened()
        } else if let record = sessionsByPointer[pointer] {
            publish(.begun(record.handle, byPeer: false))
        } else {
            publish(.begun(makeSession(pointer).handle, byPeer: true))
        }
    }

    func makeSession(_ pointer: OpaquePointer) -> SessionRecord {
        lastSession &+= 1
        let record = SessionRecord(handle: SessionHandle(raw: lastSession), session: pointer)
        sessions[record.handle] = record
        sessionsByPointer[pointer] = record
        return record
    }

    private func sessionClosed(_ pointer: OpaquePointer) {
        guard let record = sessionsByPointer[pointer] else { return }
        publishAllBatches()
        publish(.ended(record.handle, AMQPCondition(proton: pn_session_remote_condition(pointer))))
        for handle in record.links {
            if let link = links[handle] { forget(link) }
        }
        sessions[record.handle] = nil
        sessionsByPointer[pointer] = nil
        // A session that nobody accepted is begun and ended: the peer waits for an end.
        if !record.isOpen { pn_session_open(pointer) }
        pn_session_close(pointer)
        pn_session_free(pointer)
        freed.insert(pointer)
    }

    /// A peer that begins or attaches what it has just ended, before it has our answer.
    ///
    /// Proton would go on with an object that has been freed.
    private func reopened() {
        let text = "a session or link was opened again before its end was answered"
        abort(AMQPCondition(name: "amqp:connection:framing-error", description: text))
    }

    // MARK: Links

    private func linkOpened(_ pointer: OpaquePointer) {
        if freed.contains(pointer) { return reopened() }
        let known = linksByPointer[pointer]
        guard let record = known ?? makeLink(pointer) else { return }
        let name = ProtonData.string(pn_link_name(pointer)) ?? ""
        // Our sender is attached by a receiver, and the other way round.
        let note = incoming.takeAttach(name: name, isFromReceiver: record.isSender)
        record.attachNumber = note?.number ?? 0
        let properties = ProtonData.map(pn_link_remote_properties(pointer))
        let sender = UInt8(truncatingIfNeeded: pn_link_remote_snd_settle_mode(pointer).rawValue)
        let receiver = UInt8(truncatingIfNeeded: pn_link_remote_rcv_settle_mode(pointer).rawValue)
        let attach = RemoteAttach(
            name: name, role: record.isSender ? .receiver : .sender,
            source: Terminus(proton: pn_link_remote_source(pointer)),
            target: Terminus(proton: pn_link_remote_target(pointer)),
            senderSettleMode: SenderSettleMode(rawValue: sender) ?? .mixed,
            receiverSettleMode: ReceiverSettleMode(rawValue: receiver) ?? .first,
            maxMessageSize: pn_link_remote_max_message_size(pointer), properties: properties,
            desiredCapabilities: note?.desiredCapabilities ?? [], offeredCapabilities: note?.offeredCapabilities ?? [])
        publish(.attached(record.handle, record.session.handle, attach, byPeer: known == nil))
    }

    private func makeLink(_ pointer: OpaquePointer) -> LinkRecord? {
        guard let session = pn_link_session(pointer), let sessionRecord = sessionsByPointer[session] else { return nil }
        return makeLink(pointer, sessionRecord)
    }

    func makeLink(_ pointer: OpaquePointer, _ session: SessionRecord) -> LinkRecord {
        lastLink &+= 1
        let record = LinkRecord(
            handle: LinkHandle(raw: lastLink), session: session, link: pointer, isSender: pn_link_is_sender(pointer))
        record.messageSizeMax = configuration.deliverySizeMax
        session.links.insert(record.handle)
        links[record.handle] = record
        linksByPointer[pointer] = record
        return record
    }

    private func linkClosed(_ pointer: OpaquePointer, closed: Bool) {
        guard let record = linksByPointer[pointer] else { return }
        publishBatch(of: record)
        publish(.detached(record.handle, closed: closed, AMQPCondition(proton: pn_link_remote_condition(pointer))))
        let isAnswer = record.isClosed
        forget(record)
        if !record.isOpen {
            // Nobody accepted it. The peer waits for a detach, and that needs an attach before it.
            _ = pn_terminus_set_type(pn_link_source(pointer), PN_UNSPECIFIED)
            _ = pn_terminus_set_type(pn_link_target(pointer), PN_UNSPECIFIED)
            pn_link_open(pointer)
        }
        if closed {
            pn_link_close(pointer)
        } else if !isAnswer {
            pn_link_detach(pointer)
        }
        pn_link_free(pointer)
        freed.insert(pointer)
    }

    /// Drops what is known about a link, so that no pointer to it or its deliveries is left.
    func forget(_ record: LinkRecord) {
        record.isClosed = true
        record.unsettled = [:]
        record.session.links.remove(record.handle)
        links[record.handle] = nil
        linksByPointer[record.link] = nil
        if cachedLink === record { cachedLink = nil }
        incoming.forget(attach: record.attachNumber)
        outgoing.forget(link: record.handle)
    }

    private func linkFlowed(_ pointer: OpaquePointer) {
        guard let record = linksByPointer[pointer], !record.isClosed else { return }
        let credit = Int(pn_link_credit(pointer))
        if record.isSender {
            let drain = pn_link_get_drain(pointer)
            guard credit != record.reportedCredit || drain != record.reportedDrain else { return }
            record.reportedCredit = credit
            record.reportedDrain = drain
            publish(.credit(record.handle, credit, drain: drain))
        } else if record.reportedDrain, !pn_link_draining(pointer) {
            record.reportedDrain = false
            // Clears Proton's count of drained credit.
            _ = pn_link_drained(pointer)
            publishBatch(of: record)
            publish(.credit(record.handle, credit, drain: true))
        }
    }
}
