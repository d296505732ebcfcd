import AzureTokens
import EventHubs
import Testing

/// Goal: answers become tokens with the right life, or errors that say what to do; nothing that an issuer writes is repeated.
///
/// Method: answers as issuers document them, and hostile ones that repeat what they were sent.
@Suite struct TokenReplyTests {
    private func token(_ body: String, now: Int64 = 1_000_000) throws(EventHubsError) -> IssuedToken {
        try TokenReply.token(in: TokenResponse(status: 200, body: body), from: "http://issuer", now: now)
    }

    private func refusal(status: Int, _ body: String = "", retryAfter: String? = nil) -> EventHubsError? {
        let response = TokenResponse(status: status, retryAfter: retryAfter, body: body)
        do throws(EventHubsError) {
            _ = try TokenReply.token(in: response, from: "http://issuer", now: 0)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        #"{"token_type":"Bearer","expires_in":3599,"ext_expires_in":3599,"access_token":"a.b.c"}"#,
        #"{"access_token":"a.b.c","expires_in":"3599","expires_on":"1003599","resource":"r","token_type":"Bearer"}"#,
        #"{"access_token":"a.b.c","expires_on":"1003599","client_id":"c"}"#,
        #"{"access_token":"a.b.c","expires_on":1003599}"#,
    ])
    func everyFormOfALifeIsRead(body: String) throws {
        let token = try token(body)
        #expect(token.text == Secret("a.b.c"))
        #expect(token.lifetime == .seconds(3599))
        #expect(token.type == .jwt)
    }

    @Test func theIssuersWishIsKept() throws {
        #expect(try token(#"{"access_token":"a","expires_in":86400,"refresh_in":43200}"#).refreshIn == .seconds(43200))
        // Not beyond the life, and not in the past.
        #expect(try token(#"{"access_token":"a","expires_in":10,"refresh_in":-5}"#).refreshIn == .seconds(1))
        #expect(try token(#"{"access_token":"a","expires_in":9223372036854775807}"#).lifetime == .seconds(366 * 86_400))
    }

    @Test(arguments: [
        "", "{", "[]", "null", "<html>sign in</html>", #"{"access_token":"a"}"#, #"{"expires_in":1}"#,
        #"{"access_token":"","expires_in":10}"#, #"{"access_token":"a b","expires_in":10}"#,
        #"{"access_token":"a\r\nx: y","expires_in":10}"#, #"{"access_token":"a","expires_in":"soon"}"#,
        #"{"access_token":"a","expires_in":1e300}"#, String(repeating: "[", count: 60_000),
    ])
    func whatIsNoTokenIsRefusedAndWorthAnotherTry(body: String) {
        let error = refusal(status: 200, body)
        #expect(error?.code == .protocolViolation && error?.isRetriable == true)
    }

    @Test func aTokenThatHasEndedIsRefused() {
        for body in [#"{"access_token":"a","expires_in":0}"#, #"{"access_token":"a","expires_on":"-5"}"#] {
            #expect(refusal(status: 200, body)?.code == .tokenExpired)
        }
        #expect(refusal(status: 200, #"{"access_token":"a","expires_on":-9223372036854775808}"#)?.code == .tokenExpired)
    }

    @Test(arguments: [
        (401, "invalid_client", 7_000_215, "value, not its id"), (401, "invalid_client", 7_000_222, "has ended"),
        (400, "unauthorized_client", 700_016, "source.entra.client_id"),
        (400, "invalid_request", 90_002, "source.entra.tenant"),
        (401, "invalid_client", 700_027, "certificate"), (400, "invalid_client", 700_213, "subject"),
        (400, "invalid_resource", 500_011, "source.entra.scope"), (400, "invalid_scope", 1, "source.entra.scope"),
        (302, "", 0, "authority host"),
    ])
    func refusalsSayWhatToDo(status: Int, code: String, number: Int, text: String) throws {
        let body = #"{"error":"\#(code)","error_description":"AADSTS\#(number): words. Trace ID: 1"}"#
        let error = try #require(refusal(status: status, number == 0 ? "" : body))
        #expect(error.code == .unauthorized && !error.isRetriable)
        #expect(error.remedy.contains(text), "\(error)")
        #expect(error.summary.contains("http://issuer") && error.summary.contains("\(status)"))
        if number > 0 { #expect(error.summary.contains("AADSTS\(number)")) }
    }

    @Test(arguments: [
        (429, EventHubsError.Code.throttled), (500, .serviceFault), (503, .serviceFault), (404, .serviceFault),
        (410, .serviceFault),
    ])
    func whatMayPassIsRetriable(status: Int, code: EventHubsError.Code) {
        let error = refusal(status: status, retryAfter: "17")
        #expect(error?.code == code && error?.isRetriable == true && error?.retryAfter == .seconds(17))
    }

    @Test func nobodySilencesAReaderForADay() {
        #expect(refusal(status: 429, retryAfter: "86400")?.retryAfter == .seconds(600))
        for odd in ["-1", "Fri, 31 Dec 1999 23:59:59 GMT", "99999999999999999999"] {
            #expect(refusal(status: 429, retryAfter: odd)?.retryAfter == nil)
        }
    }

    @Test func nothingThatAnIssuerRepeatsIsShown() {
        let canary = "CANARY-5f3a"
        for status in [200, 302, 400, 401, 403, 404, 429, 500] {
            for body in [
                canary, #"{"error":"\#(canary)","error_description":"AADSTS70000 \#(canary)"}"#,
                #"{"access_token":"\#(canary) x","expires_in":"\#(canary)"}"#,
                #"{"access_token":"\#(canary)","expires_in":0}"#,
            ] {
                let response = TokenResponse(
                    status: status, challenge: canary, retryAfter: canary, body: body)
                #expect(!"\(response)".contains(canary) || response.challenge == canary)
                let error = refusal(status: status, body, retryAfter: canary)
                #expect(!"\(String(describing: error))".contains(canary))
            }
        }
    }

    // MARK: Azure CLI

    @Test func theCommandsOutputIsRead() throws {
        let output = #"{"accessToken":"a.b.c","expiresOn":"2026-01-01 00:00:00.000000","expires_on":5000,"tenant":"t"}"#
        #expect(try TokenReply.token(inCommandOutput: Secret(output), now: 1000).lifetime == .seconds(4000))
        let old = #"{"accessToken":"a.b.c","expiresOn":"2026-01-01 00:00:00.000000"}"#
        #expect {
            try TokenReply.token(inCommandOutput: Secret(old), now: 0)
        } throws: {
            ($0 as? EventHubsError)?.remedy.contains("2.54") == true
        }
        #expect(throws: EventHubsError.self) { try TokenReply.token(inCommandOutput: Secret("x"), now: 0) }
    }

    // MARK: Azure Arc

    private func file(_ challenge: String?, status: Int = 401) throws(EventHubsError) -> String {
        try ArcChallenge(TokenResponse(status: status, challenge: challenge, body: "")).file
    }

    @Test func theAgentsFileIsTaken() throws {
        let path = "/var/opt/azcmagent/tokens/7b9d.key"
        #expect(try file("Basic realm=\(path)") == path)
        #expect(try file("basic REALM=\"\(path)\"") == path)
    }

    @Test(arguments: [
        nil, "", "Basic", "Basic realm=", "Bearer realm=/var/opt/azcmagent/tokens/a.key", "Basic realm=/etc/shadow",
        "Basic realm=/var/opt/azcmagent/tokens/../../../../etc/x.key", "Basic realm=/var/opt/azcmagent/tokens/a/b.key",
        "Basic realm=/var/opt/azcmagent/tokens/.key", "Basic realm=/var/opt/azcmagent/tokens/a.txt",
        "Basic realm=/var/opt/azcmagent/tokens2/a.key", "Basic realm=/var/opt/azcmagent/tokens/",
        "Basic realm=/var/opt/azcmagent/tokens/a\u{0}.key", "Basic realm=var/opt/azcmagent/tokens/a.key",
        "Basic realm=/var/opt/azcmagent/tokens/\(String(repeating: "a", count: 300)).key",
    ])
    func otherFilesAreNot(challenge: String?) {
        #expect(throws: EventHubsError.self) { try file(challenge) }
    }

    @Test func anAnswerWithoutAChallengeIsNotFollowed() {
        #expect(throws: EventHubsError.self) { try file("Basic realm=/var/opt/azcmagent/tokens/a.key", status: 500) }
    }
}
