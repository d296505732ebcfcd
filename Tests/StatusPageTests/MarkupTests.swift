import Testing

@testable import StatusPage

/// Goal: no text, wherever it comes from, becomes markup.
///
/// Method: hostile texts as content and as values of attributes; the bytes are compared, and read back by a small parser that
/// knows only what HTML must have.
@Suite struct MarkupTests {
    static let hostile = [
        "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onmouseover='alert(1)",
        "</title><svg onload=1>",
        "&lt;script&gt;", "a & b", "<!--", "]]>", "\u{202e}gnp.exe", "\u{0}\u{1b}[2J", "javascript:alert(1)",
        "\u{2028}line", "{{7*7}}", "\u{feff}<b>", String(repeating: "<", count: 5_000),
    ]

    @Test(arguments: hostile) func aTextStaysAText(_ text: String) {
        var html = Markup()
        html.element(.p, .label(text), .title(text), .id("x-", text)) { $0.text(text) }
        let written = String(decoding: html.bytes, as: UTF8.self)
        // One element: one less-than sign for its start, one for its end, and quotes around three values only.
        #expect(written.count { $0 == "<" } == 2)
        #expect(written.count { $0 == ">" } == 2)
        #expect(written.count { $0 == "\"" } == 6)
        #expect(!written.contains("'"))
        #expect(!written.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x202e || $0.value == 0x2028 })
    }

    @Test func whatIsEscapedReadsAsItWas() {
        var html = Markup()
        html.element(.p, text: "a < b & \"c\" > 'd'")
        #expect(
            String(decoding: html.bytes, as: UTF8.self) == "<p>a &lt; b &amp; &quot;c&quot; &gt; &#39;d&#39;</p>")
    }

    @Test func turnedReadingDirectionIsShown() {
        var html = Markup()
        html.text("a\u{202e}b")
        #expect(String(decoding: html.bytes, as: UTF8.self) == "a\\u{202e}b")
    }

    @Test func elementsNestAndVoidOnesHaveNoEnd() {
        var html = Markup()
        html.element(.head) { head in
            head.empty(.meta, .charset("utf-8"))
            head.element(.title, text: "t")
        }
        html.empty(.path, .class("area"))
        #expect(
            String(decoding: html.bytes, as: UTF8.self)
                == "<head><meta charset=\"utf-8\"><title>t</title></head><path class=\"area\"></path>")
    }

    @Test(arguments: [
        "javascript:alert(1)", "JAVASCRIPT:x", "data:text/html,x", "//host", "https://a b", "https://\u{430}.com",
        "https://" + String(repeating: "a", count: 500), " https://a.com", "",
    ]) func onlyWebAddressesAreLinks(_ address: String) {
        #expect(Attribute.link(address) == nil)
    }

    @Test func aWebAddressIsALink() {
        #expect(Attribute.link("https://attack.mitre.org/techniques/T1552/")?.value?.hasPrefix("https://") == true)
    }

    @Test func numbersOfADrawingAreNumbers() {
        #expect(SVGNumber.text(.nan) == "0")
        #expect(SVGNumber.text(-.infinity) == "0")
        #expect(SVGNumber.text(1e300) == "0")
        #expect(SVGNumber.text(-0.04) == "0")
        #expect(SVGNumber.text(-1.26) == "-1.3")
        #expect(SVGNumber.text(12) == "12")
    }
}
