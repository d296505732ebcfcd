import FindingFormats

/// A page that is drawn, and can be sent any number of times: as a document, or part by part.
///
/// Drawing costs; making a document of what is drawn is copying. However many ask, a page is drawn once.
public struct PageDrawing: Sendable {
    /// The parts that are replaced on a live page, in the order in which they appear.
    public let sections: [PageSection]
    private let hub: String
    private let version: String

    init(sections: [PageSection], hub: String, version: String) {
        self.sections = sections
        self.hub = hub
        self.version = version
    }

    /// The whole document.
    ///
    /// - Parameter nonce: the one that the response's ``PagePolicy`` allows; letters and digits.
    public func document(nonce: String) -> [UInt8] {
        var html = Markup()
        html.doctype()
        html.element(.html, .lang("en")) { html in
            html.element(.head) { head(into: &$0, nonce: nonce) }
            html.element(.body) { body in
                body.element(.a, .class("skip"), .href("#findings"), text: "Skip to the findings")
                body.element(.header) { add(.masthead, to: &$0) }
                body.element(.main) { main in
                    for section in [PageSection.Name.figures, .charts, .findings, .partitions] {
                        add(section, to: &main)
                    }
                    for pair in [[PageSection.Name.rules, .deadLetters], [.sinks, .gaps]] {
                        main.element(.div, .class("pair")) { row in
                            for section in pair { add(section, to: &row) }
                        }
                    }
                }
                body.element(.footer) { footer(into: &$0) }
                body.element(.script, .nonce(nonce)) { $0.literal(PageScript.source) }
            }
        }
        return html.bytes
    }

    private func add(_ name: PageSection.Name, to html: inout Markup) {
        if let section = sections.first(where: { $0.id == name }) { html.append(section.html) }
    }

    private func head(into html: inout Markup, nonce: String) {
        html.empty(.meta, .charset("utf-8"))
        html.empty(.meta, .name("viewport"), .content("width=device-width, initial-scale=1"))
        html.empty(.meta, .name("color-scheme"), .content("light dark"))
        html.element(.title, text: hub.isEmpty ? "hubwatch" : "\(TerminalText.escaped(hub, columns: 60)) · hubwatch")
        html.empty(.link, .rel("icon"), .href("icon.svg"))
        html.element(.style, .nonce(nonce)) { $0.literal(PageStyle.sheet) }
        html.element(.noscript) { $0.empty(.meta, .httpEquiv("refresh"), .content("10")) }
    }

    private func footer(into html: inout Markup) {
        html.element(.p) { p in
            p.text("All times UTC. ")
            p.element(.span, .id("live"), .class("soft"), .role("status"), text: "reloads every 10 s")
            p.text(" · hubwatch \(TerminalText.escaped(version, columns: 40))")
        }
    }
}
