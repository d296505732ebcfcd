import Detection
import DevBroker
import Foundation
import HubwatchRuntime
import SampleLogs
import Testing

/// Goal: reloads under load change nothing for the rules that stay: the closed findings are those of an undisturbed run, each
/// once, and every message is folded once.
///
/// Method: sample logs are published in pieces while rules beside them come, go and change; a second hubwatch then reads the
/// same hub undisturbed. The broker's clock runs ahead at the end, so that every window closes in both.
@Suite(.timeLimit(.minutes(5))) struct ReloadUnderLoadTests {
    private static let rounds = 12
    private static let partitions = 4

    @Test func theFindingsAreThoseOfAnUndisturbedRun() async throws {
        let clock = BrokerClock()
        try await HubFixture.with(partitions: Self.partitions, adjusting: { $0.clock = { clock.now } }) { hub in
            let rules = HubFixture.root.appending(path: "Config/rules").path
            var pieces = try Self.pieces()
            let settings = ["rules.paths": "\(rules),\(hub.path("rules"))"]
            try hub.writeRule("beside", id: 10, category: "Nothing")
            try await hub.whileReloading(settings) { hubwatch, control in
                for round in 0..<Self.rounds {
                    // A third before the request, a third while it is worked on, a third behind it.
                    try Self.append(pieces.removeFirst(), hub)
                    try hub.writeRule("beside", id: 10 + round % 3, category: "Nothing\(round)")
                    let before = control.outcomes.count
                    control.ask()
                    try Self.append(pieces.removeFirst(), hub)
                    try await hub.eventually("round \(round)") { control.outcomes.count > before }
                    #expect(control.outcomes.last == "taken")
                    try Self.append(pieces.removeFirst(), hub)
                }
                clock.step(seconds: 3 * 3600)
                for partition in 0..<Self.partitions {
                    try hub.append([Records.keyListing(correlation: "last-\(partition)")], partition: partition)
                }
                let published = hub.broker.published
                try await hub.eventually("all is read") { hubwatch.status.snapshot.messages >= published }
                #expect(hubwatch.status.snapshot.messages == published, "every message is folded once")
                #expect(hubwatch.status.snapshot.counters.redelivered == 0)
                #expect(hubwatch.status.snapshot.reloads == Int64(Self.rounds))
            }
            print("reload: \(Self.pauses(hub.log))")
            let other = ["state.path": hub.path("other.db"), "findings.file": hub.path("other.ndjson")]
            try await hub.runToEnd(settings.merging(other) { $1 })
            let disturbed = try Self.closed(hub.path("findings.ndjson"))
            let undisturbed = try Self.closed(hub.path("other.ndjson"))
            #expect(!undisturbed.isEmpty)
            #expect(disturbed.sorted() == undisturbed.sorted())
            #expect(Set(disturbed).count == disturbed.count, "each once")
            #expect(undisturbed.contains { $0.contains("key_listings") }, "windows have closed")
        }
    }

    private static func append(_ piece: [(body: [UInt8], partition: Int)], _ hub: HubFixture) throws {
        for (body, partition) in piece { try hub.append([body], partition: partition) }
    }

    /// The sample in as many pieces as are published.
    private static func pieces() throws -> [[(body: [UInt8], partition: Int)]] {
        var configuration = LogGenerator.Configuration(
            seed: 11, records: 12_000, start: EventTime(seconds: Int64(Date().timeIntervalSince1970) - 3000))
        configuration.span = .seconds(2900)
        configuration.keepsBodiesOnOneLine = false
        var generator = try LogGenerator(configuration)
        var messages: [(body: [UInt8], partition: Int)] = []
        while let message = generator.next() {
            messages.append((message.body, message.facts.index % Self.partitions))
        }
        let count = rounds * 3
        let size = (messages.count + count - 1) / count
        return (0..<count).map { Array(messages.dropFirst($0 * size).prefix(size)) }
    }

    /// What a closed finding, or one that is final at once, says that no time of processing is part of.
    private static func closed(_ path: String) throws -> [String] {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        return try text.split(separator: "\n").compactMap { line in
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
            let finding = try #require(object as? [String: Any])
            let unmapped = finding["unmapped"] as? [String: Any]
            let info = try #require(finding["finding_info"] as? [String: Any])
            let isWindow = (unmapped?["group"] as? [String: Any])?.isEmpty == false
            let activity = finding["activity_id"] as? Int
            guard activity == (isWindow ? 3 : 1) else { return nil }
            let kept: [String: Any] = [
                "uid": info["uid"] ?? "", "count": finding["count"] ?? 0, "group": unmapped?["group"] ?? "",
                "values": unmapped?["values"] ?? "",
            ]
            return String(
                decoding: try JSONSerialization.data(withJSONObject: kept, options: .sortedKeys), as: UTF8.self)
        }
    }

    private static func pauses(_ log: RecordedLog) -> String {
        let pauses = log.lines.compactMap { line in
            line.split(separator: "Reading again, after ").last.flatMap { Int($0.prefix { $0.isNumber }) }
        }.sorted()
        guard let least = pauses.first, let most = pauses.last else { return "no pause was seen" }
        return "\(pauses.count) pauses, \(least) to \(most) ms, median \(pauses[pauses.count / 2]) ms"
    }
}

extension DevBroker {
    /// Messages in all partitions of all hubs.
    fileprivate var published: Int64 {
        hubs.reduce(0) { sum, hub in
            hub.partitions.reduce(sum) { $0 + $1.lastSequenceNumber + 1 }
        }
    }
}
