import Foundation

/// Reads the HTML of the page back, strictly: every tag closed, every attribute quoted, every `&` a known reference.
///
/// It shares nothing with the writer. What a browser would forgive is an error here.
enum PageReader {
    final class Element {
        let name: String
        let attributes: [String: String]
        var children: [Element] = []
        private var parts: [Part] = []

        private enum Part {
            case text(String)
            case element(Element)
        }

        init(_ name: String, _ attributes: [String: String] = [:]) {
            self.name = name
            self.attributes = attributes
        }

        func add(_ element: Element) {
            children.append(element)
            parts.append(.element(element))
        }

        func add(_ text: String) { parts.append(.text(text)) }

        /// All text inside, in order.
        var text: String {
            parts.map { part in
                switch part {
                case .text(let text): text
                case .element(let element): element.text
                }
            }.joined()
        }

        /// This element and all inside, in order.
        var everything: [Element] { [self] + children.flatMap(\.everything) }
        func all(_ name: String) -> [Element] { everything.filter { $0.name == name } }
        func with(id: String) -> Element? { everything.first { $0.attributes["id"] == id } }
    }

    struct Malformed: Error, CustomStringConvertible {
        var description: String
    }

    static func read(_ html: String) throws -> Element {
        var rest = Substring(html)
        if rest.hasPrefix("<!doctype html>\n") { rest = rest.dropFirst("<!doctype html>\n".count) }
        let root = Element("")
        var open = [root]
        while !rest.isEmpty {
            if rest.hasPrefix("</") {
                let end = try require(rest.firstIndex(of: ">"), "an end tag without its end")
                let name = String(rest[rest.index(rest.startIndex, offsetBy: 2)..<end])
                guard open.count > 1, open.last?.name == name else {
                    throw Malformed(description: "</\(name)> closes <\(open.last?.name ?? "")>")
                }
                open.removeLast()
                rest = rest[rest.index(after: end)...]
            } else if rest.hasPrefix("<") {
                let element = try tag(&rest)
                open.last?.add(element)
                if ["script", "style"].contains(element.name) {
                    let end = try require(rest.range(of: "</\(element.name)>"), "no end of \(element.name)")
                    element.add(String(rest[..<end.lowerBound]))
                    rest = rest[end.upperBound...]
                } else if !["meta", "link"].contains(element.name) {
                    open.append(element)
                }
            } else {
                let end = rest.firstIndex(of: "<") ?? rest.endIndex
                open.last?.add(try unescaped(rest[..<end]))
                rest = rest[end...]
            }
        }
        guard open.count == 1 else { throw Malformed(description: "<\(open.last?.name ?? "")> is not closed") }
        return root
    }

    private static func tag(_ rest: inout Substring) throws -> Element {
        rest = rest.dropFirst()
        let name = String(rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber) })
        guard !name.isEmpty else { throw Malformed(description: "a < that begins no tag") }
        rest = rest.dropFirst(name.count)
        var attributes: [String: String] = [:]
        while rest.first == " " {
            rest = rest.dropFirst()
            let attribute = String(rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") })
            guard !attribute.isEmpty, attributes[attribute] == nil else {
                throw Malformed(description: "attributes of <\(name)>")
            }
            rest = rest.dropFirst(attribute.count)
            guard rest.hasPrefix("=\"") else {
                attributes[attribute] = ""
                continue
            }
            rest = rest.dropFirst(2)
            let end = try require(rest.firstIndex(of: "\""), "an attribute without its end")
            guard !rest[..<end].contains(where: { $0 == "<" || $0 == ">" || $0 == "'" }) else {
                throw Malformed(description: "a bare character in \(attribute)")
            }
            attributes[attribute] = try unescaped(rest[..<end])
            rest = rest[rest.index(after: end)...]
        }
        guard rest.first == ">" else { throw Malformed(description: "<\(name) does not end") }
        rest = rest.dropFirst()
        return Element(name, attributes)
    }

    private static func unescaped(_ text: Substring) throws -> String {
        var result = ""
        var rest = text
        while let start = rest.firstIndex(of: "&") {
            result += rest[..<start]
            rest = rest[start...]
            guard
                let (reference, character) = [
                    ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"),
                ].first(where: { rest.hasPrefix($0.0) })
            else { throw Malformed(description: "a bare & in \(text.prefix(60))") }
            result += character
            rest = rest.dropFirst(reference.count)
        }
        return result + rest
    }

    private static func require<Value>(_ value: Value?, _ what: String) throws -> Value {
        guard let value else { throw Malformed(description: what) }
        return value
    }
}
