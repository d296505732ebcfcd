import Crypto
import Detection
import DiagnosticLogs
import FindingFormats
import Foundation
import NIOPosix
import NIOSSL
import Sinks
import StateStore
import SwiftASN1
import Synchronization
import X509

@testable import NetworkSinks

/// A small finding; number and group make it what a test needs.
func entry(_ number: Int, group: String? = nil, decided: Timestamp = WallTime.now()) -> JournalEntry {
    let position = RecordPosition(partition: 0, sequence: Int64(number), index: 0)
    let finding = Finding(
        id: "finding\(number)", rule: RuleMetadata(id: "rule", title: "A \"rule\"", severity: .high), ruleVersion: "v",
        group: group.map { [.init(name: "who", value: .string($0))] } ?? [], window: nil, values: [], count: 1,
        firstSeen: decided, lastSeen: decided, firstPosition: position, lastPosition: position, evidence: [],
        evidenceTruncated: false, reason: "because <!channel>",
        times: .init(occurred: decided, enqueued: decided, received: decided, decided: decided))
    return JournalEntry(finding: finding, activity: .create, isAlert: true, alertID: "alert")
}

enum WallTime {
    @Sendable static func now() -> Timestamp { Timestamp(nanoseconds: Int64(Date().timeIntervalSince1970 * 1e9)) }
}

let format = OCSFFormat(source: FindingSource(namespace: "n", hub: "h"), productVersion: "1")
let loops = MultiThreadedEventLoopGroup.singleton

/// A state file in a folder of its own, with findings in its journal.
final class StateUnderTest: Sendable {
    let folder: URL
    let reports = Mutex<[SinkReport]>([])
    private let time = Mutex(Duration.zero)

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "hubwatch-delivery-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    var elapsed: Duration { time.withLock { $0 } }

    func open() throws -> SQLiteStateStore { try SQLiteStateStore(path: folder.appending(path: "state.db").path) }

    func commit(_ entries: [JournalEntry], to store: SQLiteStateStore) async throws {
        var transaction = StateTransaction(committedNs: 1)
        for entry in entries { transaction.journal.append(try JournalDraft(entry)) }
        _ = try await store.commit(transaction)
    }

    /// Follows the journal with a carrier until the cursor has come so far; pauses pass at once and step the clock.
    func deliver(
        with carrier: any FindingCarrier, _ store: SQLiteStateStore, upTo id: Int64,
        policy: DeliveryPolicy = DeliveryPolicy()
    ) async throws {
        let signal = JournalSignal()
        let began = WallTime.now()
        let sink = DeliveringSink(
            name: "soc", carrier: carrier, begin: .oldest, policy: policy, letters: store,
            DeliveringSink.Surroundings(
                now: { [self] in Timestamp(nanoseconds: began.nanoseconds + elapsed.components.seconds * 1_000_000_000)
                },
                elapsed: { [self] in elapsed }, report: { [self] report in reports.withLock { $0.append(report) } }))
        let follower = JournalFollower(
            store: store, sink: sink, signal: signal, pause: { [self] pause in time.withLock { $0 += pause } },
            report: { [self] report in reports.withLock { $0.append(report) } })
        let task = Task { try await follower.run() }
        while try await store.cursor(of: "soc")?.journalID ?? 0 < id { await Task.yield() }
        signal.finish()
        try await task.value
    }
}

/// A certificate authority made for one test, and a server's certificate signed by it.
struct TestCertificates {
    let authorityPEM: String
    let server: NIOSSLContext
    /// A client's certificate and its key.
    let clientPEM: String

    /// - Parameter wantsClient: whether the server takes only clients with a certificate of the authority.
    init(host: String = "localhost", wantsClient: Bool = false) throws {
        let now = Date()
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let name = try DistinguishedName { CommonName("Test authority") }
        let authority = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: key.publicKey, notValidBefore: now - 3600,
            notValidAfter: now + 86_400, issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                Critical(KeyUsage(keyCertSign: true))
            }, issuerPrivateKey: key)
        let leafKey = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let leaf = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: leafKey.publicKey, notValidBefore: now - 3600,
            notValidAfter: now + 3600, issuer: name, subject: try DistinguishedName { CommonName(host) },
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions { SubjectAlternativeNames([.dnsName(host)]) }, issuerPrivateKey: key)
        let chain = try NIOSSLCertificate.fromPEMBytes(Array(leaf.serializeAsPEM().pemString.utf8))
        let privateKey = try NIOSSLPrivateKey(bytes: Array(leafKey.serializeAsPEM().pemString.utf8), format: .pem)
        authorityPEM = try authority.serializeAsPEM().pemString
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(privateKey))
        if wantsClient {
            configuration.certificateVerification = .noHostnameVerification
            configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(authorityPEM.utf8)))
        }
        server = try NIOSSLContext(configuration: configuration)
        let clientKey = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let client = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: clientKey.publicKey, notValidBefore: now - 3600,
            notValidAfter: now + 3600, issuer: name, subject: try DistinguishedName { CommonName("hubwatch") },
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions { try ExtendedKeyUsage([.clientAuth]) }, issuerPrivateKey: key)
        clientPEM = try client.serializeAsPEM().pemString + "\n" + clientKey.serializeAsPEM().pemString
    }

    /// Writes the client's certificate and key into a folder.
    func clientFile(in folder: URL) throws -> String {
        let file = folder.appending(path: "client.pem")
        try Data(clientPEM.utf8).write(to: file)
        return file.path
    }

    /// Writes the authority's certificate into a folder.
    func authorityFile(in folder: URL) throws -> String {
        let file = folder.appending(path: "authority.pem")
        try Data(authorityPEM.utf8).write(to: file)
        return file.path
    }
}
