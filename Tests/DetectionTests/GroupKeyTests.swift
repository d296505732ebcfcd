import DiagnosticLogs
import Testing

@testable import Detection

/// Goal: a group key written from a field as it is equals the key made of the field's value, byte for byte.
@Suite struct GroupKeyTests {
    private static let members = [
        "plain": #""WEST EUROPE""#, "empty": #""""#, "accented": #""Zürich""#, "escaped": #""a\tb\u0041""#,
        "number": "17", "fraction": "2.0", "flag": "true", "nothing": "null", "list": #"["a","b"]"#,
        "object": #"{"a":1}"#, "long": "\"\(String(repeating: "x", count: 300))\"",
    ]

    @Test func keysWrittenInPlaceAreTheKeysOfValues() throws {
        let names = Self.members.keys.sorted() + ["missing"]
        let fields = names.map { Field.path(FieldPath([$0])) }
        let plan = try FieldPlan(fields)
        let text =
            "{" + Self.members.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",")
            + "}"
        var inPlace: Set<String> = []
        EnvelopeDecoder(plan: plan).decode(copying: Array(text.utf8), enqueued: Timestamp(nanoseconds: 0)) { record in
            for (name, field) in zip(names, fields) {
                guard let slot = plan.slotNumber(of: field) else {
                    Issue.record("no slot for \(name)")
                    continue
                }
                var (written, made) = (ByteWriter(), ByteWriter())
                guard written.plainValue(record[slot]) else { continue }
                made.value(RecordContext(record: record).value(ofSlot: slot).canonical)
                #expect(written.bytes == made.bytes, "\(name)")
                inPlace.insert(name)
            }
        } onDeadLetter: { letter in
            Issue.record("dead letter: \(letter.reason)")
        }
        #expect(inPlace == ["plain", "empty", "nothing", "missing", "long"])
    }
}
