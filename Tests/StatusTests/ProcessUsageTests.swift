import Foundation
import PrometheusMetrics
import StatusReport
import Synchronization
import Testing

@testable import HubwatchMetrics

/// A process that uses something of everything.
func sampleUsage() -> ProcessUsage {
    var usage = ProcessUsage(ProcessUsage.Texts())
    usage.startSeconds = 1_000.25
    usage.residentBytes = 4_096
    usage.processorSeconds = 1.5
    usage.openFiles = 12
    usage.openFilesMax = 1_024
    return usage
}

/// Goal: what a process uses of its machine comes out of the kernel's texts exactly, or not at all; and this process's own is really read.
///
/// Method: texts as Linux writes them; then the files of this process.
@Suite struct ProcessUsageTests {
    private static let report = StatusReport(
        process: .init(version: "1", host: "node", startedMs: 0, reportedMs: 1),
        source: .init(namespace: "ns", hub: "logs", consumerGroup: "g"), readiness: .init(phase: .running, reasons: []))

    private static func texts() -> ProcessUsage.Texts {
        var texts = ProcessUsage.Texts()
        // The name of a program may hold what separates fields.
        texts.process =
            "812 (a ) 1 2 b) S 1 812 812 0 -1 4194560 5000 0 3 0 1234 66 0 0 20 0 7 0 4321 123456789 2500 18446744073709551615 1 1\n"
        texts.system = "cpu  1 2 3\nintr 5\nctxt 9\nbtime 1700000000\nprocesses 7\n"
        texts.limits = """
            Limit                     Soft Limit           Hard Limit           Units
            Max cpu time              unlimited            unlimited            seconds
            Max open files            1024                 1048576              files
            """
        texts.openFiles = 17
        texts.ticksPerSecond = 100
        texts.pageBytes = 4096
        return texts
    }

    @Test func everythingIsRead() {
        let usage = ProcessUsage(Self.texts())
        #expect(usage.processorSeconds == 13)
        #expect(usage.residentBytes == 10_240_000.0)
        #expect(usage.startSeconds == 1_700_000_043.21)
        #expect(usage.openFiles == 17 && usage.openFilesMax == 1024)
    }

    @Test func noLimitIsInfinite() {
        var texts = Self.texts()
        texts.limits = "Max open files            unlimited            unlimited            files\n"
        #expect(ProcessUsage(texts).openFilesMax == .infinity)
    }

    @Test(arguments: [
        "", "812", "812 (x", "812 (x) S", "812 (x) S 1 2 3", ") a b c d e f g h i j k l m n o p q r s t u v",
    ])
    func whatIsNotThereIsNotTold(text: String) {
        var texts = ProcessUsage.Texts()
        texts.process = text
        texts.system = "btime soon"
        texts.limits = "Max open files"
        #expect(ProcessUsage(texts) == ProcessUsage(ProcessUsage.Texts()))
        let samples = ReportSamples(Self.report, ProcessUsage(texts))
        #expect(!samples.gauges.contains { $0.name.hasPrefix("process_") } && samples.realCounters.isEmpty)
    }

    @Test func theTextIsWhatPrometheusExpects() {
        let registry = PrometheusRegistry(families: MetricCatalog.families)
        let usage = Mutex(sampleUsage())
        let metrics = RunMetrics(factory: registry) { usage.withLock { $0 } }
        metrics.publish(Self.report)
        usage.withLock {
            $0.processorSeconds = 2.25
            $0.residentBytes = 1_024
            $0.openFilesMax = .infinity
        }
        metrics.publish(Self.report)
        let text = registry.text()
        for line in [
            "# TYPE process_cpu_seconds_total counter", "process_cpu_seconds_total 2.25",
            "process_resident_memory_bytes 1024", "process_open_fds 12", "process_max_fds +Inf",
            "process_start_time_seconds 1000.25",
        ] {
            #expect(text.contains("\n\(line)\n"), "\(line) in \(text)")
        }
    }

    #if os(Linux)
        @Test func thisProcessIsRead() throws {
            let before = ProcessFiles.usage()
            let start = try #require(before.startSeconds)
            #expect(start > 1_500_000_000 && start < Date().timeIntervalSince1970 + 2)
            #expect(try #require(before.residentBytes) > 1_000_000)
            // Standard input, output and error, and more.
            #expect(try #require(before.openFiles) >= 3)
            #expect(try #require(before.openFilesMax) >= #require(before.openFiles))
            // Looking takes time, and the time is counted: this ends.
            var after = before
            while try #require(after.processorSeconds) <= before.processorSeconds ?? 0 { after = ProcessFiles.usage() }
            #expect(after.startSeconds == before.startSeconds)
        }
    #endif
}
