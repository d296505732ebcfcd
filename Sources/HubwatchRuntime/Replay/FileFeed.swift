import Detection
import DiagnosticLogs
import HubwatchConfiguration
import Sinks

/// Reads files of messages through the fold and the coordinator of the live run, in the order of their enqueued times.
///
/// **Order**: of all files the one whose next message is the oldest is read on, so windows close as time passes and memory
/// stays bounded. A file whose first message lies ahead is closed until its time comes.
/// **Isolation**: an actor on a queue of its own; reading blocks.
actor FileFeed {
    /// What of the files is judged.
    struct Span: Sendable {
        var from: Timestamp?
        var before: Timestamp?
    }

    /// Bytes of messages between two posts to the coordinator.
    static let postBytes = 1 << 20
    /// Files that may be open at a time.
    static let openMax = 256

    private let files: [MessageFile]
    private let span: Span
    private let rules: CompiledRules
    private let coordinator: Coordinator
    private let status: RunStatus
    private let tracker: ReplayTracker
    private let clock: WallClock
    private let decoding: EnvelopeDecoder.Options
    private let skew: Int64
    private let executor = QueueExecutor(label: "hubwatch.replay.files")

    private var folds: [Int: PartitionFold] = [:]
    private var open: Set<Int> = []
    /// How far the time of all files together is, as far as partitions were told.
    private var granted: Timestamp?
    private var latest: Timestamp?
    private var bytesSincePost = 0
    private var receivedAt: Timestamp
    private var taken: [Int: Taken] = [:]

    /// What was read of a partition since the last post.
    private struct Taken {
        var last: Int64 = -1
        var messages: Int64 = 0
        var bytes: Int64 = 0

        mutating func add(_ sequence: Int64, _ size: Int) {
            last = sequence
            messages += 1
            bytes += Int64(size)
        }
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(
        files: [MessageFile], span: Span, rules: CompiledRules, coordinator: Coordinator, status: RunStatus,
        tracker: ReplayTracker, clock: WallClock, configuration: Configuration
    ) {
        self.files = files
        self.span = span
        self.rules = rules
        self.coordinator = coordinator
        self.status = status
        self.tracker = tracker
        self.clock = clock
        var decoding = EnvelopeDecoder.Options()
        decoding.bodyBytesMax = configuration.limits.messageBytes
        decoding.recordBytesMax = configuration.limits.messageBytes
        self.decoding = decoding
        skew = configuration.source.clockSkew.nanoseconds
        receivedAt = clock.now()
    }

    /// Reads everything, or until the task is cancelled.
    func run() async throws(HubwatchError) {
        do throws(ReplayError) {
            try await readAll()
        } catch {
            // What was judged before the damage stands.
            await post(isLast: false)
            throw .replay(error)
        }
    }

    private func readAll() async throws(ReplayError) {
        tracker.begin(.bytes, isTotalKnown: files.allSatisfy { $0.size != nil })
        try openFirst()
        while !Task.isCancelled, let next = oldest() {
            try reopen(next.file)
            // As long as no other file is older, without comparing again.
            while let head = files[next.file].head, next.until.map({ head.enqueued <= $0 }) ?? true {
                try await take(head, of: next.file)
                try files[next.file].advance()
                if bytesSincePost >= Self.postBytes {
                    await post(isLast: false)
                    if Task.isCancelled { return }
                }
            }
            if files[next.file].head == nil { open.remove(next.file) }
        }
        await post(isLast: !Task.isCancelled)
    }

    /// Reads the first message of each file, and says who takes part.
    private func openFirst() throws(ReplayError) {
        var wrapped: String?
        var bare: String?
        for (number, file) in files.enumerated() {
            try file.open()
            note(number)
            guard file.head != nil else { continue }
            if file.isWrapped { wrapped = wrapped ?? file.name } else { bare = bare ?? file.name }
            if files.count > Self.openMax / 4, file.size != nil { file.suspend() } else { open.insert(number) }
        }
        if let wrapped, let bare {
            throw ReplayError(
                .badInput,
                "\(wrapped) holds messages with their partition and sequence number, \(bare) bare bodies: replay them apart"
            )
        }
    }

    /// The file with the oldest next message, and the time of the next file's.
    private func oldest() -> (file: Int, until: Timestamp?)? {
        var best: Int?
        var until: Timestamp?
        for (number, file) in files.enumerated() {
            guard let time = file.head?.enqueued else { continue }
            guard let other = best.flatMap({ files[$0].head?.enqueued }) else {
                best = number
                continue
            }
            if time < other {
                until = min(until ?? other, other)
                best = number
            } else {
                until = min(until ?? time, time)
            }
        }
        return best.map { ($0, until) }
    }

    private func reopen(_ number: Int) throws(ReplayError) {
        guard !open.contains(number) else { return }
        guard open.count < Self.openMax else {
            throw ReplayError(
                .badRequest,
                "more than \(Self.openMax) files overlap in time: join those of one source, or replay fewer at a time")
        }
        try files[number].open()
        open.insert(number)
    }

    private func take(_ head: MessageFile.Place, of number: Int) async throws(ReplayError) {
        if let from = span.from, head.enqueued < from { return }
        if let before = span.before, head.enqueued >= before { return }
        let file = files[number]
        if let granted, head.enqueued < granted, !head.isUnusable {
            throw ReplayError(
                .badInput,
                """
                \(file.name): the message \(head.partition.map { "\($0)/" } ?? "")\(head.sequence) was enqueued at \(head.enqueued.iso8601), \
                but messages in front of it are as late as \(granted.iso8601). Sort the lines by time, or give each partition a file of its own
                """)
        }
        // What is no message at all has no place in any partition: a pseudo-partition holds it.
        let partition = head.isUnusable ? -1 - number : head.partition ?? number
        let fold = await fold(partition)
        let receivedAt = self.receivedAt
        let size = file.withBody { body in
            var offset = head.offset
            offset.withUTF8 { offset in
                let header = MessageHeader(
                    sequenceNumber: head.sequence, offset: UnsafeRawBufferPointer(offset),
                    enqueuedTime: head.enqueued, receivedAt: receivedAt)
                if head.isUnusable {
                    fold.reject(header, body: body, reason: .unusableMessage)
                } else {
                    fold.fold(header, body: body)
                }
            }
            return body.count
        }
        if !head.isUnusable { latest = max(latest ?? head.enqueued, head.enqueued) }
        // A message costs more than its bytes.
        bytesSincePost += size + 256
        taken[partition, default: Taken()].add(head.sequence, size)
    }

    private func fold(_ partition: Int) async -> PartitionFold {
        if let fold = folds[partition] { return fold }
        let position = partition < 0 ? nil : await coordinator.resume(partition)
        let fold = PartitionFold(rules: rules, partition: partition, resumingAt: position, decoding: decoding)
        folds[partition] = fold
        return fold
    }

    /// Posts what was folded; partitions that were silent learn how far time is.
    private func post(isLast: Bool) async {
        bytesSincePost = 0
        for number in files.indices { note(number) }
        receivedAt = clock.now()
        for (partition, part) in taken {
            status.update(partition, received: receivedAt) {
                $0.folded = part.last
                $0.messages += part.messages
                $0.bytes += part.bytes
            }
        }
        taken = [:]
        guard let latest else { return }
        let (held, overflow) = latest.nanoseconds.subtractingReportingOverflow(isLast ? 0 : skew)
        let time = Timestamp(nanoseconds: overflow ? Int64.min : held)
        granted = max(granted ?? time, time)
        for (partition, fold) in folds.sorted(by: { $0.key < $1.key }) {
            if partition >= 0 { fold.idle(watermark: time) }
            if let delta = fold.takeDelta() { await coordinator.merge(delta) }
        }
    }

    private func note(_ number: Int) {
        let file = files[number]
        let size = file.size ?? 0
        let isDone = file.head == nil && file.bytesRead > 0
        tracker.note(number, ReplayProgress(done: isDone && file.size != nil ? size : file.bytesRead, total: size))
    }
}
