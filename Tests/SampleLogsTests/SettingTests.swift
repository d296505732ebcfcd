import Foundation
import Testing

@testable import SampleLogs

/// Goal: settings given as text are read exactly or refused with what would be accepted.
///
/// Method: tables of texts.
@Suite("Settings")
struct SettingTests {
    @Test("Mixes")
    func mixes() throws {
        let mix = try LogMix(parsing: " Activity=40, openai=50 ,signin=10")
        #expect(mix.activity == 4_000 && mix.openAI == 5_000 && mix.signIn == 1_000 && mix.noise == 0)
        #expect(mix.audit == 300 && mix.requestResponse == 4_200 && mix.trace == 500)
        #expect(try LogMix(parsing: "audit=2,openai=1").audit == 206)
    }

    @Test(
        "Refused mixes",
        arguments: ["", "activity", "activity=-1", "activity=x", "activty=3", "noise=0", "noise=1,noise=2"])
    func refusedMixes(text: String) {
        let error = #expect(throws: SampleLogsError.self) { try LogMix(parsing: text) }
        #expect(error?.setting == "mix")
        #expect(error?.description.contains("openai") == true)
    }

    @Test("Quirk rates")
    func quirks() throws {
        #expect(try QuirkRates(parsing: "none") == .none)
        #expect(try QuirkRates(parsing: "") == .none)
        let all = try QuirkRates(parsing: "all,truncated=0,us-time=0.25")
        #expect(all[.bareArray] == 5_000 && all[.truncated] == 0 && all[.usTime] == 250_000)
        #expect(try QuirkRates(parsing: "lines")[.lines] == 10_000)
    }

    @Test("Refused quirk rates", arguments: ["bogus", "lines=2", "lines=-0.1", "lines=nan", "all=x"])
    func refusedQuirks(text: String) {
        let error = #expect(throws: SampleLogsError.self) { try QuirkRates(parsing: text) }
        #expect(error?.description.contains("bare-array") == true)
    }

    @Test("Attack plans")
    func attacks() throws {
        let plan = try AttackPlan(parsing: "keys=3,thefts=2,near-misses=yes")
        #expect(plan == .standard)
        #expect(try AttackPlan(parsing: "none") == .none)
        #expect(try AttackPlan(parsing: "transfers").largeTransfers == 1)
        for text in ["keys=-1", "theft=1", "keys=100000", "near-misses=maybe"] {
            #expect(throws: SampleLogsError.self) { try AttackPlan(parsing: text) }
        }
    }

    @Test("Numbers out of range are refused, the borders are not")
    func ranges() throws {
        var wrong = configuration(seed: 1, records: -1)
        #expect(throws: SampleLogsError.self) { try LogGenerator(wrong) }
        wrong = configuration(seed: 1, records: 1)
        wrong.span = .seconds(-1)
        #expect(throws: SampleLogsError.self) { try LogGenerator(wrong) }
        wrong = configuration(seed: 1, records: 1)
        wrong.start = EventTime(seconds: .max)
        #expect(throws: SampleLogsError.self) { try LogGenerator(wrong) }
        wrong = configuration(seed: 1, records: 1)
        wrong.recordsPerMessage = 0...4
        #expect(throws: SampleLogsError.self) { try LogGenerator(wrong) }

        var empty = configuration(seed: 1, records: 0)
        empty.attacks = .none
        #expect(try ReadBack(empty).bodies.isEmpty)
        var instant = configuration(seed: 1, records: 500)
        instant.span = .zero
        instant.attacks = AttackPlan(keyListings: 2)
        instant.bodyBytesMax = 0
        instant.quirks = try QuirkRates(parsing: "plain-text=1")
        let read = try ReadBack(instant)
        #expect(read.expected.records == 500)
        #expect(read.facts.filter { $0.quirk == .plainText }.count > 100)
    }
}
