import Detection
import FindingFormats
import Foundation
import Testing

@testable import StatusPage

/// Goal: the page shows what the status holds, says what it cuts off, and no text from outside becomes part of it.
///
/// Method: documents of a fixed status are read back by a strict reader of the little HTML that the page uses; hostile texts in
/// every member; the sections of a live page are those of the document.
@Suite struct StatusPageTests {
    private static func document(
        _ view: StatusView = SampleStatus.view, _ recent: RecentActivity = SampleStatus.recent
    ) -> String {
        String(decoding: StatusPage(view, recent).drawing().document(nonce: "bm9uY2U"), as: UTF8.self)
    }

    @Test func theDocumentIsWellFormed() throws {
        let tree = try PageReader.read(Self.document())
        #expect(tree.all("main").count == 1)
        #expect(tree.all("h1").map(\.text) == ["hubwatch"])
        // Ids are unique, and labels point to one.
        let ids = tree.everything.compactMap { $0.attributes["id"] }
        #expect(Set(ids).count == ids.count)
        for element in tree.everything {
            if let label = element.attributes["aria-labelledby"] { #expect(ids.contains(label)) }
        }
    }

    @Test func aNonceIsAllThatRuns() throws {
        let tree = try PageReader.read(Self.document())
        for name in ["script", "style"] {
            #expect(tree.all(name).count == 1)
            #expect(tree.all(name).first?.attributes["nonce"] == "bm9uY2U")
        }
        for element in tree.everything {
            #expect(element.attributes["style"] == nil)
            #expect(!element.attributes.keys.contains { $0.hasPrefix("on") })
            #expect(element.attributes["src"] == nil)
        }
        let policy = PagePolicy.headers(nonce: "bm9uY2U").first { $0.name == "Content-Security-Policy" }?.value ?? ""
        #expect(policy.contains("default-src 'none'") && policy.contains("script-src 'nonce-bm9uY2U'"))
        #expect(!policy.contains("unsafe"))
    }

    @Test func nothingComesFromElsewhere() throws {
        let text = Self.document().replacing("https://attack.mitre.org/techniques/T1552/005/", with: "")
        #expect(!text.contains("http://") && !text.contains("https://") && !text.contains("url("))
    }

    @Test func whatTheStatusHoldsIsOnThePage() throws {
        let tree = try PageReader.read(Self.document())
        func section(_ id: String) throws -> PageReader.Element { try #require(tree.with(id: id)) }
        #expect(try section("masthead").text.contains("contoso.servicebus.windows.net / insights-logs"))
        let partitions = try section("partitions").all("tr").map { $0.children.map(\.text) }
        #expect(partitions.count == 4)
        #expect(partitions[2].prefix(4) == ["1", "reading", "12\u{202f}345", "4.2 s"])
        #expect(partitions[3].prefix(3) == ["2", "not attached", "–"])
        #expect(
            try section("dead-letters").all("tr").map { $0.children.map(\.text) }[1] == ["truncated", "", "9", "12"])
        #expect(try section("sinks").text.contains("answered 503, next try in 8 s"))
        #expect(try section("gaps").text.contains("100 to 205"))
        #expect(try section("rules").text.contains("Potential Azure OpenAI Model Theft shadow"))
        let findings = try section("findings").all("details")
        #expect(findings.count == 2)
        let match = try #require(findings.first { $0.attributes["id"] == "f-0123456789abcdef0123456789abcdef" })
        #expect(match.text.contains("dana@example.com"))
        #expect(match.text.contains("203.0.113.7"))
        #expect(match.text.contains("1/17/0"))
        #expect(match.all("a").map { $0.attributes["href"] } == ["https://attack.mitre.org/techniques/T1552/005/"])
    }

    @Test func whatNoRecordSaysHasNoColumn() throws {
        func columns(_ recent: RecentActivity) throws -> [String] {
            let findings = try #require(PageReader.read(Self.document(SampleStatus.view, recent)).with(id: "findings"))
            return try #require(findings.all("thead").first).all("th").map(\.text)
        }
        var recent = SampleStatus.recent
        #expect(try columns(recent) == ["time", "record", "operation", "who", "from", "resource", "result"])
        for index in recent.findings.indices {
            for record in recent.findings[index].evidence.indices {
                recent.findings[index].evidence[record].address = ""
                recent.findings[index].evidence[record].result = ""
            }
        }
        #expect(try columns(recent) == ["time", "record", "operation", "who", "resource"])
    }

    @Test func reasonsWithoutDeadLettersTakeNoLine() throws {
        let section = try #require(PageReader.read(Self.document()).with(id: "dead-letters"))
        #expect(!section.text.contains("bodyTooLarge") && section.all("tr").count == 3)
        #expect(section.text.contains("1 other reason has none"))
        var view = SampleStatus.view
        (view.deadLetters, view.reasonsWithout) = ([], 10)
        let none = try #require(PageReader.read(Self.document(view)).with(id: "dead-letters"))
        #expect(none.text.contains("None: everything could be decoded.") && none.all("tr").isEmpty)
    }

    @Test func chartsSayWhatTheyShow() throws {
        let charts = try #require(PageReader.read(Self.document()).with(id: "charts"))
        let labels = charts.all("svg").compactMap { $0.attributes["aria-label"] }
        #expect(labels.count == 2)
        #expect(labels[0].hasPrefix("Lag, messages left to read: 12\u{202f}345 now, peak 12\u{202f}600 since "))
        // The two slots in which nobody looked break the line.
        let lag = try #require(charts.all("path").first { $0.attributes["class"] == "level" }?.attributes["d"])
        #expect(lag.count { $0 == "M" } == 2)
    }

    @Test func aNewRunSaysThatThereIsNothingYet() throws {
        let tree = try PageReader.read(
            Self.document(StatusView(), RecentActivity(StatusHistory(), FindingShelf())))
        #expect(tree.with(id: "findings")?.text.contains("None yet") == true)
        #expect(tree.with(id: "gaps")?.text.contains("None: every message") == true)
        #expect(tree.with(id: "partitions")?.text.contains("has not said yet") == true)
    }

    @Test func whatIsCutOffIsSaid() throws {
        var view = SampleStatus.view
        view.partitions = (0..<300).map {
            .init(
                number: $0, isAttached: $0 != 299, isCaughtUp: false, position: 1, lag: Int64($0 == 250 ? 99 : 1),
                lagSeconds: nil, messages: 1, bytes: 1)
        }
        view.gaps = (0..<25).map {
            .init(partition: $0, first: 1, last: nil, cause: "recreated", policy: "latest", detectedSeconds: 0)
        }
        let recent = RecentActivity(
            StatusHistory(), SampleStatus.shelf((0..<120).map { SampleStatus.entry("id\($0)") }))
        let tree = try PageReader.read(Self.document(view, recent))
        let partitions = try #require(tree.with(id: "partitions"))
        // Those that need somebody come first.
        #expect(partitions.all("tr").dropFirst().prefix(2).map { $0.children[0].text } == ["299", "250"])
        #expect(partitions.text.contains("and 172 partitions with no more lag than these"))
        #expect(tree.with(id: "gaps")?.text.contains("and 5 more") == true)
        #expect(tree.with(id: "findings")?.all("details").count == 50)
        #expect(tree.with(id: "findings")?.text.contains("and 70 older ones") == true)
    }

    @Test func theLivePageIsTheDocument() throws {
        let page = StatusPage(SampleStatus.view, SampleStatus.recent)
        let document = String(decoding: page.drawing().document(nonce: "n"), as: UTF8.self)
        let sections = page.drawing().sections
        #expect(sections.map(\.id) == PageSection.Name.allCases)
        for section in sections {
            let html = String(decoding: section.html.bytes, as: UTF8.self)
            #expect(document.contains(html), "\(section.id)")
            // The script looks for the element by its id.
            #expect(try PageReader.read(html).children.first?.attributes["id"] == section.id.rawValue)
        }
    }

    @Test(arguments: MarkupTests.hostile) func hostileTextsStayTexts(_ text: String) throws {
        var view = SampleStatus.view
        (view.namespace, view.hub, view.consumerGroup, view.version) = (text, text, text, text)
        view.reasons = [text]
        view.rules = [.init(id: text, title: text, severity: text, isShadow: true, hits: 1, findings: 1)]
        view.deadLetters = [.init(name: text, count: 1, kept: 1)]
        view.sinks = [.init(name: text, cursor: 1, owed: 1, owedBytes: 1, failures: 1, trouble: text)]
        view.gaps = [.init(partition: 1, first: 1, last: 1, cause: text, policy: text, detectedSeconds: 1)]
        let entry = SampleStatus.entry(
            text, title: text, reason: text, group: [.init(name: text, value: .string(text))], person: text,
            references: [text])
        let recent = RecentActivity(StatusHistory(), SampleStatus.shelf([entry]))
        let tree = try PageReader.read(Self.document(view, recent))
        // The same elements as with harmless texts, and no more.
        let calm = try PageReader.read(
            Self.document(
                Self.calm(view),
                RecentActivity(
                    StatusHistory(),
                    SampleStatus.shelf([
                        SampleStatus.entry(
                            "x", title: "x", reason: "x", group: [.init(name: "x", value: .string("x"))], person: "x",
                            references: ["x"])
                    ]))))
        #expect(tree.everything.map(\.name) == calm.everything.map(\.name))
        #expect(tree.all("script").count == 1 && tree.all("img").isEmpty && tree.all("b").isEmpty)
    }

    private static func calm(_ view: StatusView) -> StatusView {
        var view = view
        (view.namespace, view.hub, view.consumerGroup, view.version) = ("x", "x", "x", "x")
        view.reasons = ["x"]
        view.rules = [.init(id: "x", title: "x", severity: "x", isShadow: true, hits: 1, findings: 1)]
        view.deadLetters = [.init(name: "x", count: 1, kept: 1)]
        view.sinks = [.init(name: "x", cursor: 1, owed: 1, owedBytes: 1, failures: 1, trouble: "x")]
        view.gaps = [.init(partition: 1, first: 1, last: 1, cause: "x", policy: "x", detectedSeconds: 1)]
        return view
    }

    @Test func hugeTextsAreCut() {
        let huge = String(repeating: "a", count: 2_000_000)
        var view = SampleStatus.view
        (view.hub, view.reasons) = (huge, Array(repeating: huge, count: 50))
        let recent = RecentActivity(
            StatusHistory(), SampleStatus.shelf([SampleStatus.entry(huge, title: huge, reason: huge, person: huge)]))
        #expect(Self.document(view, recent).utf8.count < 60_000)
    }

    @Test func theTimelineCountsEachFindingOnce() {
        let findings = SampleStatus.shelf(
            (0..<200).map { SampleStatus.entry("id\($0)", decided: Int64(-$0) * 60_000) }
        ).newestFirst
        let timeline = FindingTimeline(findings, nowSeconds: SampleStatus.now)
        #expect(timeline.counts.reduce(0) { $0 + $1.reduce(0, +) } == 200)
        #expect(timeline.endSeconds - timeline.startSeconds == 6 * 3600)
        // A clock that is ahead, and a time before the span, are left out rather than drawn beside it.
        for decided in [10_000_000, -400 * 86_400_000] as [Int64] {
            let odd = SampleStatus.shelf([SampleStatus.entry("a", decided: decided)]).newestFirst
            #expect(FindingTimeline(odd, nowSeconds: SampleStatus.now).counts.allSatisfy { $0.reduce(0, +) == 0 })
        }
    }

    @Test(
        arguments: [
            (0, "0"), (999, "999"), (1000, "1k"), (12_345, "12.3k"), (999_499, "999k"), (999_999, "1M"),
            (9_990_000, "9.99M"), (9_995_000, "10M"), (Int64.max, "9223372T"), (-5, "-5"),
        ] as [(Int64, String)]) func numbersAreShort(_ number: Int64, _ text: String)
    {
        #expect(CountText.short(number) == text)
    }

    @Test(
        arguments: [
            (0, "0 s", "0 s"), (0.04, "0 s", "0 s"), (0.25, "0.3 s", "0.3 s"), (4.2, "4.2 s", "4.2 s"),
            (9.96, "10 s", "10 s"), (59.6, "1 min", "1 min"), (754, "12 min 34 s", "12 min"), (-3, "-3 s", "-3 s"),
            (.infinity, "–", "–"), (.nan, "–", "–"),
        ] as [(Double, String, String)]) func spansAreShort(_ seconds: Double, _ text: String, _ rough: String)
    {
        #expect(CountText.span(seconds: seconds) == text)
        #expect(CountText.roughSpan(seconds: seconds) == rough)
    }

    @Test func scalesEndOnRoundNumbers() {
        #expect([0, 1, 3, 10, 11, 51, 12_345].map { Scale.ceiling($0) } == [1, 1, 5, 10, 20, 100, 20_000])
        #expect(Scale.ceiling(.max) == .max)
    }
}
