import Diagnosis
import Foundation
import Testing

/// Goal: every fault that keeps hubwatch from working is named, with what was seen and what to do.
///
/// Method: each fault is planted for real (brokers, sockets, certificates, files), and the whole plan is carried out.
@Suite(.timeLimit(.minutes(5)), .serialized) struct SeededFaultTests {
    @Test(arguments: SeededFault.all) func isNamed(_ fault: SeededFault) async throws {
        let report = try await Ward.with { try await fault.plant($0) }
        let sighting = report.results.flatMap(\.sightings).first { $0.symptom.name.hasPrefix(fault.symptom) }
        let found = try #require(sighting, "\(report.text)")
        let said = found.seen + " " + found.remedy
        for word in fault.words { #expect(said.contains(word), "\(said)") }
        #expect(!said.contains("{"), "a figure is missing: \(said)")
        #expect(!report.text.contains(Ward.key) && !report.text.contains("CANARY"), "\(report.text)")
        #expect(found.remedy.isEmpty == false)
        // A failure must be the first, or it would be taken for a consequence.
        if found.symptom.verdict == .failed {
            #expect(report.firstFailure?.check == found.symptom.check, "\(report.text)")
            #expect(report.exitCode(strict: false) == found.symptom.exit?.rawValue)
        } else {
            #expect(report.exitCode(strict: true) != 0)
        }
    }

    @Test func theTableOfTheDocumentationIsComplete() throws {
        let text = try String(contentsOf: Ward.root.appending(path: "docs/doctor.md"), encoding: .utf8)
        #expect(SeededFault.all.count >= 90)
        for fault in SeededFault.all {
            #expect(text.contains("| \(fault.name) |"), "\(fault.name) is missing in docs/doctor.md")
        }
    }
}
