import DevBroker
import Foundation
import HubwatchRuntime
import StateStore
import Testing

/// Goal: what has hurt others in production does not hurt here: after every fault all findings are there, each once.
///
/// Method: the table of situations, each made by a script of faults of the dev broker, over real sockets, with the whole of hubwatch;
/// every listing is one finding, so that the set of findings says exactly what was read.
@Suite(.timeLimit(.minutes(2)), .serialized) struct FieldReportTests {
    @Test(arguments: FieldReport.all.filter { !$0.script.isEmpty }) func findingsAreCompleteAndOnce(report: FieldReport)
        async throws
    {
        try await HubFixture.with(partitions: 2) { hub in
            hub.broker.install(try FaultScript(parsing: report.script))
            var ids = try hub.appendListings(FieldReport.listings, partition: 0)
            ids.formUnion(try hub.appendListings(FieldReport.listings, partition: 1))
            let settings = ["source.prefetch": "60"].merging(report.settings) { $1 }
            try await hub.whileRunning(settings, adjust: QuickTimes.all) { hubwatch in
                try await hub.findingsShown(ids.count)
                try await hub.eventually("both partitions are read to their end, on their links") {
                    hubwatch.status.snapshot.partitions.values.allSatisfy { $0.isAttached && $0.isCaughtUp }
                }
                // It still works: nothing waits for an operator.
                for partition in 0..<2 { ids.formUnion(try hub.appendListings(1, partition: partition, from: 1000)) }
                try await hub.findingsShown(ids.count)
            }
            try await hub.expectEachOnce(ids)
            let letters = try await hub.state { try await $0.deadLetterCounts() }
            #expect(letters.stored == Int64(report.deadLetters))
            #expect(try await hub.state { try await $0.gaps(of: nil, limit: 10) }.isEmpty)
            let fired = try #require(hub.broker.faultReport)
            #expect(fired.faults.allSatisfy { $0.fired > 0 }, "the script did not happen: \(fired)")
            for text in report.logged { #expect(hub.log.contains(text), "the log does not say `\(text)`") }
        }
    }
}
