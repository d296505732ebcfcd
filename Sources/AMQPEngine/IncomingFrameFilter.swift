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
/// **Shape**: follows frame borders over any fragmentation; the bytes themselves pass unchanged. Of most frames it looks at
/// the head only.
/// **Bounds**: keeps the list of one frame at most, and that only while it is cut by a fragment's end.
/// **Errors**: bytes that are not frames switch it off; judging them is left to Proton.
struct IncomingFrameFilter {
    /// Attach frames that the engine has not matched with a link yet, in order.
    private(set) var attaches: [AttachNote] = []
    /// Message formats other than 0: by attach frame, then by the delivery's number on that attachment.
    private var formats: [UInt32: [UInt32: UInt32]] = [:]
    private var attachments: [UInt64: Attachment] = [:]
    private var lastKey: UInt64 = .max
    private var lastAttachment: Attachment?
    private var attachCount: UInt32 = 0

    /// The start of an interesting frame that the last fragment cut.
    private var partial: [UInt8] = []
    private var needed = 0
    /// How much of the current frame is left that nobody needs to look at.
    private var skip = 0
    private var isLost = false
    private let frameSizeMax: Int

    private final class Attachment {
        let number: UInt32
        var deliveryCount: UInt32 = 0
        var isMore = false

        init(number: UInt32) {
            self.number = number
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

    /// Looks at the next bytes of the stream.
    mutating func observe(_ bytes: UnsafeRawBufferPointer) {
        var at = 0
        while at < bytes.count, !isLost {
            if skip > 0 {
                let step = min(skip, bytes.count - at)
                skip -= step
                at += step
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
                let step = min(needed - partial.count, bytes.count - at)
                partial.append(contentsOf: bytes[at..<(at + step)])
                at += step
                if partial.count >= needed { resume() }
            }
        }
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

    private mutating func inspect(_ bytes: UnsafeRawBufferPointer) -> Inspection {
        guard bytes.count >= 8 else { return .needs(8) }
        // A protocol header stands where a frame would; "AMQP" read as a size is far beyond any frame.
        if bytes[0] == 0x41, bytes[1] == 0x4d, bytes[2] == 0x51, bytes[3] == 0x50 { return .done(8) }
        guard let head = FrameHead(bytes), head.size <= frameSizeMax else { return .lost }
        guard head.type == 0, head.bodyStart < head.size else { return .done(head.size) }
        let codeEnd = min(head.size, head.bodyStart + PerformativeHead.sizeMax)
        guard bytes.count >= codeEnd else { return .needs(codeEnd) }
        guard let performative = PerformativeHead(bytes, bodyStart: head.bodyStart), performative.fieldsEnd <= head.size
        else { return .done(head.size) }
        switch performative.code {
        case Performative.transfer:
            guard bytes.count >= performative.fieldsEnd else { return .needs(performative.fieldsEnd) }
            transfer(bytes, performative, channel: head.channel)
        case Performative.attach:
            guard bytes.count >= performative.fieldsEnd else { return .needs(performative.fieldsEnd) }
            attach(bytes, performative, channel: head.channel)
        case Performative.detach:
            guard bytes.count >= performative.fieldsEnd else { return .needs(performative.fieldsEnd) }
            if let handle = handle(bytes, performative) { drop { $0 == Self.key(head.channel, handle) } }
        case Performative.end:
            drop { $0 >> 32 == UInt64(head.channel) }
        default:
            break
        }
        return .done(head.size)
    }

    private static func key(_ channel: UInt16, _ handle: UInt32) -> UInt64 {
        UInt64(channel) << 32 | UInt64(handle)
    }

    @inline(__always)
    private mutating func transfer(_ bytes: UnsafeRawBufferPointer, _ head: PerformativeHead, channel: UInt16) {
        guard let fields = TransferFields(bytes, head) else { return }
        let key = Self.key(channel, fields.handle)
        if key != lastKey || lastAttachment == nil {
            lastKey = key
            lastAttachment = attachments[key]
        }
        guard let attachment = lastAttachment else { return }
        if !attachment.isMore {
            attachment.deliveryCount &+= 1
            if fields.messageFormat != 0 {
                formats[attachment.number, default: [:]][attachment.deliveryCount] = fields.messageFormat
            }
        }
        attachment.isMore = fields.isMore && !fields.isAborted
    }

    private mutating func attach(_ bytes: UnsafeRawBufferPointer, _ head: PerformativeHead, channel: UInt16) {
        var decoder = AMQPDecoder(UnsafeRawBufferPointer(rebasing: bytes[head.fieldsStart..<head.fieldsEnd]))
        var fields: [AMQPValue] = []
        while fields.count < min(head.count, 14), let field = try? decoder.next() { fields.append(field) }
        guard fields.count >= 3, let name = fields[0].text, case .uint(let handle) = fields[1],
            let isFromReceiver = fields[2].boolean
        else { return }
        attachCount &+= 1
        attaches.append(
            AttachNote(
                number: attachCount, name: name, isFromReceiver: isFromReceiver,
                desiredCapabilities: fields.count > 12 ? fields[12].symbols : [],
                offeredCapabilities: fields.count > 11 ? fields[11].symbols : []))
        // Each note is taken by a link as soon as Proton has read the frame; more of them than that means that Proton
        // refused them, and then the connection is over.
        if attaches.count > 4096 { attaches.removeFirst() }
        attachments[Self.key(channel, handle)] = Attachment(number: attachCount)
        lastAttachment = nil
    }

    private func handle(_ bytes: UnsafeRawBufferPointer, _ head: PerformativeHead) -> UInt32? {
        var decoder = AMQPDecoder(UnsafeRawBufferPointer(rebasing: bytes[head.fieldsStart..<head.fieldsEnd]))
        guard head.count > 0, case .uint(let handle)? = try? decoder.next() else { return nil }
        return handle
    }

    private mutating func drop(_ matches: (UInt64) -> Bool) {
        for key in attachments.keys where matches(key) { attachments[key] = nil }
        lastAttachment = nil
    }
}
