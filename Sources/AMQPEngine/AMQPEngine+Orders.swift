public import AMQPTypes
import CProton
import CProtonShim

// MARK: Connection

extension AMQPEngine {
    /// Opens the connection: the client's first order, and the server's answer to ``EngineEvent/opened(_:)``.
    public func open() {
        guard !isClosing else { return }
        pn_connection_open(driver.connection)
    }

    /// Server: answers ``EngineEvent/authenticationRequested(mechanism:initialResponse:)``.
    public func authenticate(accepted: Bool) {
        guard isAwaitingJudgement, let server = driver.saslServer else { return }
        isAwaitingJudgement = false
        hubwatch_sasl_server_answer(server, driver.transport, accepted)
        drainProton()
        slabs.beginTurn()
        feedHandshake()
        publishAllBatches()
    }

    /// Closes the connection in order; the peer's close is the answer.
    public func close(_ condition: AMQPCondition? = nil) {
        guard !isClosing else { return }
        isClosing = true
        condition?.store(in: pn_connection_condition(driver.connection))
        pn_connection_close(driver.connection)
    }

    /// Gives the connection up at once: ``EngineEvent/failed(_:)`` with this condition follows, unless it is closed
    /// already.
    public func abort(_ condition: AMQPCondition) {
        isClosing = true
        if abortCondition == nil { abortCondition = condition }
        hubwatch_driver_error(driver.pointer, condition.name, condition.description ?? "")
        pn_connection_driver_close(driver.pointer)
        drainProton()
    }
}

// MARK: Sessions

extension AMQPEngine {
    /// Begins a session.
    public func begin() -> SessionHandle {
        guard !isClosing, let session = pn_session(driver.connection) else {
            lastSession &+= 1
            return SessionHandle(raw: lastSession)
        }
        let record = makeSession(session)
        record.isOpen = true
        pn_session_open(session)
        return record.handle
    }

    /// Server: answers a peer's begin.
    public func accept(session: SessionHandle) {
        guard let record = sessions[session], !record.isOpen, !record.isClosed else { return }
        record.isOpen = true
        pn_session_open(record.session)
    }

    /// Ends a session and its links; the peer's end is the answer.
    public func end(_ session: SessionHandle, _ condition: AMQPCondition? = nil) {
        guard let record = sessions[session], !record.isClosed else { return }
        record.isClosed = true
        if !record.isOpen {
            record.isOpen = true
            pn_session_open(record.session)
        }
        for handle in record.links { links[handle]?.isClosed = true }
        condition?.store(in: pn_session_condition(record.session))
        pn_session_close(record.session)
    }

    /// How many bytes of messages on a session wait to be sent.
    public func outgoingBytes(_ session: SessionHandle) -> Int {
        guard let record = sessions[session] else { return 0 }
        return pn_session_outgoing_bytes(record.session)
    }
}

// MARK: Links

extension AMQPEngine {
    /// Attaches a link.
    ///
    /// On a session that is unknown or over, a handle comes back on which nothing will ever happen.
    public func attach(_ specification: LinkSpecification) -> LinkHandle {
        guard let session = sessions[specification.session], !session.isClosed, !isClosing,
            let link = specification.role == .sender
                ? pn_sender(session.session, specification.name) : pn_receiver(session.session, specification.name)
        else {
            lastLink &+= 1
            return LinkHandle(raw: lastLink)
        }
        let record = makeLink(link, session)
        setTermini(link, source: specification.source, target: specification.target)
        pn_link_set_snd_settle_mode(link, pn_snd_settle_mode_t(UInt32(specification.senderSettleMode.rawValue)))
        pn_link_set_rcv_settle_mode(link, pn_rcv_settle_mode_t(UInt32(specification.receiverSettleMode.rawValue)))
        setSizeAndProperties(record, size: specification.maxMessageSize, specification.properties)
        open(record, name: specification.name, desired: specification.desiredCapabilities, offered: [])
        return record.handle
    }

    /// Server: completes a peer's attach.
    public func accept(link: LinkHandle, _ reply: AttachReply) {
        guard let record = links[link], !record.isOpen, !record.isClosed else { return }
        setTermini(record.link, source: reply.source, target: reply.target)
        pn_link_set_snd_settle_mode(record.link, pn_snd_settle_mode_t(UInt32(reply.senderSettleMode.rawValue)))
        pn_link_set_rcv_settle_mode(record.link, pn_rcv_settle_mode_t(UInt32(reply.receiverSettleMode.rawValue)))
        setSizeAndProperties(record, size: reply.maxMessageSize, reply.properties)
        if let size = reply.deliverySizeMax { record.messageSizeMax = min(max(0, size), configuration.deliverySizeMax) }
        let name = ProtonData.string(pn_link_name(record.link)) ?? ""
        open(record, name: name, desired: [], offered: reply.offeredCapabilities)
    }

    /// Server: refuses a peer's attach, with an attach that has no terminus on our end and a detach that says why.
    ///
    /// **Source**: part 2.6.3 of the specification.
    public func refuse(link: LinkHandle, _ condition: AMQPCondition) {
        guard let record = links[link], !record.isOpen, !record.isClosed else { return }
        var source = Terminus(proton: pn_link_remote_source(record.link))
        var target = Terminus(proton: pn_link_remote_target(record.link))
        if record.isSender { source = nil } else { target = nil }
        if target?.isCoordinator == true { target = nil }
        setTermini(record.link, source: source, target: target)
        let name = ProtonData.string(pn_link_name(record.link)) ?? ""
        open(record, name: name, desired: [], offered: [])
        record.isClosed = true
        condition.store(in: pn_link_condition(record.link))
        pn_link_close(record.link)
    }

    /// Detaches a link; the peer's detach is the answer.
    public func detach(_ link: LinkHandle, closed: Bool = true, _ condition: AMQPCondition? = nil) {
        guard let record = links[link], !record.isClosed else { return }
        guard record.isOpen else {
            refuse(link: link, condition ?? AMQPCondition(name: "amqp:link:detach-forced"))
            return
        }
        record.isClosed = true
        condition?.store(in: pn_link_condition(record.link))
        if closed { pn_link_close(record.link) } else { pn_link_detach(record.link) }
    }

    private func open(_ record: LinkRecord, name: String, desired: [String], offered: [String]) {
        record.isOpen = true
        outgoing.expectAttach(
            OutgoingFrameFilter.PendingAttach(
                link: record.handle, name: name, isReceiver: !record.isSender, desiredCapabilities: desired,
                offeredCapabilities: offered))
        pn_link_open(record.link)
    }

    private func setTermini(_ link: OpaquePointer, source: Terminus?, target: Terminus?) {
        Terminus.store(source, in: pn_link_source(link), type: PN_SOURCE)
        Terminus.store(target, in: pn_link_target(link), type: PN_TARGET)
    }

    private func setSizeAndProperties(_ record: LinkRecord, size: UInt64, _ properties: AMQPMap) {
        if size > 0 {
            pn_link_set_max_message_size(record.link, size)
            record.messageSizeMax = min(Int(clamping: size), configuration.deliverySizeMax)
        }
        if !properties.isEmpty { ProtonData.put(.map(properties), into: pn_link_properties(record.link)) }
    }
}

// MARK: Credit and messages

extension AMQPEngine {
    /// More credit than this is not granted at once; Proton counts in 32 bits.
    static let creditMax = Int(Int32.max) / 2

    /// Lets the peer send so many messages more on a receiving link.
    public func grantCredit(_ link: LinkHandle, _ credit: UInt32) {
        guard let record = openLink(link), !record.isSender, credit > 0 else { return }
        let room = Self.creditMax - Int(pn_link_credit(record.link))
        guard room > 0 else { return }
        pn_link_flow(record.link, Int32(truncatingIfNeeded: min(Int(credit), room)))
    }

    /// Asks the peer to use up the credit of a receiving link or to give it back; ``EngineEvent/credit(_:_:drain:)``
    /// tells when.
    public func drain(_ link: LinkHandle) {
        guard let record = openLink(link), !record.isSender else { return }
        record.reportedDrain = true
        pn_link_drain(record.link, 0)
    }

    /// Answers a drain on a sending link: what was to be sent has been sent, and the rest of the credit is given back.
    public func drained(_ link: LinkHandle) {
        guard let record = openLink(link), record.isSender else { return }
        _ = pn_link_drained(record.link)
        record.reportedCredit = Int(pn_link_credit(record.link))
    }

    /// How many messages may be sent on a sending link, or still arrive on a receiving one.
    public func credit(of link: LinkHandle) -> Int {
        guard let record = openLink(link) else { return 0 }
        return max(Int(pn_link_credit(record.link)), 0)
    }

    /// Sends a message on a link that has credit.
    ///
    /// - Returns: the delivery, for its outcome; nil when the link is unknown, over, not a sender or without credit.
    public func send(
        _ link: LinkHandle, message: UnsafeRawBufferPointer, tag: [UInt8] = [], settled: Bool, messageFormat: UInt32 = 0
    ) -> DeliveryHandle? {
        guard let record = openLink(link), record.isSender, pn_link_credit(record.link) > 0 else { return nil }
        let made = tag.withUnsafeBufferPointer { buffer in
            buffer.withMemoryRebound(to: CChar.self) { chars in
                pn_delivery(record.link, pn_dtag(chars.baseAddress, chars.count))
            }
        }
        guard let delivery = made else { return nil }
        record.sentCount &+= 1
        record.reportedCredit -= 1
        if messageFormat != 0 {
            outgoing.note(format: messageFormat, link: link, delivery: record.sentCount)
        }
        if message.count > 0 {
            _ = pn_link_send(record.link, message.baseAddress?.assumingMemoryBound(to: CChar.self), message.count)
        }
        _ = pn_link_advance(record.link)
        guard !settled else {
            pn_delivery_settle(delivery)
            return DeliveryHandle(link: link, number: 0)
        }
        let handle = record.makeDeliveryHandle()
        record.unsettled[handle.number] = delivery
        pn_delivery_set_context(delivery, UnsafeMutableRawPointer(bitPattern: UInt(handle.number)))
        return handle
    }

    /// Settles a delivery, with an outcome or without.
    public func settle(_ delivery: DeliveryHandle, _ outcome: DeliveryOutcome?) {
        guard let record = openLink(delivery.link), let pointer = record.unsettled.removeValue(forKey: delivery.number)
        else { return }
        let local = pn_delivery_local(pointer)
        switch outcome {
        case nil, .received, .other: break
        case .accepted: pn_delivery_update(pointer, UInt64(PN_ACCEPTED))
        case .rejected(let condition):
            condition.store(in: pn_disposition_condition(local))
            pn_delivery_update(pointer, UInt64(PN_REJECTED))
        case .released: pn_delivery_update(pointer, UInt64(PN_RELEASED))
        case .modified(let deliveryFailed, let undeliverableHere):
            pn_disposition_set_failed(local, deliveryFailed)
            pn_disposition_set_undeliverable(local, undeliverableHere)
            pn_delivery_update(pointer, UInt64(PN_MODIFIED))
        }
        pn_delivery_settle(pointer)
    }

    private func openLink(_ link: LinkHandle) -> LinkRecord? {
        guard let record = links[link], record.isOpen, !record.isClosed, !isFinishReported else { return nil }
        return record
    }
}
