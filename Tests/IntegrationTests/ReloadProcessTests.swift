import Dispatch
import Foundation
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// Goal: a running `hubwatch run` takes other rules on SIGHUP and when their files change, refuses broken ones by file and line, and
/// its service manager hears of all of it.
///
/// Method: the built `hubwatch` as a process, a dev broker, and a socket in place of systemd's; each time an event comes that
/// only the rules of that moment find.
@Suite(.timeLimit(.minutes(3))) struct ReloadProcessTests {
    /// A hubwatch as a process that watches a folder with the rule `first`, and is ready.
    private static func run(
        _ hub: HubFixture, interval: String, _ body: (CommandProcess, FakeServiceManager) async throws -> Void
    ) async throws {
        try hub.writeRule("first", id: 21, category: "Audit")
        let manager = try FakeServiceManager(path: hub.path("notify"), facts: hub.facts)
        defer { manager.close() }
        let run = try hub.startRun(
            rules: hub.path("rules"), ["--set", "reload.interval=\(interval)"],
            environment: ["NOTIFY_SOCKET": hub.path("notify")])
        do {
            try await hub.eventually("it is ready") { manager.count("READY") == 1 }
            try await body(run, manager)
        } catch {
            Issue.record("the log was:\n\(run.log)\nand the messages \(manager.messages)")
            run.signal(SIGKILL)
            throw error
        }
        let status = try await run.end()
        #expect(status == 0)
        try await hub.eventually("it says that it stops") { manager.count("STOPPING") == 1 }
    }

    /// An event of a category, and how many findings are shown when it has been judged.
    private static func expectFound(_ category: String, _ hub: HubFixture, _ run: CommandProcess) async throws {
        let before = run.shown
        try hub.append([Records.ofCategory(category)], partition: 0)
        try await hub.eventually("an event of \(category) is found") { run.shown == before + 1 }
    }

    /// Waits until the manager has heard of one more reload, begun and ended; what it was told at its end.
    private static func reload(
        _ hub: HubFixture, _ manager: FakeServiceManager, _ cause: () throws -> Void
    ) async throws -> String {
        let (begun, ready) = (manager.count("RELOADING"), manager.count("READY"))
        let earliest = Self.microseconds
        try cause()
        try await hub.eventually("the reload has ended") {
            manager.count("RELOADING") > begun && manager.count("READY") > ready
        }
        let messages = manager.messages
        let reloading = try #require(messages.last { $0["RELOADING"] == "1" })
        // systemd pairs the signal with the answer by this time.
        let told = try #require(reloading["MONOTONIC_USEC"].flatMap { Int64($0) })
        #expect((earliest...Self.microseconds).contains(told))
        return messages.last { $0["READY"] == "1" }?["STATUS"] ?? ""
    }

    /// The clock that all processes of the machine share, and that stands still while it sleeps.
    private static var microseconds: Int64 { Int64(DispatchTime.now().uptimeNanoseconds / 1000) }

    @Test func aSignalBringsOtherRules() async throws {
        try await HubFixture.with(partitions: 1) { hub in
            // No files are looked at: it is the signal that does it.
            try await Self.run(hub, interval: "0ms") { run, manager in
                try await Self.expectFound("Audit", hub, run)
                try hub.writeRule("first", id: 21, category: "RequestResponse")
                let status = try await Self.reload(hub, manager) { run.signal(SIGHUP) }
                #expect(status == "Reloaded")
                try await hub.eventually("it is logged") { run.log.contains("1 changed (first)") }
                try await Self.expectFound("RequestResponse", hub, run)
                let again = try await Self.reload(hub, manager) { run.signal(SIGHUP) }
                #expect(again == "Nothing has changed")
            }
            #expect(try hub.findingsByRule() == ["first": 2])
        }
    }

    @Test func aChangedFileBringsOtherRulesAndABrokenOneNone() async throws {
        try await HubFixture.with(partitions: 1) { hub in
            try await Self.run(hub, interval: "100ms") { run, manager in
                try await Self.expectFound("Audit", hub, run)
                let status = try await Self.reload(hub, manager) {
                    try hub.writeRule("first", id: 21, category: "Trace")
                }
                #expect(status == "Reloaded")
                try await Self.expectFound("Trace", hub, run)
                let bad = "title: bad\nlogsource:\n    product: azure\ndetection:\n    condition: missing\n"
                let refused = try await Self.reload(hub, manager) {
                    try bad.write(toFile: hub.path("rules/bad.yml"), atomically: true, encoding: .utf8)
                }
                #expect(refused.contains("refused"), "\(refused)")
                try await hub.eventually("it is named") { run.log.contains("\(hub.path("rules/bad.yml")):4:1:") }
                // The refusal is a finding of its own.
                try await hub.eventually("it is a finding") {
                    run.output.contains("New settings or rules were refused")
                }
                try await hub.eventually("the finding is whole") { run.shown == 3 }
                try await Self.expectFound("Trace", hub, run)
                let mended = try await Self.reload(hub, manager) {
                    try FileManager.default.removeItem(atPath: hub.path("rules/bad.yml"))
                }
                #expect(mended == "Nothing has changed")
                try await Self.expectFound("Trace", hub, run)
            }
            let counts = try hub.findingsByRule()
            #expect(counts == ["first": 4, "New settings or rules were refused": 1])
        }
    }
}
