import Detection
import DiagnosticLogs
import FindingFormats
import Foundation
import Testing

@testable import HubwatchRuntime

/// Goal: what happens a million times is one finding an hour, with a sum, and the same id whoever finds it.
@Suite struct NoticeLedgerTests {
    private let hour: Int64 = 3600
    private let rule = NoticeLedger.Subject(kind: .groupsRefused, name: "rule-1")

    private func at(_ seconds: Int64) -> Timestamp { Timestamp(milliseconds: seconds * 1000) }

    @Test func oneFindingAnHourAndItsSum() throws {
        var ledger = NoticeLedger()
        let first = ledger.count(rule, 3, now: at(10))
        #expect(first.map(\.activity) == [.create])
        #expect(first.first?.finding.count == 3)
        #expect(first.first?.finding.rule.id == "hubwatch.groups-refused")
        for second in Int64(11)..<100 { #expect(ledger.count(rule, 1, now: at(second)).isEmpty) }
        #expect(ledger.closed(now: at(hour - 1)).isEmpty)
        let sum = ledger.closed(now: at(hour))
        #expect(sum.map(\.activity) == [.update])
        #expect(sum.first?.finding.count == 92)
        #expect(sum.first?.finding.id == first.first?.finding.id)
        #expect(ledger.closed(now: at(2 * hour)).isEmpty)
        let next = ledger.count(rule, 1, now: at(hour + 1))
        #expect(next.first?.finding.id != first.first?.finding.id)
        // Nothing more was counted: there is no sum to tell.
        #expect(ledger.closed(now: at(3 * hour)).isEmpty)
    }

    @Test func aCountInTheNextHourClosesTheOneBefore() {
        var ledger = NoticeLedger()
        _ = ledger.count(rule, 1, now: at(1))
        _ = ledger.count(rule, 1, now: at(2))
        #expect(ledger.count(rule, .max, now: at(hour)).map(\.activity) == [.update, .create])
        _ = ledger.count(rule, .max, now: at(hour + 1))
        #expect(ledger.closed(now: at(2 * hour)).isEmpty, "held at the largest number, and told before")
    }

    @Test func idsTellKindsSubjectsAndHoursApartAndNothingElse() {
        var ids: Set<String> = []
        for kind in OperationalFinding.Kind.allCases {
            for name in ["", "0", "rule-1"] {
                for second in [Int64(0), hour] {
                    var ledger = NoticeLedger()
                    let entry = ledger.count(.init(kind: kind, name: name), 7, now: at(second)).first
                    var other = NoticeLedger()
                    let again = other.count(.init(kind: kind, name: name), 9, now: at(second + 5)).first
                    #expect(entry?.finding.id == again?.finding.id)
                    ids.insert(entry?.finding.id ?? "")
                }
            }
        }
        #expect(ids.count == OperationalFinding.Kind.allCases.count * 6)
    }

    @Test(arguments: OperationalFinding.Kind.allCases) func eachBuiltInRuleExplainsItself(
        _ kind: OperationalFinding.Kind
    ) {
        #expect(kind.rule.id == "hubwatch.\(kind.rawValue)")
        #expect(!kind.rule.title.isEmpty && kind.rule.description.hasSuffix("."))
    }

    @Test func operatorsAreToldWhatToDoAboutEach() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let operating = try String(contentsOf: root.appending(path: "docs/operating.md"), encoding: .utf8)
        for kind in OperationalFinding.Kind.allCases {
            let severity = "\(kind.rule.severity)"
            #expect(operating.contains("| `hubwatch.\(kind.rawValue)` | \(severity) |"), "\(kind) is \(severity)")
        }
    }
}
