import DetectionOracle
import DiagnosticLogs
import Testing

@testable import Detection

/// Goal: borders, bounds, refusals and stored state of correlations, sequences, new terms and absences.
///
/// Method: scripts of messages and the findings they cause.
@Suite struct KindScriptTests {
    private static let kinds = KindRules(unit: 1_000_000_000, clock: .enqueued, lateness: 0)

    private static func rule(_ id: String) throws -> Rule {
        try #require(kinds.all.first { $0.rule.metadata.title == id }?.rule)
    }

    @Test func eventsExactlyATimespanApartAreTogether() throws {
        let bench = try Bench([Self.rule("event count")], partitions: [0, 1])
        for (partition, second) in [(0, 0.0), (1, 10), (0, 20), (1, 20)] { bench.send(partition, at: second) }
        #expect(bench.step() == ["create 39 ann 4 ALERT"])
        let apart = try Bench([Self.rule("event count")])
        for second in [0, 10, 20.001, 20.001] { apart.send(at: second) }
        apart.idle(at: 60)
        #expect(apart.step() == [])
    }

    @Test func anEventOnASlotsBorderBelongsToTheSlotThatBegins() throws {
        let bench = try Bench([Self.rule("event count")])
        bench.send(at: 19, times: 3)
        bench.send(at: 20)
        let finding = try #require(bench.commit().first?.finding)
        #expect(finding.window?.start == Bench.time(20))
        #expect(finding.reason == "event_count 4 >= 4 in 20 s for ann")
        bench.idle(at: 40)
        #expect(bench.step() == ["close 39 ann 4"], "the slot's last instant is before 40")
    }

    @Test func listsKeepTheEarliestAndSayWhatTheyLack() throws {
        let options = MergerOptions(limits: FoldLimits(listedEventsMax: 3))
        let bench = try Bench([Self.rule("event count")], options: options)
        bench.send(at: 1, times: 9)
        bench.send(at: 2, times: 2)
        let finding = try #require(bench.commit().first?.finding)
        #expect(finding.bounded == ["events"] && finding.reason.hasSuffix("; incomplete: events"))
        // The threshold is 4: five are kept whatever the general bound is.
        #expect(bench.notices == [OperationalNotice(kind: .eventsNotKept, ruleID: "enqueued event count", count: 6)])
    }

    @Test func keysBeyondTheBoundAreRefusedAndCounted() throws {
        let bench = try Bench([Self.rule("new term 1 false")], options: MergerOptions(newTermKeysMax: 1))
        for user in ["a", "b", "c"] { bench.send(at: 1, user: .string(user)) }
        bench.idle(at: 90_000)
        #expect(bench.step().count == 2)
        #expect(
            bench.notices == [OperationalNotice(kind: .termsRefused, ruleID: "enqueued new term 1 false", count: 2)])
    }

    @Test func nothingIsNewWhileTheRuleLearns() throws {
        let bench = try Bench([Self.rule("new term 1 true")])
        bench.send(at: 10, user: .string("old"))
        bench.send(at: 86_409, user: .string("early"))
        bench.send(at: 86_410, user: .string("new"))
        bench.send(at: 86_410, user: .string("old"))
        let again = try {
            bench.commit(); return try bench.restart()
        }()
        again.idle(at: 3 * 86_400)
        let users = again.commit().filter { $0.activity == .close }.map { $0.finding.group[0].value.display }
        #expect(users == ["new"], "'old' was seen exactly a history before, 'early' while the rule was learning")
    }

    @Test func aGapIsLongerThanTheSilence() throws {
        let bench = try Bench([Self.rule("absence")])
        for second in [1.0, 8, 15.001] { bench.send(at: second) }
        bench.idle(at: 60)
        let gaps = bench.commit().filter { $0.activity == .close }.compactMap(\.finding.window)
        #expect(gaps.map(\.start) == [Bench.time(8), Bench.time(15.001)])
        #expect(gaps.first?.end == Bench.time(15))
    }

    @Test func aRecordThatFillsAGapWithdrawsItsFinding() throws {
        var rule = try Self.rule("absence")
        rule.clock = .event
        let bench = try Bench([rule])
        bench.send(at: 1)
        bench.idle(at: 20)
        #expect(bench.step().count == 2)
        bench.send(at: 21, eventAt: 6)
        bench.commit()
        #expect(bench.notices.map(\.kind) == [.withdrawn])
    }

    @Test func aMillionEventsAreOneFinding() throws {
        let bench = try Bench([Self.rule("event count"), Self.rule("steps")])
        for second in 0..<40 { bench.send(at: Double(second) / 2, times: 250) }
        bench.idle(at: 41)
        #expect(bench.commit().filter { $0.activity == .close }.count == 1)
    }

    @Test func stateComesBackAsItWasAndDamagedStateNeverTraps() throws {
        // Hopping windows have theirs in RestartTests: after a restart they may open early what would have opened later.
        let kinds = Self.kinds.correlations + Self.kinds.sequences + Self.kinds.sightings
        let rules = kinds.map(\.rule)
        let bench = try Bench(rules)
        for second in 0..<12 {
            let operation = ["ListKey", "Delete", "Create"][second % 3]
            bench.send(at: Double(second), operation: operation, number: second % 2 == 0 ? .double(0.5) : .long(7))
            if second % 4 == 0 { bench.commit() }
        }
        bench.commit()
        let again = try bench.restart()
        _ = again.merger.takeCommit()
        let direct = try #require(bench.merger.takeCommit(snapshot: true)?.snapshot)
        #expect(again.merger.takeCommit(snapshot: true)?.snapshot == direct)
        var generator = SeededGenerator(seed: 8)
        for _ in 0..<400 {
            var damaged = Array(direct[13...])
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                damaged[Int.random(in: 0..<damaged.count, using: &generator)] = UInt8.random(
                    in: 0...255, using: &generator)
            }
            var writer = ByteWriter()
            writer.raw([0x48, 0x57, 0x44, 0x53, 2])
            writer.fixed(StableHash(damaged).high)
            writer.raw(damaged)
            var merger = Merger(rules: bench.rules, partitions: [0])
            _ = try? merger.restore(RestoredState(snapshot: writer.bytes), now: Bench.time(0))
        }
    }

    @Test func rulesThatCannotRunAreRefused() {
        func refuses(_ body: RuleBody) -> Bool {
            let error = #expect(throws: DetectionError.self) { try CompiledRules.check(Self.kinds.rule("bad", body)) }
            return error?.code == .ruleNotRunnable
        }
        let key = NamedExpression(name: "who", expression: .field(KindRules.user))
        let member = CorrelationMember(name: "a", condition: .constant(true), keys: [])
        func correlation(_ seconds: Int, _ test: CorrelationTest, keys: [String] = []) -> RuleBody {
            .correlation(
                CorrelationRule(timespan: .seconds(seconds), keyNames: keys, members: [member], test: test))
        }
        #expect(refuses(correlation(0, .temporalOrdered)))
        #expect(refuses(correlation(5, .eventCount([]))))
        #expect(refuses(correlation(5, .eventCount([Threshold(.greater, .long(200_000))]))))
        #expect(refuses(correlation(5, .valueSum([Threshold(.greater, .long(2))]))))
        #expect(refuses(correlation(5, .temporal(.member("b")))))
        #expect(refuses(correlation(5, .temporalOrdered, keys: ["who"])))
        let step = SequenceStep(condition: .constant(true), keys: [])
        var negated = step
        negated.isNegated = true
        #expect(refuses(.sequence(SequenceRule(maxspan: .seconds(5), keyNames: [], steps: [step]))))
        #expect(refuses(.sequence(SequenceRule(maxspan: .seconds(5), keyNames: [], steps: [negated, negated]))))
        #expect(refuses(.newTerm(NewTermRule(keys: [key], history: .seconds(3_600)))))
        #expect(refuses(.newTerm(NewTermRule(keys: [], history: .seconds(86_400)))))
        #expect(refuses(.absence(AbsenceRule(keys: [key], silence: .seconds(60), forget: .seconds(10)))))
    }
}
