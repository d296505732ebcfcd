import Detection
import DiagnosticLogs
import EventHubs
import FindingFormats
import Foundation
import NIOCore
import Receivers
import Sinks
import StateStore
import Testing

@testable import NetworkSinks

/// Goal: findings arrive over TLS and TCP as whole frames of RFC 5424, and a connection that is lost loses none.
///
/// Method: real receivers on loopback that read frames by their length.
@Suite(.timeLimit(.minutes(2))) struct SyslogTests {
    private func carrier(
        port: Int, host: String = "localhost", tls: Bool, trust: ReceiverTrust = ReceiverTrust(),
        timeout: Duration = .seconds(10), body: SyslogFormat.Body = .text
    ) throws -> SyslogCarrier {
        var settings = SyslogSettings(host: host, port: port, usesTLS: tls)
        settings.trust = trust
        settings.timeout = timeout
        let messages = SyslogFormat(
            facility: 13, hostName: "machine 1", processID: 7, body: body, bytesMax: 8_192, ocsf: format,
            productVersion: "1")
        return try SyslogCarrier(settings, group: loops, format: messages, now: WallTime.now)
    }

    @Test func findingsComeOverTLS() async throws {
        let state = try StateUnderTest()
        let certificates = try TestCertificates()
        let receiver = try await SyslogReceiver(tls: certificates.server)
        let trust = ReceiverTrust(authorityFile: try certificates.authorityFile(in: state.folder))
        let carrier = try carrier(port: receiver.port, tls: true, trust: trust, body: .ocsf)
        let outcome = await carrier.carry((1...3).map { Parcel(journalID: Int64($0), entry: entry($0)) })
        #expect(outcome.accepted == 3 && outcome.failure == nil, "\(outcome)")
        await receiver.received(3)
        #expect(receiver.connections == 1 && !receiver.isConfused)
        let first = try #require(receiver.messages.first)
        #expect(
            first.hasPrefix("<107>1 20")
                && first.contains(" machine1 hubwatch 7 finding [finding@32473 id=\"finding1-create\""))
        let json = try #require(first.firstIndex(of: "{"))
        #expect(try JSONSerialization.jsonObject(with: Data(first[json...].utf8)) is [String: Any])
        await carrier.close()
        await receiver.close()
    }

    @Test func aReceiverThatIsNotTrustedGetsNothing() async throws {
        let certificates = try TestCertificates()
        let receiver = try await SyslogReceiver(tls: certificates.server)
        let carrier = try carrier(port: receiver.port, tls: true)
        let outcome = await carrier.carry([Parcel(journalID: 1, entry: entry(1))])
        #expect(outcome.accepted == 0)
        #expect(outcome.failure?.summary.contains("TLS to tls://localhost") == true, "\(outcome)")
        #expect(receiver.messages.isEmpty)
        await carrier.close()
        await receiver.close()
    }

    @Test func aReceiverThatIsGoneOrHearsNothingIsSaid() async throws {
        let gone = try await SyslogReceiver()
        let port = gone.port
        await gone.close()
        let refused = try carrier(port: port, host: "127.0.0.1", tls: false)
        let outcome = await refused.carry([Parcel(journalID: 1, entry: entry(1))])
        #expect(outcome.failure?.summary.lowercased().contains("connection refused") == true, "\(outcome)")
        await refused.close()
        // A server that accepts and never speaks TLS.
        let mute = try await SyslogReceiver()
        let waiting = try carrier(port: mute.port, tls: true, timeout: .seconds(1))
        let mutely = await waiting.carry([Parcel(journalID: 1, entry: entry(1))])
        #expect(mutely.accepted == 0 && mutely.failure?.kind == .unavailable, "\(mutely)")
        await waiting.close()
        await mute.close()
    }

    @Test func whatALostConnectionMayHaveSwallowedIsSentAgain() async throws {
        let state = try StateUnderTest()
        let store = try state.open()
        try await state.commit((1...5).map { entry($0) }, to: store)
        let receiver = try await SyslogReceiver(cutsAfter: 2)
        let carrier = try carrier(port: receiver.port, host: "127.0.0.1", tls: false)
        // One after the other, so that the receiver cuts between them.
        for number in 1...5 {
            try await state.commit([], to: store)
            try await state.deliver(with: NotClosing(carrier), store, upTo: Int64(number))
        }
        await receiver.received(5)
        let ids = Set(
            receiver.messages.compactMap { message in
                message.split(separator: "id=\"").dropFirst().first?.prefix { $0 != "\"" }
            }.map(String.init))
        #expect(ids == Set((1...5).map { "finding\($0)-create" }))
        #expect(!receiver.isConfused)
        await carrier.close()
        try await store.close()
        await receiver.close()
    }

    /// Gives findings to a carrier one at a time and leaves its connection open between followers.
    private struct NotClosing: FindingCarrier {
        let carrier: SyslogCarrier
        let parcelsMaximum = 1
        var destination: String { carrier.destination }
        init(_ carrier: SyslogCarrier) { self.carrier = carrier }
        func carry(_ parcels: [Parcel]) async -> CarryOutcome { await carrier.carry(parcels) }
        func close() async {}
    }
}
