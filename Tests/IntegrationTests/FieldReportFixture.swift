import DevBroker
import EventHubs
import EventHubsClient
import Foundation
import HubwatchRuntime
import Logging
import NIOPosix
import StateStore
import Synchronization
import Testing

/// What a dev broker has seen of its clients.
final class SeenFacts: Sendable {
    private struct State: Sendable {
        var attaches: [BrokerFact] = []
        var counts: [BrokerFact.Kind: Int] = [:]
        var facts: FactSignal?
    }

    private let state = Mutex(State())

    /// Every attach so far, in order.
    var attaches: [BrokerFact] { state.withLock(\.attaches) }
    /// How many facts of a kind there were.
    func count(_ kind: BrokerFact.Kind) -> Int { state.withLock { $0.counts[kind] ?? 0 } }

    /// Attaches of one partition.
    func attaches(of partition: Int) -> Int {
        attaches.count {
            if case .attach(let place, _, _, _, _) = $0 { place.partition == String(partition) } else { false }
        }
    }

    func announce(to facts: FactSignal) { state.withLock { $0.facts = facts } }

    func note(_ fact: BrokerFact) {
        let facts = state.withLock { state in
            state.counts[fact.kind, default: 0] += 1
            if fact.kind == .attach { state.attaches.append(fact) }
            return state.facts
        }
        facts?.changed()
    }
}

/// Times for tests that would otherwise wait for those of production.
enum QuickTimes {
    /// Everything that is waited for in seconds or minutes takes fractions of a second.
    static let all: @Sendable (inout EventHubsConfiguration) -> Void = { client in
        client.quietInterval = .milliseconds(100)
        client.stallDeadline = .milliseconds(700)
        client.requestTimeout = .seconds(1)
        client.receiverTiming.attachTimeout = .seconds(2)
        client.receiverTiming.detachTimeout = .seconds(1)
        client.receiverTiming.stolenPause = .milliseconds(500)
        client.receiverTiming.settingsPause = .milliseconds(500)
        client.receiverTiming.backoff = Backoff(first: .milliseconds(20), longest: .seconds(1))
        client.connectionTiming.backoff = Backoff(first: .milliseconds(20), longest: .seconds(1))
        client.connectionTiming.settingsPause = .milliseconds(500)
        client.connectionTiming.openTimeout = .seconds(2)
    }

    /// As `all`, but a stolen partition stays so for ten minutes.
    static let stolenForLong: @Sendable (inout EventHubsConfiguration) -> Void = { client in
        all(&client)
        client.receiverTiming.stolenPause = .seconds(600)
    }
}

extension HubFixture {
    /// Appends key listings, each of which is one finding; their correlation ids.
    @discardableResult
    func appendListings(_ count: Int, partition: Int, from first: Int = 0) throws -> Set<String> {
        let ids = (first..<first + count).map { "p\(partition)-\($0)" }
        try append(ids.map { Records.keyListing(correlation: $0) }, partition: partition)
        return Set(ids)
    }

    /// The correlation ids of the findings that a file opens, with repeats.
    func openedFindings(in file: String = "findings.ndjson") throws -> [String] {
        let text = (try? String(contentsOfFile: path(file), encoding: .utf8)) ?? ""
        return try text.split(separator: "\n").compactMap { line in
            let finding = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            guard finding["activity_id"] as? Int == 1 else { return nil }
            return (finding["metadata"] as? [String: Any])?["correlation_uid"] as? String
        }
    }

    /// How many findings of a built-in rule were opened.
    func operational(_ rule: String) throws -> Int {
        try findings().count { finding in
            let info = finding["finding_info"] as? [String: Any]
            let analytic = info?["analytic"] as? [String: Any]
            return analytic?["uid"] as? String == rule && finding["activity_id"] as? Int == 1
        }
    }

    /// Every one of these listings was found, each once, in the file as in the journal.
    func expectEachOnce(_ ids: Set<String>, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let opened = try openedFindings()
        #expect(Set(opened) == ids, "missing: \(ids.subtracting(opened).sorted())", sourceLocation: sourceLocation)
        #expect(opened.count == ids.count, "something was found twice", sourceLocation: sourceLocation)
        let rows = try await state { try await $0.journal(after: 0, limit: 100_000) }
        // What hubwatch says of itself (a gap, a stolen partition) is counted by the tests that are about it.
        let judged = rows.count { !$0.draft.ruleID.hasPrefix("hubwatch.") }
        #expect(judged == ids.count, "rows of the journal", sourceLocation: sourceLocation)
    }

    /// Waits until a run has shown so many findings, over all runs.
    func findingsShown(_ count: Int) async throws {
        try await eventually("\(count) findings") { self.shown >= count }
    }

    /// Another broker on the same port and folder, as after a restart.
    func restartedBroker(data: String) async throws -> DevBroker {
        var logger = Logger(label: "broker")
        logger.logLevel = .error
        let broker = try DevBroker(
            configuration: DevBrokerConfiguration(
                listeners: [.init(port: port)], dataFolder: path(data), observer: { self.seen.note($0) }),
            group: MultiThreadedEventLoopGroup.singleton, logger: logger)
        _ = try await broker.start()
        return broker
    }
}
