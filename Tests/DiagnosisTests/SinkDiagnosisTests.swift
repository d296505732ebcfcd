import AMQPTypes
import EventHubs
import Testing

@testable import Diagnosis

/// Goal: what a look at receivers has found is told with the sink's name and what to do, and debts and dead letters with it.
///
/// Method: observations as values.
@Suite struct SinkDiagnosisTests {
    private func sightings(_ outcome: ReceiverObservation.Outcome, isProxied: Bool = false) -> [Sighting] {
        var receiver = ReceiverObservation(
            sink: "soc", type: "webhook", place: "https://h", host: "h", port: 443, outcome)
        (receiver.hop, receiver.hopPort, receiver.isProxied) = ("proxy", 3128, isProxied)
        return Diagnosis.receiver(receiver, nowMs: 0, limitMs: 1000)
    }

    private func names(_ outcome: ReceiverObservation.Outcome, isProxied: Bool = false) -> [String] {
        sightings(outcome, isProxied: isProxied).map(\.symptom.name)
    }

    private func chain(endMs: Int64 = 100 * 86_400_000, names: [String] = ["h"]) -> [CertificateFacts] {
        [CertificateFacts(subject: "s", issuer: "i", names: names, beginMs: 0, endMs: endMs, isSelfSigned: false)]
    }

    @Test func eachEndOfALookHasItsName() {
        #expect(names(.unusable(reason: "r", remedy: "")) == ["receiver-unusable"])
        #expect(names(.unresolved(.unknown("r"))) == ["receiver-unnamed"])
        #expect(names(.unconnected([SocketObservation("a", .refused)])) == ["receiver-port-refused"])
        #expect(names(.unconnected([SocketObservation("a", .silent)])) == ["receiver-port-silent"])
        #expect(names(.unconnected([SocketObservation("a", .unreachable("r"))])) == ["receiver-unreachable"])
        #expect(names(.unresolved(.unknown("r")), isProxied: true) == ["receiver-proxy-unreachable"])
        for outcome in [SocketObservation.Outcome.refused, .silent, .unreachable("r")] {
            let attempt = SocketObservation("a", outcome)
            #expect(names(.unconnected([attempt]), isProxied: true) == ["receiver-proxy-unreachable"])
        }
        #expect(names(.untunneled(EventHubsError(.proxyRefused, "407"))) == ["receiver-proxy-refused"])
        #expect(names(.connected(.notUsed(isThisMachine: true))) == ["receiver-open"])
        #expect(names(.connected(.notUsed(isThisMachine: false))) == ["receiver-readable"])
        #expect(names(.connected(.verified(version: "TLS 1.3", chain: chain()))) == ["receiver-trusted"])
        let soon = chain(endMs: 5 * 86_400_000)
        #expect(names(.connected(.verified(version: "TLS 1.3", chain: soon))) == ["receiver-certificate-ends-soon"])
        #expect(names(.connected(.refused(chain: chain(), reason: "r"))) == ["receiver-untrusted"])
        #expect(names(.connected(.noCertificate(reason: "r"))) == ["receiver-not-tls"])
        #expect(names(.connected(.silent)) == ["receiver-tls-silent"])
        #expect(names(.connected(.identityUnusable(reason: "r"))) == ["receiver-unusable"])
    }

    @Test func aHubIsToldByWhatItSaysToASender() {
        let trusted = HandshakeObservation.verified(version: "TLS 1.3", chain: chain())
        func refusal(_ code: EventHubsError.Code, _ text: String) -> EventHubsError {
            EventHubsError(code, "s", condition: AMQPCondition(name: "c", description: text, info: [:]))
        }
        #expect(names(.attached(trusted, refusal: nil)) == ["receiver-sends"])
        #expect(
            names(.attached(.notUsed(isThisMachine: false), refusal: nil)) == ["receiver-sends", "receiver-readable"])
        #expect(names(.attached(.silent, refusal: nil)) == ["receiver-tls-silent"])
        #expect(
            names(.attached(trusted, refusal: refusal(.unauthorized, "'Send' claim(s) are required"))) == [
                "receiver-send-missing"
            ])
        #expect(
            names(.attached(trusted, refusal: refusal(.unauthorized, "InvalidSignature"))) == ["receiver-key-refused"])
        #expect(names(.attached(trusted, refusal: refusal(.notFound, ""))) == ["receiver-hub-unknown"])
        #expect(names(.attached(trusted, refusal: refusal(.timedOut, ""))) == ["receiver-hub-failed"])
    }

    @Test func everyLookIsFilledIn() {
        let outcomes: [ReceiverObservation.Outcome] = [
            .unusable(reason: "r", remedy: ""), .unresolved(.unknown("r")),
            .unconnected([SocketObservation("a", .refused)]), .untunneled(EventHubsError(.proxyRefused, "407")),
            .connected(.refused(chain: chain(names: ["other"]), reason: "r")), .connected(.noCertificate(reason: "r")),
            .connected(.verified(version: "TLS 1.3", chain: chain())), .connected(.silent),
            .file(.open(isHeld: false), path: "p", freeBytes: 1),
        ]
        for sighting in outcomes.flatMap({ sightings($0) }) {
            let text = sighting.seen + sighting.remedy
            #expect(!text.contains("{"), "\(text)")
        }
        #expect(sightings(outcomes[4])[0].seen.contains("the certificate is for other, not for h"))
        let gone = sightings(.unconnected([SocketObservation("a", .silent)]), isProxied: true)[0]
        #expect(
            gone.seen
                == "soc (webhook): the proxy proxy, port 3128, cannot be reached: no answer within \(Figure.span(1000))"
        )
    }

    @Test func aFileIsCorrectedByTheSettingThatNamesIt() {
        #expect(Diagnosis.findings(.notAFile, freeBytes: nil).remedy.contains("findings.file"))
        let further = sightings(.file(.notAFile, path: "p", freeBytes: nil))
        #expect(further.map(\.remedy) == ["Give the path of a regular file as sinks.soc.path"])
    }

    @Test func debtsAndDeadLettersAreToldForEachSink() {
        let owed = Diagnosis.debts([
            SinkDebt(sink: "b", rows: 2, bytes: 10), SinkDebt(sink: "a", rows: 0, bytes: 0),
        ])
        #expect(owed.map(\.symptom.name) == ["sink-owes"])
        let given = Diagnosis.surrenders([
            SinkSurrender(sink: "b", letters: 3, lost: 4), SinkSurrender(sink: "a", letters: 0, lost: 0),
        ])
        #expect(given.map(\.symptom.name) == ["sink-gave-up", "sink-letters-lost"])
        #expect(given[0].remedy.contains("sinks resend --sink b"))
    }
}
