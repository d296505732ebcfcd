import Detection
import DiagnosticLogs
import RuleFormats

extension FuzzTarget {
    /// The stored detection state, behind a good checksum: refused, or loaded to something that stores the same again.
    static let checkpoint = FuzzTarget(
        name: "checkpoint", summary: "stored detection state: an even byte and a body, or an odd byte and edits of one",
        lengthMax: 2048
    ) {
        let check = try CheckpointCheck()
        return .now { try check.run($0) }
    }
}

private struct CheckpointCheck {
    private let rules: CompiledRules
    private let base: [UInt8]
    private static let start: Int64 = 1_735_689_600_000

    init() throws {
        let queries = [
            "FROM logs-azure.* | STATS n = COUNT(*), d = COUNT_DISTINCT(azure.resource.id) BY source.ip | WHERE n >= 2",
            "FROM logs-azure.* | STATS s = SUM(event.duration), a = AVG(event.duration) BY source.ip | WHERE s > 1.5",
            "FROM logs-azure.* | STATS x = MAX(event.duration), m = MIN(event.duration) | WHERE x > 3 OR m < 2",
        ]
        let window = HoppingWindow(length: .seconds(600), hop: .seconds(60))
        var rules: [Rule] = []
        for (number, query) in queries.enumerated() {
            let loaded = RuleLoader.load(query: query, id: "rule-\(number)", window: window)
            guard let rule = loaded.rules.first else { throw Disagreement("\(loaded.refusals)") }
            rules.append(rule)
        }
        self.rules = try CompiledRules(rules)
        var merger = Merger(rules: self.rules, partitions: [0], options: Self.options)
        merger.merge(try Self.delta(self.rules, resumingAt: nil), now: Timestamp(milliseconds: Self.start))
        guard let snapshot = merger.takeCommit(snapshot: true)?.snapshot else { throw Disagreement("no snapshot") }
        base = Array(snapshot[RestoredState.blobHeadSize...])
    }

    func run(_ input: UnsafeRawBufferPointer) throws {
        guard let mode = input.first else { return }
        let rest = input.dropFirst()
        let body = mode & 1 == 0 ? Array(rest) : ByteEdits(rest).applied(to: base)
        let blob = RestoredState.blob(ofBody: body)
        guard var merger = try restored(blob) else { return }
        guard let first = snapshot(&merger) else { throw Disagreement("nothing to store of what was loaded") }
        try settles(first)
        let delta = try Self.delta(rules, resumingAt: merger.position(of: 0))
        merger.merge(delta, now: Timestamp(milliseconds: Self.start))
        _ = snapshot(&merger)
    }

    /// Loaded and stored again and again, the state stays what it is.
    ///
    /// A restart decides open windows again, and may open one of those that overlap before its time: the next one then finds
    /// that one open and may open its neighbour. Nothing else may change, so it is over after as many restarts as windows overlap.
    private func settles(_ snapshot: [UInt8]) throws {
        var stored = snapshot
        for _ in 0...Self.overlappingWindows {
            guard var again = try restored(stored) else { throw Disagreement("its own snapshot is refused") }
            let next = self.snapshot(&again)
            if next == stored { return }
            guard let next, next.count > stored.count else {
                throw Disagreement("loaded and stored again, the state is another")
            }
            stored = next
        }
        throw Disagreement("the state does not settle")
    }

    private static let overlappingWindows = 10
    private static let options = MergerOptions(groupsPerRuleMax: 50, emptyWindowsMax: 50)

    private func restored(_ blob: [UInt8]) throws -> Merger? {
        var merger = Merger(rules: rules, partitions: [0], options: Self.options)
        do throws(DetectionError) {
            try merger.restore(RestoredState(snapshot: blob), now: Timestamp(milliseconds: Self.start))
        } catch {
            try require(!error.message.isEmpty, "refused without words")
            return nil
        }
        return merger
    }

    private func snapshot(_ merger: inout Merger) -> [UInt8]? {
        // What a restart decides again is pending; it belongs to the state, not to the comparison.
        _ = merger.takeCommit()
        return merger.takeCommit(snapshot: true)?.snapshot
    }

    private static func delta(_ rules: CompiledRules, resumingAt position: PartitionPosition?) throws -> PartitionDelta
    {
        let fold = PartitionFold(rules: rules, partition: 0, resumingAt: position)
        let first = position.map { $0.sequenceNumber &+ 1 } ?? 0
        for number in 0..<6 {
            let time = Timestamp(milliseconds: start + Int64(number) * 30_000)
            let body = """
                {"time":"2025-01-01T00:0\(number):00Z","category":"Audit","operationName":"ListKey",\
                "callerIpAddress":"10.0.0.\(number % 2)","resourceId":"/S/\(number)","durationMs":\(number).5}
                """
            Array("\(number)".utf8).withUnsafeBytes { offset in
                let header = MessageHeader(
                    sequenceNumber: first &+ Int64(number), offset: offset, enqueuedTime: time, receivedAt: time)
                _ = fold.fold(header, copying: Array(body.utf8))
            }
        }
        guard let delta = fold.takeDelta() else { throw Disagreement("the fold gives nothing") }
        return delta
    }
}
