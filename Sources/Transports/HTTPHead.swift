/// The question that opens a tunnel or a WebSocket: a request without a body.
public struct HTTPQuestion: Sendable {
    /// The method.
    public var method: String
    /// The path, or for CONNECT host and port.
    public var target: String
    /// Names and values, in the order they are written.
    public var fields: [(name: String, value: String)]

    /// Makes a question.
    public init(method: String, target: String, fields: [(name: String, value: String)]) {
        self.method = method
        self.target = target
        self.fields = fields
    }

    /// The bytes to send.
    ///
    /// Control characters are left out, so that no part can begin a line of its own.
    public var bytes: [UInt8] {
        var lines = ["\(method) \(target) HTTP/1.1"]
        for (name, value) in fields { lines.append("\(name): \(value)") }
        var bytes: [UInt8] = []
        for line in lines {
            bytes += line.utf8.filter { $0 >= 0x20 && $0 != 0x7F }
            bytes += [0x0D, 0x0A]
        }
        return bytes + [0x0D, 0x0A]
    }
}

extension HTTPQuestion: CustomStringConvertible, CustomReflectable {
    /// The first line; a field may hold a password.
    public var description: String { "\(method) \(target)" }
    /// Nothing to look into.
    public var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }
}

/// The head of the answer.
public struct HTTPAnswer: Hashable, Sendable {
    /// Name and value of a field.
    public struct Field: Hashable, Sendable {
        /// The name as it was written.
        public var name: String
        /// The value without blanks around it.
        public var value: String

        /// Makes a field.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The status code.
    public var status: Int
    /// What the peer calls it.
    public var reason: String
    /// The fields in their order.
    public var fields: [Field]

    /// Makes an answer.
    public init(status: Int, reason: String = "", fields: [Field] = []) {
        self.status = status
        self.reason = reason
        self.fields = fields
    }

    /// The values of all fields of a name, whose case does not count.
    public func values(of name: String) -> [String] {
        fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    }

    /// The members of all comma-separated fields of a name, in lower case.
    public func list(of name: String) -> [String] {
        values(of: name).flatMap { $0.split(separator: ",") }.map { $0.lowercased().trimmingBlanks }.filter {
            !$0.isEmpty
        }
    }

    /// Status and reason, fit for a message: the reason is the peer's text.
    public var statusText: String {
        let known = reason.isEmpty ? "" : " \(PeerText.shown(reason))"
        return "\(status)\(known)"
    }
}

/// Text of a peer, made fit for a message or a log.
public enum PeerText {
    /// Printable ASCII only, and no more than so many characters.
    public static func shown(_ text: some StringProtocol, max: Int = 60) -> String {
        let plain = text.unicodeScalars.lazy.map { (32...126).contains($0.value) ? Character($0) : "?" }
        let start = String(plain.prefix(max))
        return plain.dropFirst(max).isEmpty ? start : start + "..."
    }
}

extension StringProtocol {
    /// The text without blanks and tabs at its ends.
    var trimmingBlanks: String {
        var text = self[...]
        while text.first == " " || text.first == "\t" { text = text.dropFirst() }
        while text.last == " " || text.last == "\t" { text = text.dropLast() }
        return String(text)
    }
}
