import AMQPTypes

/// Rewrites the frames that go out where Proton has no interface for what must be in them.
///
/// **Shape**: link capabilities are added to attach frames, message formats to transfers; for servers that talk to the
/// Azure Python client every list is written in full length, errors with their three fields.
/// **Bounds**: a transfer grows by less than ``HandshakeBuffer/frameMargin``.
struct OutgoingFrameFilter {
    /// What to add to the next attach frame of a name and direction.
    struct PendingAttach {
        let link: LinkHandle
        let name: String
        let isReceiver: Bool
        let desiredCapabilities: [String]
        let offeredCapabilities: [String]
    }

    private final class Attachment {
        let link: LinkHandle
        var deliveryCount: UInt32 = 0
        var isMore = false

        init(link: LinkHandle) {
            self.link = link
        }
    }

    let padsLists: Bool
    private var pendingAttaches: [PendingAttach] = []
    private var attachments: [UInt64: Attachment] = [:]
    private var lastKey: UInt64 = .max
    private var lastAttachment: Attachment?
    /// Message formats other than 0 by link, then by the delivery's number on the link.
    private var formats: [LinkHandle: [UInt32: UInt32]] = [:]
    /// The part of a frame that Proton has handed over so far.
    private var partial: [UInt8] = []
    /// Channels on which sessions of our own were begun since somebody asked.
    private var begins: [UInt16] = []

    init(padsLists: Bool) {
        self.padsLists = padsLists
    }

    mutating func expectAttach(_ attach: PendingAttach) {
        pendingAttaches.append(attach)
    }

    mutating func note(format: UInt32, link: LinkHandle, delivery: UInt32) {
        formats[link, default: [:]][delivery] = format
    }

    mutating func forget(link: LinkHandle) {
        formats[link] = nil
        pendingAttaches.removeAll { $0.link == link }
    }

    mutating func takeBegins() -> [UInt16] {
        guard !begins.isEmpty else { return [] }
        defer { begins = [] }
        return begins
    }

    /// Takes the next bytes from Proton and appends what is to be sent.
    mutating func process(_ bytes: UnsafeRawBufferPointer, into output: inout [UInt8]) {
        var at = 0
        while at < bytes.count {
            if partial.isEmpty {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[at...])
                guard let size = Self.unitSize(rest), size <= rest.count else {
                    partial.append(contentsOf: rest)
                    return
                }
                emit(UnsafeRawBufferPointer(rebasing: rest[..<size]), into: &output)
                at += size
            } else {
                // The head first, then as much as it says.
                let target = partial.count < 8 ? 8 : partial.withUnsafeBytes { Self.unitSize($0) } ?? 8
                let step = min(max(target - partial.count, 0), bytes.count - at)
                partial.append(contentsOf: bytes[at..<(at + step)])
                at += step
                guard partial.count >= 8, partial.withUnsafeBytes({ Self.unitSize($0) }) == partial.count else {
                    continue
                }
                let unit = partial
                partial.removeAll(keepingCapacity: true)
                unit.withUnsafeBytes { emit($0, into: &output) }
            }
        }
    }

    /// The length of the header or frame that starts here; nil when its size is not known yet.
    private static func unitSize(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard bytes.count >= 8 else { return nil }
        if bytes[0] == 0x41, bytes[1] == 0x4d, bytes[2] == 0x51, bytes[3] == 0x50 { return 8 }
        return FrameHead(bytes)?.size ?? bytes.count
    }

    private mutating func emit(_ frame: UnsafeRawBufferPointer, into output: inout [UInt8]) {
        guard frame.count > 8, let head = FrameHead(frame), head.bodyStart < head.size,
            let performative = PerformativeHead(frame, bodyStart: head.bodyStart), performative.fieldsEnd <= head.size,
            rewrite(frame, head, performative, into: &output)
        else {
            copy(frame, 0, frame.count, into: &output)
            return
        }
    }

    /// Appends the rewritten frame; false when it is to go out as it is.
    private mutating func rewrite(
        _ frame: UnsafeRawBufferPointer, _ head: FrameHead, _ performative: PerformativeHead, into output: inout [UInt8]
    ) -> Bool {
        if head.type == 1 {
            guard padsLists, performative.code == Performative.saslOutcome else { return false }
            return pad(frame, head, performative, into: &output)
        }
        guard head.type == 0 else { return false }
        switch performative.code {
        case Performative.transfer:
            return transfer(frame, head, performative, into: &output)
        case Performative.attach:
            return attach(frame, head, performative, into: &output)
        case Performative.begin, Performative.close, Performative.end, Performative.disposition, Performative.detach:
            if performative.code == Performative.end { drop { $0 >> 32 == UInt64(head.channel) } }
            if performative.code == Performative.begin, performative.count > 0,
                frame[performative.fieldsStart] == FormatCode.null
            {
                begins.append(head.channel)
            }
            guard padsLists else { return false }
            return complete(frame, head, performative, into: &output)
        default:
            return padsLists && pad(frame, head, performative, into: &output)
        }
    }

    private mutating func drop(_ matches: (UInt64) -> Bool) {
        for key in attachments.keys where matches(key) { attachments[key] = nil }
        lastAttachment = nil
    }

    private static func key(_ channel: UInt16, _ handle: UInt32) -> UInt64 {
        UInt64(channel) << 32 | UInt64(handle)
    }
}

// MARK: Lists whose fields stay as they are

extension OutgoingFrameFilter {
    private func pad(
        _ frame: UnsafeRawBufferPointer, _ head: FrameHead, _ performative: PerformativeHead, into output: inout [UInt8]
    ) -> Bool {
        let missing = Performative.fieldCount(performative.code) - performative.count
        guard missing > 0 else { return false }
        let size = performative.fieldsEnd - performative.fieldsStart + missing
        writeHead(frame, head, performative, size: size, count: performative.count + missing, into: &output)
        copy(frame, performative.fieldsStart, performative.fieldsEnd, into: &output)
        for _ in 0..<missing { output.append(FormatCode.null) }
        copy(frame, performative.fieldsEnd, head.size, into: &output)
        return true
    }

    private func copy(_ frame: UnsafeRawBufferPointer, _ start: Int, _ end: Int, into output: inout [UInt8]) {
        guard start < end else { return }
        output.append(contentsOf: UnsafeRawBufferPointer(rebasing: frame[start..<end]))
    }

    /// Everything in front of the fields, for a list whose fields take so many bytes.
    private func writeHead(
        _ frame: UnsafeRawBufferPointer, _ head: FrameHead, _ performative: PerformativeHead, size: Int, count: Int,
        into output: inout [UInt8]
    ) {
        let isShort = size <= 254 && count <= 255
        let payloadSize = head.size - performative.fieldsEnd
        put(UInt32(truncatingIfNeeded: head.bodyStart + 3 + (isShort ? 3 : 9) + size + payloadSize), into: &output)
        copy(frame, 4, head.bodyStart, into: &output)
        output.append(FormatCode.described)
        output.append(FormatCode.smallulong)
        output.append(performative.code)
        if isShort {
            output.append(FormatCode.list8)
            output.append(UInt8(size + 1))
            output.append(UInt8(count))
        } else {
            output.append(FormatCode.list32)
            put(UInt32(truncatingIfNeeded: size + 4), into: &output)
            put(UInt32(truncatingIfNeeded: count), into: &output)
        }
    }

    private func put(_ number: UInt32, into output: inout [UInt8]) {
        withUnsafeBytes(of: number.bigEndian) { output.append(contentsOf: $0) }
    }

    private mutating func transfer(
        _ frame: UnsafeRawBufferPointer, _ head: FrameHead, _ performative: PerformativeHead, into output: inout [UInt8]
    ) -> Bool {
        guard let transfer = TransferFields(frame, performative) else { return false }
        let format = takeFormat(of: transfer, channel: head.channel)
        let missing = padsLists ? max(Performative.fieldCount(performative.code) - performative.count, 0) : 0
        let tag = transfer.tagRange
        // The service tags settled deliveries with an empty binary, where Proton writes null.
        let needsTag =
            padsLists && transfer.hasDeliveryID && tag.count == 1 && frame[tag.lowerBound] == FormatCode.null
        let setsFormat = format != 0 && !transfer.formatRange.isEmpty
        guard missing > 0 || needsTag || setsFormat else { return false }
        var size = performative.fieldsEnd - performative.fieldsStart + missing
        if needsTag { size += 1 }
        if setsFormat { size += 5 - transfer.formatRange.count }
        writeHead(frame, head, performative, size: size, count: performative.count + missing, into: &output)
        var rest = performative.fieldsStart
        if needsTag {
            copy(frame, rest, tag.lowerBound, into: &output)
            output.append(FormatCode.binary8)
            output.append(0)
            rest = tag.upperBound
        }
        if setsFormat {
            copy(frame, rest, transfer.formatRange.lowerBound, into: &output)
            output.append(FormatCode.uint)
            put(format, into: &output)
            rest = transfer.formatRange.upperBound
        }
        copy(frame, rest, performative.fieldsEnd, into: &output)
        for _ in 0..<missing { output.append(FormatCode.null) }
        copy(frame, performative.fieldsEnd, head.size, into: &output)
        return true
    }

    /// The message format noted for the delivery that a transfer begins; 0 for all other transfers.
    private mutating func takeFormat(of transfer: TransferFields, channel: UInt16) -> UInt32 {
        let key = Self.key(channel, transfer.handle)
        if key != lastKey || lastAttachment == nil {
            lastKey = key
            lastAttachment = attachments[key]
        }
        guard let attachment = lastAttachment else { return 0 }
        var format: UInt32 = 0
        if !attachment.isMore {
            attachment.deliveryCount &+= 1
            if !formats.isEmpty {
                format = formats[attachment.link]?.removeValue(forKey: attachment.deliveryCount) ?? 0
            }
        }
        attachment.isMore = transfer.isMore && !transfer.isAborted
        return format
    }
}

// MARK: Lists whose fields change

extension OutgoingFrameFilter {
    private static func fields(_ frame: UnsafeRawBufferPointer, _ performative: PerformativeHead) -> [AMQPValue]? {
        let range = performative.fieldsStart..<performative.fieldsEnd
        var decoder = AMQPDecoder(UnsafeRawBufferPointer(rebasing: frame[range]))
        var fields: [AMQPValue] = []
        while !decoder.isAtEnd {
            guard let field = try? decoder.next() else { return nil }
            fields.append(field)
        }
        return fields
    }

    private func write(
        _ frame: UnsafeRawBufferPointer, _ head: FrameHead, _ performative: PerformativeHead, values: [AMQPValue],
        into output: inout [UInt8]
    ) {
        var encoder = AMQPEncoder()
        for value in values { encoder.encode(value) }
        let fields = encoder.bytes
        writeHead(frame, head, performative, size: fields.count, count: values.count, into: &output)
        output.append(contentsOf: fields)
        copy(frame, performative.fieldsEnd, head.size, into: &output)
    }

    private mutating func attach(
        _ frame: UnsafeRawBufferPointer, _ head: FrameHead, _ performative: PerformativeHead, into output: inout [UInt8]
    ) -> Bool {
        guard var fields = Self.fields(frame, performative), fields.count >= 3, let name = fields[0].text,
            case .uint(let handle) = fields[1], let isReceiver = fields[2].boolean
        else { return false }
        guard
            let index = pendingAttaches.firstIndex(where: { $0.name == name && $0.isReceiver == isReceiver })
        else { return padsLists && pad(frame, head, performative, into: &output) }
        let pending = pendingAttaches.remove(at: index)
        attachments[Self.key(head.channel, handle)] = Attachment(link: pending.link)
        lastAttachment = nil
        guard padsLists || !pending.desiredCapabilities.isEmpty || !pending.offeredCapabilities.isEmpty else {
            return false
        }
        while fields.count < Performative.fieldCount(Performative.attach) { fields.append(.null) }
        if !pending.offeredCapabilities.isEmpty { fields[11] = .symbols(pending.offeredCapabilities) }
        if !pending.desiredCapabilities.isEmpty { fields[12] = .symbols(pending.desiredCapabilities) }
        write(frame, head, performative, values: fields, into: &output)
        return true
    }

    /// Full length, a number for handle-max, and errors with all their fields.
    private func complete(
        _ frame: UnsafeRawBufferPointer, _ head: FrameHead, _ performative: PerformativeHead, into output: inout [UInt8]
    ) -> Bool {
        guard var fields = Self.fields(frame, performative) else { return false }
        while fields.count < Performative.fieldCount(performative.code) { fields.append(.null) }
        switch performative.code {
        case Performative.begin:
            if fields[4] == .null { fields[4] = .uint(255) }
        case Performative.disposition:
            fields[4] = Self.completed(fields[4])
        case Performative.detach:
            fields[2] = Self.completed(fields[2])
        default:
            fields[0] = Self.completed(fields[0])
        }
        write(frame, head, performative, values: fields, into: &output)
        return true
    }

    /// An error, or a rejection with an error, in full length.
    private static func completed(_ value: AMQPValue) -> AMQPValue {
        guard case .described(.ulong(let code), .list(var fields)) = value else { return value }
        switch code {
        case Performative.error:
            while fields.count < 3 { fields.append(.null) }
        case Performative.rejected:
            if fields.isEmpty { fields.append(.null) }
            fields[0] = completed(fields[0])
        default:
            return value
        }
        return .described(descriptor: .ulong(code), value: .list(fields))
    }
}
