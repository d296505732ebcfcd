import Foundation
import ProgramRuns
import Testing

/// The Python environment with the programs that hubwatch is compared with; `make test` makes it and names it here.
enum PythonPeers {
    static let variable = "HUBWATCH_TEST_PYTHON"
    static let reason: Comment = "HUBWATCH_TEST_PYTHON names no Python: `make test` sets it up"

    /// Whether the tests run: always in CI, elsewhere when there is an environment.
    static var areWanted: Bool {
        let environment = ProcessInfo.processInfo.environment
        return environment["CI"] != nil || environment[variable] != nil
    }

    /// The interpreter; a missing one fails the test.
    static func python() throws -> String {
        try #require(ProcessInfo.processInfo.environment[variable], reason)
    }

    /// Checks a findings file against the schema of OCSF.
    static func validate(findings: String) throws -> ProgramRun {
        try ProgramRun(
            URL(filePath: try python()),
            [HubFixture.root.appending(path: "Tests/Schema/validate_findings.py").path, findings])
    }
}
