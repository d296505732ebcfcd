public import Detection

/// A finding as the body of a Microsoft Teams workflow webhook: a message with one Adaptive Card.
///
/// **Safety**: texts from logs and rules are `TextRun`s of a `RichTextBlock`, in which no Markdown is read; the card has no
/// actions, no addresses to load, and mentions nobody.
/// **Bounds**: texts are cut so that the message stays below the 28 KB that Teams takes.
/// **Source**: Adaptive Cards schema 1.4; Microsoft Teams, "Create incoming webhooks with Workflows".
public struct TeamsFormat: Sendable {
    /// Makes a format.
    public init() {}

    /// The request's body.
    public func body(_ entry: JournalEntry) -> [UInt8] {
        let facts = FindingFacts(entry)
        var body = [
            Self.block([
                Self.run("\(facts.severity)  ", weight: "Bolder", color: Self.color(entry.finding.rule.severity)),
                Self.run(facts.title, weight: "Bolder", size: "Medium"),
            ])
        ]
        if !facts.reason.isEmpty { body.append(Self.block([Self.run(facts.reason)])) }
        for line in facts.lines {
            body.append(
                Self.block([Self.run("\(line.label): ", weight: "Bolder"), Self.run(line.value)], spacing: "Small"))
        }
        body.append(Self.block([Self.run("\(facts.mark) · \(facts.foot)", size: "Small", isSubtle: true)]))
        let card = JSONObject.make { card in
            card.set("$schema", "http://adaptivecards.io/schemas/adaptive-card.json")
            card.set("type", "AdaptiveCard")
            card.set("version", "1.4")
            card.set("fallbackText", "\(facts.severity) \(facts.title)")
            card.set("body", list: body)
            card.set("msteams") { $0.set("width", "Full") }
        }
        var bytes: [UInt8] = []
        JSON.object(
            .make { message in
                message.set("type", "message")
                message.set(
                    "attachments",
                    list: [
                        .object(
                            .make { attachment in
                                attachment.set("contentType", "application/vnd.microsoft.card.adaptive")
                                attachment.set("contentUrl", value: .null)
                                attachment.set("content", value: .object(card))
                            })
                    ])
            }
        ).write(to: &bytes)
        return bytes
    }

    private static func block(_ runs: [JSON], spacing: String? = nil) -> JSON {
        .object(
            .make { block in
                block.set("type", "RichTextBlock")
                block.set("spacing", spacing)
                block.set("inlines", list: runs)
            })
    }

    private static func run(
        _ text: String, weight: String? = nil, size: String? = nil, color: String? = nil, isSubtle: Bool = false
    ) -> JSON {
        .object(
            .make { run in
                run.set("type", "TextRun")
                run.set("text", value: .string(text))
                run.set("weight", weight)
                run.set("size", size)
                run.set("color", color)
                if isSubtle { run.set("isSubtle", value: .boolean(true)) }
            })
    }

    private static func color(_ severity: RuleMetadata.Severity) -> String {
        switch severity {
        case .critical, .high: "Attention"
        case .medium: "Warning"
        case .low, .informational: "Accent"
        }
    }
}
