import CSimdjson

/// Takes message bodies apart into records.
///
/// Azure wraps records in `{"records":[…]}`, and everybody else does it differently: bare objects, bare arrays, batches
/// of envelopes, JSON inside strings, one object a line. All are accepted. A body is first read strictly; only when that
/// fails are repairs tried, one after another. One bad record never costs its neighbours.
///
/// **Isolation**: one worker; not thread safe. **Cost**: no allocation per record on the normal path.
/// **Bounds**: 64 containers inside each other; sizes by ``Options``.
public final class EnvelopeDecoder {
    /// Limits and strictness.
    public struct Options: Sendable {
        /// Largest message body, in bytes.
        ///
        /// Event Hubs carries 1 MiB at most, plus overhead.
        public var bodyBytesMax = 1_310_720
        /// Largest record, in bytes.
        public var recordBytesMax = 1_048_576
        /// Checks every record with the full JSON parser too, also what no rule reads: bad escapes are then refused.
        public var strict = false

        /// The defaults.
        public init() {}
    }

    /// The plan that records are walked along.
    public let plan: FieldPlan
    let options: Options
    let walker: RecordWalker
    /// For texts made from a body: repaired ones, and the contents of strings.
    let bodyArena = RecordArena()
    /// One for the body, one for a text inside it.
    let bodyIndexers = (StructuralIndexer(), StructuralIndexer())
    let computed: ComputedFields
    let finisher: RecordFinisher
    private(set) lazy var standardReader = StandardFieldReader()

    /// Makes a decoder.
    public init(plan: FieldPlan, options: Options = Options()) {
        self.plan = plan
        self.options = options
        self.walker = RecordWalker(plan.tables)
        self.computed = ComputedFields(walker)
        self.finisher = RecordFinisher(walker, computed)
    }

    /// Name of the SIMD kernel in use: `icelake`, `haswell`, `westmere`, `fallback`, ….
    public static var kernelName: String { String(cString: csj_kernel_name()) }

    /// Checks that the JSON library behaves as this build expects.
    ///
    /// Call once at start-up.
    public static func selfTest() throws(DiagnosticLogsError) {
        guard csj_self_test() == 1 else {
            throw DiagnosticLogsError(
                code: .selfTestFailed,
                message:
                    "libsimdjson gives another index than version 3.0.1 (kernel \(kernelName)); install that version")
        }
    }

    /// Decodes one message body.
    ///
    /// Callbacks run in the order of the body, before this returns.
    ///
    /// **Bounds**: 64 bytes behind the body must be readable; what they hold does not matter.
    @discardableResult
    public func decode(
        _ body: UnsafeRawBufferPointer, enqueued: Timestamp, onRecord: (RecordView) -> Void,
        onDeadLetter: (DeadLetter) -> Void
    ) -> EnvelopeSummary {
        var pass = EnvelopePass(enqueued: enqueued)
        guard body.contains(where: { !IndexCursor.isBlank($0) && $0 != 0 }) else {
            pass.summary.emptyBodies = 1
            return pass.summary
        }
        let text = BodyText(bytes: body, source: body, origin: 0)
        guard body.count <= options.bodyBytesMax else {
            deadLetter(.bodyTooLarge, 0..<body.count, at: options.bodyBytesMax, text, &pass, onDeadLetter)
            return pass.summary
        }
        bodyArena.reset()
        decodeText(text, &pass, onRecord, onDeadLetter)
        return pass.summary
    }

    /// Decodes a body that lies in an array, by way of padded memory.
    ///
    /// For tests and tools.
    @discardableResult
    public func decode(
        copying body: [UInt8], enqueued: Timestamp, onRecord: (RecordView) -> Void,
        onDeadLetter: (DeadLetter) -> Void
    ) -> EnvelopeSummary {
        let padded = body + [UInt8](repeating: 0x20, count: JSONLimits.padding)
        return padded.withUnsafeBytes {
            decode(
                UnsafeRawBufferPointer(rebasing: $0[..<body.count]), enqueued: enqueued, onRecord: onRecord,
                onDeadLetter: onDeadLetter)
        }
    }
}

/// A text that holds records: the body, one of its lines, a repaired form of it, or the contents of a string in it.
struct BodyText {
    /// What is read, padded.
    var bytes: UnsafeRawBufferPointer
    /// What it was made from.
    var source: UnsafeRawBufferPointer
    /// Where ``source`` starts in the message body.
    var origin: Int
    /// How it was made, when ``bytes`` is not ``source``.
    var repaired: RepairedText?
    /// The text came out of a string: it is not unwrapped any further, and its places have no place in the body.
    var isNested = false

    /// The place in ``source`` of a place in ``bytes``.
    func sourceOffset(_ offset: Int) -> Int {
        min(source.count, max(0, repaired?.original(of: offset) ?? offset))
    }

    /// The place in the message body of a place in ``bytes``.
    func bodyOffset(_ offset: Int) -> Int { isNested ? origin : origin + sourceOffset(offset) }
}

/// The state of decoding one message.
struct EnvelopePass {
    let enqueued: Timestamp
    var summary = EnvelopeSummary()
    /// Records, metrics and dead letters so far.
    var outcomes = 0
    /// Outcomes below this were handed out by an earlier, stricter pass over the same text.
    var alreadyGiven = 0
    /// Where the newest outcome that was handed out ends in its text.
    var givenEnd = 0
    var mode = Mode.strict
    /// In a checking pass: elements that are well formed.
    var goodElements = 0
    /// In a checking pass: elements that are not.
    var badElements = 0
    /// Where the value at hand starts: all in front of it is dealt with.
    var tailStart = 0
    /// Repairs that the root at hand owes its place to.
    var rootRepairs: RepairSet = []

    enum Mode {
        /// Hands out records until the first fault.
        case strict
        /// Hands out nothing, passes over broken elements, counts.
        case checking
        /// Hands out records and dead letters, passes over broken elements.
        case salvaging
    }

    init(enqueued: Timestamp) { self.enqueued = enqueued }

    /// Counts an outcome; false when it was handed out before.
    mutating func isNewOutcome() -> Bool {
        outcomes += 1
        return outcomes > alreadyGiven
    }
}
