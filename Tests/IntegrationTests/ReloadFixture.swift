import Foundation
import HubwatchConfiguration
import HubwatchRuntime
import Synchronization
import Testing

/// Asks a running hubwatch to reload, and knows what became of it.
final class ReloadControl: Sendable {
    private struct State {
        var settings: [String: String]
        var events: [String] = []
    }

    private let hub: HubFixture
    private let state: Mutex<State>
    private let requests: AsyncStream<Reloading.Cause>
    private let request: AsyncStream<Reloading.Cause>.Continuation

    init(_ hub: HubFixture, _ settings: [String: String]) {
        self.hub = hub
        state = Mutex(State(settings: settings))
        (requests, request) = AsyncStream.makeStream()
    }

    /// What became of the requests so far: `taken`, `unchanged`, or `refused` with the reasons.
    var outcomes: [String] { state.withLock { $0.events } }

    /// Asks, and goes on.
    func ask(_ settings: [String: String]? = nil) {
        if let settings { state.withLock { $0.settings = settings } }
        request.yield(.asked)
    }

    /// Asks, and returns what became of it.
    @discardableResult
    func reload(_ settings: [String: String]? = nil) async throws -> String {
        let before = outcomes.count
        ask(settings)
        try await hub.eventually("the reload has ended") { self.outcomes.count > before }
        return outcomes[before]
    }

    func reloading() throws -> Reloading {
        Reloading(
            initial: try hub.given(state.withLock { $0.settings }), requests: requests,
            read: { () throws(ConfigurationError) in try self.hub.given(self.state.withLock { $0.settings }) },
            note: { event in
                let text: String? =
                    switch event {
                    case .began: nil
                    case .taken: "taken"
                    case .unchanged: "unchanged"
                    case .refused(let reasons): "refused: \(reasons.joined(separator: "\n"))"
                    }
                guard let text else { return }
                self.state.withLock { $0.events.append(text) }
                self.hub.facts.changed()
            })
    }
}

extension HubFixture {
    /// Runs a body beside a running hubwatch that can be told to reload, then stops it orderly.
    func whileReloading(
        _ settings: [String: String] = [:], _ body: (Hubwatch, ReloadControl) async throws -> Void
    ) async throws {
        let hubwatch = try hubwatch(settings)
        let control = ReloadControl(self, settings)
        let reloading = try control.reloading()
        let (stops, stop) = AsyncStream.makeStream(of: Void.self)
        let run = Task { () -> HubwatchError? in
            do throws(HubwatchError) {
                try await hubwatch.run(reloading: reloading) { for await _ in stops { return } }
                return nil
            } catch {
                return error
            }
        }
        do {
            try await eventually("it reads") { hubwatch.status.snapshot.isReading }
            try await body(hubwatch, control)
        } catch {
            stop.finish()
            _ = await run.value
            throw error
        }
        stop.finish()
        if let error = await run.value { throw error }
    }

    /// A rule that finds every record of a category, in a folder of rules.
    func writeRule(_ name: String, id: Int, category: String = "Audit", folder: String = "rules") throws {
        let rule = """
            title: \(name)
            id: 5b8f6f0e-8f4b-4a5e-9f39-0000000000\(id)
            status: test
            logsource:
                product: azure
            detection:
                selection:
                    category: \(category)
                condition: selection
            level: low
            """
        try FileManager.default.createDirectory(atPath: path(folder), withIntermediateDirectories: true)
        try rule.write(toFile: path("\(folder)/\(name).yml"), atomically: true, encoding: .utf8)
    }

    /// How many findings the file holds, by the title of their rule.
    func findingsByRule() throws -> [String: Int] {
        var counts: [String: Int] = [:]
        for finding in try findings() {
            let analytic = (finding["finding_info"] as? [String: Any])?["analytic"] as? [String: Any]
            counts[analytic?["name"] as? String ?? "?", default: 0] += 1
        }
        return counts
    }
}
