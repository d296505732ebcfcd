import Foundation
import Testing

/// Goal: what documents name is there: tests, files, targets and alerts.
///
/// Method: names are found in the text of the documents, and looked for in the tree.
@Suite struct DocumentTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// Files below a folder whose names end so, as paths in the tree.
    static func files(in folder: String, ending: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: root.appending(path: folder).path).sorted()
            .filter { $0.hasSuffix(ending) }.map { "\(folder)/\($0)" }
    }

    @Test(arguments: ["docs/guarantees.md", "docs/sinks.md"])
    func everyTestThatProvesAPromiseExists(document: String) throws {
        let tree = try DeclaredTests()
        let text = try Self.text(document)
        let suites = text.matches(of: /`(\w+Tests(?:\.\w+)*)`/).map { String($0.output.1) }
        let tests = text.matches(of: /`([a-z]+[A-Z][A-Za-z]{12,})`/).map { String($0.output.1) }
        #expect(suites.count > 25)
        for name in suites { #expect(tree.has(name), "\(document) names \(name), which does not exist") }
        for name in tests { #expect(tree.hasTest(name), "\(document) names \(name), which does not exist") }
    }

    @Test func aTestThatIsNotThereIsMissed() throws {
        let tree = try DeclaredTests()
        #expect(tree.has("DocumentTests") && tree.has("DocumentTests.DocumentTests.aTestThatIsNotThereIsMissed"))
        #expect(!tree.has("DocumentTests.aTestThatWasRenamed") && !tree.has("SuiteThatWasRenamedTests"))
        #expect(!tree.has("FuzzTests.DocumentTests") && !tree.hasTest("aTestThat" + "WasRenamed"))
    }

    @Test func everyLinkBetweenFilesLeadsToOne() throws {
        let folders = try ["docs", "deploy", "Config", "Tests"].flatMap { try Self.files(in: $0, ending: ".md") }
        var links = 0
        for document in ["README.md"] + folders {
            let folder = Self.root.appending(path: document).deletingLastPathComponent()
            for link in try Self.text(document).matches(of: /\]\(([^)#:]+)(?:#[^)]*)?\)/) {
                let path = folder.appending(path: String(link.output.1)).path
                #expect(FileManager.default.fileExists(atPath: path), "\(document) leads to \(link.output.1)")
                links += 1
            }
        }
        #expect(links > 30)
    }

    /// A target is a fence, and the table says what each keeps out.
    @Test func everyTargetIsInTheTableOfTheReadme() throws {
        let readme = try Self.text("README.md")
        let table = try #require(readme.split(separator: "\n## ").first { $0.hasPrefix("Targets\n") })
        let named = table.split(separator: "\n").filter { $0.hasPrefix("| `") }.flatMap { row in
            row.dropFirst().prefix { $0 != "|" }.matches(of: /`(\w+)`/).map { String($0.output.1) }
        }
        // Names of programs are in lower case; libraries in C have no Swift file.
        let sources = try Self.files(in: "Sources", ending: ".swift").map { String($0.split(separator: "/")[1]) }
        #expect(Set(named) == Set(sources).filter { $0.first?.isUppercase == true })
    }

    @Test func everyAlertIsExplainedToOperators() throws {
        let operating = try Self.text("docs/operating.md")
        let alerts = try Self.text("deploy/prometheus/alerts.yml").matches(of: /- alert: (\w+)/)
        #expect(alerts.count > 20)
        for alert in alerts { #expect(operating.contains("| \(alert.output.1) |"), "\(alert.output.1)") }
    }
}

/// The suites and tests of the tree, by what their files declare.
private struct DeclaredTests {
    private struct File {
        var folder: String
        var types: Set<String>
        var functions: Set<String>
    }

    private let files: [File]
    private let folders: Set<String>

    init() throws {
        files = try DocumentTests.files(in: "Tests", ending: ".swift").map { path in
            let text = try DocumentTests.text(path)
            return File(
                folder: String(path.split(separator: "/")[1]),
                types: Set(text.matches(of: /(?:struct|class|actor|extension) (\w+)/).map { String($0.output.1) }),
                functions: Set(text.matches(of: /func (\w+)/).map { String($0.output.1) }))
        }
        folders = Set(files.map(\.folder))
    }

    /// Whether there is a `Target`, `Target.Suite`, `Target.Suite.test`, `Suite` or `Suite.test` of this name.
    func has(_ name: String) -> Bool {
        var parts = name.split(separator: ".").map(String.init)[...]
        var candidates = files
        if let first = parts.first, folders.contains(first), parts.dropFirst().first?.first?.isLowercase != true {
            candidates = files.filter { $0.folder == first }
            parts = parts.dropFirst()
        }
        guard let suite = parts.popFirst() else { return true }
        candidates = candidates.filter { $0.types.contains(suite) }
        guard let test = parts.popFirst() else { return !candidates.isEmpty }
        return candidates.contains { $0.functions.contains(test) }
    }

    func hasTest(_ name: String) -> Bool { files.contains { $0.functions.contains(name) } }
}
