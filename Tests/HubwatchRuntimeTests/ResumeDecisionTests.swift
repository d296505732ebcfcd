import HubwatchConfiguration
import StateStore
import Testing

@testable import HubwatchRuntime

/// Goal: where a partition goes on is right for every state that a hub can be in, and what is missing has its exact range.
///
/// Method: a table of facts and actions, for each policy; then random facts against what must always hold.
@Suite struct ResumeDecisionTests {
    struct Row: CustomTestStringConvertible, Sendable {
        var name: String
        var facts: ResumeFacts
        var earliest: ResumeAction
        var latest: ResumeAction
        var stop: ResumeAction
        var testDescription: String { name }

        init(
            _ name: String, _ facts: ResumeFacts, _ earliest: ResumeAction, _ latest: ResumeAction, _ stop: ResumeAction
        ) {
            (self.name, self.facts, self.earliest, self.latest, self.stop) = (name, facts, earliest, latest, stop)
        }

        init(_ name: String, _ facts: ResumeFacts, always action: ResumeAction) {
            self.init(name, facts, action, action, action)
        }
    }

    private static func facts(
        at sequence: Int64? = nil, _ kept: ClosedRange<Int64>? = nil, last: Int64? = nil, created: Int64? = 1,
        now: Int64? = 1, refusal: ResumeFacts.Refusal = .none
    ) -> ResumeFacts {
        ResumeFacts(
            position: sequence.map { .init(sequence: $0, createdMs: created) }, createdMs: now,
            first: kept?.lowerBound ?? 0, last: kept?.upperBound ?? last ?? -1,
            lastOffset: (kept?.upperBound ?? last).map { "o\($0)" } ?? "-1", isEmpty: kept == nil, refusal: refusal)
    }

    private static func missing(
        _ first: Int64, _ last: Int64?, _ cause: GapCause, _ policy: StoredGap.Policy
    ) -> MissingRange { MissingRange(first: first, last: last, cause: cause, policy: policy) }

    private static func restart(
        _ sequence: Int64, _ missing: MissingRange..., offset: String = "-1", anew: Bool = false
    ) -> ResumeAction {
        .restart(.init(sequence: sequence, offset: offset, missing: missing, numbersAnew: anew))
    }

    static let rows: [Row] = [
        Row("nothing was read", facts(now: 5), always: .start),
        Row("the middle of what is kept", facts(at: 7, 0...20), always: .resume),
        Row("the end", facts(at: 20, 0...20), always: .resume),
        Row("the next one is the oldest kept", facts(at: 9, 10...20), always: .resume),
        Row("everything read has expired", facts(at: 20, last: 20), always: .resume),
        Row("the start of an empty partition", facts(at: -1), always: .resume),
        Row("unknown times of creation compare with nothing", facts(at: 7, 0...9, created: nil), always: .resume),
        Row("a hub without a time of creation", facts(at: 7, 0...9, now: nil), always: .resume),
        // What the service says may be a moment old: only a refusal makes this a fact.
        Row("the newest event is before the position", facts(at: 7, 0...5), always: .resume),
        Row(
            "one event was dropped", facts(at: 7, 9...20), restart(8, missing(8, 8, .retention, .earliest)),
            restart(20, missing(8, 20, .retention, .latest), offset: "o20"),
            .stop(.retention, [missing(8, 8, .retention, .earliest)])),
        Row(
            "many were dropped", facts(at: 7, 100...200), restart(99, missing(8, 99, .retention, .earliest)),
            restart(200, missing(8, 200, .retention, .latest), offset: "o200"),
            .stop(.retention, [missing(8, 99, .retention, .earliest)])),
        Row(
            "all were dropped", facts(at: 7, last: 200), restart(200, missing(8, 200, .retention, .earliest)),
            restart(200, missing(8, 200, .retention, .latest), offset: "o200"),
            .stop(.retention, [missing(8, 200, .retention, .earliest)])),
        Row(
            "before the first event of an overrun partition", facts(at: -1, 3...4),
            restart(2, missing(0, 2, .retention, .earliest)),
            restart(4, missing(0, 4, .retention, .latest), offset: "o4"),
            .stop(.retention, [missing(0, 2, .retention, .earliest)])),
        Row(
            "another hub that would accept the position", facts(at: 7, 0...20, now: 2),
            restart(-1, missing(8, nil, .recreated, .earliest), anew: true),
            restart(
                20, missing(8, nil, .recreated, .latest), missing(0, 20, .recreated, .latest), offset: "o20", anew: true
            ),
            .stop(.recreated, [missing(8, nil, .recreated, .earliest)])),
        Row(
            "another hub that is empty", facts(at: 7, now: 2),
            restart(-1, missing(8, nil, .recreated, .earliest), anew: true),
            restart(-1, missing(8, nil, .recreated, .latest), anew: true),
            .stop(.recreated, [missing(8, nil, .recreated, .earliest)])),
        Row(
            "another hub that has dropped events already", facts(at: 7, 5...6, now: 2, refusal: .offset),
            restart(4, missing(8, nil, .recreated, .earliest), missing(0, 4, .retention, .earliest), anew: true),
            restart(
                6, missing(8, nil, .recreated, .latest), missing(0, 6, .recreated, .latest), offset: "o6", anew: true),
            .stop(.recreated, [missing(8, nil, .recreated, .earliest)])),
        Row(
            "an older hub came back", facts(at: 7, 0...9, created: 3, now: 1),
            restart(-1, missing(8, nil, .recreated, .earliest), anew: true),
            restart(
                9, missing(8, nil, .recreated, .latest), missing(0, 9, .recreated, .latest), offset: "o9", anew: true),
            .stop(.recreated, [missing(8, nil, .recreated, .earliest)])),
        Row(
            "a copy that lags", facts(at: 7, 2...5, refusal: .offset),
            restart(1, missing(8, nil, .rewound, .earliest), anew: true),
            restart(5, missing(8, nil, .rewound, .latest), offset: "o5", anew: true),
            .stop(.rewound, [missing(8, nil, .rewound, .earliest)])),
        Row("an offset of another form", facts(at: 7, 0...20, refusal: .offset), always: .resumeByNumber),
        Row(
            "a refused offset that was dropped", facts(at: 7, 9...20, refusal: .offset),
            restart(8, missing(8, 8, .retention, .earliest)),
            restart(20, missing(8, 20, .retention, .latest), offset: "o20"),
            .stop(.retention, [missing(8, 8, .retention, .earliest)])),
        // What was read comes again under its numbers and is dropped: nothing is missing.
        Row(
            "a number is refused that is there", facts(at: 7, 2...20, refusal: .sequenceNumber), restart(1),
            restart(20, missing(8, 20, .refused, .latest), offset: "o20"), .stop(.refused, [])),
        Row(
            "the last number is refused", facts(at: 20, 2...20, refusal: .sequenceNumber), restart(1),
            restart(20, offset: "o20"), .stop(.refused, [])),
        Row("the largest number", facts(at: .max, 0 ... .max), always: .resume),
        Row(
            "the largest number of another hub", facts(at: .max, 0...3, now: 2),
            restart(-1, missing(.max, nil, .recreated, .earliest), anew: true),
            restart(
                3, missing(.max, nil, .recreated, .latest), missing(0, 3, .recreated, .latest), offset: "o3", anew: true
            ),
            .stop(.recreated, [missing(.max, nil, .recreated, .earliest)])),
        Row("numbers that make no sense", facts(at: .min, -9 ... -5), always: .resume),
    ]

    @Test(arguments: rows) func decides(_ row: Row) {
        for (policy, action) in [(GapPolicy.earliest, row.earliest), (.latest, row.latest), (.stop, row.stop)] {
            let policies = GapPolicies(overrun: policy, recreated: policy, refused: policy)
            #expect(ResumeDecision.decide(row.facts, policies) == action, "policy \(policy)")
        }
    }

    @Test func eachCauseHasItsOwnPolicy() {
        func decide(_ facts: ResumeFacts) -> ResumeAction {
            ResumeDecision.decide(facts, GapPolicies(overrun: .earliest, recreated: .latest, refused: .stop))
        }
        #expect(decide(Self.facts(at: 7, 9...20)) == Self.restart(8, Self.missing(8, 8, .retention, .earliest)))
        guard case .restart(let moved) = decide(Self.facts(at: 7, 0...20, now: 2)) else {
            Issue.record("a recreated hub was not left behind")
            return
        }
        #expect(moved.sequence == 20)
        guard case .stop(.rewound, _) = decide(Self.facts(at: 7, 0...5, refusal: .offset)) else {
            Issue.record("a rewound hub was read on")
            return
        }
    }

    @Test(arguments: [UInt64(1), 2, 3]) func neverTrapsAndNeverPassesOverAnEventSilently(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let edges: [Int64] = [.min, -2, -1, 0, 1, 2, 9, 10, .max - 1, .max]
        for _ in 0..<20_000 {
            let number = { (generator: inout SeededGenerator) in edges.randomElement(using: &generator) ?? 0 }
            let policies = GapPolicies(
                overrun: GapPolicy.allCases.randomElement(using: &generator) ?? .stop,
                recreated: GapPolicy.allCases.randomElement(using: &generator) ?? .stop,
                refused: GapPolicy.allCases.randomElement(using: &generator) ?? .stop)
            let facts = ResumeFacts(
                position: .init(sequence: number(&generator), createdMs: Int64.random(in: 0...1, using: &generator)),
                createdMs: 1, first: number(&generator), last: number(&generator), lastOffset: "o",
                isEmpty: Bool.random(using: &generator),
                refusal: [.none, .offset, .sequenceNumber].randomElement(using: &generator) ?? .none)
            guard case .restart(let restart) = ResumeDecision.decide(facts, policies), !restart.numbersAnew,
                let position = facts.position, restart.sequence > max(-1, position.sequence)
            else { continue }
            // In the same hub, what lies between the position and where reading goes on is in the ledger, all of it.
            #expect(
                restart.missing.map(\.first) == [max(-1, position.sequence) + 1]
                    && restart.missing.map(\.last) == [restart.sequence], "seed \(seed): \(facts) \(restart)")
        }
    }
}
