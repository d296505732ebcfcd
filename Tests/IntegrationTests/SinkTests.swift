import Foundation
import HubwatchRuntime
import ProgramRuns
import Receivers
import StateStore
import Synchronization
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// Goal: a whole hubwatch brings findings to its sinks; a sink that fails holds up nobody else, and a killed process repeats
/// with the same id and loses nothing.
///
/// Method: dev broker, hubwatch and a web server on loopback; the command line as a process where it is killed.
@Suite(.timeLimit(.minutes(3))) struct SinkTests {
    private func webhook(_ port: Int, _ more: [String: String] = [:]) -> [String: String] {
        var settings = [
            "sinks.soc.type": "webhook", "sinks.soc.url": "http://127.0.0.1:\(port)/hook", "sinks.soc.retry_max": "1s",
        ]
        settings.merge(more) { $1 }
        return settings
    }

    @Test func findingsGoToEverySinkAndADeadOneHoldsUpNobody() async throws {
        try await HubFixture.with(partitions: 1) { hub in
            let receiver = try await HTTPReceiver(changed: { hub.facts.changed() }) { _, _ in .reply(200) }
            let gone = try await HTTPReceiver { _, _ in .reply(200) }
            let gonePort = gone.port
            await gone.close()
            let settings = webhook(
                receiver.port,
                [
                    "sinks.dead.type": "webhook", "sinks.dead.url": "http://127.0.0.1:\(gonePort)/",
                    "sinks.archive.type": "file", "sinks.archive.path": hub.path("archive.ndjson"),
                ])
            try await hub.whileRunning(settings) { _ in
                try hub.append([Records.keyListing(correlation: "sunk")], partition: 0)
                try await hub.eventually("the webhook has it") { receiver.requests.count == 1 }
                try await hub.eventually("the terminal has it") { hub.shown == 1 }
                try await hub.eventually("the dead sink is told of") { hub.log.contains("sink dead waits") }
            }
            #expect(receiver.requests.first?.header("webhook-id")?.hasSuffix("-create") == true)
            let archive = try String(contentsOfFile: hub.path("archive.ndjson"), encoding: .utf8)
            let lines = try String(contentsOfFile: hub.path("findings.ndjson"), encoding: .utf8)
            #expect(archive.split(separator: "\n").count == 1 && lines.split(separator: "\n").count == 1)
            let usage = try await hub.state { try await $0.journalUsage() }
            #expect(usage.owed["soc"] == 0 && usage.owed["dead"] == 1 && usage.owed["archive"] == 0)
            #expect(hub.log.contains("the next start goes on with them"))
            await receiver.close()
        }
    }

    @Test func aSinkThatGivesUpRaisesAFindingAboutItself() async throws {
        try await HubFixture.with(partitions: 1) { hub in
            let receiver = try await HTTPReceiver(changed: { hub.facts.changed() }) { number, _ in
                number == 1 ? .reply(400, [], "no") : .reply(200)
            }
            try await hub.whileRunning(webhook(receiver.port)) { _ in
                try hub.append([Records.keyListing(correlation: "refused")], partition: 0)
                try await hub.eventually("the operational finding comes to the same sink") {
                    receiver.requests.count == 2
                }
            }
            let second = String(decoding: receiver.requests.last?.body ?? [], as: UTF8.self)
            #expect(second.contains("hubwatch.sink-gave-up"))
            let letters = try await hub.state {
                try await $0.sinkLetters(of: "soc", after: 0, limit: 9, includingResent: true)
            }
            #expect(letters.map(\.letter.reason) == ["400 Bad Request, saying 'no'"])
            await receiver.close()
        }
    }

    @Test func aSinkThatIsTakenOutNoLongerHoldsTheJournal() async throws {
        try await HubFixture.with(partitions: 1) { hub in
            let receiver = try await HTTPReceiver { _, _ in .reply(200) }
            try hub.append([Records.keyListing(correlation: "one")], partition: 0)
            try await hub.runToEnd(webhook(receiver.port))
            #expect(try await hub.state { try await $0.cursor(of: "soc") } != nil)
            try await hub.runToEnd()
            #expect(try await hub.state { try await $0.cursor(of: "soc") } == nil)
            #expect(hub.log.contains("The sink 'soc' is not configured any more"))
            await receiver.close()
        }
    }

    @Test func aKilledProcessRepeatsWithTheSameID() async throws {
        try await HubFixture.with(partitions: 1) { hub in
            // The first request hangs, and the process is killed while it does.
            let receiver = try await HTTPReceiver(changed: { hub.facts.changed() }) { number, _ in
                number == 1 ? .silence : .reply(200)
            }
            try hub.append((1...3).map { Records.keyListing(correlation: "op-\($0)") }, partition: 0)
            let sink = [
                "--set", "sinks.soc.type=webhook", "--set", "sinks.soc.url=http://127.0.0.1:\(receiver.port)/hook",
            ]
            let process = try hub.startRun(sink)
            try await hub.eventually("the first request hangs") { receiver.requests.count == 1 }
            try await process.end(SIGKILL)
            let again = try hub.startRun(sink)
            try await hub.eventually("all have come") {
                Set(receiver.requests.compactMap { $0.header("webhook-id") }).count == 3
            }
            #expect(try await again.end() == 0)
            let ids = receiver.requests.compactMap { $0.header("webhook-id") }
            #expect(ids.count == 4 && ids[0] == ids[1])
            await receiver.close()
        }
    }

    @Test func deadLettersAreListedAndSentAgain() async throws {
        try await HubFixture.with(partitions: 1) { hub in
            let refuses = Atomic(true)
            // Takes what hubwatch says about its own sink, so that there is one dead letter.
            @Sendable func isAboutTheSink(_ request: HTTPReceiver.Request) -> Bool {
                String(decoding: request.body, as: UTF8.self).contains("hubwatch.sink-gave-up")
            }
            let receiver = try await HTTPReceiver { _, request in
                refuses.load(ordering: .relaxed) && !isAboutTheSink(request)
                    ? .reply(422, [], "unknown field") : .reply(202)
            }
            try hub.append([Records.keyListing(correlation: "one")], partition: 0)
            try await hub.runToEnd(webhook(receiver.port))
            let file = hub.path("hubwatch.yaml")
            let yaml = """
                state: {path: \(hub.path("state.db"))}
                sinks:
                  soc: {type: webhook, url: "http://127.0.0.1:\(receiver.port)/hook?key=s3cret"}
                """
            try Data(yaml.utf8).write(to: URL(filePath: file))
            let listed = try await CommandProcess.run(["sinks", "deadletters", "--config", file])
            #expect(
                listed.status == 0 && listed.output.contains("422 Unprocessable Entity, saying 'unknown field'"),
                "\(listed.output)")
            let failed = try await CommandProcess.run(["sinks", "resend", "--config", file])
            #expect(failed.status == 69, "\(failed.output)")
            let tested = try await CommandProcess.run(["sinks", "test", "soc", "--config", file])
            #expect(
                tested.status == 69 && tested.output.contains("422") && !tested.output.contains("s3cret"),
                "\(tested.output)")
            refuses.store(false, ordering: .relaxed)
            let sent = try await CommandProcess.run(["sinks", "resend", "--config", file])
            #expect(sent.status == 0 && sent.output.contains("1 finding was sent again"), "\(sent.output)")
            let ids = receiver.requests.filter { !isAboutTheSink($0) }
                .compactMap { $0.header("webhook-id") }.filter { !$0.hasPrefix("test-") }
            #expect(Set(ids).count == 1 && ids.count == 3)
            let none = try await CommandProcess.run(["sinks", "resend", "--config", file])
            #expect(none.status == 0 && none.output.contains("No sink has given up"))
            let taken = try await CommandProcess.run(["sinks", "test", "--json", "--config", file])
            #expect(taken.status == 0 && taken.output.contains("\"taken\":true"), "\(taken.output)")
            #expect(
                receiver.requests.last.map { String(decoding: $0.body, as: UTF8.self).contains("nothing has happened") }
                    == true)
            let list = try await CommandProcess.run(["sinks", "list", "--config", file])
            #expect(
                list.output.contains("http://127.0.0.1:\(receiver.port)") && !list.output.contains("s3cret"),
                "\(list.output)")
            let shown = try await CommandProcess.run(["config", "show", "--config", file])
            #expect(shown.output.contains("sinks.soc.url") && !shown.output.contains("s3cret"))
            let unknown = try await CommandProcess.run(["sinks", "test", "sco", "--config", file])
            #expect(unknown.status == 64 && unknown.output.contains("soc"))
            await receiver.close()
        }
    }
}
