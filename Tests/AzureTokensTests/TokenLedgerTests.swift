import AzureTokens
import EventHubs
import Testing

/// Goal: one token serves everybody, is renewed before its end, and is used to its end while the issuer fails; nobody hammers a failing
/// issuer.
///
/// Method: scripts of facts with stepped time and a seeded generator; a random run counts the fetches.
@Suite struct TokenLedgerTests {
    private var generator = SeededGenerator(seed: 7)
    private var ledger = TokenLedger(backoff: Backoff(first: .seconds(1), longest: .seconds(60), jitter: 0))
    private let down = EventHubsError(.serviceFault, "down", isRetriable: true, scope: .connection)

    private mutating func issue(_ text: String = "one", lifetime: Duration = .seconds(3600), at now: Duration) {
        ledger.issued(
            IssuedToken(text: Secret(text), lifetime: lifetime), now: now, wallSeconds: 1000, using: &generator)
    }

    private func used(_ answer: TokenLedger.Answer) -> CBSMachine.Token? {
        if case .use(let token) = answer { token } else { nil }
    }

    @Test mutating func theFirstToAskFetchesAndTheOthersWait() throws {
        #expect(ledger.wanted(now: .zero) == .fetch)
        #expect(ledger.wanted(now: .zero) == .wait)
        issue(at: .seconds(1))
        let token = try #require(used(ledger.settle(now: .seconds(1))))
        #expect(token.text == Secret("one") && token.type == .jwt && token.isRenewable)
        #expect(token.lifetime == .seconds(3600) && token.expiration == 4_600_000)
        #expect(used(ledger.wanted(now: .seconds(2)))?.lifetime == .seconds(3599))
    }

    @Test mutating func itIsRenewedBeforeItsEndWithJitter() throws {
        var times: Set<Duration> = []
        for _ in 0..<20 {
            var ledger = TokenLedger()
            _ = ledger.wanted(now: .zero)
            ledger.issued(
                IssuedToken(text: Secret("t"), lifetime: .seconds(3600)), now: .zero, wallSeconds: 0,
                using: &generator)
            let wait = try #require(used(ledger.settle(now: .zero))?.refreshAfter)
            #expect(wait <= .seconds(2700) && wait >= .seconds(2580))
            #expect(used(ledger.wanted(now: wait - .milliseconds(1))) != nil)
            #expect(ledger.wanted(now: wait) == .fetch)
            times.insert(wait)
        }
        #expect(times.count == 20)
    }

    @Test mutating func aWishOfTheIssuerComesFirst() throws {
        _ = ledger.wanted(now: .zero)
        ledger.issued(
            IssuedToken(text: Secret("t"), lifetime: .seconds(86_400), refreshIn: .seconds(43_200)), now: .zero,
            wallSeconds: 0, using: &generator)
        let wait = try #require(used(ledger.settle(now: .zero))?.refreshAfter)
        #expect(wait <= .seconds(43_200) && wait >= .seconds(43_080))
    }

    @Test mutating func whileTheIssuerFailsTheOldTokenIsUsedToItsEnd() throws {
        _ = ledger.wanted(now: .zero)
        issue(at: .zero)
        var now = Duration.seconds(2700)
        var fetches = 0
        var waits: [Duration] = []
        while now < .seconds(3600) {
            switch ledger.wanted(now: now) {
            case .fetch:
                fetches += 1
                ledger.failed(down, now: now, using: &generator)
                let token = try #require(used(ledger.settle(now: now)))
                #expect(token.text == Secret("one"))
                waits.append(try #require(token.refreshAfter))
            case .use(let token):
                #expect(token.lifetime == .seconds(3600) - now)
                now += try #require(token.refreshAfter)
            case .wait, .refuse:
                Issue.record("the old token lives at \(now)")
                return
            }
        }
        #expect(waits.prefix(4) == [.seconds(1), .seconds(2), .seconds(4), .seconds(8)])
        #expect(fetches < 25)
        guard case .refuse(let error) = ledger.wanted(now: .seconds(3601)) else { return }
        #expect(error.code == .serviceFault)
    }

    @Test mutating func withoutATokenTheLastFailureIsGivenUntilTheNextAttempt() throws {
        _ = ledger.wanted(now: .zero)
        ledger.failed(down, now: .zero, using: &generator)
        #expect(ledger.isFailing)
        var expected = down
        expected.retryAfter = .seconds(1)
        #expect(ledger.settle(now: .zero) == .refuse(expected))
        expected.retryAfter = .milliseconds(600)
        #expect(ledger.wanted(now: .milliseconds(400)) == .refuse(expected))
        #expect(ledger.wanted(now: .seconds(1)) == .fetch)
        // What the issuer asks for counts.
        var busy = down
        busy.retryAfter = .seconds(30)
        ledger.failed(busy, now: .seconds(1), using: &generator)
        guard case .refuse = ledger.wanted(now: .seconds(30)) else {
            Issue.record("the pause is not kept")
            return
        }
        #expect(ledger.wanted(now: .seconds(31)) == .fetch)
    }

    @Test mutating func whoeverAsksDuringARenewalGetsTheOldToken() throws {
        _ = ledger.wanted(now: .zero)
        issue(at: .zero)
        #expect(ledger.wanted(now: .seconds(2800)) == .fetch)
        let token = try #require(used(ledger.wanted(now: .seconds(2801))))
        #expect(token.text == Secret("one") && token.refreshAfter == .seconds(5))
        issue("two", at: .seconds(2802))
        #expect(used(ledger.wanted(now: .seconds(2806)))?.text == Secret("two"))
    }

    @Test mutating func aTokenThatTheServiceRefusesIsNotGivenOutAgain() throws {
        _ = ledger.wanted(now: .zero)
        issue(at: .zero)
        ledger.refused(Secret("another"), now: .zero, using: &generator)
        #expect(used(ledger.wanted(now: .zero)) != nil, "another token is meant")
        ledger.refused(Secret("one"), now: .zero, using: &generator)
        guard case .refuse = ledger.wanted(now: .zero) else {
            Issue.record("it is given out")
            return
        }
        #expect(ledger.wanted(now: .seconds(1)) == .fetch)
    }

    @Test mutating func anIssuerThatKeepsATokenNearItsEndIsNotAskedInACircle() throws {
        _ = ledger.wanted(now: .zero)
        issue(lifetime: .seconds(100), at: .zero)
        var now = Duration.zero
        var fetches = 0
        while now < .seconds(99) {
            switch ledger.wanted(now: now) {
            case .fetch:
                fetches += 1
                issue(lifetime: .seconds(100) - now, at: now)
            case .use(let token): now += try #require(token.refreshAfter)
            case .wait, .refuse: now += .seconds(1)
            }
        }
        #expect(fetches < 12)
    }

    @Test(arguments: 0..<20) mutating func inAnyOrderOfFactsThereIsOneFetchAtATimeAndNoTokenAfterItsEnd(seed: UInt64) {
        var chance = SeededGenerator(seed: seed)
        var ledger = TokenLedger()
        var now = Duration.zero
        var isFetching = false
        var lastFetch: Duration?
        var made = 0
        var ends: [Secret: Duration] = [:]
        for _ in 0..<2000 {
            now += .milliseconds(Int.random(in: 0...20_000, using: &chance))
            switch Int.random(in: 0..<10, using: &chance) {
            case 0..<6:
                switch ledger.wanted(now: now) {
                case .fetch:
                    #expect(!isFetching)
                    if let lastFetch { #expect(now - lastFetch >= .milliseconds(700)) }
                    isFetching = true
                    lastFetch = now
                case .use(let token):
                    #expect(token.lifetime > .zero)
                    #expect(ends[token.text].map { now + token.lifetime <= $0 } == true)
                    #expect((token.refreshAfter ?? .zero) > .zero)
                case .wait: #expect(isFetching)
                case .refuse: break
                }
            case 6..<8 where isFetching:
                made += 1
                let life = Duration.seconds(Int.random(in: 1...600, using: &chance))
                ledger.issued(
                    IssuedToken(text: Secret("\(made)"), lifetime: life), now: now, wallSeconds: 0, using: &chance)
                ends[Secret("\(made)")] = now + life
                isFetching = false
            case 8 where isFetching:
                ledger.failed(down, now: now, using: &chance)
                isFetching = false
            case 9: ledger.refused(Secret("\(made)"), now: now, using: &chance)
            default: break
            }
        }
        #expect(made > 10)
    }
}

/// The same numbers each time.
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
