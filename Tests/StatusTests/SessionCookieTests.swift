import EventHubs
import Testing

@testable import StatusServer

/// Goal: a session is worth something only to whoever showed the token, and only for a while.
///
/// Method: fields are made, changed in every place, and judged at stated times.
@Suite struct SessionCookieTests {
    private static let cookie = SessionCookie(token: Secret("0123456789abcdef"))

    private static func session(_ now: Int64 = 1000) throws -> String {
        try String(#require(cookie.exchanged(for: "0123456789abcdef", nowSeconds: now)).prefix { $0 != ";" })
    }

    @Test func onlyTheTokenIsExchanged() {
        for wrong in ["", "0123456789abcde", "0123456789abcdef0", "0123456789abcdeF"] {
            #expect(Self.cookie.exchanged(for: wrong, nowSeconds: 0) == nil)
        }
    }

    @Test func aSessionHoldsForItsTime() throws {
        let session = try Self.session()
        #expect(Self.cookie.holds(session, nowSeconds: 1000))
        #expect(Self.cookie.holds(session, nowSeconds: 1000 + SessionCookie.seconds - 1))
        #expect(!Self.cookie.holds(session, nowSeconds: 1000 + SessionCookie.seconds))
        #expect(Self.cookie.holds("theme=dark;  \(session);x=y", nowSeconds: 1001))
    }

    @Test func aSessionThatEndsTooLateIsNone() throws {
        // The clock went back, or somebody made it elsewhere.
        #expect(!Self.cookie.holds(try Self.session(5000), nowSeconds: 1000))
    }

    @Test func anotherTokenEndsAllSessions() throws {
        #expect(!SessionCookie(token: Secret("another-token-16")).holds(try Self.session(), nowSeconds: 1001))
    }

    @Test func noChangeGoesUnnoticed() throws {
        let session = try Self.session()
        let start = SessionCookie.name.count + 1
        for index in start..<session.count {
            var characters = Array(session)
            characters[index] = characters[index] == "0" ? "1" : "0"
            #expect(!Self.cookie.holds(String(characters), nowSeconds: 1001), "changed at \(index)")
        }
        for field in [
            "", "hubwatch-session=", "hubwatch-session=.", "hubwatch-session=44200", session + "00",
            String(session.dropLast()), session.replacing("=", with: "=0"), session.replacing("=", with: "=+"),
            String(repeating: "a=b;", count: 4000) + session,
        ] { #expect(!Self.cookie.holds(field, nowSeconds: 1001)) }
        #expect(!Self.cookie.holds(nil, nowSeconds: 1001))
    }
}
