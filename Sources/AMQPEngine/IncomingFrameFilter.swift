import AMQPTypes

/// What an attach frame says that Proton does not tell.
struct AttachNote {
    /// Counts the attach frames of the connection.
    let number: UInt32
    let name: String
    let isFromReceiver: Bool
    let desiredCapabilities: [String]
    let offeredCapabilities: [String]
}

/// Watches the frames that come in, for what Proton has no interface for: the capabilities of links and the message
/// formats of transfers.
///
/// And refuses those on which Proton would not fail but end the process, by an assertion.
///
/// **Shape**: follows frame borders over any fragmentation; the bytes themselves pass unchanged. Of most frames it
/// looks at the head only.
/// **Bounds**: keeps the list of one frame at most, and that only while it is cut by a fragment's end.
/// **Errors**: bytes that are not frames switch it off; judging them is left to Proton. A frame that must not reach
/// Proton sets ``violation``.
struct IncomingFrameFilter {
    /// Attach frames that the engine has not matched with a link yet, in order.
    private(set) var attaches: [AttachNote] = []
    /// Message formats other than 0: by attach frame, then by the delivery's number on that attachment.
    private var formats: [UInt32: [UInt32: UInt32]] = [:]
    private var attachments: [UInt64: Attachment] = [:]
    private var lastKey: UInt64 = .max
    private var lastAttachment: Attachment?
    private var attachCount: UInt32 = 0
    private var isOpen = false
    private var channels: Set<UInt16> = []
    private var names: Set<LinkName> = []
    private var unansweredBegins: Set<UInt16> = []

    /// The start of an interesting frame that the last fragment cut.
    private var partial: [UInt8] = []
    private var needed = 0
    /// How much of the current frame is left that nobody needs to look at.
    private var skip = 0
    /// Whether the caller must see the events of the current frame before the next one is fed.
    private var isEnding = false
    private var isLost = false
    /// What is wrong with a frame that must not be fed; its last bytes are among those observed last.
    private(set) var violation: String?
    private let frameSizeMax: Int

    /// A link as the specification names it within a session.
    private struct LinkName: Hashable {
        let channel: UInt16
        let name: String
        let isFromReceiver: Bool
    }

    private final class Attachment {
        let number: UInt32
        let name: LinkName
        var deliveryCount: UInt32 = 0
        var isMore = false

        init(number: UInt32, name: LinkName) {
            self.number = number
            self.name = name
        }
    }

    private enum Inspection {
        /// The frame has been looked at and is this long.
        case done(Int)
        /// So many bytes from its start are needed.
        case needs(Int)
        /// This is no frame.
        case lost
    }

    init(frameSizeMax: Int) {
        self.frameSizeMax = frameSizeMax
    }

    /// Looks at the next bytes of the stream, and says how many of them may be fed before the events are handled.
    ///
    /// That is up to the end of a detach or end frame: Proton would give the next frame of the same name or channel to
    /// the endpoint that is over, which by then must be out of its sight.
    mutating func observe(_ bytes: UnsafeRawBufferPointer) -> Int {
        var at = 0
        while at < bytes.count, !isLost, violation == nil {
            if skip > 0 {
                let step = min(skip, bytes.count - at)
                skip -= step
                at += step
            } else if isEnding {
                isEnding = false
                if at > 0 { return at }
            } else if partial.isEmpty {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[at...])
                switch inspect(rest) {
                case .done(let size):
                    let step = min(size, rest.count)
                    skip = size - step
                    at += step
                case .needs(let count):
                    partial.append(contentsOf: rest)
                    needed = count
                    at = bytes.count
                case .lost:
                    isLost = true
                }
            } else {
                let step = min(max(needed - partial.count, 0), bytes.count - at)
                partial.append(contentsOf: bytes[at..<(at + step)])
                at += step
                if partial.count >= needed { resume() }
            }
        }
        return bytes.count
    }

    private mutating func resume() {
        let frame = partial
        let inspection = frame.withUnsafeBytes { inspect($0) }
        switch inspection {
        case .done(let size):
            skip = max(size - frame.count, 0)
            partial.removeAll(keepingCapacity: true)
        case .needs(let count):
            needed = count
        case .lost:
            isLost = true
            partial = []
        }
    }

    /// Takes the note of the first attach frame of a link's name and direction; earlier ones belong to nobody.
    mutating func takeAttach(name: String, isFromReceiver: Bool) -> AttachNote? {
        guard let index = attaches.firstIndex(where: { $0.name == name && $0.isFromReceiver == isFromReceiver }) else {
            return nil
        }
        return attaches.remove(at: index)
    }

    /// The message format of a delivery, by its number on the attachment.
    @inline(__always)
    mutating func takeFormat(attach: UInt32, delivery: UInt32) -> UInt32 {
        if formats.isEmpty { return 0 }
        guard let format = formats[attach]?.removeValue(forKey: delivery) else { return 0 }
        if formats[attach]?.isEmpty == true { formats[attach] = nil }
        return format
    }

    /// Drops what is known about an attachment that is over.
    mutating func forget(attach: UInt32) {
        formats[attach] = nil
    }

    /// A session that we began has been sent on a channel: the peer may answer it, once.
    mutating func expectAnswer(toBegin channel: UInt16) {
        unansweredBegins.insert(channel)
    }

    private mutating func inspect(_ bytes: UnsafeRawBufferPointer) -> Inspection {
        guard bytes.count >= 8 else { return .needs(8) }
        // A protocol header stands where a frame would; "AMQP" read as a size is far beyond any frame.
        if bytes[0] == 0x41, bytes[1] == 0x4d, bytes[2] == 0x51, bytes[3] == 0x50 { return .done(8) }
        guard let head = FrameHead(bytes), head.size <= frameSizeMax else { return .lost }
        guard head.type == 0, head.bodyStart < head.size else { return .done(head.size) }
        let codeEnd = min(head.size, head.bodyStart + PerformativeHead.sizeMax)
        guard bytes.count >= codeEnd else { return .needs(codeEnd) }
        guard let performative = PerformativeHead(bytes, bodyStart: head.bodyStart), performative.fieldsEnd <= head.size
        else {
            violation = "a frame's body is not a list with a numeric descriptor"
            return .done(head.size)
        }
        // Of the others nothing needs to be known, whatever is in them.
        let isWatched = performative.code == Performative.transfer || Self.changesState(performative.code)
        guard isWatched else { return .done(head.size) }
        guard bytes.count >= performative.fieldsEnd else { return .needs(performative.fieldsEnd) }
        if performative.code == Performative.transfer {
            transfer(bytes, performative, channel: head.channel)
        } else {
            changeState(bytes, performative, channel: head.channel)
        }
        return .done(head.size)
    }

    private static func key(_ channel: UInt16, _ handle: UInt32) -> UInt64 {
        UInt64(channel) << 32 | UInt64(handle)
    }

    @inline(__always)
    private mutating func transfer(_ bytes: UnsafeRawBufferPointer, _ head: PerformativeHead, channel: UInt16) {
        guard let fields = TransferFields(bytes, head) else {
            violation = "a transfer's fields cannot be read"
            return
        }
        let key = Self.key(channel, fields.handle)
        if key != lastKey || lastAttachment == nil {
            lastKey = key
            lastAttachment = attachments[key]
        }
        // Proton has words of its own for a handle or a channel that is not in use.
        guard let attachment = lastAttachment else { return }
        if !attachment.isMore {
            attachment.deliveryCount &+= 1
            if !fields.hasDeliveryID { violation = "the first transfer of a delivery has no delivery-id" }
            if fields.messageFormat != 0 {
                formats[attachment.number, default: [:]][attachment.deliveryCount] = fields.messageFormat
            }
        }
        attachment.isMore = fields.isMore && !fields.isAborted
    }
}

// MARK: Sessions and links

extension IncomingFrameFilter {
    /// Proton keeps channels and handles in signed numbers.
    private static let channelMax: UInt16 = 32767
    private static let handleMax: UInt32 = 0x7fff_ffff
    /// How many links and sessions a peer may have at a time; a bound on memory.
    private static let attachmentsMax = 8192

    private static func changesState(_ code: UInt8) -> Bool {
        switch code {
        case Performative.open, Performative.begin, Performative.attach, Performative.detach, Performative.end: true
        default: false
        }
    }

    private mutating func changeState(_ bytes: UnsafeRawBufferPointer, _ head: PerformativeHead, channel: UInt16) {
        var decoder = AMQPDecoder(UnsafeRawBufferPointer(rebasing: bytes[head.fieldsStart..<head.fieldsEnd]))
        var fields: [AMQPValue] = []
        while fields.count < head.count, !decoder.isAtEnd, let field = try? decoder.next() { fields.append(field) }
        guard fields.count == head.count, decoder.isAtEnd else {
            violation = "the fields of a frame cannot be read"
            return
        }
        switch head.code {
        case Performative.open:
            if isOpen { violation = "a second open" }
            isOpen = true
        case Performative.begin:
            begin(fields, channel: channel)
        case Performative.attach:
            attach(fields, channel: channel)
        case Performative.detach:
            isEnding = true
            guard case .uint(let handle)? = fields.first else {
                violation = "a detach without a handle"
                return
            }
            drop(Self.key(channel, handle))
        default:
            isEnding = true
            channels.remove(channel)
            for key in attachments.keys where key >> 32 == UInt64(channel) { drop(key) }
        }
    }

    /// Proton would map one session to two channels.
    private mutating func begin(_ fields: [AMQPValue], channel: UInt16) {
        guard channel <= Self.channelMax, channels.insert(channel).inserted else {
            violation = "a begin on channel \(channel), which is in use or too high"
            return
        }
        switch fields.first {
        case .ushort(let remote)?:
            if unansweredBegins.remove(remote) == nil { violation = "an answer to a begin that was not sent" }
        case .null?:
            break
        default:
            violation = "a begin's fields cannot be read"
        }
        if channels.count > Self.attachmentsMax { violation = "too many sessions" }
    }

    /// Proton would map one link to two handles.
    private mutating func attach(_ fields: [AMQPValue], channel: UInt16) {
        guard fields.count >= 3, let name = fields[0].text, case .uint(let handle) = fields[1],
            let isFromReceiver = fields[2].boolean, handle <= Self.handleMax
        else {
            violation = "an attach's fields cannot be read"
            return
        }
        let link = LinkName(channel: channel, name: name, isFromReceiver: isFromReceiver)
        let key = Self.key(channel, handle)
        guard channels.contains(channel) else { return }
        guard attachments[key] == nil, names.insert(link).inserted else {
            violation = "an attach of a handle or a name that is in use"
            return
        }
        attachCount &+= 1
        attaches.append(
            AttachNote(
                number: attachCount, name: name, isFromReceiver: isFromReceiver,
                desiredCapabilities: fields.count > 12 ? fields[12].symbols : [],
                offeredCapabilities: fields.count > 11 ? fields[11].symbols : []))
        attachments[key] = Attachment(number: attachCount, name: link)
        lastAttachment = nil
        // Each note is taken by a link as soon as Proton has read the frame.
        if attachments.count > Self.attachmentsMax || attaches.count > Self.attachmentsMax {
            violation = "too many links"
        }
    }

    private mutating func drop(_ key: UInt64) {
        if let attachment = attachments.removeValue(forKey: key) { names.remove(attachment.name) }
        lastAttachment = nil
    }
}
