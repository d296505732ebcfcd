import Detection
import DiagnosticLogs
import Redaction
import Testing

/// Goal: the sentence that says why something is a finding shows the mask of a group that is content, for every kind of rule.
///
/// Method: two records with the same prompt, a rule that groups by it, and every window closed. The canaries cannot show this
/// for sequences, because no two of them are equal.
@Suite struct ReasonMaskingTests {
    private static let prompt = "Please summarise the merger for the board"
    private static let said = Detection.Expression.field(.path(FieldPath("properties", "prompt")))
    private static let key = NamedExpression(name: "said", expression: said)

    private static let bodies: [(kind: String, body: RuleBody)] = [
        (
            "count",
            .aggregate(
                AggregateRule(
                    window: HoppingWindow(length: .seconds(60), hop: .seconds(60)), keys: [key],
                    aggregates: [Aggregate(name: "n", function: .countRows, argument: nil)],
                    stages: [.filter(.compare(.greaterOrEqual, .column("n"), .literal(.long(2))))]))
        ),
        (
            "correlation",
            .correlation(
                CorrelationRule(
                    timespan: .seconds(60), keyNames: ["said"],
                    members: [CorrelationMember(name: "any", condition: .constant(true), keys: [said], values: [])],
                    test: .eventCount([Threshold(.greaterOrEqual, .long(2))])))
        ),
        (
            "sequence",
            .sequence(
                SequenceRule(
                    maxspan: .seconds(60), keyNames: ["said"],
                    steps: (0..<2).map { _ in SequenceStep(condition: .constant(true), keys: [said]) }))
        ),
        ("new term", .newTerm(NewTermRule(keys: [key], history: .seconds(86_400), reportsWhileLearning: true))),
        ("absence", .absence(AbsenceRule(keys: [key], silence: .seconds(60), forget: .seconds(600)))),
    ]

    @Test(arguments: bodies.indices) func aGroupOfContentIsMaskedInTheReason(_ number: Int) throws {
        let (kind, body) = Self.bodies[number]
        let rule = Rule(
            metadata: RuleMetadata(id: "r", title: "R", severity: .high), condition: .constant(true), body: body)
        let rules = try CompiledRules([rule])
        let fold = PartitionFold(rules: rules, partition: 0, decoding: EnvelopeDecoder.Options())
        var merger = Merger(rules: rules, partitions: [0])
        let start: Int64 = 1_793_527_200_000
        for number in 0..<2 {
            let time = Timestamp(milliseconds: start + Int64(number) * 1_000)
            let record = """
                {"records":[{"time":"\(time.iso8601)","category":"Audit","operationName":"o",\
                "properties":{"prompt":"\(Self.prompt)"}}]}
                """
            Array("o\(number)".utf8).withUnsafeBytes { offset in
                _ = fold.fold(
                    MessageHeader(sequenceNumber: Int64(number), offset: offset, enqueuedTime: time, receivedAt: time),
                    copying: Array(record.utf8))
            }
        }
        fold.idle(watermark: Timestamp(milliseconds: start + 2 * 86_400_000))
        merger.merge(try #require(fold.takeDelta()), now: Timestamp(milliseconds: start))
        let entries = merger.takeCommit(snapshot: false)?.journal ?? []
        #expect(!entries.isEmpty, "\(kind) finds nothing")
        for entry in entries {
            let reason = entry.finding.reason
            #expect(reason.contains("(content, \(Self.prompt.utf8.count) bytes)"), "\(kind): \(reason)")
            #expect(!reason.contains("merger"), "\(kind): \(reason)")
        }
    }
}
