import AMQPTypes
import EventHubs
import Testing

@testable import Diagnosis

/// Goal: each observation becomes the symptom that it is, with the figures that prove it.
///
/// Method: observations as values, times as numbers.
@Suite struct DiagnosisTests {
    private func names(_ sightings: [Sighting]) -> [String] { sightings.map(\.symptom.name) }

    private func error(_ code: EventHubsError.Code, _ text: String = "") -> EventHubsError {
        EventHubsError(code, "summary", condition: AMQPCondition(name: "c", description: text, info: [:]))
    }

    // MARK: network

    @Test func oneAddressThatAnswersIsEnough() {
        let mixed = Diagnosis.tcp(
            [SocketObservation("::1", .unreachable("no route")), SocketObservation("127.0.0.1", .connected(3))],
            limitMs: 100)
        #expect(names(mixed) == ["port-partly"])
        #expect(names(Diagnosis.tcp([SocketObservation("a", .connected(3))], limitMs: 1)) == ["port-connected"])
        let none = Diagnosis.tcp([SocketObservation("a", .refused), SocketObservation("b", .silent)], limitMs: 100)
        #expect(names(none) == ["port-refused", "port-silent"])
    }

    private func facts(
        _ names: [String], begin: Int64 = 0, end: Int64 = 100 * 86_400_000, selfSigned: Bool = false
    ) -> CertificateFacts {
        CertificateFacts(
            subject: "s", issuer: "i", names: names, beginMs: begin, endMs: end, isSelfSigned: selfSigned)
    }

    @Test(arguments: [
        ("ns.servicebus.windows.net", ["*.servicebus.windows.net"], true),
        ("NS.ServiceBus.Windows.Net.", ["ns.servicebus.windows.net"], true),
        ("a.b.servicebus.windows.net", ["*.servicebus.windows.net"], false),
        ("servicebus.windows.net", ["*.servicebus.windows.net"], false), ("10.0.0.1", ["10.0.0.1"], true),
        ("host", [], false), (".x.y", ["*.x.y"], false),
    ])
    func namesOfCertificatesAreMatchedAsTheRFCSays(host: String, names: [String], fits: Bool) {
        #expect(facts(names).isFor(host: host) == fits)
    }

    @Test func aRefusedChainIsNamedByWhatAPersonCanMend() {
        let day: Int64 = 86_400_000
        func tls(_ chain: [CertificateFacts], now: Int64 = day) -> [String] {
            names(Diagnosis.tls(.refused(chain: chain, reason: "r"), host: "h", nowMs: now, limitMs: 1))
        }
        #expect(tls([facts(["h"], end: 5)]) == ["certificate-expired"])
        #expect(tls([facts(["h"]), facts([], end: 5)]) == ["certificate-expired"], "an intermediate counts")
        #expect(tls([facts(["h"], begin: 2 * day)]) == ["certificate-not-yet-valid"])
        #expect(tls([facts(["other"], selfSigned: true)]) == ["certificate-self-signed"])
        #expect(tls([facts(["other"])]) == ["certificate-for-other-host"])
        #expect(tls([facts(["h"])]) == ["certificate-unknown-authority"])
        #expect(tls([]) == ["tls-refused"])
        let soon = Diagnosis.tls(
            .verified(version: "TLS 1.3", chain: [facts(["h"], end: 10 * day)]), host: "h", nowMs: 0, limitMs: 1)
        #expect(names(soon) == ["certificate-ends-soon"])
    }

    // MARK: the hub

    @Test(arguments: [
        ("InvalidSignature: The token has an invalid signature.", EventHubsError.Code.unauthorized, "key-wrong"),
        ("ExpiredToken: The token is expired.", .tokenExpired, "token-stale"),
        ("The messaging entity could not be found", .notFound, "token-unjudged"),
        ("something new", .unauthorized, "token-refused"), ("", .timedOut, "token-silent"),
    ])
    func refusedTokensAreToldApart(text: String, code: EventHubsError.Code, name: String) {
        let credential = ConnectionObservation.Credential(policy: "p", audience: "a", lifeMs: 3_600_000)
        let observation = ConnectionObservation(
            stage: .opened, error: error(code, text), mechanism: "ANONYMOUS", credential: credential)
        #expect(names(Diagnosis.cbs(observation)) == [name])
        #expect(names(Diagnosis.sasl(observation, limitMs: 1)) == ["login-accepted"], "the login went well")
    }

    @Test func clocksAreComparedWithinWhatIsKnown() {
        func clock(_ broker: Int64, asked: Int64, answered: Int64) -> Sighting? {
            Diagnosis.clock(
                ClockObservation(brokerMs: broker, grainMs: 1000, askedMs: asked, answeredMs: answered), instead: nil,
                allowedMs: 5000
            ).first
        }
        // The broker's text is cut to seconds: 900 ms may be nothing.
        #expect(clock(100_000, asked: 100_900, answered: 100_950)?.figures.first?.text == "0 ms")
        #expect(clock(100_000, asked: 103_000, answered: 103_050)?.seen.hasPrefix("ours is 2 s ahead of") == true)
        #expect(clock(100_000, asked: 92_000, answered: 92_100)?.symptom == .clockOff)
        #expect(clock(1_000_000, asked: 10_000, answered: 10_100)?.symptom == .clockFar)
        #expect(names(Diagnosis.clock(nil, instead: error(.notFound), allowedMs: 1)) == ["clock-unknown"])
    }

    @Test func readersWithAnOwnerLevelAreToldApart() {
        let taken = error(.stolen, "At least one receiver for the endpoint is created with epoch of '3', and so")
        func epoch(_ errors: [EventHubsError?], level: Int64?, process: Int? = nil) -> [String] {
            let outcomes = errors.enumerated().map { ("\($0.offset)", $0.element) }
            return names(
                Diagnosis.epoch(
                    AttachObservation(outcomes: outcomes),
                    we: ReaderIdentity(ownerLevel: level, runningProcess: process)))
        }
        #expect(epoch([nil, nil], level: 0) == ["owner-none"])
        #expect(epoch([taken], level: 0) == ["owner-stronger"])
        #expect(epoch([taken], level: nil) == ["owner-stronger"])
        #expect(epoch([taken], level: 3) == ["owner-contested"])
        #expect(epoch([taken], level: 3, process: 7) == ["owner-ours"])
        #expect(epoch([taken], level: 2, process: 7) == ["owner-stronger"], "the running one has another level")
        #expect(epoch([error(.quotaExceeded), nil], level: 0) == ["receivers-crowded", "owner-none"])
    }

    @Test func claimsAndGroupsAreToldByTheSameAttach() {
        func both(_ errors: [EventHubsError?]) -> [String] {
            let observation = AttachObservation(outcomes: errors.enumerated().map { ("\($0.offset)", $0.element) })
            return names(Diagnosis.claims(observation) + Diagnosis.group(observation))
        }
        #expect(both([nil]) == ["listen-granted", "group-found"])
        #expect(both([error(.unauthorized)]).first == "listen-missing")
        #expect(both([error(.notFound)]) == ["listen-unjudged", "group-unknown"])
        #expect(both([error(.stolen), nil]) == ["listen-granted", "group-found"])
        #expect(both([nil, error(.timedOut)]) == ["listen-granted", "group-found", "attach-failed"])
    }

    // MARK: state

    private func forecast(_ partition: Int, _ position: Int64, first: Int64, last: Int64) -> PositionForecast {
        PositionForecast(
            partition: partition, position: position, positionMs: 0, first: first, last: last, lastMs: 9000)
    }

    @Test func positionsNearTheOldestEventAreToldBeforeTheyAreLost() {
        #expect(
            names(Diagnosis.retention([forecast(0, 100_050, first: 100_000, last: 200_000)], createdMs: 0)) == [
                "retention-near"
            ])
        #expect(
            names(Diagnosis.retention([forecast(0, 190_000, first: 100_000, last: 200_000)], createdMs: 0)) == [
                "positions-kept"
            ])
        #expect(
            names(Diagnosis.retention([forecast(0, 5, first: 0, last: 200_000)], createdMs: 0)) == ["positions-kept"],
            "nothing was dropped yet")
        #expect(names(Diagnosis.retention([], createdMs: 0)) == ["positions-none"])
    }

    @Test func aRunningHubwatchThatDoesNotGetOnIsNamed() {
        func lag(process: Int?, committed: Int64?) -> [String] {
            names(
                Diagnosis.lag(
                    LagObservation(
                        forecasts: [forecast(0, 10, first: 0, last: 20)], unread: 0, process: process,
                        committedMs: committed),
                    nowMs: 1_000_000))
        }
        #expect(lag(process: 7, committed: 900_000) == ["lag-stuck"])
        #expect(lag(process: 7, committed: 999_000) == ["lag-waiting"])
        #expect(lag(process: nil, committed: 900_000) == ["lag-waiting"], "nobody should be committing")
    }

    @Test func aDiskWithLittleRoomIsNamedBeforeItIsFull() {
        func disk(_ free: Int64) -> [String] {
            names(
                Diagnosis.disk(
                    DiskObservation(folder: "f", .written, wantedBytes: 1, freeBytes: free, totalBytes: 10),
                    reserveBytes: 1000))
        }
        #expect(disk(999) == ["disk-low"])
        #expect(disk(1000) == ["disk-writable"])
    }

    @Test func manyRulesThatCannotMatchAreSummedUp() {
        let rules = (0..<20).map { RuleSighting(title: "r\($0)", file: "f", obstacle: .log("l")) }
        let sightings = Diagnosis.fields(
            .seen(SeenEvents(messages: 1, records: 1, deadLetters: 0, deadReason: "", logs: ["x"], rules: rules)),
            limitMs: 1)
        #expect(sightings.count == 10)
        #expect(sightings.last?.seen == "12 more rules cannot match anything like the events seen")
    }
}
