import Detection
import DiagnosticLogs
import FindingFormats
import Foundation
import Testing

/// Goal: messages to chats and syslog say who did what, fit the receivers' bounds, and no log line can steer them.
///
/// Method: a full, a bare and a hostile finding through each format.
@Suite struct MessageFormatTests {
    private static let entries = [
        SampleFindings.match, SampleFindings.window(), SampleFindings.bare, SampleFindings.hostileEntry,
    ]

    private func object(_ bytes: [UInt8]) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }

    /// Every text object below a value, with its type.
    private func texts(_ value: Any) -> [(type: String, text: String)] {
        if let list = value as? [Any] { return list.flatMap(texts) }
        guard let object = value as? [String: Any] else { return [] }
        var found: [(String, String)] = []
        if let text = object["text"] as? String { found.append((object["type"] as? String ?? "", text)) }
        return found + object.values.flatMap(texts)
    }

    @Test func slackMessagesStayInsideItsBoundsAndHoldNoMarkup() throws {
        for entry in Self.entries {
            let message = try object(SlackFormat().body(entry))
            let blocks = try #require(message["blocks"] as? [[String: Any]])
            #expect(blocks.count <= 50 && blocks.first?["type"] as? String == "header")
            for text in texts(blocks) {
                #expect(text.type == "plain_text" && !text.text.isEmpty && text.text.count <= 3_000)
            }
            let header = try #require((blocks.first?["text"] as? [String: Any])?["text"] as? String)
            #expect(header.count <= 150)
            for block in blocks { #expect((block["fields"] as? [Any])?.count ?? 1 <= 10) }
            let fallback = try #require(message["text"] as? String)
            #expect(!fallback.contains("<") && !fallback.contains(">"))
        }
        var mention = SampleFindings.match
        mention.finding.reason = "<!channel> & <https://evil.example|look>"
        let text = try object(SlackFormat().body(mention))["text"] as? String ?? ""
        #expect(text.contains("&lt;!channel&gt; &amp; &lt;https://evil.example|look&gt;"))
    }

    @Test func slackMessagesSayWhoDidWhat() throws {
        let all = texts(try object(SlackFormat().body(SampleFindings.match))).map(\.text)
        for part in ["HIGH", "dana@example.com", "203.0.113.7", "OPENAI-PROD", "LISTKEYS", "T1552"] {
            #expect(all.contains { $0.contains(part) }, "\(part)")
        }
    }

    @Test func teamsCardsStayInsideTheBoundAndHoldOnlyPlainRuns() throws {
        for entry in Self.entries {
            let bytes = TeamsFormat().body(entry)
            #expect(bytes.count < 28_000)
            let message = try object(bytes)
            #expect(message["type"] as? String == "message")
            let attachment = try #require((message["attachments"] as? [[String: Any]])?.first)
            #expect(attachment["contentType"] as? String == "application/vnd.microsoft.card.adaptive")
            let card = try #require(attachment["content"] as? [String: Any])
            #expect(card["type"] as? String == "AdaptiveCard" && card["actions"] == nil)
            let body = try #require(card["body"] as? [[String: Any]])
            #expect(body.allSatisfy { $0["type"] as? String == "RichTextBlock" })
            #expect(texts(body).allSatisfy { $0.type == "TextRun" })
        }
    }

    private func syslog(_ body: SyslogFormat.Body, bytesMax: Int = 65_536) -> SyslogFormat {
        SyslogFormat(
            facility: 13, hostName: "host name\n", processID: 42, body: body, bytesMax: bytesMax,
            ocsf: OCSFFormat(source: FindingSource(namespace: "n", hub: "h"), productVersion: "1"), productVersion: "1")
    }

    @Test func syslogMessagesAreThoseOfTheStandard() throws {
        let message = String(
            decoding: syslog(.text).message(SampleFindings.match, logged: SampleFindings.base), as: UTF8.self)
        #expect(
            message.hasPrefix("<107>1 2026-03-01T12:00:00.581Z hostname hubwatch 42 finding [finding@32473 id=\""),
            "\(message)")
        #expect(
            message.contains("who=\"dana@example.com")
                && message.contains("][origin software=\"hubwatch\" swVersion=\"1\"] HIGH"))
        let frame = syslog(.text).frame(SampleFindings.match, logged: SampleFindings.base)
        #expect(String(decoding: frame, as: UTF8.self) == "\(message.utf8.count) \(message)")
    }

    @Test func structuredDataCannotBeLeft() throws {
        var entry = SampleFindings.match
        entry.finding.rule.title = "a\"]\\ [x@1 y=\"z\"] \n<0>1"
        let message = String(decoding: syslog(.text).message(entry, logged: SampleFindings.base), as: UTF8.self)
        #expect(message.contains("title=\"a\\\"\\]\\\\ [x@1 y=\\\"z\\\"\\] \\\\n<0>1\""), "\(message)")
        for entry in Self.entries {
            let bytes = syslog(.ocsf).message(entry, logged: SampleFindings.base)
            #expect(!bytes.contains { $0 < 0x20 || $0 == 0x7f })
        }
    }

    @Test func aMessageThatIsTooLongIsCutBetweenCharacters() throws {
        for entry in Self.entries {
            for bytesMax in [480, 1_000, 2_048, 4_096] {
                let bytes = syslog(.ocsf, bytesMax: bytesMax).message(entry, logged: SampleFindings.base)
                #expect(String(validating: bytes, as: UTF8.self) != nil)
                let text = String(decoding: bytes, as: UTF8.self)
                #expect(bytes.count <= bytesMax || text.contains("][origin"))
            }
        }
        let cut = String(
            decoding: syslog(.ocsf, bytesMax: 2_048).message(SampleFindings.window(), logged: SampleFindings.base),
            as: UTF8.self)
        #expect(cut.contains("cut=\"true\"") && !cut.contains("{\"time\""))
    }
}
