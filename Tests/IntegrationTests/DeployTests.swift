import Foundation
import ProgramRuns
import Testing

/// Goal: what is in `deploy` fits this hubwatch: manifests are valid and name settings and files that there are, the container's
/// context is whole, the unit is as closed as its README says, the bill of materials is complete.
///
/// Method: the checks of `Tests/Deploy`, on the built `hubwatch`. The Debian package is tested by `make deb-test`.
@Suite(.enabled(if: PythonPeers.areWanted, PythonPeers.reason), .timeLimit(.minutes(3)))
struct DeployTests {
    @Test(arguments: ["check_docker.py", "check_kubernetes.py", "check_sbom.py"])
    func deploymentFilesAreSound(check: String) throws {
        let script = HubFixture.root.appending(path: "Tests/Deploy/\(check)").path
        let ended = try ProgramRun(
            URL(filePath: try PythonPeers.python()), [script, BuiltCommand.program.path])
        #expect(ended.status == 0, "\(ended.output)")
        print(ended.output, terminator: "")
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/usr/bin/systemd-analyze")))
    func theUnitIsClosed() throws {
        let ended = try ProgramRun(HubFixture.root.appending(path: "deploy/systemd/check"), [])
        #expect(ended.status == 0, "\(ended.output)")
        print(ended.output, terminator: "")
    }
}
