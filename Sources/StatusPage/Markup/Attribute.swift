/// An attribute of an element.
///
/// The names are a closed set: none of them runs a script, sets a style, or takes an address from outside besides
/// ``link(_:)``, which lets only web addresses through.
struct Attribute: Sendable {
    let name: String
    /// Not escaped yet; nil for an attribute without a value.
    let value: String?

    private init(_ name: StaticString, _ value: String?) {
        self.name = "\(name)"
        self.value = value
    }

    static func id(_ name: StaticString) -> Attribute { Attribute("id", "\(name)") }
    /// A name behind a prefix: what is no letter, digit, dot, dash or underscore becomes a dash.
    static func id(_ prefix: StaticString, _ name: String) -> Attribute {
        let safe = name.unicodeScalars.prefix(80).map { scalar -> Character in
            let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
            return isPlain || scalar == "." || scalar == "_" ? Character(scalar) : "-"
        }
        return Attribute("id", "\(prefix)\(String(safe))")
    }
    static func `class`(_ name: StaticString) -> Attribute { Attribute("class", "\(name)") }
    static func data(_ name: StaticString, _ value: String) -> Attribute { Attribute(name, value) }

    // Meaning
    static func lang(_ code: StaticString) -> Attribute { Attribute("lang", "\(code)") }
    static func scope(_ scope: StaticString) -> Attribute { Attribute("scope", "\(scope)") }
    static func role(_ role: StaticString) -> Attribute { Attribute("role", "\(role)") }
    static func labelled(by id: StaticString) -> Attribute { Attribute("aria-labelledby", "\(id)") }
    static func label(_ text: String) -> Attribute { Attribute("aria-label", text) }
    static func live(_ politeness: StaticString) -> Attribute { Attribute("aria-live", "\(politeness)") }
    static var hidden: Attribute { Attribute("aria-hidden", "true") }
    static var tabbable: Attribute { Attribute("tabindex", "0") }
    static var open: Attribute { Attribute("open", nil) }
    static func datetime(_ text: String) -> Attribute { Attribute("datetime", text) }
    static func title(_ text: String) -> Attribute { Attribute("title", text) }

    // The head of a page
    static func charset(_ name: StaticString) -> Attribute { Attribute("charset", "\(name)") }
    static func name(_ name: StaticString) -> Attribute { Attribute("name", "\(name)") }
    static func content(_ text: StaticString) -> Attribute { Attribute("content", "\(text)") }
    static func httpEquiv(_ name: StaticString) -> Attribute { Attribute("http-equiv", "\(name)") }
    static func nonce(_ nonce: String) -> Attribute { Attribute("nonce", nonce) }

    // Links
    static func rel(_ text: StaticString) -> Attribute { Attribute("rel", "\(text)") }
    static func href(_ address: StaticString) -> Attribute { Attribute("href", "\(address)") }
    /// A link to the web; nil for whatever is no plain `https` or `http` address.
    static func link(_ address: String) -> Attribute? {
        guard address.hasPrefix("https://") || address.hasPrefix("http://"), address.utf8.count <= 500,
            address.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
        else { return nil }
        return Attribute("href", address)
    }

    // SVG
    static func viewBox(width: Double, height: Double) -> Attribute {
        Attribute("viewBox", "0 0 \(SVGNumber.text(width)) \(SVGNumber.text(height))")
    }
    static var stretched: Attribute { Attribute("preserveAspectRatio", "none") }
    static func d(_ path: PathText) -> Attribute { Attribute("d", path.text) }
    static func x(_ value: Double) -> Attribute { Attribute("x", SVGNumber.text(value)) }
    static func y(_ value: Double) -> Attribute { Attribute("y", SVGNumber.text(value)) }
    static func x1(_ value: Double) -> Attribute { Attribute("x1", SVGNumber.text(value)) }
    static func x2(_ value: Double) -> Attribute { Attribute("x2", SVGNumber.text(value)) }
    static func y1(_ value: Double) -> Attribute { Attribute("y1", SVGNumber.text(value)) }
    static func y2(_ value: Double) -> Attribute { Attribute("y2", SVGNumber.text(value)) }
    static func width(_ value: Double) -> Attribute { Attribute("width", SVGNumber.text(value)) }
    static func height(_ value: Double) -> Attribute { Attribute("height", SVGNumber.text(value)) }
    static func anchor(_ place: StaticString) -> Attribute { Attribute("text-anchor", "\(place)") }
}

/// Coordinates as SVG writes them: one decimal, none where it is zero, and never a word such as `nan`.
enum SVGNumber {
    static func text(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e9 else { return "0" }
        let tenths = Int64((value * 10).rounded())
        let (whole, rest) = (abs(tenths) / 10, abs(tenths) % 10)
        return (tenths < 0 ? "-" : "") + "\(whole)" + (rest == 0 ? "" : ".\(rest)")
    }
}

/// The commands of an SVG path, made of numbers only.
struct PathText: Sendable {
    private(set) var text = ""

    /// Begins a line.
    mutating func move(_ x: Double, _ y: Double) { add("M", x, y) }
    /// Goes on to a point.
    mutating func line(_ x: Double, _ y: Double) { add("L", x, y) }
    /// Closes the outline.
    mutating func close() { text += "Z" }

    private mutating func add(_ letter: Character, _ x: Double, _ y: Double) {
        text.append(letter)
        text += "\(SVGNumber.text(x)) \(SVGNumber.text(y))"
    }
}
