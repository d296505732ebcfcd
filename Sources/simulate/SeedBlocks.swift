import Foundation

/// Many seeds, in processes of a few hundred each.
///
/// A process that crashed in a simulation is never taken apart, as in life; its memory is freed when the block that it
/// belongs to ends.
struct SeedBlocks {
    var first: UInt64
    var count: UInt64
    var messages: Int
    var jobs: Int

    /// Seeds in a process.
    static let blockSize: UInt64 = 100

    /// One process' share.
    struct Block: Sendable {
        var first: UInt64
        var count: UInt64
    }

    var blocks: [Block] {
        stride(from: 0, to: count, by: Int(Self.blockSize)).map { start in
            Block(first: first &+ start, count: min(Self.blockSize, count - start))
        }
    }

    /// Runs all blocks, `jobs` at a time; calls back with what each found, in the order in which they end.
    func run(_ onBlock: (BlockResult) -> Void) async throws {
        let messages = messages
        try await withThrowingTaskGroup(of: BlockResult.self) { group in
            var waiting = blocks[...]
            for block in waiting.prefix(jobs) { group.addTask { try await Self.run(block, messages: messages) } }
            waiting = waiting.dropFirst(jobs)
            while let result = try await group.next() {
                onBlock(result)
                if let block = waiting.popFirst() {
                    group.addTask { try await Self.run(block, messages: messages) }
                }
            }
        }
    }

    private static func run(_ block: Block, messages: Int) async throws -> BlockResult {
        let process = Process()
        process.executableURL = try selfURL()
        process.arguments = [
            "--from", "\(block.first)", "--seeds", "\(block.count)", "--messages", "\(messages)", "--block",
        ]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        // Read to the end before waiting: a full pipe would stop the process.
        let bytes = try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Result { try output.fileHandleForReading.readToEnd() ?? Data() })
            }
        }
        process.waitUntilExit()
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            throw BlockFailure(block: block, status: process.terminationStatus)
        }
        return try JSONDecoder().decode(BlockResult.self, from: bytes)
    }

    private static func selfURL() throws -> URL {
        let path = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return URL(fileURLWithPath: path)
    }
}

/// What a block's process prints.
struct BlockResult: Codable, Sendable {
    /// A seed that found a fault.
    struct Failure: Codable, Sendable {
        var seed: UInt64
        var complaints: [String]
    }

    var sums = Sums()
    var failures: [Failure] = []
}

/// A block's process ended by itself: that is a fault of the program or of the simulation.
struct BlockFailure: Error, CustomStringConvertible {
    var block: SeedBlocks.Block
    var status: Int32

    var description: String {
        "the process of seeds \(block.first) to \(block.first &+ block.count &- 1) ended with status \(status): "
            + "run it alone with `simulate --from \(block.first) --seeds \(block.count) --block`"
    }
}
