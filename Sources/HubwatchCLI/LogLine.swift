import FindingFormats
import Logging
import Redaction

/// A log line before it is written: what was logged, with secrets hidden, in one line whatever a peer has sent.
///
/// Messages and values carry what brokers, receivers and issuers say: no key or token may reach the terminal, no control
/// character may drive it, and no text may look like a line of its own. A secret is known by its shape, or by the name that it
/// stands under.
struct LogLine {
    /// A value of the metadata, its texts masked.
    indirect enum Value: Equatable {
        case text(String)
        case list([Value])
        case object([Field])
    }

    /// A value under its name.
    struct Field: Equatable {
        var name: String
        var value: Value
    }

    /// Names that the line itself uses.
    private static let ownNames: Set<String> = ["time", "level", "message"]
    /// How deep lists and objects may be nested; what is deeper is a text.
    private static let depthMax = 8

    let time: String
    let level: Logger.Level
    let message: String
    let fields: [Field]

    /// - Parameters:
    ///   - time: ISO 8601.
    ///   - metadata: of the logger; the event's own goes before it.
    init(_ event: LogEvent, metadata: Logger.Metadata, time: String) {
        self.time = time
        level = event.level
        message = SecretText.masked("\(event.message)")
        var all = metadata.merging(event.metadata ?? [:]) { $1 }
        // What the event carries says more than a text that somebody made of it.
        if let error = event.error { all["error"] = "\(error)" }
        fields = Self.fields(all, depth: 0)
    }

    private static func fields(_ metadata: Logger.Metadata, depth: Int) -> [Field] {
        metadata.sorted { $0.key < $1.key }.map { name, value in
            Field(
                name: depth == 0 && ownNames.contains(name) ? "metadata.\(name)" : SecretText.masked(name),
                value: SecretNames.isSecret(name) ? .text(SecretText.mask) : Self.value(value, depth: depth))
        }
    }

    private static func value(_ value: Logger.MetadataValue, depth: Int) -> Value {
        guard depth < depthMax else { return .text(SecretText.masked("\(value)")) }
        switch value {
        case .string(let text): return .text(SecretText.masked(text))
        case .stringConvertible(let value): return .text(SecretText.masked("\(value)"))
        case .array(let values): return .list(values.map { Self.value($0, depth: depth + 1) })
        case .dictionary(let members): return .object(fields(members, depth: depth + 1))
        }
    }

    // MARK: For people

    /// `2026-11-29T16:30:05Z warning The link was lost. partition=3 reason="no answer"`.
    func text(colour: Bool) -> String {
        let short = time.prefix(19) + "Z"
        let words = TerminalText.escaped(message)
        let tail = fields.map { " \(Self.plain($0, isNested: false))" }.joined()
        guard colour else { return "\(short) \(level.rawValue) \(words)\(tail)" }
        let code =
            switch level {
            case .critical, .error: "31"
            case .warning: "33"
            case .notice: "1"
            case .info, .debug, .trace: "2"
            }
        return "\u{1B}[2m\(short)\u{1B}[0m \u{1B}[\(code)m\(words)\u{1B}[0m\u{1B}[2m\(tail)\u{1B}[0m"
    }

    private static func plain(_ field: Field, isNested: Bool) -> String {
        "\(quoted(field.name, isNested: true))=\(plain(field.value, isNested: isNested))"
    }

    private static func plain(_ value: Value, isNested: Bool) -> String {
        switch value {
        case .text(let text): quoted(text, isNested: isNested)
        case .list(let values): "[" + values.map { plain($0, isNested: true) }.joined(separator: ", ") + "]"
        case .object(let fields): "{" + fields.map { plain($0, isNested: true) }.joined(separator: ", ") + "}"
        }
    }

    /// A value that could be taken for more than one stands in quotation marks.
    private static func quoted(_ text: String, isNested: Bool) -> String {
        // By scalars: a mark with an accent on it is still one to a program that reads bytes.
        let marks = (isNested ? " \"=,[]{}" : " \"=").unicodeScalars
        guard text.isEmpty || text.unicodeScalars.contains(where: marks.contains) else {
            return TerminalText.escaped(text)
        }
        var quoted = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            // A backslash of the text must not take the quotation mark behind it out of the text, or into it.
            if scalar == "\"" || scalar == "\\" { quoted.append("\\") }
            quoted.append(scalar)
        }
        return "\"" + TerminalText.escaped(String(quoted)) + "\""
    }

    // MARK: For programs

    /// One JSON object: `time`, `level`, `message`, and the metadata by its names.
    var json: String {
        let own = [("time", time), ("level", level.rawValue), ("message", message)]
            .map { Field(name: $0.0, value: .text($0.1)) }
        return Self.json(.object(own + fields))
    }

    private static func json(_ value: Value) -> String {
        switch value {
        case .text(let text): JSONText.quoted(text)
        case .list(let values): "[" + values.map(json).joined(separator: ",") + "]"
        case .object(let fields):
            "{" + fields.map { "\(JSONText.quoted($0.name)):\(json($0.value))" }.joined(separator: ",") + "}"
        }
    }
}
