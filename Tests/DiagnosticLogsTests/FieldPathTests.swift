import DiagnosticLogs
import Testing

/// Goal: paths read and print without loss, and errors say where.
///
/// Method: examples and a round trip of odd names.
@Suite struct FieldPathTests {
    @Test func readsDotsAndQuotes() throws {
        #expect(try FieldPath(parsing: "category").steps == ["category"])
        #expect(try FieldPath(parsing: "identity.claims.appid").steps == ["identity", "claims", "appid"])
        #expect(
            try FieldPath(parsing: #"identity.claims["http://a.b/upn"]"#).steps
                == ["identity", "claims", "http://a.b/upn"])
        #expect(try FieldPath(parsing: #"["a.b"].c["d"]["e\"\\f"]"#).steps == ["a.b", "c", "d", #"e"\f"#])
        #expect(try FieldPath(parsing: "targetResources.0.id").steps == ["targetResources", "0", "id"])
    }

    @Test func printsWhatItReads() throws {
        let names = ["a", "a.b", "http://x/y", "", "q\"uote", "back\\slash", "[x]", "with space", "ünï", "0", "_claim"]
        for first in names {
            for second in names {
                let path = FieldPath([first, second])
                #expect(try FieldPath(parsing: path.description) == path, "\(path.description)")
            }
        }
    }

    @Test(arguments: [
        ("", 0), (".a", 0), ("a..b", 2), ("a.", 2), ("a b", 1), ("a[b]", 2), ("a[\"b", 4), ("a[\"b\"", 4),
        ("a]", 1), ("a[\"b\"]c", 6),
    ])
    func saysWhereItStopped(text: String, position: Int) {
        #expect {
            try FieldPath(parsing: text)
        } throws: { error in
            guard let error = error as? DiagnosticLogsError else { return false }
            return error.code == .invalidFieldPath && error.position == position
        }
    }
}
