import Foundation
import Testing

@testable import KillDrill

/// Goal: `kill -9` at any instant, any number of times, and the same findings, each once in the file.
///
/// Method: real processes: broker, publisher and hubwatch, which is killed at points named in its course and from outside.
/// `make kill-test` does the same with 1,000 kills.
@Suite(.timeLimit(.minutes(5))) struct KillTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test func thirtyKillsChangeNothing() throws {
        let environment = ProcessInfo.processInfo.environment
        let seed = environment["HUBWATCH_TEST_SEED"] ?? "\(UInt64.random(in: 0..<1_000_000))"
        let process = Process()
        process.executableURL = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appending(path: "KillDrill")
        process.currentDirectoryURL = Self.root
        process.arguments = [
            "run", "--kills", "30", "--records", "12000", "--seconds-per-kill", "0.8", "--seed", seed, "--json",
        ]
        if let python = environment["HUBWATCH_TEST_PYTHON"] {
            process.arguments? += ["--python", python]
        } else {
            #expect(environment["CI"] != "true", "the batch oracle needs HUBWATCH_TEST_PYTHON")
        }
        process.standardInput = FileHandle.nullDevice
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "seed \(seed): \(String(decoding: data, as: UTF8.self))")
        let report = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(report["kills"] as? Int == 30)
        #expect((report["closedFindings"] as? Int ?? 0) > 100)
        #expect((report["deadLetters"] as? Int ?? 0) > 0)
        // Every kind had something to lose.
        let found = try #require(report["findingsByRule"] as? [String: Int])
        for kind in ["count", "percentile", "event count", "value", "temporal", "sequence", "new term", "absence"] {
            let findings = found.filter { $0.key.hasPrefix("drill-" + kind) }.values.reduce(0, +)
            #expect(findings > 0, "seed \(seed): no finding of the kind '\(kind)'")
        }
    }
}
