import DevBroker
import Diagnosis
import Doctor
import EventHubs
import Foundation
import NIOPosix
import NIOSSL
import Receivers
import StateStore
import TransportPeers

extension Ward {
    /// The context of a server with made certificates.
    static func context(_ made: MadeCertificates) throws -> NIOSSLContext {
        try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMFile(made.chain).map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(file: made.key, format: .pem))))
    }

    /// The report on sinks alone; the source is not asked.
    func examineSinks(_ sinks: [String: String], within limit: Duration = .seconds(60)) async -> Report {
        await examine(["source.connection_string": Ward.connection(port: 1)].merging(sinks) { $1 }) {
            $0.only = [.sinks]
            $0.limit = limit
        }
    }

    /// A connection string of a policy for the hub of a broker.
    static func sending(_ port: Int, key: String = Ward.key, hub: String = "logs") -> String {
        connection(port: port, hub: hub, credential: "SharedAccessKeyName=sender;SharedAccessKey=\(key)")
    }
}

extension SeededFault {
    private static func webhook(_ ward: Ward, _ url: String, _ changes: [String: String] = [:]) async -> Report {
        let sink = ["sinks.soc.type": "webhook", "sinks.soc.url": url + "/CANARY/path"]
        return await ward.examineSinks(sink.merging(changes) { $1 })
    }

    /// A web server with a certificate, or without TLS, that a webhook is to be posted to.
    private static func server(
        _ ward: Ward, _ made: MadeCertificates?, _ changes: [String: String] = [:]
    ) async throws -> Report {
        let server = try await HTTPReceiver(tls: try made.map(Ward.context)) { _, _ in .reply(200) }
        let report = await webhook(ward, "https://localhost:\(server.port)", changes)
        await server.close()
        return report
    }

    private static func syslog(
        _ ward: Ward, port: Int, authority: String = "", within limit: Duration = .seconds(60)
    ) async -> Report {
        await ward.examineSinks(
            [
                "sinks.siem.type": "syslog", "sinks.siem.address": "localhost:\(port)",
                "sinks.siem.ca_file": authority,
            ], within: limit)
    }

    /// A sink that writes into a hub of a strict broker.
    private static func hub(
        _ ward: Ward, rights: AccessPolicy.Rights = .send, key: String = Ward.key, hub: String = "logs"
    ) async throws -> Report {
        try await ward.withBroker {
            $0.policies = [AccessPolicy(name: "sender", key: Ward.key, rights: rights)]
            $0.isAuthStrict = true
        } _: { clinic in
            await ward.examineSinks([
                "sinks.lake.type": "eventhub",
                "sinks.lake.connection_string": Ward.sending(clinic.port, key: key, hub: hub),
            ])
        }
    }

    static let receivers: [SeededFault] = [
        SeededFault("webhook that nothing listens on", "receiver-port-refused", ["soc (webhook)", "sinks test soc"]) {
            await webhook($0, "http://127.0.0.1:\(try await closedPort())")
        },
        SeededFault("webhook whose name does not exist", "receiver-unnamed", ["soc.invalid", "DNS"]) {
            await webhook($0, "https://soc.invalid")
        },
        SeededFault(
            "webhook of an authority that is not trusted", "receiver-untrusted", ["Clinic authority", "ca_file"]
        ) {
            try await server($0, try MadeCertificates(in: $0, for: "localhost"))
        },
        SeededFault("webhook with a certificate for another host", "receiver-untrusted", ["other.example"]) {
            let made = try MadeCertificates(in: $0, for: "other.example")
            return try await server($0, made, ["sinks.soc.ca_file": made.authority])
        },
        SeededFault("webhook on a port without TLS", "receiver-not-tls", ["does not speak TLS", "sinks.soc"]) {
            try await server($0, nil)
        },
        SeededFault("webhook whose file of authorities is not there", "receiver-unusable", ["ca.pem", "PEM"]) {
            await webhook($0, "https://localhost:1", ["sinks.soc.ca_file": $0.path("ca.pem")])
        },
        SeededFault(
            "webhook behind a proxy that nothing listens on", "receiver-proxy-unreachable", ["sinks.soc.proxy"]
        ) {
            let proxy = "http://127.0.0.1:\(try await closedPort())"
            return await webhook($0, "https://soc.example", ["sinks.soc.proxy": proxy])
        },
        SeededFault("webhook behind a proxy that forbids the way", "receiver-proxy-refused", ["403", "CONNECT"]) {
            ward in
            let proxy = try await ConnectProxy.start(
                [.answer("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")],
                on: MultiThreadedEventLoopGroup.singleton)
            let report = await webhook(
                ward, "https://soc.example", ["sinks.soc.proxy": "http://127.0.0.1:\(proxy.port)"])
            await proxy.stop()
            return report
        },
        SeededFault("syslog receiver with an expired certificate", "receiver-untrusted", ["expired 25 h ago"]) {
            let made = try MadeCertificates(in: $0, for: "localhost", from: -200_000, until: -91_000)
            let receiver = try await SyslogReceiver(tls: try Ward.context(made))
            let report = await syslog($0, port: receiver.port, authority: made.authority)
            await receiver.close()
            return report
        },
        SeededFault("syslog receiver that says nothing", "receiver-tls-silent", ["no answer to the handshake"]) {
            let listener = try await TalkingListener(saying: nil)
            let report = await syslog($0, port: listener.port, within: .seconds(2))
            await listener.close()
            return report
        },
        SeededFault("event hub sink without the Send claim", "receiver-send-missing", ["no Send claim", "sinks.lake"]) {
            try await hub($0, rights: .listen)
        },
        SeededFault("event hub sink with a wrong key", "receiver-key-refused", ["refused the key", "InvalidSignature"])
        {
            try await hub($0, key: "YW5vdGhlci1rZXktb2YtdGhlLXNpbms=")
        },
        SeededFault("event hub sink to an unknown hub", "receiver-hub-unknown", ["there is no hub", "nowhere"]) {
            try await hub($0, hub: "nowhere")
        },
        SeededFault(
            "sink that has given up on findings", "sink-gave-up", ["soc gave up on 2", "sinks resend --sink soc"]
        ) { ward in
            let store = try SQLiteStateStore(path: ward.path("state.db"))
            let letters = (1...3).map { id in
                SinkLetter(
                    sink: "soc",
                    row: JournalRow(
                        id: id,
                        draft: JournalDraft(
                            key: JournalKey(findingID: "f\(id)", activity: .create), ruleID: "r", isAlert: true,
                            status: .active, payload: Array("{}".utf8), decidedNs: 1)), reason: "400", attempts: 1,
                    givenUpNs: 1)
            }
            _ = try await store.giveUp(letters, SinkCursor(sink: "soc", journalID: 3))
            let first = try await store.sinkLetters(of: "soc", after: 0, limit: 1, includingResent: true)
            _ = try await store.markResent(first.map(\.id), atNs: 2)
            try await store.close()
            return await ward.examineSinks([:])
        },
    ]
}
