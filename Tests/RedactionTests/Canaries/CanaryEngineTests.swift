import Detection
import DiagnosticLogs
import FindingFormats
import Redaction
import Testing

/// Goal: nothing of a record reaches a finding but what is on the list of its log, or what a rule shows and may be shown.
///
/// Method: canaries in every member of every shape; rules of every kind; every window is closed; the journal, the OCSF
/// lines, the terminal's text and what Swift prints of the values are searched for all of them.
@Suite(.timeLimit(.minutes(6))) struct CanaryEngineTests {
    private struct Judged {
        var entries: [JournalEntry] = []
        var letters: [DeadLetterRecord] = []
        var records: Int64 = 0
    }

    private static func judge(_ bodies: [[UInt8]], _ masking: Masking) throws -> Judged {
        let rules = try CompiledRules(CanaryRules.all, masking: masking)
        var options = EnvelopeDecoder.Options()
        options.bodyBytesMax = 65_536
        let fold = PartitionFold(rules: rules, partition: 0, decoding: options)
        var merger = Merger(rules: rules, partitions: [0])
        var judged = Judged()
        let start: Int64 = 1_793_527_200_000
        func take() {
            if let delta = fold.takeDelta() { merger.merge(delta, now: Timestamp(milliseconds: start)) }
            guard let draft = merger.takeCommit(snapshot: false) else { return }
            judged.entries += draft.journal
            judged.letters += draft.deadLetters
        }
        for (number, body) in bodies.enumerated() {
            let time = Timestamp(milliseconds: start + Int64(number) * 10)
            Array("o\(number)".utf8).withUnsafeBytes { offset in
                _ = fold.fold(
                    MessageHeader(sequenceNumber: Int64(number), offset: offset, enqueuedTime: time, receivedAt: time),
                    copying: body)
            }
            if number % 50 == 0 { take() }
        }
        take()
        // Two days later every window is over, and who was silent is found.
        fold.idle(watermark: Timestamp(milliseconds: start + 2 * 86_400_000))
        take()
        judged.records = merger.counters.records
        return judged
    }

    private static func outputs(_ judged: Judged) throws -> [(name: String, bytes: [UInt8])] {
        let ocsf = OCSFFormat(source: FindingSource(namespace: "ns", hub: "hub"), productVersion: "0")
        let text = TextFormat(color: false)
        var lines: [UInt8] = []
        var blocks = ""
        var rows: [UInt8] = []
        var printed = ""
        for (number, entry) in judged.entries.enumerated() {
            lines += ocsf.line(entry, logged: Timestamp(milliseconds: 0))
            blocks += text.text(entry) + text.line(entry)
            rows += try JournalRecord(entry).payload() + [10]
            if number % 20 == 0 { dump(entry, to: &printed) }
        }
        for letter in judged.letters {
            dump(letter, to: &printed)
            printed += "\(letter) \(letter.bytes.shape())"
        }
        return [
            ("the findings file", lines), ("the terminal", Array(blocks.utf8)), ("the journal", rows),
            ("what Swift prints", Array(printed.utf8)),
        ]
    }

    @Test func nothingHiddenReachesAFinding() throws {
        var planter = CanaryPlanter()
        let bodies = try CanaryRecords.bodies(&planter, rounds: 2)
        let canaries = planter.maker.canaries
        let search = CanarySearch(canaries)
        for masksPeople in [false, true] {
            let judged = try Self.judge(bodies, masksPeople ? Masking([.addresses, .users]) : .standard)
            #expect(judged.records > 100 && judged.letters.count > 30)
            for rule in CanaryRules.all {
                #expect(judged.entries.contains { $0.finding.rule.id == rule.metadata.id }, "\(rule.metadata.id)")
            }
            let shown = search.expectNothingHidden(in: try Self.outputs(judged), masksPeople: masksPeople)
            // What may be shown is shown: the search does find canaries.
            let shapes = Set(shown.map { canaries[$0].shape })
            #expect(shapes.contains(.word))
            #expect(shapes.contains(.email) == !masksPeople && shapes.contains(.address) == !masksPeople)
            #expect(shown.count > 200)
        }
    }

    @Test func idsAndGroupsStayTheSameWhateverIsMasked() throws {
        var planter = CanaryPlanter()
        let bodies = try CanaryRecords.bodies(&planter, rounds: 1)
        let shown = try Self.judge(bodies, .standard).entries
        let masked = try Self.judge(
            bodies, Masking([.addresses, .users], key: MaskKey(Array("0123456789abcdef".utf8)))
        ).entries
        #expect(shown.map(\.key) == masked.map(\.key) && shown.map(\.alertID) == masked.map(\.alertID))
        #expect(shown.map(\.finding.evidence.count) == masked.map(\.finding.evidence.count))
        #expect(shown != masked)
    }
}
