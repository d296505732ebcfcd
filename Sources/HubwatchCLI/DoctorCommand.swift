import ArgumentParser
import Diagnosis
import Doctor
import Foundation
import HubwatchConfiguration
import Logging
import NIOCore
import NIOPosix

/// `hubwatch doctor`.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Find out what keeps hubwatch from working, and what to do about it.",
        discussion: """
            Tries everything that a run needs, in order, with the settings that the run has, and says for each check what was \
            tried, what was seen, and what to do. A check that needs a failed one is not tried.

            It looks and takes nothing: receivers are attached without an owner level, so nobody who reads is thrown out; no \
            position is moved; the state file is only read, beside a running hubwatch too; no finding is sent to anybody. An \
            identity signs in as for a run. Keys and tokens are never shown.

            Checks, in order:
              \(PlannedCheck.all.map(\.check.rawValue).joined(separator: " "))

            Examples:
              hubwatch doctor --config /etc/hubwatch/hubwatch.yaml
              hubwatch doctor --only state,disk,rules
              hubwatch doctor --peek-group support --json | jq '.checks[] | select(.verdict == "failed")'

            Status 0 when nothing failed; 1 with --strict when something deserves a look; otherwise the status that belongs to \
            the first failure, as `hubwatch help` lists them.
            """)

    @OptionGroup var options: ConfigurationOptions
    @Flag(help: "One JSON object.") var json = false
    @Option(help: "How long one step may take, such as 500ms, 10s, 1m.") var timeout = "10s"
    @Option(help: "Only these checks and what they need: names joined by commas; may be given several times.")
    var only: [String] = []
    @Option(help: "Leave these checks out: names joined by commas; may be given several times.")
    var skip: [String] = []
    @Flag(help: "Do not look at events.") var noPeek = false
    @Option(help: "Most recent events to look at, over all partitions.") var peek = 500
    @Option(help: "Look at events through this consumer group, when others read the configured one.")
    var peekGroup: String?
    @Flag(help: "End with status 1 when there are warnings.") var strict = false

    func validate() throws {
        _ = try examinationOptions()
    }

    func run() async throws {
        let (subject, secrets) = try subject()
        let wanted = try examinationOptions()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let logger = Logger(label: "doctor") { _ in SwiftLogNoOpLogHandler() }
        let surroundings = DoctorSurroundings(
            group: group, logger: logger, hostName: ProcessInfo.processInfo.hostName,
            environment: ProcessInfo.processInfo.environment
        ) { SignIn.surroundings(of: $0, on: group, logger) }
        let text = DoctorText(
            colour: Terminal.usesColour(
                subject.settings?.findings.colour ?? "auto", isTerminal: Terminal.outputIsTerminal),
            width: Terminal.outputIsTerminal ? Terminal.width : 100, secrets: secrets)
        let isText = !json
        let report = await Examination(subject, wanted, surroundings).run { result in
            if isText { Terminal.output(text.lines(of: result)) }
        }
        try? await group.shutdownGracefully()
        let code = report.exitCode(strict: strict)
        Terminal.output(json ? DoctorJSON(secrets: secrets).object(report, exit: code) : text.summary(of: report))
        if code != 0 { throw ExitCode(code) }
    }

    /// The settings, and every secret among them.
    private func subject() throws -> (Subject, [String]) {
        let layers: ConfigurationLayers
        do {
            layers = try options.layers()
        } catch let failure as CommandFailure where failure.status != .usage {
            return (Subject(unreadable: failure.message), [])
        }
        var secrets = DoctorSecrets(layers)
        let subject = Subject(layers) { (path) throws(ConfigurationProblem) in
            do throws(CommandFailure) {
                let text = try readText(path)
                secrets.add(text)
                return text
            } catch {
                throw ConfigurationProblem(place: path, message: error.message)
            }
        }
        if let identity = subject.settings?.source.identity { secrets.add(identity) }
        return (subject, secrets.texts)
    }

    private func examinationOptions() throws -> ExaminationOptions {
        var wanted = ExaminationOptions()
        guard let limit = DurationText.read(timeout), (100...600_000).contains(limit) else {
            throw ValidationError("--timeout takes a duration from 100ms to 10m; '\(timeout)' is none")
        }
        guard (1...100_000).contains(peek) else { throw ValidationError("--peek takes a number from 1 to 100000") }
        wanted.limit = .milliseconds(limit)
        wanted.only = try Self.checks("--only", only)
        wanted.skip = try Self.checks("--skip", skip)
        wanted.peeks = !noPeek
        wanted.peekEventsMax = peek
        wanted.peekGroup = peekGroup
        return wanted
    }

    private static func checks(_ flag: String, _ lists: [String]) throws -> Set<Check> {
        let names = lists.flatMap { $0.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } }
        return Set(
            try names.map { name in
                guard let check = Check(rawValue: name.lowercased()) else {
                    let all = Check.allCases.map(\.rawValue).joined(separator: " ")
                    throw ValidationError("\(flag): there is no check '\(name)'; checks are \(all)")
                }
                return check
            })
    }
}
