import FindingFormats

/// HTML and SVG under construction, whose texts cannot become markup.
///
/// **Shape**: UTF-8 bytes, one element inside the other. Whatever is no literal of this program goes through ``text(_:)``
/// or an ``Attribute`` and is escaped there; names of elements and attributes are closed sets; there are no attributes
/// for scripts or styles. Elements are closed by construction. The page can therefore be wrong, but not injected into.
///
/// **Cost**: one growing buffer; nothing is escaped twice.
public struct Markup: Hashable, Sendable {
    /// What was written so far.
    public private(set) var bytes: [UInt8] = []

    /// Makes an empty piece.
    public init() {}

    /// An element, its attributes and what is in it.
    mutating func element(_ tag: Tag, _ attributes: Attribute?..., content: (inout Markup) -> Void) {
        open(tag, attributes)
        content(&self)
        bytes += "</".utf8
        bytes += tag.rawValue.utf8
        bytes.append(UInt8(ascii: ">"))
    }

    /// An element that holds a text.
    mutating func element(_ tag: Tag, _ attributes: Attribute?..., text: String) {
        open(tag, attributes)
        self.text(text)
        bytes += "</".utf8
        bytes += tag.rawValue.utf8
        bytes.append(UInt8(ascii: ">"))
    }

    /// An element that holds nothing: HTML's void elements, and SVG's shapes.
    mutating func empty(_ tag: Tag, _ attributes: Attribute?...) {
        open(tag, attributes)
        if !tag.isVoid {
            bytes += "</".utf8
            bytes += tag.rawValue.utf8
            bytes.append(UInt8(ascii: ">"))
        }
    }

    /// A text: what HTML reads as markup is escaped, and what turns the reading direction or hides is made visible.
    mutating func text(_ text: String) { Self.escape(text, to: &bytes) }

    /// Joins a piece that was made apart.
    mutating func append(_ other: Markup) { bytes += other.bytes }

    /// The text of a script or a style sheet of this program.
    ///
    /// A literal cannot come from outside.
    mutating func literal(_ source: StaticString) { bytes += "\(source)".utf8 }

    /// The first line of a page.
    mutating func doctype() { bytes += "<!doctype html>\n".utf8 }

    private mutating func open(_ tag: Tag, _ attributes: [Attribute?]) {
        bytes.append(UInt8(ascii: "<"))
        bytes += tag.rawValue.utf8
        for attribute in attributes {
            guard let attribute else { continue }
            bytes.append(UInt8(ascii: " "))
            bytes += attribute.name.utf8
            guard let value = attribute.value else { continue }
            bytes += "=\"".utf8
            Self.escape(value, to: &bytes)
            bytes.append(UInt8(ascii: "\""))
        }
        bytes.append(UInt8(ascii: ">"))
    }

    private static func escape(_ text: String, to bytes: inout [UInt8]) {
        for byte in TerminalText.escaped(text).utf8 {
            switch byte {
            case UInt8(ascii: "&"): bytes += "&amp;".utf8
            case UInt8(ascii: "<"): bytes += "&lt;".utf8
            case UInt8(ascii: ">"): bytes += "&gt;".utf8
            case UInt8(ascii: "\""): bytes += "&quot;".utf8
            case UInt8(ascii: "'"): bytes += "&#39;".utf8
            default: bytes.append(byte)
            }
        }
    }
}

/// The elements that the page uses.
enum Tag: String, Sendable {
    case a, article, bdi, body, caption, code, dd, details, div, dl, dt, figcaption, figure, footer, h1, h2, h3, head
    case header, html, li, link, main, meta, nav, noscript, ol, p, script, section, small, span, strong, style, summary
    case table, tbody, td, th, thead, time, title, tr, ul
    // SVG; its title is HTML's.
    case svg, g, path, line, rect, text, circle

    /// Whether HTML forbids an end tag.
    var isVoid: Bool { self == .link || self == .meta }
}
