import Detection
import DiagnosticLogs
import Redaction
import Testing

/// Goal: a caller and an address in evidence are masked for what they are, whatever they look like.
///
/// Method: a record whose caller is no e-mail address and whose address is a host name, which no search of texts would find.
@Suite struct EvidenceMaskingTests {
    private static let record = """
        {"records":[{"time":"2026-11-01T10:00:00Z","category":"Administrative","operationName":"o",\
        "callerIpAddress":"proxy of the office","identity":{"claims":{"name":"Ann of Accounts","oid":"41"}}}]}
        """

    private static func evidence(_ masking: Masking) throws -> (evidence: Evidence, reason: String) {
        let rule = Rule(
            metadata: RuleMetadata(id: "r", title: "R", severity: .high), condition: .constant(true),
            body: .match(MatchRule()))
        let rules = try CompiledRules([rule], masking: masking)
        let fold = PartitionFold(rules: rules, partition: 0, decoding: EnvelopeDecoder.Options())
        var merger = Merger(rules: rules, partitions: [0])
        let time = Timestamp(milliseconds: 1_793_527_200_000)
        Array("1".utf8).withUnsafeBytes { offset in
            _ = fold.fold(
                MessageHeader(sequenceNumber: 1, offset: offset, enqueuedTime: time, receivedAt: time),
                copying: Array(record.utf8))
        }
        merger.merge(try #require(fold.takeDelta()), now: time)
        let finding = try #require(merger.takeCommit(snapshot: false)?.journal.first?.finding)
        return (try #require(finding.evidence.first), finding.reason)
    }

    @Test func callersAndAddressesAreShownUnlessTheyAreMasked() throws {
        let (shown, reason) = try Self.evidence(.standard)
        #expect(shown.principalName == "Ann of Accounts" && shown.callerAddress == "proxy of the office")
        #expect(reason.contains("Ann of Accounts") && reason.contains("proxy of the office"))
    }

    @Test func aCallerIsMasked() throws {
        let (masked, reason) = try Self.evidence(Masking(.users))
        #expect(masked.principalName == "(user)" && masked.callerAddress == "proxy of the office")
        #expect(masked.objectID == "41", "an object id is a pseudonym")
        #expect(!reason.contains("Ann"), "\(reason)")
    }

    @Test func anAddressIsMasked() throws {
        let (masked, reason) = try Self.evidence(Masking(.addresses))
        #expect(masked.callerAddress == "(address)" && masked.principalName == "Ann of Accounts")
        #expect(!reason.contains("office"), "\(reason)")
    }
}
