import DevBroker
import Foundation
import HubwatchRuntime
import Logging
import NIOCore
import NIOPosix
import SampleLogs
import StatusServer
import StatusSite
import Testing

/// Goal: a person who opens the page sees findings appear, in a browser that enforces the page's own policy.
///
/// Method: dev broker, hubwatch and server in one process, and headless Chromium on loopback; the page is asked through the
/// browser's debugging pipe. With `HUBWATCH_SCREENSHOTS=FOLDER` pictures are left there to look at.
@Suite(.timeLimit(.minutes(5)), .enabled(if: Browser.isWanted, Browser.reason)) struct StatusPageBrowserTests {
    /// The page of a running hubwatch; it is drawn at every beat of a clock.
    private static func served(_ hub: HubFixture, _ hubwatch: Hubwatch, _ body: (String) async throws -> Void)
        async throws
    {
        let site = StatusSite(statePath: hub.path("state.db")) { hubwatch.report() }
        let server = try await StatusServer.start(
            StatusServerConfiguration(port: 0), source: StatusSource(report: { hubwatch.report() }, metrics: { "" }),
            routes: site.routes, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let (beats, beat) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let clock = MultiThreadedEventLoopGroup.singleton.next().scheduleRepeatedTask(
            initialDelay: .zero, delay: .milliseconds(300)
        ) { _ in beat.yield() }
        let running = Task { await site.run { for await _ in beats { return } } }
        do {
            try await body("http://127.0.0.1:\(server.port)/")
        } catch {
            clock.cancel()
            running.cancel()
            await server.shutdown()
            throw error
        }
        clock.cancel()
        running.cancel()
        await running.value
        await server.shutdown()
    }

    @Test func findingsAppearWhileSomebodyLooks() async throws {
        try await HubFixture.with { hub in
            try await hub.whileRunning { hubwatch in
                try await Self.served(hub, hubwatch) { url in
                    try await Browser.with { browser in
                        try await browser.go(to: url)
                        try await browser.wait(until: "document.getElementById('live').textContent === 'live'")
                        try await browser.wait(
                            until: "document.getElementById('findings').textContent.includes('None yet')")
                        _ = try await browser.value("window.sameDocument = true")
                        let expected = try hub.appendSample(seed: 7)
                        let findings = expected.keyListings.count + expected.modelThefts.count
                        try await browser.wait(
                            until: "document.querySelectorAll('#findings details').length >= \(findings)"
                        )
                        #expect(try await browser.value("window.sameDocument") == "true")
                        try await Self.staysOpen(browser, hub)
                        try await Self.fits(browser)
                        #expect(await browser.complaints == [])
                    }
                }
            }
        }
    }

    /// A reader who lets no script run has a page that loads itself anew, and says so.
    @Test func withoutScriptsThePageReloadsItself() async throws {
        try await HubFixture.with { hub in
            try await hub.whileRunning { hubwatch in
                try await Self.served(hub, hubwatch) { url in
                    try await Browser.with { browser in
                        try await browser.allowScripts(false)
                        let before = await browser.loadCount
                        try await browser.go(to: url)
                        try await browser.wait(forLoad: before + 1)
                        let live = try await browser.value("document.getElementById('live').textContent")
                        #expect(live == "\"reloads every 10 s\"")
                        let found = "document.querySelectorAll('#findings details').length"
                        #expect(try await browser.value(found) == "0")
                        try hub.append([Records.keyListing(correlation: "seen")], partition: 0)
                        try await hub.eventually("it is found") { try hub.findings().count == 1 }
                        // What was loaded in the meantime may be of before.
                        repeat {
                            try await browser.wait(forLoad: browser.loadCount + 1)
                        } while try await browser.value(found) == "0"
                        #expect(try await browser.value(found) == "1")
                        // Findings open without a script.
                        let open =
                            "(d => { d.querySelector('summary').click(); return d.open; })"
                            + "(document.querySelector('#findings details'))"
                        #expect(try await browser.value(open) == "true")
                        #expect(await browser.complaints == [])
                    }
                }
            }
        }
    }

    /// What is opened stays open and keeps the keyboard, although the section around it is replaced.
    private static func staysOpen(_ browser: Browser, _ hub: HubFixture) async throws {
        _ = try await browser.value(
            """
            (() => { const first = document.querySelector('#findings details');
              first.open = true; first.querySelector('summary').focus(); window.opened = first.id;
              window.count = document.querySelectorAll('#findings details').length; })()
            """)
        _ = try hub.appendSample(seed: 8)
        try await browser.wait(until: "document.querySelectorAll('#findings details').length > window.count")
        let state = try await browser.value(
            "[document.getElementById(window.opened).open, document.activeElement.closest('details')?.id === window.opened]"
        )
        #expect(state == "[true,true]")
        let facts = try await browser.value(
            "document.getElementById(window.opened).querySelector('.facts').textContent.length > 50")
        #expect(facts == "true")
    }

    /// Nothing is wider than the window, in every form in which the page is shown.
    private static func fits(_ browser: Browser) async throws {
        for (width, height) in [(1280, 900), (400, 800)] {
            for dark in [false, true] {
                try await browser.show(width: width, height: height, dark: dark)
                let room = try await browser.value("document.documentElement.scrollWidth")
                #expect(room == "\(width)")
                let ground = try await browser.value("getComputedStyle(document.body).backgroundColor")
                #expect(ground == (dark ? "\"rgb(19, 21, 24)\"" : "\"rgb(252, 252, 251)\""))
                guard let folder = ProcessInfo.processInfo.environment["HUBWATCH_SCREENSHOTS"] else { continue }
                try await browser.picture().write(
                    to: URL(filePath: folder).appending(path: "page-\(width)-\(dark ? "dark" : "light").png"))
            }
        }
    }
}
