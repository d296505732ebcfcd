import DevBroker
import Foundation
import ProgramRuns
import Testing

/// Goal: the command's text, JSON and exit codes are what its help says, on a full disk too, and secrets stay hidden.
///
/// Method: the built `hubwatch` as a process; a disk is full by a limit on the size of files, and where this machine lets us
/// mount one, by a small tmpfs.
@Suite(.timeLimit(.minutes(3))) struct DoctorCommandTests {
    /// Runs the command, itself or with a shell's help: the shell finds the program as `$0` and the arguments behind it.
    private static func run(
        _ arguments: [String], environment: [String: String] = [:], by shell: String? = nil
    ) throws -> ProgramRun {
        guard let shell else { return try BuiltCommand.run(arguments, environment: environment) }
        return try ProgramRun(
            URL(filePath: "/bin/bash"), ["-c", shell, BuiltCommand.program.path] + arguments,
            environment: BuiltCommand.environment(environment))
    }

    private static func flags(_ ward: Ward) -> [String] {
        ["--state", ward.path("state.db"), "--findings", ward.path("findings.ndjson"), "--rules", ward.path("rules")]
    }

    @Test(arguments: [
        (["doctor", "--help"], 0, "--peek-group"),
        (["doctor", "--only", "everything"], 64, "there is no check 'everything'"),
        (["doctor", "--timeout", "soon"], 64, "--timeout"),
        (["doctor", "--peek", "0"], 64, "--peek"),
        (["doctor", "--config", "/nowhere.yaml"], 66, "'/nowhere.yaml'"),
        (["doctor"], 78, "no source"),
    ])
    func endsAsDocumented(arguments: [String], status: Int, text: String) throws {
        let ended = try Self.run(arguments)
        #expect(ended.status == Int32(status), "\(ended.output)")
        #expect(ended.output.contains(text), "\(ended.output)")
    }

    @Test func aHealthyPatientInTextAndInJSON() async throws {
        try await Ward.with { ward in
            try await ward.withBroker { clinic in
                try clinic.append(5)
                let environment = ["HUBWATCH_CONNECTION_STRING": Ward.connection(port: clinic.port)]
                let text = try Self.run(["doctor", "--strict"] + Self.flags(ward), environment: environment)
                #expect(text.status == 0, "\(text.output)")
                #expect(text.output.contains("21 checks:"), "\(text.output)")
                #expect(!text.output.contains("FAILED") && !text.output.contains("\u{1B}["))
                let json = try Self.run(["doctor", "--json"] + Self.flags(ward), environment: environment)
                #expect(try json.json()["exit"] as? Int == 0)
                let seen = try #require(try json.check("hub")["seen"] as? [[String: Any]])
                #expect((seen.first?["figures"] as? [String: Any])?["partitions"] as? Int == 2, "\(json.output)")
                #expect(json.output.split(separator: "\n").count == 1)
            }
        }
    }

    @Test func anIdentitySignsInByAzuresVariables() async throws {
        try await Ward.with { ward in
            try await ward.withIdentity({ _ in Ward.application }) { source, variables in
                let flags =
                    Self.flags(ward)
                    + source.sorted { $0.key < $1.key }.flatMap { ["--set", "\($0.key)=\($0.value)"] }
                let right = try Self.run(["doctor", "--strict"] + flags, environment: variables)
                #expect(right.status == 0, "\(right.output)")
                #expect(right.output.contains("signed in by client-secret"), "\(right.output)")
                let wrong = try Self.run(
                    ["doctor", "--json"] + flags,
                    environment: variables.merging(["AZURE_CLIENT_SECRET": "CANARY-wrong"]) { $1 })
                #expect(wrong.status == 77, "\(wrong.output)")
                let seen = try #require(try wrong.check("sign-in")["seen"] as? [[String: Any]])
                #expect(seen.first?["symptom"] as? String == "client-secret-wrong")
                let shown = try Self.run(
                    ["doctor", "--only", "configuration", "--set", "source.entra.client_secret=CANARY-shown"] + flags,
                    environment: variables)
                #expect(shown.output.contains("source.entra.client_secret on the command line"), "\(shown.output)")
                #expect(!(right.output + wrong.output + shown.output).contains("CANARY"))
            }
        }
    }

    @Test func secretsStayHidden() async throws {
        try await Ward.with { ward in
            let secret = "Y2FuYXJ5LWtleS1vZi10aGUtdGVzdA=="
            try await ward.withBroker {
                $0.policies = [AccessPolicy(name: "listen", key: "other", rights: .listen)]
                $0.isAuthStrict = true
            } _: { clinic in
                let string = Ward.connection(
                    port: clinic.port, credential: "SharedAccessKeyName=listen;SharedAccessKey=\(secret)")
                for arguments in [["doctor"], ["doctor", "--json"]] {
                    let ended = try Self.run(
                        arguments + Self.flags(ward) + ["--set", "source.connection_string=\(string)"],
                        environment: ["HTTPS_PROXY": "http://user:\(secret)@proxy.example:3128"])
                    #expect(ended.status == 77, "\(ended.output)")
                    #expect(ended.output.contains("listen") && !ended.output.contains(secret), "\(ended.output)")
                    #expect(ended.output.contains("on the command line"))
                }
            }
            // A malformed string, in which the key stands where none is looked for.
            let ended = try Self.run(
                ["doctor"] + Self.flags(ward),
                environment: ["HUBWATCH_CONNECTION_STRING": "Endpoint=\(secret);SharedAccessKey=\(secret)"])
            #expect(ended.status == 78 && !ended.output.contains(secret), "\(ended.output)")
        }
    }

    @Test(.disabled("the thread sanitizer's own files are larger") { Self.isThreadSanitized })
    func aDiskThatTakesNoMoreIsNamed() async throws {
        try await Ward.with { ward in
            let arguments = ["doctor", "--json", "--only", "disk,sinks"]
            let limited = try Self.run(
                arguments + Self.flags(ward), by: "trap '' XFSZ; ulimit -f 16; exec \"$0\" \"$@\"")
            #expect(limited.status == 74, "\(limited.output)")
            try Self.expectFull(limited)
            #expect(try FileManager.default.contentsOfDirectory(atPath: ward.folder).sorted() == ["rules"])
        }
    }

    @Test(.enabled("needs the right to mount") { Self.mayMount }) func aFullFileSystemIsNamed() async throws {
        try await Ward.with { ward in
            let mount =
                "mount -t tmpfs -o size=64k tmpfs \(ward.folder)/small && dd if=/dev/zero of=\(ward.folder)/small/fill bs=1k count=100 2>/dev/null; exec \"$0\" \"$@\""
            try FileManager.default.createDirectory(atPath: ward.path("small"), withIntermediateDirectories: false)
            let arguments = [
                "doctor", "--json", "--only", "disk,sinks", "--state", ward.path("small/state.db"), "--findings",
                ward.path("small/findings.ndjson"),
            ]
            let full = try Self.run(arguments, by: "exec unshare -m bash -c '\(mount)' \"$0\" \"$@\"")
            #expect(full.status == 74, "\(full.output)")
            try Self.expectFull(full)
        }
    }

    private static var isThreadSanitized: Bool { ProcessInfo.processInfo.environment["TSAN_OPTIONS"] != nil }

    private static var mayMount: Bool {
        (try? run([], by: "unshare -m mount -t tmpfs -o size=64k tmpfs /mnt"))?.status == 0
    }

    private static func expectFull(_ ended: ProgramRun) throws {
        for (check, symptom) in [("disk", "disk-full"), ("sinks", "sink-full")] {
            let result = try ended.check(check)
            let seen = try #require(result["seen"] as? [[String: Any]])
            #expect(result["verdict"] as? String == "failed", "\(ended.output)")
            #expect(seen.first?["symptom"] as? String == symptom, "\(ended.output)")
            #expect((seen.first?["seen"] as? String)?.contains("full") == true)
        }
    }
}

extension ProgramRun {
    /// What `--json` prints.
    fileprivate func json() throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any], "\(output)")
    }

    /// The verdict of a check.
    fileprivate func check(_ name: String) throws -> [String: Any] {
        let checks = try #require(try json()["checks"] as? [[String: Any]])
        return try #require(checks.first { $0["check"] as? String == name })
    }
}
