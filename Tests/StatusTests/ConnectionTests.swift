import EventHubs
import Testing

@testable import StatusServer

/// Goal: no client holds a connection for nothing, and no crowd keeps others out.
///
/// Method: scripts of what happens at which second, and the deadline that follows.
@Suite struct ConnectionTests {
    private static let times = ConnectionPatience.Times(
        head: .seconds(10), idle: .seconds(75), answer: .seconds(30), write: .seconds(5))

    @Test func aHeadMustBeCompleteInTime() {
        let patience = ConnectionPatience(Self.times, now: .seconds(100))
        #expect(patience.deadline == .seconds(110))
        #expect(patience.isSilent)
    }

    @Test func eachStepHasItsTime() {
        var patience = ConnectionPatience(Self.times, now: .zero)
        patience.headReceived(now: .seconds(1))
        #expect(!patience.isSilent)
        #expect(patience.deadline == .seconds(11))
        patience.requestEnded(now: .seconds(2))
        #expect(patience.deadline == .seconds(32))
        patience.writeBegan(now: .seconds(3))
        #expect(patience.deadline == .seconds(8))
        patience.writeEnded(now: .seconds(4))
        #expect(patience.deadline == nil, "a stream may have nothing to say for hours")
        patience.writeBegan(now: .seconds(1000))
        patience.answerEnded(now: .seconds(1000))
        #expect(patience.isSilent)
        #expect(patience.deadline == .seconds(1005), "until the client has taken it, that is what time runs for")
        patience.writeEnded(now: .seconds(1001))
        #expect(patience.deadline == .seconds(1075))
    }

    @Test func takingOnePartOfManyIsProgress() {
        var patience = ConnectionPatience(Self.times, now: .zero)
        patience.headReceived(now: .zero)
        patience.requestEnded(now: .zero)
        for second in 0..<4 { patience.writeBegan(now: .seconds(second)) }
        #expect(patience.deadline == .seconds(5))
        patience.writeEnded(now: .seconds(4))
        #expect(patience.deadline == .seconds(9))
        patience.writeEnded(now: .seconds(8))
        #expect(patience.deadline == .seconds(13))
    }

    @Test func requestsThatDoNotWaitForAnswersAreCounted() {
        var patience = ConnectionPatience(Self.times, now: .zero)
        for _ in 0..<3 {
            patience.headReceived(now: .zero)
            patience.requestEnded(now: .zero)
        }
        #expect(patience.requests == 3)
        patience.writeBegan(now: .seconds(1))
        patience.writeEnded(now: .seconds(1))
        patience.answerEnded(now: .seconds(1))
        #expect(!patience.isSilent)
        #expect(patience.deadline == .seconds(31))
    }

    @Test func theLongestSilentMakesRoom() {
        var table = ConnectionTable(connectionsMax: 3)
        let ids = (0..<3).map { _ in table.opened().id }
        table.becameBusy(ids[0])
        let (fourth, closing) = table.opened()
        #expect(closing == ids[1], "the first is being answered")
        table.becameSilent(ids[0])
        #expect(table.opened().closing == ids[2])
        #expect(table.opened().closing == fourth)
        #expect(table.opened().closing == ids[0], "it has been silent for less long")
    }

    @Test func whenAllAreAnsweredTheNewcomerGoes() {
        var table = ConnectionTable(connectionsMax: 2)
        for _ in 0..<2 { table.becameBusy(table.opened().id) }
        let (id, closing) = table.opened()
        #expect(closing == id)
        #expect(table.count == 2)
        // What is not in the table changes nothing.
        table.becameSilent(id)
        table.closed(id)
        #expect(table.count == 2)
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func theTableNeverGrowsBeyondItsBound(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var table = ConnectionTable(connectionsMax: 5)
        var open: Set<ConnectionTable.ID> = []
        var busy: Set<ConnectionTable.ID> = []
        for _ in 0..<2000 {
            let known = open.sorted()
            switch Int.random(in: 0..<4, using: &generator) {
            case 0:
                let (id, closing) = table.opened()
                open.insert(id)
                if let closing {
                    #expect(!busy.contains(closing), "seed \(seed): one that is being answered was closed")
                    open.remove(closing)
                }
            case 1:
                guard let id = known.randomElement(using: &generator) else { continue }
                table.becameBusy(id)
                busy.insert(id)
            case 2:
                guard let id = known.randomElement(using: &generator) else { continue }
                table.becameSilent(id)
                busy.remove(id)
            default:
                guard let id = known.randomElement(using: &generator) else { continue }
                table.closed(id)
                open.remove(id)
                busy.remove(id)
            }
            #expect(table.count == open.count && table.count <= 5, "seed \(seed)")
        }
    }

    @Test(
        arguments: [
            ("Bearer 0123456789abcdef", "0123456789abcdef"), ("bearer  x", "x"), ("BASIC YW55OnRva2Vu", "token"),
            ("Basic OnA6cQ==", "p:q"), ("Basic !!!", nil), ("Basic YWJj", nil), ("Bearer", nil), ("Bearer ", nil),
            ("Digest x", nil), (nil, nil), ("", nil),
        ] as [(String?, String?)])
    func tokensAreReadFromTheField(field: String?, token: String?) {
        #expect(AccessGate.token(in: field) == token)
    }

    @Test func whoShowsWhatSeesWhat() {
        let gate = AccessGate(token: Secret("0123456789abcdef"))
        func judge(_ path: String, _ field: String?) -> AccessGate.Verdict {
            gate.judge(path: path, authorization: field, authority: "example.net")
        }
        #expect(judge("/metrics", "Bearer 0123456789abcdef") == .whole)
        #expect(judge("/metrics", nil) == .unauthorized)
        #expect(judge("/metrics", "Bearer 0123456789abcdeF") == .unauthorized)
        #expect(judge("/health/ready", nil) == .bare)
        #expect(judge("/health/ready", "Bearer wrong") == .unauthorized, "a wrong token is not passed over")
        #expect(judge("/health/../metrics", nil) == .unauthorized)
        let open = AccessGate(token: nil)
        for name in ["localhost", "127.0.0.1:9465", "[::1]:80", "LOCALHOST:1", "127.8.9.1"] {
            #expect(open.judge(path: "/", authorization: nil, authority: name) == .whole, "\(name)")
        }
        for name in ["attacker.example", "127.0.0.1.attacker.example", "127.attacker.example.net", "[::2]", "[::1"] {
            #expect(open.judge(path: "/", authorization: nil, authority: name) == .misdirected, "\(name)")
        }
        #expect(open.judge(path: "/", authorization: nil, authority: nil) == .whole)
    }
}

/// Repeats itself for a seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
