import EventHubs

/// Reads where health and metrics are served, and what clients must show.
enum HTTPSettings {
    /// Fewest characters of a token: fewer can be guessed.
    static let tokenLengthMin = 16

    static func read(
        _ reader: inout SettingReader, _ readFile: (String) throws(ConfigurationProblem) -> String
    ) -> Configuration.HTTP? {
        let token = token(&reader, readFile)
        let text = reader.text("http.listen")
        if text == "none" || text.isEmpty { return nil }
        guard let (host, port) = address(text) else {
            reader.refuse(
                "http.listen", "takes address:port, such as 127.0.0.1:9465 or [::1]:9465, or none; '\(text)' is none")
            return nil
        }
        if reader.optional("http.token_file") == nil, !isLoopback(host) {
            reader.refuse(
                "http.listen",
                "other machines can reach \(host): give http.token_file, a file with the token that clients must show, or listen on 127.0.0.1"
            )
        }
        return Configuration.HTTP(host: host, port: port, isExplicit: reader.isGiven("http.listen"), token: token)
    }

    private static func token(
        _ reader: inout SettingReader, _ readFile: (String) throws(ConfigurationProblem) -> String
    ) -> Secret? {
        guard let file = reader.optional("http.token_file") else { return nil }
        do throws(ConfigurationProblem) {
            let text = try readFile(file).trimmed
            guard text.count >= tokenLengthMin, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                reader.refuse(
                    "http.token_file",
                    "the token in the file must be \(tokenLengthMin) or more letters, digits and signs without spaces: make one with `openssl rand -hex 24`"
                )
                return nil
            }
            return Secret(text)
        } catch {
            reader.refuse("http.token_file", error.message)
            return nil
        }
    }

    /// Host, without brackets, and port of `host:port` or `[address]:port`.
    static func address(_ text: String) -> (host: String, port: Int)? {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        guard let port = UInt16(digits), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            guard host.contains(":") else { return nil }
        } else if host.contains(where: { ":[]/@".contains($0) || $0.isWhitespace }) {
            return nil
        }
        return host.isEmpty ? nil : (String(host), Int(port))
    }

    private static func isLoopback(_ host: String) -> Bool { LoopbackName.matches(host) }
}
