import Foundation
import Testing

/// Goal: what is in `deploy` fits this hubwatch: manifests are valid and name settings and files that there are, the container's
/// context is whole, the unit is as closed as its README says, the bill of materials is complete.
///
/// Method: the checks of `Tests/Deploy`, on the built `hubwatch`. The Debian package is tested by `make deb-test`.
@Suite(.enabled(if: PythonPeers.areWanted, PythonPeers.reason), .timeLimit(.minutes(3)))
struct DeployTests {
    private static func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }

    @Test(arguments: ["check_docker.py", "check_kubernetes.py", "check_sbom.py"])
    func deploymentFilesAreSound(check: String) throws {
        let script = HubFixture.root.appending(path: "Tests/Deploy/\(check)").path
        let hubwatch = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "hubwatch")
        let ended = try Self.run(try PythonPeers.python(), [script, hubwatch.path])
        #expect(ended.status == 0, "\(ended.output)")
        print(ended.output, terminator: "")
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/usr/bin/systemd-analyze")))
    func theUnitIsClosed() throws {
        let ended = try Self.run(HubFixture.root.appending(path: "deploy/systemd/check").path, [])
        #expect(ended.status == 0, "\(ended.output)")
        print(ended.output, terminator: "")
    }
}
