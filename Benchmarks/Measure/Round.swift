import CAllocationCount
import Foundation

/// What one round of one variant took.
struct Round: Codable {
    /// Time on the clock, in seconds.
    var seconds = 0.0
    /// Time on the processor of this thread, in seconds: what other programs do shows less in it.
    var cpu = 0.0
    var bytes = 0
    var records = 0
    var messages = 0
    /// Calls of the allocator.
    var allocations: UInt64 = 0
    /// What the round found, to see that variants do the same work.
    var matches = 0
    /// Further figures by name.
    var extra: [String: Double] = [:]
}

/// Clocks and counters around a piece of work on one thread.
struct Meter {
    private let start = ContinuousClock.now
    private let cpu = Meter.threadSeconds
    private let allocations = hubwatch_allocations()

    static var threadSeconds: Double { seconds(CLOCK_THREAD_CPUTIME_ID) }
    static var processSeconds: Double { seconds(CLOCK_PROCESS_CPUTIME_ID) }

    private static func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Puts what it took since the meter was made into a round.
    func read(into round: inout Round) {
        round.allocations = hubwatch_allocations() - allocations
        round.cpu = Meter.threadSeconds - cpu
        round.seconds = start.duration(to: .now).inSeconds
    }
}

extension Duration {
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}

/// Answers the driver: a line with a variant's name on standard input is answered by its round.
enum RoundLoop {
    static func answer(
        _ variants: [String], facts: [String: String] = [:], _ run: (String) async throws -> Round
    ) async throws {
        struct Start: Encodable {
            var variants: [String]
            var facts: [String: String]
        }
        try write(Start(variants: variants, facts: facts))
        while let name = readLine() { try write(await run(name)) }
    }

    static func write(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var bytes = Array(try encoder.encode(value))
        bytes.append(UInt8(ascii: "\n"))
        var at = 0
        while at < bytes.count {
            let count = bytes[at...].withUnsafeBytes { Glibc.write(1, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            at += count
        }
    }
}

/// Why a measurement cannot be taken.
struct MeasureFailure: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}
