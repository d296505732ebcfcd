import DevBroker
import Diagnosis
import Doctor
import EventHubs
import FakeIssuers
import Foundation
import HubwatchConfiguration
import HubwatchRuntime
import Logging
import NIOPosix
import Receivers
import StateStore
import Synchronization
import Testing
import TransportPeers

/// Goal: the doctor finds nothing where nothing is wrong, and leaves everything as it was, beside a running hubwatch too.
///
/// Method: a healthy patient; then one whose hubwatch runs, with the broker's own record of who attached.
@Suite(.timeLimit(.minutes(3))) struct VisitTests {
    @Test func nothingIsWrongWithAHealthyPatient() async throws {
        try await Ward.with { ward in
            let made = try MadeCertificates(in: ward, for: "localhost")
            try await ward.withBroker {
                $0.tls = .files(certificateChain: made.chain, privateKey: made.key)
                $0.policies = [AccessPolicy(name: "listen", key: Ward.key, rights: .listen)]
                $0.isAuthStrict = true
            } _: { clinic in
                try clinic.append(20)
                try await ward.commit([(0, 19)], created: clinic.created, namespace: "localhost")
                let report = await ward.examine([
                    "source.connection_string": Ward.connection(port: clinic.tlsPort, host: "localhost", plain: false),
                    "source.ca_file": made.authority,
                ])
                #expect(report.firstFailure == nil && !report.hasWarnings, "\(report.text)")
                #expect(report.exitCode(strict: true) == 0)
                #expect(report.results.map(\.check) == Check.allCases)
                #expect(report.result(.tls)?.sightings.first?.seen.contains("issued by Clinic authority") == true)
                #expect(report.result(.fields)?.sightings.first?.seen.contains("20 records in 20 messages") == true)
                #expect(report.result(.lag)?.sightings.first?.seen == "everything is read")
                #expect(!report.text.contains("{"))
            }
        }
    }

    @Test func nothingIsWrongWithAnIdentity() async throws {
        try await Ward.with { ward in
            let report = try await ward.examineSignedIn()
            #expect(report.firstFailure == nil && !report.hasWarnings, "\(report.text)")
            let signedIn = try #require(report.result(.signIn))
            #expect(signedIn.sightings.first?.symptom == .signedIn)
            #expect(
                signedIn.sightings.first?.seen.hasPrefix(
                    "signed in by client-secret: client secret of application app-1 in tenant tenant-1; the token ends in "
                ) == true)
            #expect(signedIn.sightings.count == 1, "nothing stands before it")
            #expect(report.result(.cbs)?.sightings.first?.seen.hasPrefix("token of client secret of") == true)
            #expect(report.result(.epoch)?.verdict == .ok && report.result(.fields)?.verdict == .ok)
            #expect(!report.text.contains("{") && !report.text.contains("CANARY"))
        }
    }

    @Test func theWaysBeforeTheOneThatSignsInAreNamedInTheirOrder() async throws {
        try await Ward.with { ward in
            let report = try await ward.examineSignedIn { issuers in
                ["AZURE_POD_IDENTITY_AUTHORITY_HOST": issuers.url]
            }
            #expect(report.firstFailure == nil && !report.hasWarnings, "\(report.text)")
            let seen = try #require(report.result(.signIn)?.sightings)
            #expect(seen.map(\.symptom) == [.signedIn, .waysPassed])
            #expect(
                seen[0].seen.hasPrefix("signed in by managed-identity: managed identity of the virtual machine, app-1;")
            )
            #expect(
                seen[1].seen
                    == "before it in the order: client-secret (not set up), client-certificate (not set up), workload-identity (not set up)"
            )
        }
    }

    @Test func aFailedSignInIsTheCauseAlsoWhereItsOwnCheckIsLeftOut() async throws {
        try await Ward.with { ward in
            let report = try await ward.withIdentity({ _ in ["AZURE_CLIENT_SECRET": "CANARY"] }) { source, variables in
                await ward.examine(source, environment: variables) { $0.skip = [.signIn] }
            }
            #expect(report.firstFailure?.check == .cbs, "\(report.text)")
            #expect(report.result(.cbs)?.sightings.first?.symptom == .identityTokenMissing)
            #expect(report.result(.cbs)?.sightings.first?.seen.contains("AADSTS7000215") == true)
            #expect(!report.text.contains("CANARY"))
        }
    }

    @Test func theBrokersTimeBeginsWhenSomebodyHasSignedIn() async throws {
        try await Ward.with { ward in
            try await FakeIssuers.with { issuers in
                let variables = Ward.application.merging(Ward.directory(of: issuers)) { $1 }
                let source = [
                    "source.namespace": "localhost:\(try await closedPort())", "source.hub": "logs",
                ]
                let report = await ward.examine(source, environment: variables) {
                    $0.only = [.sasl]
                    $0.skip = [.dns, .tcp, .proxy, .tls]
                }
                #expect(report.firstFailure?.check == .sasl, "\(report.text)")
                #expect(issuers.issued.count == 1, "before there was a connection to put the token on")
            }
        }
    }

    @Test func aSignatureNeedsNobodyToSignIn() async throws {
        try await Ward.with { ward in
            let inAnHour = Int64(Date().timeIntervalSince1970) + 3600
            let report = try await ward.examineSignedIn(["source.sas_token_file": ward.path("token")]) { issuers in
                // For the whole namespace: the port is not known yet.
                let token = SASToken(
                    resource: "sb://localhost/", keyName: "listen", key: Secret(Ward.key), expiry: inAnHour)
                try ward.write(token.text.revealed + "\n", "token")
                return [:]
            }
            #expect(report.firstFailure == nil, "\(report.text)")
            #expect(report.result(.signIn)?.verdict == .notNeeded)
            #expect(report.result(.signIn)?.sightings.first?.symptom == .signatureRead)
            #expect(!report.text.contains("sig="))
        }
    }

    @Test func receiversAreReachedAndNothingIsSentToThem() async throws {
        try await Ward.with { ward in
            let made = try MadeCertificates(in: ward, for: "localhost")
            let web = try await HTTPReceiver(tls: try Ward.context(made)) { _, _ in .reply(200) }
            let siem = try await SyslogReceiver(tls: try Ward.context(made))
            try await ward.withBroker {
                $0.policies = [AccessPolicy(name: "sender", key: Ward.key, rights: .send)]
                $0.isAuthStrict = true
            } _: { clinic in
                let report = await ward.examineSinks([
                    "sinks.soc.type": "webhook", "sinks.soc.url": "https://localhost:\(web.port)/CANARY",
                    "sinks.soc.ca_file": made.authority, "sinks.chat.type": "slack",
                    "sinks.chat.url": "https://localhost:\(web.port)/CANARY", "sinks.chat.ca_file": made.authority,
                    "sinks.siem.type": "syslog", "sinks.siem.address": "localhost:\(siem.port)",
                    "sinks.siem.ca_file": made.authority, "sinks.lake.type": "eventhub",
                    "sinks.lake.connection_string": Ward.sending(clinic.port), "sinks.more.type": "file",
                    "sinks.more.path": ward.path("more.ndjson"),
                ])
                #expect(report.firstFailure == nil && !report.hasWarnings, "\(report.text)")
                let seen = try #require(report.result(.sinks)?.sightings)
                #expect(seen.count { $0.symptom == .receiverTrusted } == 3, "\(report.text)")
                #expect(seen.count { $0.symptom == .receiverSends } == 1)
                #expect(seen.contains { $0.symptom == .sinkReady && $0.seen.contains("more.ndjson") })
                #expect(seen.contains { $0.seen.contains("`hubwatch sinks test chat`") })
                #expect(!report.text.contains("CANARY"))
                #expect(clinic.broker.hubs.first?.partitions.allSatisfy { $0.lastSequenceNumber < 0 } == true)
            }
            #expect(web.requests.isEmpty && siem.messages.isEmpty && !siem.isConfused)
            await web.close()
            await siem.close()
        }
    }

    @Test func aProxyAndAWebSocketAreAWayLikeOthers() async throws {
        try await Ward.with { ward in
            let made = try MadeCertificates(in: ward, for: "localhost")
            try await ward.withBroker {
                $0.tls = .files(certificateChain: made.chain, privateKey: made.key)
                $0.listeners[1].isWebSocket = true
            } _: { clinic in
                try clinic.append(5)
                let proxy = try await ConnectProxy.start([.tunnel()], on: MultiThreadedEventLoopGroup.singleton)
                let report = await ward.examine([
                    "source.connection_string": Ward.connection(port: clinic.tlsPort, host: "localhost", plain: false),
                    "source.ca_file": made.authority, "source.transport": "websockets",
                    "source.proxy": "http://127.0.0.1:\(proxy.port)",
                ])
                await proxy.stop()
                #expect(report.firstFailure == nil && !report.hasWarnings, "\(report.text)")
                #expect(report.result(.proxy)?.sightings.first?.symptom == .proxyTunnel)
                #expect(report.result(.tls)?.sightings.first?.symptom == .certificateTrusted)
                #expect(report.result(.tcp)?.tried == "connect to 127.0.0.1, port \(proxy.port)")
            }
        }
    }

    @Test func whatNeedsAFailedCheckIsNotTriedAndSaysWhy() async throws {
        try await Ward.with { ward in
            let report = await ward.examine(["source.connection_string": Ward.connection(port: try await closedPort())])
            #expect(report.result(.tcp)?.verdict == .failed)
            for check in [Check.tls, .sasl, .cbs, .hub, .partitions, .claims, .group, .epoch, .clock, .lag] {
                #expect(report.result(check)?.verdict == .notTried, "\(check)")
                #expect(report.result(check)?.reason?.hasPrefix("needs ") == true)
            }
            // What lies on this machine is looked at all the same.
            for check in [Check.state, .disk, .rules, .sinks] {
                #expect(report.result(check)?.verdict == .ok, "\(check)")
            }
        }
    }

    @Test func settingsThatCannotBeUsedLeaveTheRestToBeLookedAt() async throws {
        try await Ward.with { ward in
            let report = await ward.examine([:])
            #expect(report.firstFailure?.check == .configuration)
            #expect(report.result(.state)?.verdict == .ok)
            #expect(report.result(.dns)?.verdict == .notTried)
        }
    }

    /// A hubwatch that runs until the body has ended.
    private func whileRunning(
        _ ward: Ward, _ clinic: Clinic, _ body: (RunStatus) async throws -> Void
    ) async throws {
        var layers = ConfigurationLayers()
        for (path, text) in ward.settings(["source.connection_string": Ward.connection(port: clinic.port)]) {
            layers.add(flag: path, path: path, text: text)
        }
        let configuration = try Configuration(layers) { (path) throws(ConfigurationProblem) in
            throw ConfigurationProblem(place: path, message: "no files")
        }
        let status = RunStatus()
        let hubwatch = Hubwatch(
            configuration,
            Hubwatch.Surroundings(
                group: MultiThreadedEventLoopGroup.singleton,
                logger: Logger(label: "run") { _ in SwiftLogNoOpLogHandler() },
                hostName: "test", productVersion: "0"), status: status)
        let (stops, stop) = AsyncStream.makeStream(of: Void.self)
        let run = Task { try await hubwatch.run { for await _ in stops { return } } }
        for await _ in status.changes() where status.snapshot.isCaughtUp { break }
        do {
            try await body(status)
        } catch {
            stop.finish()
            _ = try? await run.value
            throw error
        }
        stop.finish()
        try await run.value
    }

    @Test func aRunningHubwatchIsRecognizedAndLeftAlone() async throws {
        try await Ward.with { ward in
            let attaches = AttachRecord()
            try await ward.withBroker(partitions: 2) {
                $0.observer = { attaches.note($0) }
            } _: { clinic in
                try clinic.append(20)
                try await whileRunning(ward, clinic) { status in
                    let before = try Data(contentsOf: URL(filePath: ward.path("state.db.lock")))
                    let report = await ward.examine(
                        ["source.connection_string": Ward.connection(port: clinic.port)])
                    #expect(report.firstFailure == nil, "\(report.text)")
                    let seen = report.results.flatMap(\.sightings)
                    #expect(seen.contains { $0.symptom == .stateHeld && $0.seen.contains("\(getpid())") })
                    #expect(seen.contains { $0.symptom == .ownerOurs && $0.seen.hasPrefix("2 partitions") })
                    #expect(seen.contains { $0.symptom == .eventsOwned })
                    #expect(try Data(contentsOf: URL(filePath: ward.path("state.db.lock"))) == before)
                    // Through another group the doctor sees the events beside the running reader.
                    let other = await ward.examine(["source.connection_string": Ward.connection(port: clinic.port)]) {
                        $0.peekGroup = "support"
                    }
                    #expect(other.results.flatMap(\.sightings).contains { $0.symptom == .fieldsSeen }, "\(other.text)")
                    #expect(status.snapshot.partitions.values.allSatisfy { $0.isAttached })
                    #expect(attaches.names.filter { $0 == "hubwatch@test" }.count == 2, "nobody had to attach again")
                }
            }
        }
    }

    @Test func onlyWhatIsAskedForIsExamined() async throws {
        try await Ward.with { ward in
            try await ward.withBroker { clinic in
                let settings = ["source.connection_string": Ward.connection(port: clinic.port)]
                let some = await ward.examine(settings) { $0.only = [.hub] }
                #expect(
                    some.results.map(\.check) == [.configuration, .dns, .tcp, .proxy, .tls, .sasl, .signIn, .cbs, .hub])
                let others = await ward.examine(settings) {
                    $0.only = [.hub]
                    $0.skip = [.dns, .tcp, .proxy, .tls, .sasl, .signIn, .cbs]
                }
                #expect(others.results.map(\.check) == [.configuration, .hub])
                #expect(others.result(.hub)?.verdict == .ok, "what was left out is done silently")
                let blind = await ward.examine(settings) { $0.peeks = false }
                #expect(blind.result(.fields)?.verdict == .notNeeded)
            }
        }
    }
}

/// The receivers that attached, by name, in order.
final class AttachRecord: Sendable {
    private let seen = Mutex<[String]>([])

    var names: [String] { seen.withLock { $0 } }

    func note(_ fact: BrokerFact) {
        if case .attach(_, _, _, let name?, _) = fact { seen.withLock { $0.append(name) } }
    }
}
