import DevBroker
import Diagnosis
import Doctor
import NIOPosix
import Testing
import TransportPeers

/// A fault that is planted for real, and what the doctor must call it.
struct SeededFault: Sendable, CustomTestStringConvertible {
    /// What is wrong, as the table in docs/doctor.md has it.
    let name: String
    /// The symptom that must be named.
    let symptom: String
    /// Words that must be in what is said about it.
    let words: [String]
    /// Plants the fault and examines.
    let plant: @Sendable (Ward) async throws -> Report

    init(
        _ name: String, _ symptom: String, _ words: [String], _ plant: @escaping @Sendable (Ward) async throws -> Report
    ) {
        self.name = name
        self.symptom = symptom
        self.words = words
        self.plant = plant
    }

    var testDescription: String { name }

    /// Every fault, in the order of the checks.
    static let all: [SeededFault] = [
        settings, network, certificates, refusals, credentials, tokens, roles, entities, readers, files, rules,
        receivers,
    ].flatMap { $0 }
}

extension SeededFault {
    static let settings: [SeededFault] = [
        SeededFault("malformed connection string", "setting-refused", ["source.connection_string", "SharedAccessKey"]) {
            await $0.examine([
                "source.connection_string": "Endpoint=sb://ns.example/;SharedAccessKeyName=a;EntityPath=logs"
            ])
        },
        SeededFault("misspelled setting", "setting-refused", ["did you mean 'source.consumer_group'"]) {
            await $0.examine(["source.connection_string": Ward.connection(port: 1), "source.consumer_groop": "x"])
        },
        SeededFault("connection string file that is not there", "setting-refused", ["there is no file", "nowhere.txt"])
        {
            await $0.examine(["source.connection_string_file": $0.path("nowhere.txt")])
        },
    ]

    /// A healthy broker behind a proxy that behaves like this.
    private static func throughProxy(
        _ ward: Ward, _ behaviours: [ConnectProxy.Behaviour]
    ) async throws -> Report {
        try await ward.withBroker { clinic in
            let proxy = try await ConnectProxy.start(behaviours, on: MultiThreadedEventLoopGroup.singleton)
            let report = await ward.examine([
                "source.connection_string": Ward.connection(port: clinic.port),
                "source.proxy": "http://127.0.0.1:\(proxy.port)",
            ])
            await proxy.stop()
            return report
        }
    }

    static let network: [SeededFault] = [
        SeededFault("host name that does not exist", "name-", ["namespace-of-nobody.invalid"]) {
            await $0.examine([
                "source.connection_string": Ward.connection(port: 5671, host: "namespace-of-nobody.invalid")
            ])
        },
        SeededFault("closed port", "port-refused", ["nothing listens on port"]) {
            await $0.examine(["source.connection_string": Ward.connection(port: try await closedPort())])
        },
        SeededFault("firewall that drops packets", "port-silent", ["no answer from 127.0.0.1", "firewall"]) { ward in
            let hole = BlackHole()
            let report = await ward.examine(["source.connection_string": Ward.connection(port: hole.port)]) {
                $0.limit = .seconds(2)
            }
            withExtendedLifetime(hole) {}
            return report
        },
        SeededFault("proxy in the environment, and no direct way", "proxy-needed", ["proxy.example:3128"]) {
            await $0.examine(
                ["source.connection_string": Ward.connection(port: try await closedPort())],
                environment: ["HTTPS_PROXY": "http://user:secret@proxy.example:3128/"])
        },
        SeededFault("proxy that wants a password", "proxy-refused", ["opened no tunnel", "407", "user and password"]) {
            try await throughProxy($0, [.tunnel(login: "Basic c29tZTpvbmU=")])
        },
        SeededFault("proxy that forbids the way", "proxy-refused", ["opened no tunnel", "403"]) {
            try await throughProxy($0, [.answer("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")])
        },
        SeededFault("web server where a WebSocket should be", "websocket-refused", ["no WebSocket"]) { ward in
            let listener = try await TalkingListener(saying: "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            let report = await ward.examine([
                "source.connection_string": Ward.connection(port: listener.port), "source.transport": "websockets",
            ])
            await listener.close()
            return report
        },
        SeededFault("port that takes connections and says nothing", "amqp-silent", ["no AMQP answer within"]) { ward in
            let listener = try await TalkingListener(saying: nil)
            let report = await ward.examine(["source.connection_string": Ward.connection(port: listener.port)]) {
                $0.limit = .seconds(2)
            }
            await listener.close()
            return report
        },
        SeededFault("web server instead of a broker", "amqp-broken", ["speaks AMQP 1.0"]) { ward in
            let listener = try await TalkingListener(saying: "HTTP/1.1 400 Bad Request\r\n\r\n")
            let report = await ward.examine(["source.connection_string": Ward.connection(port: listener.port)])
            await listener.close()
            return report
        },
        SeededFault("TLS to a port without TLS", "tls-not-spoken", ["does not speak TLS"]) { ward in
            try await ward.withBroker { clinic in
                await ward.examine([
                    "source.connection_string": Ward.connection(port: clinic.port, host: "localhost", plain: false)
                ])
            }
        },
        SeededFault("TLS port that says nothing", "tls-silent", ["no answer to the handshake"]) { ward in
            let listener = try await TalkingListener(saying: nil)
            let report = await ward.examine([
                "source.connection_string": Ward.connection(port: listener.port, plain: false)
            ]) { $0.limit = .seconds(2) }
            await listener.close()
            return report
        },
    ]

    /// A broker with made certificates, asked as localhost.
    private static func overTLS(
        _ ward: Ward, _ certificates: MadeCertificates?, authorities: String?
    ) async throws -> Report {
        try await ward.withBroker {
            if let certificates {
                $0.tls = .files(certificateChain: certificates.chain, privateKey: certificates.key)
            }
        } _: { clinic in
            await ward.examine([
                "source.connection_string": Ward.connection(port: clinic.tlsPort, host: "localhost", plain: false),
                "source.ca_file": authorities ?? "",
            ])
        }
    }

    static let certificates: [SeededFault] = [
        SeededFault("expired certificate", "certificate-expired", ["expired 25 h ago", "localhost"]) { ward in
            let made = try MadeCertificates(in: ward, for: "localhost", from: -200_000, until: -91_000)
            return try await overTLS(ward, made, authorities: made.authority)
        },
        SeededFault("certificate that begins tomorrow", "certificate-not-yet-valid", ["not valid before", "clock"]) {
            ward in
            let made = try MadeCertificates(in: ward, for: "localhost", from: 86_400)
            return try await overTLS(ward, made, authorities: made.authority)
        },
        SeededFault("certificate for another host", "certificate-for-other-host", ["other.example, not for localhost"])
        { ward in
            let made = try MadeCertificates(in: ward, for: "other.example")
            return try await overTLS(ward, made, authorities: made.authority)
        },
        SeededFault("self-signed certificate", "certificate-self-signed", ["self-signed", "source.ca_file"]) { ward in
            try await overTLS(
                ward, try MadeCertificates(in: ward, for: "localhost", selfSigned: true), authorities: nil)
        },
        SeededFault("authority that is not trusted", "certificate-unknown-authority", ["signed by Clinic authority"]) {
            ward in
            try await overTLS(ward, try MadeCertificates(in: ward, for: "localhost"), authorities: nil)
        },
        SeededFault("file of authorities that is not there", "authority-file-missing", ["there is no file", "ca.pem"]) {
            ward in
            try await overTLS(ward, nil, authorities: ward.path("ca.pem"))
        },
        SeededFault("client certificate that is not there", "identity-unusable", ["client certificate", "nowhere.pem"])
        { ward in
            try await ward.withBroker { clinic in
                await ward.examine([
                    "source.connection_string": Ward.connection(port: clinic.tlsPort, host: "localhost", plain: false),
                    "source.client_certificate_file": ward.path("nowhere.pem"),
                    "source.client_key_file": ward.path("nowhere.pem"),
                ])
            }
        },
        SeededFault("file of authorities without a certificate", "authority-file-unusable", ["holds no certificate"]) {
            ward in
            try await overTLS(ward, nil, authorities: try ward.write("no PEM at all\n", "ca.pem"))
        },
    ]
}
