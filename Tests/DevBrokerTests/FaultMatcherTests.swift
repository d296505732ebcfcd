import AMQPTypes
import Testing

@testable import DevBroker

/// Goal: a script sets off the same faults for the same facts, whatever time or thread they come from.
///
/// Method: scripts as text, facts and times given by hand, the numbers of the facts that were faults expected.
@Suite struct FaultMatcherTests {
    private func delivery(_ partition: String = "0", _ number: Int64 = 0, hub: String = "logs") -> BrokerFact {
        .delivery(.init(hub: hub, partition: partition), sequenceNumber: number)
    }

    private func attach(_ partition: String = "0", group: String = "$Default", by kind: BrokerFact.PositionKind)
        -> BrokerFact
    {
        .attach(.init(hub: "logs", partition: partition), group: group, position: kind, name: nil, receivers: 0)
    }

    private func matcher(_ text: String) throws -> FaultMatcher { FaultMatcher(try FaultScript(parsing: text)) }

    /// Which of so many equal facts are faults, counted from 1.
    private func struck(_ text: String, facts: Int = 12, every step: Duration = .seconds(1)) throws -> [Int] {
        var matcher = try matcher(text)
        return (1...facts).filter { !matcher.observe(delivery(), at: step * $0).isEmpty }
    }

    @Test(arguments: [
        ("on delivery do stall", Array(1...12)), ("on delivery nth=3 do stall", [3]),
        ("on delivery nth=2..4 do stall", [2, 3, 4]), ("on delivery nth=10.. do stall", [10, 11, 12]),
        ("on delivery every=5 do stall", [5, 10]), ("on delivery nth=2.. every=5 do stall", [2, 7, 12]),
        ("on delivery nth=2..8 every=5 do stall", [2, 7]), ("on delivery after=4s until=7s do stall", [4, 5, 6]),
        ("on delivery nth=2 after=4s do stall", [5]), ("on delivery nth=3.. for=3s do stall", [3, 4, 5]),
        ("on delivery partition=1 do stall", []), ("on delivery hub=LOGS nth=1 do stall", [1]),
        ("on delivery hub=other do stall", []), ("on attach do refuse amqp:not-found", []),
    ])
    func countsAndTimesChooseTheFacts(script: String, expected: [Int]) throws {
        #expect(try struck(script) == expected)
    }

    @Test func onlyFactsThatPassAreCounted() throws {
        var matcher = try matcher("on delivery partition=1 nth=2 do stall")
        let facts = [delivery("0"), delivery("1"), delivery("0"), delivery("1"), delivery("1")]
        #expect(facts.map { !matcher.observe($0, at: .zero).isEmpty } == [false, false, false, true, false])
    }

    @Test func attachesAreChosenByGroupAndPosition() throws {
        var matcher = try matcher("on attach group=team position=offset do refuse amqp:not-found")
        #expect(matcher.observe(attach(by: .offset), at: .zero).isEmpty)
        #expect(matcher.observe(attach(group: "TEAM", by: .sequence), at: .zero).isEmpty)
        #expect(matcher.observe(attach(group: "TEAM", by: .offset), at: .zero).count == 1)
    }

    @Test func questionsAreChosenBySubject() throws {
        var matcher = try matcher("on request subject=partition partition=2 do silence")
        #expect(matcher.observe(.request(.hub, hub: "logs", partition: nil), at: .zero).isEmpty)
        #expect(matcher.observe(.request(.partition, hub: "logs", partition: "1"), at: .zero).isEmpty)
        #expect(matcher.observe(.request(.partition, hub: "logs", partition: "2"), at: .zero).count == 1)
    }

    @Test func faultsOfOneFactComeInTheOrderOfTheScript() throws {
        var matcher = try matcher(
            "on delivery do repeat\n\non delivery nth=1 do delay 5ms\non delivery sequence=7 do skip 2")
        #expect(matcher.observe(delivery("0", 7), at: .zero).map(\.line) == [1, 3, 4])
        #expect(matcher.observe(delivery("0", 7), at: .zero).map(\.line) == [1, 4])
        #expect(matcher.fired == [0: 2, 1: 1, 2: 2])
    }

    @Test func timedFaultsHappenOnceInTheirOrder() throws {
        var matcher = try matcher("on time at=5s do cut\non time at=2s do close amqp:connection:forced")
        #expect(matcher.nextTime == .seconds(2))
        #expect(matcher.timeReached(.seconds(1)).isEmpty)
        #expect(matcher.timeReached(.seconds(2)).map(\.line) == [2])
        #expect(matcher.nextTime == .seconds(5))
        #expect(matcher.timeReached(.seconds(9)).map(\.line) == [1])
        #expect(matcher.nextTime == nil)
        #expect(matcher.timeReached(.seconds(10)).isEmpty)
    }

    @Test func theSameFactsGiveTheSameFaults() throws {
        let script =
            "on delivery every=3 do repeat\non attach nth=2.. do throttle\non delivery partition=1 for=2s do stall"
        var generator = SeededGenerator(seed: 4)
        let facts = (0..<500).map { index -> (BrokerFact, Duration) in
            let partition = String(Int.random(in: 0...2, using: &generator))
            let fact =
                Bool.random(using: &generator) ? delivery(partition, Int64(index)) : attach(partition, by: .offset)
            return (fact, .milliseconds(index * 10))
        }
        var (a, b) = (try matcher(script), try matcher(script))
        #expect(facts.map { a.observe($0.0, at: $0.1) } == facts.map { b.observe($0.0, at: $0.1) })
    }
}

/// Goal: a script says what its author meant, or says which line and column does not.
///
/// Method: lines and the values that they stand for; broken lines and the words of their errors.
@Suite struct FaultScriptTests {
    private func only(_ line: String) throws -> Fault {
        try #require(try FaultScript(parsing: line).faults.first)
    }

    @Test func aLineBecomesAFault() throws {
        let fault = try only(
            "on attach hub=logs partition=3 group=team position=sequence nth=2.. every=3 after=5s until=1m for=200ms"
                + " do refuse com.microsoft:timeout \"a \\\"quoted\\\" # text\" # and a comment")
        #expect(fault.trigger == .fact(.attach))
        #expect(fault.filter.hub == "logs" && fault.filter.partition == "3" && fault.filter.group == "team")
        #expect(fault.filter.position == .sequence)
        #expect(fault.occurrences == .init(first: 2, last: nil, every: 3))
        #expect(fault.after == .seconds(5) && fault.until == .seconds(60) && fault.span == .milliseconds(200))
        guard case .refuse(let condition) = fault.action else { throw Unexpected() }
        #expect(condition.name == "com.microsoft:timeout")
        #expect(condition.description == "a \"quoted\" # text")
    }

    private struct Unexpected: Error {}

    @Test(arguments: [
        ("throttle", FaultAction.throttle), ("delay 5ms", .delay(.milliseconds(5))), ("stall", .stall(nil)),
        ("stall 2s", .stall(.seconds(2))), ("cut", .cut(afterBytes: 0)), ("cut bytes=7", .cut(afterBytes: 7)),
        ("repeat", .repeat(1)), ("repeat 4", .repeat(4)), ("rewind 9", .rewind(9)), ("skip 1", .skip(1)),
        ("garbage", .garbage),
    ])
    func actionsOfDeliveries(text: String, action: FaultAction) throws {
        #expect(try only("on delivery do \(text)").action == action)
    }

    @Test func emptyLinesAndCommentsAreNothing() throws {
        let script = try FaultScript(parsing: "\n# nothing\n   \r\non open do cut\n")
        #expect(script.faults.map(\.line) == [4])
        #expect(try FaultScript(parsing: "").faults.isEmpty)
    }

    @Test func knownConditionsHaveTheServicesText() throws {
        guard case .close(let condition) = try only("on open do close amqp:connection:forced").action else {
            throw Unexpected()
        }
        #expect(condition.description?.contains("LinkTracker") == true)
    }

    @Test(arguments: [
        ("at delivery do stall", "1:1", "begins with `on`"), ("on", "1:3", "an event is one of"),
        ("on delivry do stall", "1:4", "open, attach, delivery"), ("on delivery", "1:12", "action is missing"),
        ("on delivery do", "1:15", "action is missing"), ("on delivery do explode", "1:16", "no action"),
        ("on delivery do silence", "1:16", "does not go with"), ("on delivery nth=0 do stall", "1:13", "whole number"),
        ("on delivery nth=5..2 do stall", "1:13", "ends before"),
        ("on delivery nth=x do stall", "1:13", "whole number"),
        ("on delivery nth=1 nth=2 do stall", "1:19", "given twice"), ("on delivery nth= do stall", "1:13", "no value"),
        ("on delivery group=x do stall", "1:13", "does not go with"), ("on delivery stall", "1:13", "no KEY=VALUE"),
        ("on delivery for=3 do stall", "1:13", "is no time"), ("on delivery do delay", "1:21", "is missing"),
        ("on delivery do delay 99999999999999999999s", "1:22", "is no time"),
        ("on time do cut", "1:4", "needs at=TIME"),
        ("on attach position=here do throttle", "1:11", "earliest, latest"),
        ("on attach do refuse", "1:20", "condition"),
        ("on attach do refuse oops", "1:21", "no error condition"),
        ("on attach do refuse a:b \"x", "1:25", "quotation"),
        ("on delivery do stall 1s now", "1:25", "nothing may follow"), ("on delivery do cut 5", "1:20", "bytes=N"),
    ])
    func mistakesSayWhereAndWhat(line: String, place: String, words: String) throws {
        #expect {
            try FaultScript(parsing: "on open do cut\n" + line, file: "script.txt")
        } throws: { error in
            let text = "\(error)"
            return text.contains("script.txt:2:" + place.dropFirst(2)) && text.contains(words)
        }
    }

    @Test func everyMistakeIsReported() throws {
        #expect {
            try FaultScript(parsing: "on x do y\non open do cut\non delivery do fly")
        } throws: { ($0 as? DevBrokerError)?.problems.map(\.line) == [1, 3] }
    }

    @Test(arguments: 0..<200) func anyBytesAreReadOrRefused(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let words = [
            "on", "delivery", "do", "stall", "nth=", "..", "\"", "\\", "#", "=", "9999999999", "cut", "é", "\n", " ",
        ]
        let text = (0..<40).map { _ in words.randomElement(using: &generator) ?? "" + " " }.joined()
        _ = try? FaultScript(parsing: text)
    }
}
