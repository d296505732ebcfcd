import Detection
import DiagnosticLogs
import FindingFormats
import Foundation
import Testing

/// Goal: a body keeps the shape that its template has, whatever a log line holds; mistakes are named with their place.
///
/// Method: hostile findings in, JSON out; wrong templates in, problems out.
@Suite struct BodyTemplateTests {
    private let source = FindingSource(namespace: "ns.example", hub: "logs")
    private var ocsf: OCSFFormat { OCSFFormat(source: source, productVersion: "1") }

    private func body(_ text: String, _ entry: JournalEntry) throws -> Any {
        let bytes = try BodyTemplate(text).body(entry, source: source, ocsf: ocsf, logged: SampleFindings.base)
        return try JSONSerialization.jsonObject(with: Data(bytes))
    }

    @Test func fieldsTakeThePlaceOfTheirNames() throws {
        let text = """
            {"summary": "{{severity}}: {{title}} on {{ hub }}", "count": "{{count}}", "alert": "{{is_alert}}",
             "list": ["{{id}}", "plain \\" {{finding_id}}"], "finding": "{{finding}}", "n": 1.5}
            """
        let made = try #require(try body(text, SampleFindings.match) as? [String: Any])
        #expect(made["summary"] as? String == "HIGH: Azure AI keys listed outside the portal on logs")
        #expect(made["count"] as? Int == 1 && made["alert"] as? Bool == true && made["n"] as? Double == 1.5)
        #expect(made["list"] as? [String] == [SampleFindings.match.key, "plain \" \(SampleFindings.match.finding.id)"])
        #expect(((made["finding"] as? [String: Any])?["finding_info"] as? [String: Any])?["uid"] as? String != nil)
    }

    @Test func noFieldOfAHostileFindingLeavesItsString() throws {
        for field in FindingField.allCases {
            let alone = try #require(
                try body("{\"a\": \"{{\(field.rawValue)}}\", \"b\": 1}", SampleFindings.hostileEntry) as? [String: Any])
            #expect(alone.count == 2 && alone["b"] as? Int == 1, "\(field)")
            guard field != .finding else { continue }
            let inside = try #require(
                try body("[\"<{{\(field.rawValue)}}>{{title}}\", 2]", SampleFindings.hostileEntry) as? [Any])
            #expect(inside.count == 2 && inside[1] as? Int == 2)
            let text = try #require(inside[0] as? String)
            #expect(text.hasPrefix("<") && text.hasSuffix(">" + SampleFindings.hostile))
        }
    }

    @Test(arguments: [
        ("{\"a\": \"{{titel}}\"}", 1, 8, "did you mean 'title'"),
        ("{\n \"a\": {{title}}}", 2, 7, "inside a string"),
        ("{\"a\": \"{{title}\"}", 1, 8, "no '}}'"),
        ("{\"{{title}}\": 1}", 1, 12, "cannot hold a placeholder"),
        ("{\"a\": \"x {{finding}}\"}", 1, 21, "stands alone"),
        ("{\"a\": \"x", 1, 7, "has no end"),
        ("{\"a\": }", 1, 1, "not valid JSON"),
        ("\"{{title}}\"", 1, 1, "not valid JSON"),
        ("", 1, 1, "not valid JSON"),
    ])
    func mistakesAreNamed(text: String, line: Int, column: Int, message: String) {
        do throws(BodyTemplate.Problem) {
            _ = try BodyTemplate(text)
            Issue.record("accepted: \(text)")
        } catch {
            #expect(error.message.contains(message), "\(error)")
            #expect(error.line == line && error.column == column, "\(error)")
        }
    }

    @Test func anyCutOrChangeOfATemplateIsRefusedOrGivesJSON() throws {
        let text = "{\"a\": \"{{title}} {{who}}\", \"b\": [\"{{count}}\", {\"c\": \"{{finding}}\"}], \"d\\\"\": null}"
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            var bytes = Array(text.utf8)
            for _ in 0...Int.random(in: 0...3, using: &random) where !bytes.isEmpty {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                if Bool.random(using: &random) {
                    bytes.remove(at: index)
                } else {
                    bytes[index] = UInt8.random(in: 32..<127)
                }
            }
            guard let template = try? BodyTemplate(String(decoding: bytes, as: UTF8.self)) else { continue }
            let made = template.body(
                SampleFindings.hostileEntry, source: source, ocsf: ocsf, logged: SampleFindings.base)
            #expect(throws: Never.self, "\(String(decoding: bytes, as: UTF8.self))") {
                _ = try JSONSerialization.jsonObject(with: Data(made))
            }
        }
    }
}
