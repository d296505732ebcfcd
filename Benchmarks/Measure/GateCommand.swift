import ArgumentParser
import CAllocationCount
import Foundation

/// Counts what the hot paths cost in instructions and allocations, and compares with the thresholds in the repository.
///
/// No clock is read: the counts are the same on a busy machine and on an idle one.
struct GateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gate", abstract: "Compare instruction and allocation counts of hot paths with stored thresholds.",
        discussion: "Needs valgrind. Exits 1 when a count is above its threshold by more than the tolerance.")

    @Option(help: "File of thresholds.") var thresholds = "Benchmarks/thresholds.json"
    @Option(help: "How much more than the threshold is let pass, in percent.") var tolerance = 5.0
    @Option(help: "Rule files.") var rules = "Config/rules"
    @Flag(help: "Write what was counted as the new thresholds.") var update = false
    @Option(help: ArgumentHelp("Run this path and nothing else; for the gate itself.", visibility: .private))
    var path: String?

    /// The kernel of simdjson that runs everywhere where x86-64 runs: counts must not depend on the processor.
    private static let kernel = "westmere"

    struct Counts: Codable {
        var instructions: Int64
        var allocations: Int64
    }

    func run() throws {
        if let path { return try runPath(path) }
        let stored = try storedThresholds()
        let program = NSTemporaryDirectory() + "hubwatch-gate-\(getpid())"
        defer { try? FileManager.default.removeItem(atPath: program) }
        // valgrind gives up on debugging information that is newer than it; the names of functions stay.
        let strip = try Self.output(of: ["strip", "--strip-debug", "-o", program, CommandLine.arguments[0]], [:])
        guard strip.status == 0 else { throw MeasureFailure("strip (binutils) failed: \(strip.text)") }
        var counted: [String: Counts] = [:]
        var isAbove = false
        print("path                 instructions        threshold   allocations  threshold")
        for name in HotPath.names {
            let counts = try count(name, program)
            counted[name] = counts
            let limit = stored[name]
            let verdict = limit.map { self.verdict(counts, $0) } ?? (update ? "" : "no threshold")
            isAbove = isAbove || (!verdict.isEmpty && !verdict.hasPrefix("fewer"))
            print(
                Self.padded(name, 18), Self.right("\(counts.instructions)", 15),
                Self.right(limit.map { "\($0.instructions)" } ?? "-", 16), Self.right("\(counts.allocations)", 13),
                Self.right(limit.map { "\($0.allocations)" } ?? "-", 10), verdict)
        }
        if update {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            try (try encoder.encode(counted) + [10]).write(to: URL(filePath: thresholds))
            print("written to \(thresholds)")
        } else if isAbove {
            print(
                """
                A hot path costs more than it did. Mend it; or, if the cost is worth what it buys, say why in the commit and run
                make bench-gate UPDATE=1.
                """)
            throw ExitCode(1)
        }
    }

    private func verdict(_ counts: Counts, _ limit: Counts) -> String {
        let factor = 1 + tolerance / 100
        var words: [String] = []
        if Double(counts.instructions) > Double(limit.instructions) * factor { words.append("MORE INSTRUCTIONS") }
        if Double(counts.allocations) > Double(limit.allocations) * factor { words.append("MORE ALLOCATIONS") }
        if !words.isEmpty { return words.joined(separator: ", ") }
        return Double(counts.instructions) * factor < Double(limit.instructions) ? "fewer: UPDATE=1 keeps it so" : ""
    }

    private func storedThresholds() throws -> [String: Counts] {
        guard let data = FileManager.default.contents(atPath: thresholds) else {
            if update { return [:] }
            throw MeasureFailure("'\(thresholds)' cannot be read")
        }
        return try JSONDecoder().decode([String: Counts].self, from: data)
    }

    private func runPath(_ name: String) throws {
        let work = try HotPath.make(name, rules: rules)
        // Twice: what is made once, such as caches and buffers that grow, is none of the path's cost.
        work.prepare()
        work.run()
        work.prepare()
        var allocations: UInt64 = 0
        measured {
            let before = hubwatch_allocations()
            work.run()
            allocations = hubwatch_allocations() - before
        }
        print("allocations \(allocations) work \(work.done())")
    }

    private func count(_ name: String, _ program: String) throws -> Counts {
        let file = program + ".callgrind"
        defer { try? FileManager.default.removeItem(atPath: file) }
        let words = [
            "valgrind", "--tool=callgrind", "--callgrind-out-file=\(file)", "--toggle-collect=hubwatch_measured",
            program,
            "gate", "--path", name, "--rules", rules,
        ]
        // Dictionaries in one order, one kernel: the same instructions each time.
        let run = try Self.output(
            of: words, ["SWIFT_DETERMINISTIC_HASHING": "1", "SIMDJSON_FORCE_IMPLEMENTATION": Self.kernel])
        guard run.status == 0, let instructions = Self.number(after: "Collected :", in: run.text),
            let allocations = Self.number(after: "allocations", in: run.text), instructions > 0
        else { throw MeasureFailure("valgrind did not count path '\(name)':\n\(run.text)") }
        return Counts(instructions: instructions, allocations: allocations)
    }

    private static func output(
        of words: [String], _ environment: [String: String]
    ) throws -> (status: Int32, text: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = words
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let text = String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }

    private static func number(after word: String, in text: String) -> Int64? {
        guard let range = text.range(of: word) else { return nil }
        return text[range.upperBound...].split(whereSeparator: \.isWhitespace).first.flatMap { Int64($0) }
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    private static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}

/// Runs a body inside the one function that callgrind looks at.
private func measured(_ body: () -> Void) {
    withoutActuallyEscaping(body) { body in
        let box = Unmanaged.passRetained(BodyBox(body))
        hubwatch_measured(
            { context in
                guard let context else { return }
                Unmanaged<BodyBox>.fromOpaque(context).takeUnretainedValue().body()
            }, box.toOpaque())
        box.release()
    }
}

private final class BodyBox {
    let body: () -> Void

    init(_ body: @escaping () -> Void) { self.body = body }
}
