import ArgumentParser
import Foundation

/// `hubwatch compare`.
struct CompareCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Check that a findings file holds exactly the attacks that `generate` planted.",
        discussion: """
            Findings of single records are compared by correlation id, findings of groups by resource group and name. Those of \
            low severity are left out: the sample's refused attempts raise them. Exits 65 when something is missing or too many.
            """)

    @Option(parsing: .upToNextOption, help: "Files that `generate --expected` wrote.") var expected: [String]
    @Option(help: "Findings file of `run`.") var findings: String

    func run() async throws {
        var wanted = PlantedAttacks()
        for path in expected { try wanted.add(expectedJSON: readText(path), path) }
        let text = FileManager.default.fileExists(atPath: findings) ? try readText(findings) : ""
        let found = try PlantedAttacks(findings: text, findings)
        var wrong: [String] = []
        for (name, planted, raised) in [
            ("key listing", wanted.operations, found.operations), ("model theft", wanted.groups, found.groups),
        ] {
            wrong += planted.subtracting(raised).sorted().map { "missing: \(name) \($0)" }
            wrong += raised.subtracting(planted).sorted().map { "not planted: \(name) \($0)" }
            Terminal.output("\(name): \(planted.count) planted, \(planted.intersection(raised).count) of them found")
        }
        for line in wrong { Terminal.output(line) }
        if !wrong.isEmpty { throw ExitCode(ExitStatus.badInput.rawValue) }
    }
}

/// Attacks by what identifies them.
private struct PlantedAttacks {
    /// Correlation ids of single operations.
    var operations: Set<String> = []
    /// `resource group/resource name`, in lower case.
    var groups: Set<String> = []

    init() {}

    init(findings: String, _ path: String) throws {
        for (number, line) in findings.split(separator: "\n").enumerated() {
            let finding = try Self.object(String(line), "\(path):\(number + 1)")
            guard (finding["severity_id"] as? Int ?? 0) > 2 else { continue }
            let unmapped = finding["unmapped"] as? [String: Any]
            let group = unmapped?["group"] as? [String: Any] ?? [:]
            let metadata = finding["metadata"] as? [String: Any]
            if !group.isEmpty {
                groups.insert(
                    group.keys.sorted().map { "\(group[$0] as? String ?? "-")" }.joined(separator: "/").lowercased())
            } else if let operation = metadata?["correlation_uid"] as? String {
                operations.insert(operation)
            }
        }
    }

    mutating func add(expectedJSON: String, _ path: String) throws {
        let truth = try Self.object(expectedJSON, path)
        for listing in truth["keyListings"] as? [[String: Any]] ?? [] {
            if let id = listing["correlationId"] as? String { operations.insert(id) }
        }
        for theft in truth["modelThefts"] as? [[String: Any]] ?? [] {
            guard let group = theft["resourceGroup"] as? String, let name = theft["resourceName"] as? String else {
                continue
            }
            groups.insert("\(group)/\(name)".lowercased())
        }
    }

    private static func object(_ text: String, _ place: String) throws -> [String: Any] {
        guard let object = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] else {
            throw CommandFailure(.badInput, "\(place): not a JSON object")
        }
        return object
    }
}
