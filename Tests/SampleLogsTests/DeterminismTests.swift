import Foundation
import Testing

@testable import SampleLogs

/// Goal: a sample is a pure function of its configuration, on every machine and in every build.
///
/// Method: compare runs, copies and seeds; pin the bytes of two samples by a checksum written here.
@Suite("Determinism")
struct DeterminismTests {
    /// FNV-1a over all bodies, each followed by a line feed.
    private func checksum(_ read: ReadBack) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for body in read.bodies {
            for byte in body + [0x0A] { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        }
        return hash
    }

    @Test("The same configuration gives the same bytes and the same ground truth")
    func same() throws {
        var configuration = configuration(seed: 99, records: 2_500)
        configuration.quirks = try QuirkRates(parsing: "all=0.01")
        let one = try ReadBack(configuration)
        let two = try ReadBack(configuration)
        #expect(one.bodies == two.bodies)
        #expect(one.expected == two.expected)
        configuration.seed = 100
        #expect(try ReadBack(configuration).bodies != one.bodies)
    }

    @Test("A copy of a generator continues like the original; a reused buffer changes nothing")
    func copies() throws {
        var generator = try LogGenerator(configuration(seed: 8, records: 2_000))
        for _ in 0..<20 { _ = generator.next() }
        var copy = generator
        var buffer: [UInt8] = []
        while let message = generator.next() {
            #expect(copy.next(into: &buffer) == message.facts)
            #expect(buffer == message.body)
        }
        #expect(copy.next(into: &buffer) == nil)
        #expect(buffer.isEmpty)
        #expect(copy.expected == generator.expected)
    }

    @Test("The bytes are those of the version that was checked in")
    func pinned() throws {
        var configuration = configuration(seed: 42, records: 2_000)
        let plain = checksum(try ReadBack(configuration))
        #expect(plain == 5_109_460_804_006_426_175)
        configuration.mix = try LogMix(parsing: "activity=1,openai=1,signin=1,noise=1")
        configuration.quirks = try QuirkRates(parsing: "all=0.05")
        configuration.keepsBodiesOnOneLine = false
        let odd = checksum(try ReadBack(configuration))
        #expect(odd == 4_712_121_715_269_412_342)
    }

    @Test("Random numbers are those of the published algorithm")
    func randomNumbers() {
        // SplitMix64 from 0 gives these words, as its author publishes them; xoshiro256++ starts from the first four.
        var random = SeededRandom(seed: 0)
        let words: [UInt64] = [
            0xE220_A839_7B1D_CDAF, 0x6E78_9E6A_A1B9_65F4, 0x06C4_5D18_8009_454F, 0xF88B_B8A8_724C_81EC,
        ]
        let sum = words[0] &+ words[3]
        #expect(random.next() == ((sum << 23) | (sum >> 41)) &+ words[0])
        #expect(random.below(0) == 0)
        #expect((0..<1_000).allSatisfy { _ in (0..<7).contains(random.below(7)) })
    }
}
