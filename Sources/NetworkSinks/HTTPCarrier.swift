import AsyncHTTPClient
public import Detection
public import DiagnosticLogs
public import EventHubs
import FindingFormats
public import NIOCore
import NIOHTTP1
import ProxiedHTTP
public import Sinks

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Posts one finding at a time: webhook, Slack, Teams.
///
/// **Headers**: `webhook-id` is the finding's key, the same on every attempt; `webhook-timestamp` and, with a secret,
/// `webhook-signature` are made for each attempt (``WebhookSigner``).
///
/// **Bounds**: one request at a time; each ends within ``Settings/timeout``, answer included; 4 KiB of an answer are read.
/// Redirects are not followed. A proxy has half of the time to make its tunnel.
public actor HTTPCarrier: FindingCarrier {
    /// Where and how to post.
    public struct Settings: Sendable {
        /// The whole address; with chats the secret is in it.
        public var url: Secret
        /// `POST` or `PUT`.
        public var method = "POST"
        /// Further headers, by name; a later one of the same name takes the place of an earlier one.
        public var headers: [(name: String, value: Secret)] = []
        /// The shared secret; nil to send no signature.
        public var signer: WebhookSigner?
        /// How long one attempt may take.
        public var timeout: Duration = .seconds(10)
        /// Least time between two requests: what a chat asks for.
        public var gapMin: Duration = .zero
        /// Whom to trust.
        public var trust = ReceiverTrust()
        /// The proxy to tunnel through; nil to connect directly, as everything without TLS does.
        public var proxy: ProxyAddress?
        /// The setting that names it, for messages.
        public var proxySetting = "proxy"
        /// Says which version asks.
        public var productVersion: String

        /// Makes settings for an address.
        public init(url: Secret, productVersion: String) {
            self.url = url
            self.productVersion = productVersion
        }
    }

    /// One finding a request.
    public nonisolated let parcelsMaximum = 1
    /// Scheme, host and port.
    public nonisolated let destination: String
    private let settings: Settings
    private let host: String
    private let group: any EventLoopGroup
    private let client: HTTPClient
    private let way: HTTPWay
    private let now: @Sendable () -> Timestamp
    private let body: @Sendable (JournalEntry) -> [UInt8]
    private var lastSent: ContinuousClock.Instant?
    private static let answerBytesMax = 4_096

    /// Makes a carrier; connects with the first finding.
    ///
    /// - Parameters:
    ///   - group: event loops that no partition is read on.
    ///   - body: makes a request's body.
    /// **Errors**: an address that is none, files that cannot be used.
    public init(
        _ settings: Settings, group: any EventLoopGroup, now: @escaping @Sendable () -> Timestamp,
        body: @escaping @Sendable (JournalEntry) -> [UInt8]
    ) throws(DeliveryFailure) {
        guard let url = URL(string: settings.url.revealed), let host = url.host(), !host.isEmpty,
            let scheme = url.scheme?.lowercased(), ["http", "https"].contains(scheme)
        else { throw DeliveryFailure(.unavailable, "the address is none", remedy: "give https://host/path") }
        self.settings = settings
        self.host = host
        self.group = group
        self.now = now
        self.body = body
        destination = "\(scheme)://\(host)" + (url.port.map { ":\($0)" } ?? "")
        let limit = TimeAmount(settings.timeout)
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: try settings.trust.tlsConfiguration(), redirectConfiguration: .disallow,
            timeout: .init(connect: limit, read: limit))
        configuration.httpVersion = .http1Only
        // The delivery machine decides when to try again, not the pool.
        configuration.connectionPool.retryConnectionEstablishment = false
        way = HTTPWay(to: settings.url.revealed, through: settings.proxy, setting: settings.proxySetting)
        way.lead(&configuration, within: settings.timeout)
        client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
    }

    /// Posts the first parcel.
    public func carry(_ parcels: [Parcel]) async -> CarryOutcome {
        guard let parcel = parcels.first else { return CarryOutcome(accepted: 0) }
        if let lastSent, settings.gapMin > .zero {
            try? await Task.sleep(until: lastSent.advanced(by: settings.gapMin), clock: .continuous)
        }
        lastSent = .now
        let bytes = body(parcel.entry)
        let time = now()
        let end = ContinuousClock.now + settings.timeout
        do {
            let answer = try await withTimeLimit { [self] in try await send(bytes, id: parcel.entry.key, time) }
            let failure = answer.failure(host: host, now: Double(time.nanoseconds) / 1e9)
            return CarryOutcome(accepted: failure == nil ? 1 : 0, failure: failure, answer: answer.line)
        } catch {
            if let refusal = await way.refusal(behind: error, on: group.next(), until: end) {
                return CarryOutcome(accepted: 0, failure: ReceiverErrors.failure(of: refusal))
            }
            return CarryOutcome(
                accepted: 0,
                failure: ReceiverErrors.failure(error, receiver: destination, limit: settings.timeout))
        }
    }

    /// Closes connections.
    public func close() async { try? await client.shutdown() }

    private nonisolated func send(_ bytes: [UInt8], id: String, _ time: Timestamp) async throws -> HTTPAnswer {
        var request = HTTPClientRequest(url: settings.url.revealed)
        request.method = HTTPMethod(rawValue: settings.method)
        let seconds = time.nanoseconds / 1_000_000_000
        request.headers.add(name: "content-type", value: "application/json")
        request.headers.add(name: "user-agent", value: "hubwatch/\(settings.productVersion)")
        for header in settings.headers {
            request.headers.replaceOrAdd(name: header.name, value: header.value.revealed)
        }
        request.headers.replaceOrAdd(name: "webhook-id", value: id)
        request.headers.replaceOrAdd(name: "webhook-timestamp", value: "\(seconds)")
        if let signer = settings.signer {
            request.headers.replaceOrAdd(
                name: "webhook-signature", value: signer.signature(id: id, seconds: seconds, body: bytes))
        }
        request.body = .bytes(ByteBuffer(bytes: bytes))
        let response = try await client.execute(request, timeout: TimeAmount(settings.timeout))
        var answer = HTTPAnswer(status: Int(response.status.code), phrase: response.status.reasonPhrase)
        answer.retryAfter = response.headers.first(name: "retry-after")
        answer.location = response.headers.first(name: "location")
        var said: [UInt8] = []
        for try await part in response.body {
            said += part.readableBytesView.prefix(Self.answerBytesMax - said.count)
            if said.count >= Self.answerBytesMax { break }
        }
        answer.said = harmless(said)
        return answer
    }

    /// The beginning of an answer, as one line; nothing when it repeats a secret.
    private nonisolated func harmless(_ bytes: [UInt8]) -> String {
        let text = String(decoding: bytes, as: UTF8.self)
        let secrets = settings.headers.map(\.value.revealed) + [settings.url.revealed]
        if secrets.contains(where: { $0.count > 3 && text.contains($0) }) { return "(an answer that repeats a secret)" }
        return TerminalText.escaped(text.trimmingBlanks, columns: 160)
    }

    /// Runs a request and its answer within the time for one attempt, however slowly either drips.
    private nonisolated func withTimeLimit(
        _ body: @escaping @Sendable () async throws -> HTTPAnswer
    ) async throws -> HTTPAnswer {
        let work = Task { try await body() }
        let timer = group.next().scheduleTask(in: TimeAmount(settings.timeout)) { work.cancel() }
        defer { timer.cancel() }
        return try await work.value
    }
}
