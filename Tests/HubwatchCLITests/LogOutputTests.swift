import Foundation
import Logging
import Synchronization
import Testing

@testable import HubwatchCLI

/// Goal: no key, token or password reaches a log line, and no text of a peer forges a line or steers the terminal.
///
/// Method: the command's own log handler behind swift-log's `Logger`, in both forms and with colour; canaries of every shape and
/// under every kind of name, in messages, errors and nested metadata, at every level.
@Suite struct LogOutputTests {
    /// A form in which lines are written.
    enum Form: CaseIterable {
        case text, colour, json
    }

    /// The lines that a body logs.
    private static func lines(
        _ form: Form, level: Logger.Level = .trace, _ body: (inout Logger) -> Void
    ) -> [String] {
        let written = WrittenLines()
        var logger = Logger(label: "test") { _ in
            LogOutput(level: LogLevel(level), format: form == .json ? .json : .text, colour: form == .colour) {
                written.add($0)
            }
        }
        body(&logger)
        return written.lines
    }

    /// Secrets of every shape, each with the text that must not be seen.
    private static let secrets: [(text: String, canary: String)] = {
        let run = "aB3dE5fG7hJ9kL2mN4pQ6rS8tU1vW3xY5zA7bC9d"
        let base64 = "q7Zt3Xv9Kp2Lw8Rn5Yb1Hd6Jf4Mg0Sc7Vx3Qz9Tk="
        return [
            ("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJl", "eyJhbGciOiJSUzI1NiJ9"),
            ("sk-proj-\(run)", run), ("ghp_\(run)", run), ("github_pat_\(run)\(run)", run),
            ("AKIAIOSFODNN7EXAMPLE", "AKIAIOS"), (base64, "q7Zt3Xv9Kp2Lw8Rn"), (run, run),
            ("abc8Q~dEfGh1jK2lMn3oPq4rSt5uVw6xYz7aBc8d", "dEfGh1jK2lMn3oPq4rSt"),
            ("https://user:hunter2canary@host/", "hunter2canary"),
            ("-----BEGIN PRIVATE KEY-----\nMIIcanary\n-----END PRIVATE KEY-----", "MIIcanary"),
            ("Bearer canary0123456789", "canary0123456789"), ("SharedAccessKey=canary,0 1;EntityPath=logs", "canary,0"),
            ("SharedAccessSignature sr=x&sig=canary%2B1&se=1", "canary%2B1"), ("api-key: canary-12345", "canary-12345"),
            ("{\"password\": \"hunter2canary\"}", "hunter2canary"), ("client_secret=canary~1", "canary~1"),
        ]
    }()

    private struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    @Test(arguments: Form.allCases, Logger.Level.allCases)
    func secretsAreHiddenWhereverTheyStand(_ form: Form, level: Logger.Level) throws {
        for (text, canary) in Self.secrets {
            let lines = Self.lines(form) { logger in
                logger[metadataKey: "kept"] = "\(text)"
                logger.log(level: level, "before \(text) behind")
                logger.log(level: level, "with metadata", metadata: ["detail": "\(text)"])
                logger.log(level: level, "with an error", error: Failure(description: "refused: \(text)"))
                logger.log(
                    level: level, "nested",
                    metadata: [
                        "list": ["one", .string(text), ["deeper": .array([.string(text)])]],
                        "object": ["inner": .stringConvertible(Failure(description: text)), "n": "3"],
                    ])
            }
            #expect(lines.count == 4)
            for line in lines {
                #expect(!line.contains(canary), "\(line)")
                #expect(line.contains("(secret)"), "\(line)")
            }
        }
    }

    /// A password has no shape: the name above it is all that tells.
    @Test(arguments: Form.allCases) func namesHideTheirValues(_ form: Form) {
        for name in ["password", "client_secret", "Authorization", "api-key", "sharedAccessKey", "token", "cookie"] {
            let lines = Self.lines(form) { logger in
                logger.info("flat", metadata: ["\(name)": "hunter2"])
                logger.info("inside", metadata: ["options": ["\(name)": ["a": "hunter2", "b": ["hunter2"]]]])
                logger[metadataKey: name] = "hunter2"
                logger.info("of the logger")
            }
            #expect(lines.count == 3)
            for line in lines { #expect(!line.contains("hunter2") && line.contains("(secret)"), "\(line)") }
        }
        let harmless = Self.lines(form) { $0.info("read", metadata: ["position": "17", "hub": "logs"]) }
        #expect(harmless.joined().contains("17") && !harmless.joined().contains("(secret)"))
    }

    /// What a peer could send to make a line of its own, or to have the terminal do something.
    private static let steering = [
        "x\n2026-11-29T00:00:00Z critical forged", "x\r\nforged", "x\rforged", "\u{1B}[2J\u{1B}[1;1Hforged",
        "\u{1B}]0;title\u{7}", "\u{9B}31mred", "\u{202E}desrever", "\u{2028}line\u{2029}paragraph", "\u{0}\u{8}\u{7F}",
        "x\u{85}next", "zero\u{200B}width\u{FEFF}",
    ]

    @Test(arguments: Form.allCases) func noTextForgesALineOrSteersTheTerminal(_ form: Form) throws {
        for text in Self.steering {
            let lines = Self.lines(form) { logger in
                logger.warning("peer says \(text)")
                logger.warning("peer", metadata: ["said": "\(text)", "\(text)": "name"])
                logger.warning("peer", metadata: ["list": [.string(text), ["\(text)": .string(text)]]])
                logger.warning("peer", error: Failure(description: text))
            }
            #expect(lines.count == 4)
            for line in lines {
                // Colour is the handler's own: what is left without it must hold nothing that drives.
                let plain = form == .colour ? line.replacing(/\u{1B}\[[0-9;]*m/, with: "") : line
                let driving = plain.unicodeScalars.filter {
                    $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) || $0.properties.generalCategory == .format
                        || [0x2028, 0x2029].contains($0.value)
                }
                #expect(driving.isEmpty, "\(line.debugDescription)")
                if form == .json { _ = try Self.object(line) }
            }
        }
    }

    @Test func aPeersTextDoesNotLookLikeMetadata() {
        let metadata: Logger.Metadata = [
            "peer": "a level=error b", "empty": "", "quote": "say \"x\"", "plain": "[::1]:5671", "path": #"C:\logs"#,
            "slash": #"x\" level=error y\"#, "accent": "level=\u{301}error",
        ]
        let lines = Self.lines(.text) { $0.info("lost", metadata: metadata) }
        let tail = lines[0].split(separator: " info lost ", maxSplits: 1).last
        let expected = [
            "accent=\"level=\u{301}error\"", #"empty="""#, #"path=C:\logs"#, #"peer="a level=error b""#,
            "plain=[::1]:5671", #"quote="say \"x\"""#, #"slash="x\\\" level=error y\\""#,
        ]
        #expect(tail == expected.joined(separator: " ")[...])
    }

    @Test func nestedMetadataKeepsItsForm() throws {
        let metadata: Logger.Metadata = [
            "list": ["a", "b c", ["k": "v, w"]], "object": ["z": "1", "a": ["x"]], "message": "not the message",
        ]
        let text = Self.lines(.text) { $0.info("said", metadata: metadata) }
        #expect(
            text[0].hasSuffix(
                #" info said list=[a, "b c", {k="v, w"}] metadata.message="not the message" object={a=[x], z=1}"#),
            "\(text)")
        let object = try Self.object(Self.lines(.json) { $0.info("said", metadata: metadata) }[0])
        #expect(object["message"] as? String == "said")
        #expect(object["metadata.message"] as? String == "not the message")
        #expect((object["list"] as? [Any])?.count == 3)
        #expect(((object["object"] as? [String: Any])?["a"] as? [String]) == ["x"])
    }

    @Test func aLineOfJSONIsTheSameText() throws {
        let hard = "quote \" backslash \\ emoji 👩‍💻 esc \u{1B}[0m csi \u{9B} tag \u{E0041} slash / ünï"
        let object = try Self.object(Self.lines(.json) { $0.notice("\(hard)") }[0])
        #expect(object["message"] as? String == hard)
        #expect(object["level"] as? String == "notice")
        #expect((object["time"] as? String)?.hasSuffix("Z") == true)
    }

    @Test func deepMetadataEndsSomewhere() {
        var value: Logger.MetadataValue = "sig=canary1234"
        for _ in 0..<200 { value = ["k": [value]] }
        for form in Form.allCases {
            let line = Self.lines(form) { $0.info("deep", metadata: ["all": value]) }[0]
            #expect(!line.contains("canary1234"))
        }
    }

    @Test func levelsBelowTheSharedOneAreLeftOut() {
        #expect(Self.lines(.text, level: .warning) { $0.info("quiet") }.isEmpty)
        #expect(Self.lines(.text, level: .warning) { $0.error("loud") }.count == 1)
        let own = Self.lines(.text, level: .warning) { logger in
            logger.logLevel = .debug
            logger.debug("of this copy")
        }
        #expect(own.count == 1)
    }

    @Test func whatEndsTheCommandDoesNotSteerTheTerminal() {
        let failure = CommandFailure(.unavailable, "refused: \u{1B}[2J\u{9B}1m sig=canary1234\nsecond line")
        #expect(failure.shown == "refused: \\u{1b}[2J\\u{9b}1m sig=(secret)\nsecond line")
    }

    private static func object(_ line: String) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
}

/// Lines that a handler has written.
private final class WrittenLines: Sendable {
    private let written = Mutex<[String]>([])

    var lines: [String] { written.withLock { $0 } }

    func add(_ line: String) { written.withLock { $0.append(line) } }
}
