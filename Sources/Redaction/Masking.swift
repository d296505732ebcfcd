import Crypto

/// The one way from a value of a log to text that may be shown.
///
/// A mask says what was there: `(secret)`, `(content, 118 bytes)`, `(user)`, `(address)`. With a key it also says which,
/// `(user 5f2c9a1e)`: equal values have equal marks, for whoever holds findings of the same key. Without a key there is no
/// mark, because an unkeyed hash of an address or a name is found again by trying them all. Secrets never get a mark.
///
/// **Cost**: one pass over each text that is shown; records that are not shown pay nothing.
public struct Masking: Hashable, Sendable {
    /// The classes that are masked.
    public let classes: Sensitivity
    /// Bytes that key the marks; nil for no marks.
    private let key: MaskKey?

    /// Masks content and secrets, and shows the rest.
    public static let standard = Masking()

    /// Longest text that is shown, in bytes; longer ones are cut.
    public static let textBytesMax = 8_192

    /// Makes a masking.
    ///
    /// - Parameters:
    ///   - classes: what is masked besides content and secrets.
    ///   - key: what keys the marks; nil for none.
    public init(_ classes: Sensitivity = [], key: MaskKey? = nil) {
        self.classes = classes.union(.always)
        self.key = key
    }

    /// True when values of this kind are masked.
    public func hides(_ sensitivity: Sensitivity) -> Bool { !sensitivity.isDisjoint(with: classes) }

    /// A text that may be shown: a mask, or the text without the secrets inside it.
    public func text(_ text: String, _ sensitivity: Sensitivity) -> String {
        let hidden = sensitivity.intersection(classes)
        if !hidden.isEmpty { return mask(text, hidden) }
        var shown = text.utf8.count > Self.textBytesMax ? Self.cut(text) : text
        if let start = EmbeddedJSON.start(in: shown) {
            // Bodies are JSON: whatever holds one is shown up to where it begins.
            let tail = String(decoding: Array(shown.utf8)[start...], as: UTF8.self)
            shown = String(decoding: Array(shown.utf8)[..<start], as: UTF8.self) + mask(tail, .content)
        }
        shown = SecretText.masked(shown)
        if classes.contains(.users) { shown = PersonText.masked(shown) { mask($0, .users) } }
        if classes.contains(.addresses) { shown = AddressScan.masked(shown) { mask($0, .addresses) } }
        return shown
    }

    /// A mask for a value that is hidden.
    private func mask(_ text: String, _ hidden: Sensitivity) -> String {
        if hidden.contains(.secrets) { return SecretText.mask }
        let mark = key.map { " " + $0.mark(hidden.noun, text) } ?? ""
        let size = hidden.contains(.content) ? ", \(text.utf8.count) bytes" : ""
        return "(\(hidden.noun)\(mark)\(size))"
    }

    private static func cut(_ text: String) -> String {
        var end = text.utf8.index(text.startIndex, offsetBy: textBytesMax)
        while end > text.startIndex, end.samePosition(in: text.unicodeScalars) == nil {
            end = text.utf8.index(before: end)
        }
        return text[..<end] + "…"
    }
}

/// The bytes that key the marks of masks; never shown.
public struct MaskKey: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    private let bytes: [UInt8]

    /// Fewest bytes of a key.
    public static let bytesMin = 16

    /// Makes a key; nil when there are fewer than 16 bytes.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count >= Self.bytesMin else { return nil }
        self.bytes = bytes
    }

    /// Eight hexadecimal digits of an HMAC-SHA256 over the class and the value.
    func mark(_ noun: String, _ text: String) -> String {
        let code = HMAC<SHA256>.authenticationCode(
            for: Array(noun.utf8) + [0] + Array(text.utf8), using: SymmetricKey(data: bytes))
        return code.prefix(4).map { byte in
            let digits = String(byte, radix: 16)
            return digits.utf8.count < 2 ? "0" + digits : digits
        }.joined()
    }

    /// A placeholder.
    public var description: String { "(hidden)" }
    /// Nothing to look into.
    public var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }
}
