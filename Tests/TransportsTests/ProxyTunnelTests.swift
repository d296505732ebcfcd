import Testing
import Transports

/// Goal: what a proxy answers becomes a tunnel, or a sentence with a remedy and a verdict on trying again.
///
/// Method: answers in, refusals out.
@Suite struct ProxyTunnelTests {
    private static let login = "Basic dXNlcjpzZWNyZXQ="

    private func tunnel(port: Int = 443, authorization: String? = nil) -> ProxyTunnel {
        ProxyTunnel(
            proxy: "proxy:3128", host: "ns.example", port: port, authorization: authorization, setting: "source.proxy",
            transportSetting: "source.transport")
    }

    private func refusal(_ tunnel: ProxyTunnel, _ answer: HTTPAnswer) -> TransportRefusal? {
        do throws(TransportRefusal) {
            try tunnel.judge(answer)
            return nil
        } catch {
            return error
        }
    }

    @Test func theQuestionNamesTheBrokerAndTheLogin() {
        #expect(
            String(decoding: tunnel(authorization: Self.login).question.bytes, as: UTF8.self) == """
                CONNECT ns.example:443 HTTP/1.1\r
                Host: ns.example:443\r
                User-Agent: hubwatch\r
                Proxy-Authorization: \(Self.login)\r
                \r\n
                """)
        #expect(!String(decoding: tunnel().question.bytes, as: UTF8.self).contains("Authorization"))
        let brackets = ProxyTunnel(
            proxy: "p", host: "[fd00::1]", port: 5671, authorization: nil, setting: "source.proxy",
            transportSetting: nil)
        #expect(brackets.question.target == "[fd00::1]:5671")
    }

    @Test(arguments: [200, 204, 299])
    func everySuccessMakesATunnel(status: Int) {
        #expect(refusal(tunnel(), HTTPAnswer(status: status)) == nil)
    }

    @Test(arguments: [
        (403, false, "does not allow a tunnel to ns.example:443 (403)"), (405, false, "does not allow"),
        (502, true, "could not reach ns.example:443 (502)"), (503, true, "could not reach"),
        (504, true, "could not reach"), (429, true, "could not reach"), (404, false, "made no tunnel"),
        (400, false, "made no tunnel"), (301, false, "made no tunnel"),
    ])
    func refusalsSayWhatAndWhetherToTryAgain(status: Int, isRetriable: Bool, text: String) {
        let refusal = refusal(tunnel(authorization: Self.login), HTTPAnswer(status: status))
        #expect(refusal?.origin == .proxy)
        #expect(refusal?.isRetriable == isRetriable)
        #expect(refusal?.summary.contains(text) == true, "\(String(describing: refusal))")
        #expect(refusal?.remedy.isEmpty == false)
        #expect(refusal?.description.contains("dXNl") == false)
    }

    @Test func aForbiddenPortIsPointedToTheWebSocket() {
        let forbidden = refusal(tunnel(port: 5671), HTTPAnswer(status: 403))
        #expect(forbidden?.remedy.contains("(source.transport: websockets)") == true)
        #expect(refusal(tunnel(port: 443), HTTPAnswer(status: 403))?.remedy.contains("websockets") == false)
    }

    @Test func theSettingThatNamesTheProxyIsInTheRemedies() {
        func remedy(_ authorization: String?, _ status: Int) -> String {
            let own = ProxyTunnel(
                proxy: "p", host: "h", port: 8443, authorization: authorization, setting: "sinks.soc.proxy",
                transportSetting: nil)
            return refusal(own, HTTPAnswer(status: status))?.remedy ?? ""
        }
        #expect(remedy(nil, 407).contains("sinks.soc.proxy_password_file"))
        #expect(remedy(Self.login, 407).contains("of sinks.soc.proxy"))
        #expect(remedy(nil, 404).contains("(sinks.soc.proxy)"))
        let forbidden = remedy(nil, 403)
        #expect(forbidden.contains("port 443 alone") && !forbidden.contains("AMQP"))
    }

    @Test func loginsAreToldApart() {
        let basic = HTTPAnswer(
            status: 407, reason: "Proxy Authentication Required",
            fields: [.init("Proxy-Authenticate", "Basic realm=\"a, b\"")])
        #expect(refusal(tunnel(), basic)?.summary.contains("wants a login") == true)
        #expect(refusal(tunnel(), basic)?.remedy.contains("source.proxy_password_file") == true)
        #expect(refusal(tunnel(authorization: Self.login), basic)?.summary.contains("refused the login") == true)
        let other = HTTPAnswer(
            status: 407, fields: [.init("Proxy-Authenticate", "Negotiate"), .init("proxy-authenticate", "NTLM")])
        let foreign = refusal(tunnel(authorization: Self.login), other)
        #expect(foreign?.summary.contains("Negotiate, NTLM") == true)
        #expect(foreign?.isRetriable == false)
        #expect(refusal(tunnel(), HTTPAnswer(status: 407))?.summary.contains("wants a login") == true)
    }

    @Test func whatAPeerCallsItIsMadeFit() {
        let long = String(repeating: "é\u{1B}[31m", count: 100)
        let text = refusal(tunnel(), HTTPAnswer(status: 502, reason: long))?.summary ?? ""
        #expect(text.utf8.allSatisfy { (32...126).contains($0) })
        #expect(text.count < 200)
    }

    @Test(arguments: [
        (HandshakeFailure.hungUp, true, "closed the connection"), (.silent(seconds: 10), true, "within 10 s"),
        (.notHTTP, false, "not HTTP"), (.tooLong, false, "not HTTP"),
    ])
    func silenceIsExplained(failure: HandshakeFailure, isRetriable: Bool, text: String) {
        let refusal = tunnel().refusal(failure)
        #expect(refusal.isRetriable == isRetriable)
        #expect(refusal.summary.contains(text) && refusal.summary.contains("proxy:3128"))
        #expect(!refusal.remedy.isEmpty)
    }

    @Test func theLoginIsNeverPrinted() {
        let tunnel = tunnel(authorization: Self.login)
        var dumped = ""
        dump(tunnel, to: &dumped)
        #expect(!"\(tunnel)\(String(reflecting: tunnel))\(dumped)".contains("dXNl"))
    }
}
