import Detection
import DiagnosticLogs
import FindingFormats
import Foundation
import GoldenFiles
import Testing

/// A finding is the same bytes every time, and every member is where OCSF has a place for it.
///
/// The golden lines are what
/// `Tests/Schema/validate_findings.py` checks against the schema.
@Suite struct OCSFFormatTests {
    let format = OCSFFormat(
        source: FindingSource(namespace: "contoso.servicebus.windows.net", hub: "insights-activity-logs"),
        productVersion: "1.0.0")

    static let entries: [JournalEntry] = [
        SampleFindings.match, SampleFindings.window(), SampleFindings.window(.update, revision: 2),
        SampleFindings.window(.close), SampleFindings.hostileEntry, SampleFindings.bare,
    ]

    private func line(_ entry: JournalEntry) -> [UInt8] {
        format.line(entry, logged: SampleFindings.after(milliseconds: 2_000))
    }

    private func object(_ entry: JournalEntry) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(line(entry))) as? [String: Any])
    }

    @Test func goldenLines() throws {
        #expect(try GoldenFile.difference(of: Self.entries.flatMap(line), to: "findings.ndjson") == nil)
    }

    @Test func linesAreLines() throws {
        for entry in Self.entries {
            let bytes = line(entry)
            #expect(bytes.last == UInt8(ascii: "\n"))
            #expect(!bytes.dropLast().contains { $0 < 0x20 || $0 == 0x7f })
            let text = try #require(String(validating: bytes, as: UTF8.self))
            #expect(!text.unicodeScalars.contains { (0x80..<0xa0).contains($0.value) || $0 == "\u{202e}" })
            #expect(bytes == line(entry))
        }
    }

    @Test func textSurvivesTheEscapes() throws {
        let object = try object(SampleFindings.hostileEntry)
        let info = try #require(object["finding_info"] as? [String: Any])
        #expect(info["title"] as? String == SampleFindings.hostile)
        let unmapped = try #require(object["unmapped"] as? [String: Any])
        let group = try #require(unmapped["group"] as? [String: Any])
        #expect(group[SampleFindings.hostile] as? String == SampleFindings.hostile)
    }

    @Test func identityAndActivity() throws {
        let create = try object(SampleFindings.window())
        let close = try object(SampleFindings.window(.close))
        #expect(create["type_uid"] as? Int == 200_401 && close["type_uid"] as? Int == 200_403)
        #expect(create["is_alert"] as? Bool == true && close["is_alert"] as? Bool == false)
        let uids = [create, close].map { ($0["finding_info"] as? [String: Any])?["uid"] as? String }
        #expect(uids[0] == "fedcba9876543210fedcba9876543210" && uids[0] == uids[1])
        let events = [create, close].map { ($0["metadata"] as? [String: Any])?["uid"] as? String }
        #expect(events[0] != events[1])
        #expect(events[1] == SampleFindings.window(.close).key)
    }

    @Test func attacksArePaired() throws {
        let info = try #require(try object(SampleFindings.match)["finding_info"] as? [String: Any])
        let attacks = try #require(info["attacks"] as? [[String: Any]])
        let pairs = attacks.map { attack in
            ["tactic", "technique", "sub_technique"].map { (attack[$0] as? [String: Any])?["uid"] as? String ?? "-" }
        }
        let expected = [
            ["TA0006", "T1552", "T1552.005"], ["AML.TA0000", "AML.T0044", "-"], ["-", "T9999", "-"],
            ["TA0010", "-", "-"],
        ]
        #expect(pairs == expected)
        #expect((attacks[0]["technique"] as? [String: Any])?["name"] as? String == "Unsecured Credentials")
        #expect((attacks[2]["technique"] as? [String: Any])?["name"] as? String == "From the rule")
        #expect(attacks.map { $0["version"] as? String } == ["17.1", "4.5.2", "17.1", "17.1"])
    }

    @Test(arguments: [
        ("203.0.113.7", true), ("2001:db8::1", true), ("::", true), ("::1", true), ("1::", true),
        ("1:2:3:4:5:6:7:8", true), ("203.0.113.***", false), ("10.0.0.10:49539", false), ("[2001:db8::1]:443", false),
        ("1:2:3:4:5:6:7:8:9", false), ("1::2::3", false), (":::", false), (":1:2:3:4:5:6:7", false), ("", false),
        ("256.1.1.1", false), ("1.2.3", false), ("01.2.3.4", false), ("host", false), ("fe80::1%eth0", false),
        ("1:2:3:4:5:6:7::", true), ("1:2:3:4:5:6:7:8::", false),
    ])
    func onlyWholeAddressesAreAddresses(address: String, isWhole: Bool) throws {
        var entry = SampleFindings.match
        entry.finding.evidence[0].callerAddress = address
        let evidence = try #require((try object(entry)["evidences"] as? [[String: Any]])?.first)
        #expect((evidence["src_endpoint"] != nil) == isWhole)
        #expect((evidence["data"] as? [String: Any])?["caller_address"] as? String == (address.isEmpty ? nil : address))
    }

    @Test func payloadsComeBackEqual() throws {
        for entry in Self.entries where entry.finding.values.allSatisfy({ $0.name != SampleFindings.hostile }) {
            let bytes = try JournalRecord(entry).payload()
            #expect(try JournalRecord(payload: bytes).entry == entry)
            #expect(try JournalRecord(entry).payload() == bytes)
        }
        // NaN is not equal to itself: compare the bytes.
        let bytes = try JournalRecord(SampleFindings.hostileEntry).payload()
        #expect(try JournalRecord(payload: bytes).payload() == bytes)
    }

    @Test func brokenPayloadsAreNamed() {
        for bytes in [[], Array("{".utf8), Array("{}".utf8), Array("[1]".utf8), [0xff, 0xfe]] as [[UInt8]] {
            let error = #expect(throws: FindingFormatError.self) { _ = try JournalRecord(payload: bytes).entry }
            #expect(error?.code == .notDecodable)
        }
    }
}
