import Spelling

/// A parsed Event Hubs connection string.
///
/// **Shape**: `Key=Value` pairs joined by `;`; keys ignore case, a value may contain `=`. Known keys: `Endpoint`,
/// `SharedAccessKeyName` with `SharedAccessKey`, or `SharedAccessSignature`, `EntityPath`, `UseDevelopmentEmulator`.
///
///     Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=reader;SharedAccessKey=…;EntityPath=logs
///
/// **Errors**: every mistake is found at once and located by character; no part of a value that may be secret is repeated.
public struct ConnectionString: Hashable, Sendable {
    /// How the string proves who we are.
    public enum Credential: Hashable, Sendable {
        /// A policy's name and key: tokens are made as needed.
        case key(name: String, key: Secret)
        /// A finished token: it cannot be renewed.
        case signature(Secret)
        /// Nothing; only a development broker takes that.
        case none
    }

    /// The namespace's host name, without port.
    public var host: String
    /// The port, where the endpoint names one.
    public var port: Int?
    /// How to authenticate.
    public var credential: Credential
    /// The hub, where the string names one.
    public var entityPath: String?
    /// Whether the peer is a development broker: plain TCP.
    public var usesDevelopmentEmulator: Bool

    /// Makes a connection string from its parts.
    public init(
        host: String, port: Int? = nil, credential: Credential, entityPath: String? = nil,
        usesDevelopmentEmulator: Bool = false
    ) {
        self.host = host
        self.port = port
        self.credential = credential
        self.entityPath = entityPath
        self.usesDevelopmentEmulator = usesDevelopmentEmulator
    }

    /// Parses a connection string; the error lists every mistake.
    public init(parsing text: String) throws(EventHubsError) {
        var parser = ConnectionStringParser(text)
        guard let parsed = parser.parse(), parser.problems.isEmpty else {
            let list = parser.problems.map(\.description).joined(separator: "; ")
            throw EventHubsError(
                .invalidConnectionString, "The connection string has \(Self.count(parser.problems)): \(list)",
                remedy: "Copy it again from the portal: Event Hubs namespace, Shared access policies")
        }
        self = parsed
    }

    /// Every mistake in a connection string; empty when it is right.
    public static func problems(in text: String) -> [Problem] {
        var parser = ConnectionStringParser(text)
        _ = parser.parse()
        return parser.problems
    }

    /// One mistake in a connection string.
    public struct Problem: Hashable, Sendable, CustomStringConvertible {
        /// Where it is: the first character's number, counted from 1; nil when it concerns the whole.
        public let character: Int?
        /// What is wrong and what is expected.
        public let explanation: String

        /// The explanation with its place.
        public var description: String {
            character.map { "at character \($0), \(explanation)" } ?? explanation
        }
    }

    private static func count(_ problems: [Problem]) -> String {
        problems.count == 1 ? "a mistake" : "\(problems.count) mistakes"
    }
}

/// Reads a connection string piece by piece, collecting problems instead of stopping at the first.
private struct ConnectionStringParser {
    private static let keys = [
        "Endpoint", "SharedAccessKeyName", "SharedAccessKey", "SharedAccessSignature", "EntityPath",
        "UseDevelopmentEmulator",
    ]

    private let text: String
    var problems: [ConnectionString.Problem] = []
    private var values: [String: (value: String, character: Int)] = [:]

    init(_ text: String) { self.text = text }

    mutating func parse() -> ConnectionString? {
        guard text.contains(where: { !$0.isWhitespace }) else {
            report(nil, "it is empty")
            return nil
        }
        if let first = text.first, first == "\"" || first == "'" {
            report(1, "it starts with a quotation mark: leave the quotes out")
            return nil
        }
        readPieces()
        let endpoint = readEndpoint()
        let emulator = readEmulatorFlag()
        let credential = readCredential(emulator: emulator)
        let hub = readEntityPath()
        guard let endpoint, let credential else { return nil }
        return ConnectionString(
            host: endpoint.host, port: endpoint.port, credential: credential, entityPath: hub,
            usesDevelopmentEmulator: emulator)
    }

    private mutating func report(_ character: Int?, _ explanation: String) {
        problems.append(ConnectionString.Problem(character: character, explanation: explanation))
    }

    private mutating func readPieces() {
        var character = 1
        for (index, piece) in text.split(separator: ";", omittingEmptySubsequences: false).enumerated() {
            let start = character
            character += piece.count + 1
            let leading = piece.prefix(while: \.isWhitespace).count
            let trimmed = piece.trimmed
            if trimmed.isEmpty { continue }
            guard let equals = trimmed.firstIndex(of: "=") else {
                report(start + leading, "part \(index + 1) has no `=`: parts are Key=Value, joined by `;`")
                continue
            }
            let name = trimmed[..<equals].trimmed
            let rest = trimmed[trimmed.index(after: equals)...]
            readPair(name, rest.trimmed, at: start + leading)
        }
    }

    private mutating func readPair(_ name: Substring, _ value: Substring, at character: Int) {
        guard let key = Self.keys.first(where: { $0.lowercased() == name.lowercased() }) else {
            // An unknown name is repeated only as the known one that it resembles: it may be a piece of a key.
            if let near = NearestName.of(name, in: Self.keys) {
                report(character, "there is an unknown key: did you mean `\(near)`?")
            } else {
                report(character, "there is an unknown key: the known ones are \(Self.keys.joined(separator: ", "))")
            }
            return
        }
        if values[key] != nil {
            report(character, "`\(key)` is given a second time")
            return
        }
        if value.isEmpty {
            report(character, "`\(key)` has no value")
        } else if key != "SharedAccessSignature", value.contains(where: \.isWhitespace) {
            report(character, "the value of `\(key)` contains a space or line break")
        }
        values[key] = (String(value), character)
    }

    private mutating func readEndpoint() -> (host: String, port: Int?)? {
        guard let (value, character) = values["Endpoint"] else {
            report(nil, "`Endpoint=sb://<namespace>.servicebus.windows.net/` is missing")
            return nil
        }
        if value.isEmpty { return nil }
        guard value.lowercased().hasPrefix("sb://") else {
            report(character, "`Endpoint` must start with `sb://`")
            return nil
        }
        var authority = value.dropFirst(5)
        if authority.last == "/" { authority = authority.dropLast() }
        if authority.contains("/") || authority.contains("?") {
            report(character, "`Endpoint` has a path: the hub belongs in `EntityPath`")
            return nil
        }
        if authority.contains("@") {
            report(
                character,
                "`Endpoint` has a user part: credentials belong in `SharedAccessKeyName` and `SharedAccessKey`")
            return nil
        }
        return splitPort(authority, at: character)
    }

    private mutating func splitPort(_ authority: Substring, at character: Int) -> (host: String, port: Int?)? {
        var host = authority
        var port: Int?
        let afterBracket = authority.lastIndex(of: "]").map { authority.index(after: $0) } ?? authority.startIndex
        if let colon = authority[afterBracket...].lastIndex(of: ":") {
            host = authority[..<colon]
            port = Int(authority[authority.index(after: colon)...])
            guard let number = port, (1...65535).contains(number) else {
                report(character, "the port in `Endpoint` must be a number from 1 to 65535")
                return nil
            }
        }
        if host.first == "[", host.last == "]" { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else {
            report(character, "`Endpoint` has no host name")
            return nil
        }
        return (String(host), port)
    }

    private mutating func readEmulatorFlag() -> Bool {
        guard let (value, character) = values["UseDevelopmentEmulator"], !value.isEmpty else { return false }
        switch value.lowercased() {
        case "true": return true
        case "false": return false
        default:
            report(character, "`UseDevelopmentEmulator` must be true or false")
            return false
        }
    }

    private mutating func readCredential(emulator: Bool) -> ConnectionString.Credential? {
        let name = values["SharedAccessKeyName"]
        let key = values["SharedAccessKey"]
        let signature = values["SharedAccessSignature"]
        if let signature, key != nil || name != nil {
            report(
                signature.character,
                "`SharedAccessSignature` excludes `SharedAccessKeyName` and `SharedAccessKey`: keep one of the two forms"
            )
            return nil
        }
        if let signature {
            if signature.value.isEmpty { return nil }
            do throws(EventHubsError) {
                _ = try SASToken(parsing: signature.value)
            } catch {
                report(signature.character, "`SharedAccessSignature` is not a token: \(error.summary)")
                return nil
            }
            return .signature(Secret(signature.value))
        }
        switch (name, key) {
        case (let name?, let key?):
            return .key(name: name.value, key: Secret(key.value))
        case (let name?, nil):
            report(name.character, "`SharedAccessKeyName` is given without `SharedAccessKey`")
        case (nil, let key?):
            report(key.character, "`SharedAccessKey` is given without `SharedAccessKeyName`")
        case (nil, nil):
            if emulator { return ConnectionString.Credential.none }
            report(nil, "there is no credential: `SharedAccessKeyName` and `SharedAccessKey` are missing")
        }
        return nil
    }

    private mutating func readEntityPath() -> String? {
        guard let (value, character) = values["EntityPath"], !value.isEmpty else { return nil }
        if value.utf8.count > 256 {
            report(character, "`EntityPath` is longer than the 256 characters that a hub name may have")
        } else if value.hasPrefix("/") || value.hasSuffix("/") || value.contains("://") {
            report(character, "`EntityPath` must be the hub's bare name")
        }
        return value
    }
}

extension Substring {
    /// The text without white space at its ends.
    var trimmed: Substring {
        var text = self
        while let first = text.first, first.isWhitespace { text = text.dropFirst() }
        while let last = text.last, last.isWhitespace { text = text.dropLast() }
        return text
    }
}

extension ConnectionString: CustomStringConvertible {
    /// The string with its secret left out.
    public var description: String {
        var text = "Endpoint=sb://\(host.contains(":") ? "[\(host)]" : host)\(port.map { ":\($0)" } ?? "")"
        switch credential {
        case .key(let name, _): text += ";SharedAccessKeyName=\(name);SharedAccessKey=(hidden)"
        case .signature: text += ";SharedAccessSignature=(hidden)"
        case .none: break
        }
        if let entityPath { text += ";EntityPath=\(entityPath)" }
        if usesDevelopmentEmulator { text += ";UseDevelopmentEmulator=true" }
        return text
    }
}
