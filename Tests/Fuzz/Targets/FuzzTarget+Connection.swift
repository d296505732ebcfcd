import EventHubs

extension FuzzTarget {
    /// Connection strings: located problems or a value, and never the secret in what is shown.
    static let connection = FuzzTarget(
        name: "connection", summary: "text of a connection string, its secret marked", lengthMax: 512
    ) {
        .now { try checkConnection(String(decoding: $0, as: UTF8.self)) }
    }

    private static func checkConnection(_ text: String) throws {
        let problems = ConnectionString.problems(in: text)
        for problem in problems {
            try require(!problem.explanation.isEmpty, "a problem without words")
            if let character = problem.character {
                try require((1...max(1, text.count)).contains(character), "a problem at \(character) of \(text.count)")
            }
        }
        var shown = ""
        var secret = ""
        do {
            let parsed = try ConnectionString(parsing: text)
            try require(problems.isEmpty, "parsed in spite of \(problems)")
            shown = "\(parsed) \(String(reflecting: parsed))"
            switch parsed.credential {
            case .key(_, let key): secret = key.revealed
            case .signature(let token): secret = token.revealed
            case .none: break
            }
            try checkPrinted(parsed)
        } catch let error as EventHubsError {
            try require(!problems.isEmpty, "refused without a problem: \(error)")
            shown = "\(error) \(String(reflecting: error)) \(problems)"
        }
        // A secret of a few letters can stand in any text by chance.
        if secret.utf8.count >= 12, !isElsewhere(secret, in: text) {
            try require(!shown.utf8.contains(secret.utf8), "the secret is shown: \(shown)")
        }
        // Whatever stands in the place of a key is a secret too, also where the string is refused.
        for piece in text.split(separator: ";") where problems.isEmpty == false {
            guard let equals = piece.firstIndex(of: "=") else { continue }
            let value = piece[piece.index(after: equals)...]
            guard value.utf8.count >= 12, !known.utf8.contains(value.utf8) else { continue }
            try require(!shown.utf8.contains(value.utf8), "a value is repeated: \(shown)")
        }
    }

    /// Whether the same text is also given as something that is no secret.
    private static func isElsewhere(_ secret: String, in text: String) -> Bool {
        text.utf8.ranges(of: Array(secret.utf8)).count > 1
    }

    /// What our own messages say.
    private static let known = """
        SharedAccessKeyName SharedAccessSignature UseDevelopmentEmulator \
        `Endpoint=sb://<namespace>.servicebus.windows.net/` is missing
        """

    /// The printed form, with the secret put back, means the same.
    private static func checkPrinted(_ parsed: ConnectionString) throws {
        guard case .key(_, let key) = parsed.credential, !key.revealed.contains(";") else { return }
        let printed = "\(parsed)".replacing("(hidden)", with: key.revealed, maxReplacements: 1)
        guard !"\(parsed)".replacing(";SharedAccessKey=(hidden)", with: "").contains("(hidden)") else { return }
        let again = try? ConnectionString(parsing: printed)
        try require(again == parsed, "printed and read again: \(printed)")
    }
}
