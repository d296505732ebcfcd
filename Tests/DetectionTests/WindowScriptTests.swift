import DiagnosticLogs
import Testing

@testable import Detection

/// Goal: when findings open, close, update and alert.
///
/// Method: scripts of messages and the journal entries they cause.
@Suite struct WindowScriptTests {
    private static let four = ModelRules.all[0]
    private static let few = ModelRules.aggregate(
        "few", length: 10, hop: 10, columns: [ModelRules.count],
        stages: [.filter(ModelRules.column("count", .less, 3))])

    @Test func aGrowingConditionOpensEarlyAndClosesBehindTheWatermark() throws {
        let bench = try Bench([Self.four])
        bench.send(at: 1, times: 3)
        #expect(bench.step() == [])
        #expect(bench.merger.commitUrgency == .none)
        bench.send(at: 2)
        #expect(bench.merger.commitUrgency == .now)
        #expect(bench.step() == ["create 10 ann 4 ALERT"])
        bench.send(at: 3)
        #expect(bench.step() == [], "an open finding is not repeated")
        bench.idle(at: 10)
        #expect(bench.step() == [], "records of the same time may still follow")
        bench.idle(at: 10.001)
        #expect(bench.step() == ["close 10 ann 5"])
        bench.idle(at: 70.5)
        #expect(
            bench.step() == [
                "create 20 ann 5", "close 20 ann 5", "create 30 ann 5", "close 30 ann 5", "create 40 ann 5",
                "close 40 ann 5", "create 50 ann 5", "close 50 ann 5", "create 60 ann 5", "close 60 ann 5",
            ],
            "windows that overlap the alerted one raise no alert; the one that ends at 70 holds nothing"
        )
    }

    @Test func earlyAndClosingEntriesHaveOneIdAndTheSameAlert() throws {
        let bench = try Bench([Self.four])
        bench.send(at: 1, times: 4)
        bench.idle(at: 21)
        let entries = bench.commit()
        #expect(entries.map(\.activity) == [.create, .close, .create, .close])
        #expect(entries[0].finding.id == entries[1].finding.id)
        #expect(entries[0].finding.id != entries[2].finding.id)
        #expect(Set(entries.map(\.alertID)).count == 1)
        #expect(entries.map(\.isAlert) == [true, false, false, false])
        #expect(Set(entries.map(\.key)).count == 4)
        #expect(entries[0].finding.reason == "count 4 >= 4 in 1 min for ann")
    }

    @Test func bordersBelongToBothWindows() throws {
        let rule = ModelRules.aggregate(
            "border", length: 10, hop: 10, columns: [ModelRules.count],
            stages: [.filter(ModelRules.column("count", .greaterOrEqual, 2))])
        let bench = try Bench([rule])
        bench.send(at: 0)
        bench.send(at: 10, times: 1)
        bench.send(at: 20)
        bench.idle(at: 31)
        #expect(
            bench.step() == [
                "create 10 ann 2 ALERT", "create 20 ann 2", "close 10 ann 2", "close 20 ann 2",
            ])
    }

    @Test func aShrinkingConditionWaitsForTheClose() throws {
        let bench = try Bench([Self.few])
        bench.send(at: 1)
        #expect(bench.step() == [])
        bench.idle(at: 11)
        #expect(bench.step() == ["create 10 ann 1 ALERT", "close 10 ann 1"])
        #expect(bench.commit().isEmpty)
        #expect(bench.journal.allSatisfy { $0.finding.window != nil })
    }

    @Test func theSlowestPartitionHoldsTheWatermark() throws {
        let bench = try Bench([Self.few], partitions: [0, 1])
        bench.send(0, at: 1)
        bench.send(0, at: 500)
        #expect(bench.merger.watermark == nil, "partition 1 was never heard of")
        #expect(bench.step() == [])
        bench.send(1, at: 2)
        #expect(bench.merger.watermark == Bench.time(2))
        #expect(bench.step() == [])
        bench.idle(1, at: 12)
        #expect(bench.step() == ["create 10 ann 2 ALERT", "close 10 ann 2"], "both partitions count into one group")
    }

    @Test func alertsFollowTheSuppressionSlot() throws {
        var rule = Self.few
        rule.suppression = Suppression(duration: .seconds(60))
        let bench = try Bench([rule])
        for second in [1.0, 21, 41, 61, 81] { bench.send(at: second) }
        bench.idle(at: 131)
        let alerts = bench.commit().filter { $0.activity == .create }.map { ($0.isAlert, $0.alertID) }
        // Windows end at 10, 30, 50 (slot 0), 70, 90 (slot 1).
        #expect(alerts.map(\.0) == [true, false, false, true, false])
        #expect(alerts[0].1 == alerts[2].1 && alerts[3].1 == alerts[4].1 && alerts[0].1 != alerts[3].1)
    }

    @Test func shadowRulesRaiseNoAlert() throws {
        var rule = Self.four
        rule.metadata.status = .shadow
        let bench = try Bench([rule])
        bench.send(at: 1, times: 4)
        #expect(bench.merger.commitUrgency == .interval)
        #expect(bench.step() == ["create 10 ann 4"])
    }

    @Test func aRecordForAClosedWindowDecidesItAgainWhilePanesAreKept() throws {
        let rule = ModelRules.aggregate(
            "late", length: 10, hop: 10, columns: [ModelRules.count],
            stages: [.filter(ModelRules.column("count", .greaterOrEqual, 2))], clock: .event, lateness: 5)
        let bench = try Bench([rule], options: MergerOptions(closedWindowRetention: .seconds(20)))
        bench.send(at: 1, times: 2)
        bench.send(at: 1, user: .string("bob"))
        bench.idle(at: 15.5)
        #expect(bench.step() == ["create 10 ann 2 ALERT", "close 10 ann 2"])
        bench.send(at: 16, eventAt: 3)
        #expect(bench.step() == ["update 10 ann 3"])
        #expect(bench.journal.last?.revision == 1)
        bench.send(at: 17, eventAt: 3, user: .string("bob"))
        #expect(bench.step() == ["create 10 bob 2 ALERT", "close 10 bob 2"])
        #expect(bench.merger.counters.late == 2)
        #expect(bench.notices.isEmpty)
        bench.idle(at: 60)
        bench.send(at: 61, eventAt: 4)
        bench.commit()
        #expect(bench.notices == [OperationalNotice(kind: .lateDropped, ruleID: "late", count: 1)])
    }

    @Test func aFindingUndoneByALateRecordIsCounted() throws {
        var rule = Self.few
        rule.clock = .event
        let bench = try Bench([rule])
        bench.send(at: 1, times: 2)
        bench.idle(at: 11)
        #expect(bench.step() == ["create 10 ann 2 ALERT", "close 10 ann 2"])
        bench.send(at: 12, eventAt: 2, times: 3)
        #expect(bench.step() == [])
        #expect(bench.notices == [OperationalNotice(kind: .withdrawn, ruleID: "few", count: 1)])
    }

    @Test func timesFarAheadAreJudgedByTheBrokersClock() throws {
        var rule = Self.few
        rule.clock = .event
        let bench = try Bench([rule])
        bench.send(at: 1, eventAt: 7_200)
        bench.idle(at: 11)
        #expect(bench.step() == ["create 10 ann 1 ALERT", "close 10 ann 1"])
        #expect(bench.merger.counters.timesAhead == 1)
    }

    @Test func newGroupsBeyondTheBoundAreRefusedAndCounted() throws {
        let bench = try Bench([Self.few], options: MergerOptions(groupsPerRuleMax: 2))
        for user in ["a", "b", "c", "d"] { bench.send(at: 1, user: .string(user)) }
        bench.idle(at: 11)
        #expect(bench.step().count == 4)
        #expect(bench.notices == [OperationalNotice(kind: .groupsRefused, ruleID: "few", count: 2)])
    }

    @Test func panesAndLedgersAreDroppedWhenNoWindowNeedsThem() throws {
        let bench = try Bench([Self.four])
        bench.send(at: 1, times: 5)
        #expect(bench.merger.groupCount == 1)
        bench.idle(at: 5_000)
        #expect(bench.merger.groupCount == 0)
        #expect(bench.merger.states[0].ledgers.isEmpty)
    }

    @Test func silenceIsJudgedForRulesWithoutKeys() throws {
        let rule = ModelRules.aggregate(
            "silence", length: 10, hop: 10, keys: [], columns: [ModelRules.count],
            stages: [.filter(ModelRules.column("count", .equal, 0))])
        let bench = try Bench([rule])
        bench.send(at: 5)
        bench.idle(at: 35)
        #expect(bench.step() == ["create 20 0 ALERT", "close 20 0", "create 30 0", "close 30 0"])
        #expect(bench.journal.first?.finding.evidence.isEmpty == true)
    }
}
