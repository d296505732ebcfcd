/// One setting: its name everywhere it can be given, what it accepts, and what a person should know about it.
///
/// The table ``Setting/all`` is the only place where a setting is declared; the loader, `config check`, `config show`,
/// the commented sample file and the tests all read it.
public struct Setting: Sendable, Hashable {
    /// Dotted path in the file: `source.consumer_group`.
    public let path: String
    /// What it accepts.
    public let kind: Kind
    /// The value when nobody gives one, as it would be written; empty for none.
    public let defaultText: String
    /// One or two sentences for the reader of the file.
    public let summary: String
    /// Never shown.
    public let isSecret: Bool

    /// What a setting accepts.
    public enum Kind: Sendable, Hashable {
        /// Any text.
        case text
        /// A file or folder.
        case path
        /// One of these words.
        case choice([String])
        /// `true` or `false`.
        case boolean
        /// A whole number in a range.
        case integer(ClosedRange<Int>)
        /// A whole number in a range, or `none`.
        case integerOrNone(ClosedRange<Int>)
        /// A span of time: `500ms`, `10s`, `5m`, `1h`, `1d`; the range is in milliseconds.
        case duration(ClosedRange<Int>)
        /// A size: `1024`, `64KiB`, `8MiB`, `1GiB`; the range is in bytes.
        case bytes(ClosedRange<Int>)
        /// A list of texts; a single text is a list of one, and environment and flags separate by commas.
        case list
        /// A map from name to a list of texts (file only).
        case lists
        /// A map from name to a text (file only); for sinks.
        case texts
    }

    init(_ path: String, _ kind: Kind, default defaultText: String = "", secret: Bool = false, _ summary: String) {
        self.path = path
        self.kind = kind
        self.defaultText = defaultText
        self.summary = summary
        self.isSecret = secret
    }

    /// The environment variable: `HUBWATCH_` and the path in capitals, without a leading `SOURCE_`.
    public var environmentName: String {
        let short = path.hasPrefix("source.") ? String(path.dropFirst("source.".count)) : path
        return "HUBWATCH_" + short.uppercased().map { $0 == "." ? "_" : String($0) }.joined()
    }

    /// What may be written, for error messages and the reference table.
    public var accepts: String {
        switch kind {
        case .text: "text"
        case .path: "path"
        case .choice(let words): words.joined(separator: " | ")
        case .boolean: "true | false"
        case .integer(let range): "whole number \(range.lowerBound) to \(range.upperBound)"
        case .integerOrNone(let range): "whole number \(range.lowerBound) to \(range.upperBound), or none"
        case .duration(let range):
            "duration \(DurationText.write(range.lowerBound)) to \(DurationText.write(range.upperBound)), such as 500ms, 10s, 5m, 1h"
        case .bytes(let range):
            "size \(ByteText.write(range.lowerBound)) to \(ByteText.write(range.upperBound)), such as 64KiB, 8MiB"
        case .list: "list of texts"
        case .lists: "map of lists of texts"
        case .texts: "map of texts"
        }
    }
}
