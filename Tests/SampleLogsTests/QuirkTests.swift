import Foundation
import Testing

@testable import SampleLogs

/// Goal: each quirk does what it says to the bytes.
///
/// Method: one sample per quirk at rate 1 or nearly so, looked at for the mark of that quirk.
@Suite("Quirks")
struct QuirkTests {
    private func sample(_ quirk: Quirk) throws -> ReadBack {
        var configuration = configuration(seed: 6, records: 1_500)
        configuration.attacks = .none
        configuration.mix = try LogMix(parsing: "activity=1,openai=1,signin=1,noise=1")
        configuration.quirks[quirk] = 500_000
        configuration.keepsBodiesOnOneLine = false
        return try ReadBack(configuration)
    }

    @Test("Every quirk happens and is counted", arguments: Quirk.allCases)
    func happens(quirk: Quirk) throws {
        let read = try sample(quirk)
        #expect(read.expected.quirks.map(\.quirk) == [quirk])
        #expect(read.expected.quirks.allSatisfy { $0.count > 5 })
        let readable: Set<Quirk> = [
            .stringProperties, .restShape, .pascalNames, .usTime, .offsetTime, .lowerResource, .emptyName,
            .singleQuotesInString, .bareArray, .singleObject, .lines, .nestedEnvelope, .doubleEncoded, .byteOrderMark,
        ]
        if readable.contains(quirk) {
            #expect(read.unread.isEmpty)
            #expect(read.records.count == 1_500)
        } else {
            #expect(!read.unread.isEmpty)
        }
        #expect(read.expected.tornRecords == (quirk == .truncated ? read.expected.quirks[0].count : 0))
    }

    @Test("Records show the quirk's mark")
    func marks() throws {
        func share(_ quirk: Quirk, _ holds: (ReadRecord) -> Bool) throws -> Double {
            let read = try sample(quirk)
            return Double(read.records.filter(holds).count) / Double(read.records.count)
        }
        let usTime = /\d{1,2}\/\d{1,2}\/\d{4} \d{1,2}:\d\d:\d\d [AP]M/
        #expect(try share(.usTime) { (try? usTime.wholeMatch(in: $0.text("time"))) != nil } > 0.4)
        #expect(try share(.offsetTime) { $0.text("time").hasSuffix("+00:00") } > 0.4)
        #expect(try share(.stringProperties) { $0.member("properties") is String } > 0.4)
        #expect(
            try share(.singleQuotesInString) { ($0.member("properties") as? String)?.hasPrefix("{'") == true } > 0.3)
        #expect(try share(.pascalNames) { $0.members["Category"] != nil } > 0.35)
        #expect(try share(.emptyName) { $0.members[""] != nil } > 0.4)
        #expect(try share(.restShape) { $0.members["eventTimestamp"] != nil } > 0.08)
        #expect(try share(.lowerResource) { $0.text("resourceId") == $0.text("resourceId").lowercased() } > 0.4)
    }
}
