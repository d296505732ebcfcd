public import Detection

/// A finding as the body of a Slack incoming webhook: Block Kit blocks and a fallback text.
///
/// **Safety**: everything that comes from logs or rules stands in `plain_text` objects, in which Slack reads no markup; the
/// fallback text, which it does read, has `&`, `<` and `>` escaped, so that no log line can mention a channel or a person.
/// **Bounds**: 150 characters in the header, 3,000 in a section, 10 fields of 2,000 in a section.
/// **Source**: Slack, Block Kit reference and "Formatting text for app surfaces".
public struct SlackFormat: Sendable {
    /// Makes a format.
    public init() {}

    /// The request's body.
    public func body(_ entry: JournalEntry) -> [UInt8] {
        let facts = FindingFacts(entry)
        var blocks: [JSON] = [
            .object(
                .make { block in
                    block.set("type", "header")
                    block.set("text", value: Self.plain("\(facts.severity)  \(facts.title)", 150))
                })
        ]
        if !facts.reason.isEmpty {
            blocks.append(
                .object(
                    .make { block in
                        block.set("type", "section")
                        block.set("text", value: Self.plain(facts.reason, 3_000))
                    }))
        }
        if !facts.lines.isEmpty {
            blocks.append(
                .object(
                    .make { block in
                        block.set("type", "section")
                        block.set(
                            "fields",
                            list: facts.lines.prefix(10).map { Self.plain("\($0.label)\n\($0.value)", 2_000) })
                    }))
        }
        blocks.append(
            .object(
                .make { block in
                    block.set("type", "context")
                    block.set("elements", list: [Self.plain("\(facts.mark) · \(facts.foot)", 2_000)])
                }))
        var bytes: [UInt8] = []
        JSON.object(
            .make { message in
                message.set("text", Self.escaped("\(facts.severity) \(facts.title): \(facts.reason)"))
                message.set("blocks", list: blocks)
            }
        ).write(to: &bytes)
        return bytes
    }

    private static func plain(_ text: String, _ charactersMax: Int) -> JSON {
        // Slack counts characters; a text of no characters is refused.
        let cut = String(text.unicodeScalars.prefix(charactersMax).map(Character.init))
        return .object(
            .make { object in
                object.set("type", "plain_text")
                object.set("text", cut.isEmpty ? "-" : cut)
                object.set("emoji", value: .boolean(false))
            })
    }

    /// The three characters that Slack's markup gives a meaning beyond looks.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            default: result.append(character)
            }
        }
        return result
    }
}
