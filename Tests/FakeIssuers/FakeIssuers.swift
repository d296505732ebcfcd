import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// Issuers of tokens on loopback: Entra ID, the metadata services of App Service, Azure Arc, Machine Learning, Cloud Shell and virtual
/// machines.
///
/// Each checks what it is sent as the real one documents it, answers a wrong request as that one does, and signs tokens with the test
/// key. One port serves all; the paths tell them apart.
public final class FakeIssuers: Sendable {
    /// What the next request is answered with.
    public enum Behaviour: Sendable {
        /// A token, when the request is right.
        case issue
        /// This status, body and `Retry-After`.
        case answer(status: Int, body: String, retryAfter: Int?)
        /// Everything that was sent, as an issuer's error would repeat it.
        case echo
        /// Nothing, ever.
        case hang
        /// A head, then nothing.
        case stopAfterHead
        /// A body of so many bytes.
        case huge(Int)
        /// `Location` of another host.
        case redirect(String)
    }

    struct State: Sendable {
        var expected = Expected()
        var queue: [Behaviour] = []
        var standing = Behaviour.issue
        var claims: (@Sendable (Int64) -> TestSigner.Claims)?
        var lifetime: Int64 = 3600
        var refreshIn: Int64?
        var seen: [String] = []
        var complaints: [String] = []
        var assertions: Set<String> = []
        var issued: [String] = []
        var observer: (@Sendable () -> Void)?
        var arcKey: String?
    }

    /// What right requests hold.
    public struct Expected: Sendable {
        /// The tenant.
        public var tenant = "tenant-1"
        /// Where clients think that they ask; nil for where the issuers listen.
        public var authority: String?
        /// The application, or the managed identity.
        public var client: String? = "app-1"
        /// Its secret.
        public var secret = "CANARY-client-secret-8Q~x"
        /// The thumbprint and public key of its certificate.
        public var certificate: (thumbprint: String, signer: TestSigner)?
        /// The other issuer's token.
        public var federatedToken = "CANARY.federated.token"
        /// `X-IDENTITY-HEADER`.
        public var identityHeader = "CANARY-identity-header"
        /// `secret` of Machine Learning.
        public var msiSecret = "CANARY-msi-secret"
        /// Where Azure Arc's keys are put.
        public var arcFolder = ""
        /// The resource.
        public var resource = "https://eventhubs.azure.net"

        /// The usual ones.
        public init() {}
    }

    /// Where they listen: `http://127.0.0.1:port`.
    public let url: String
    /// The key of the tokens.
    public let signer: TestSigner
    let state = Mutex(State())

    private init(url: String, signer: TestSigner) {
        self.url = url
        self.signer = signer
    }

    /// Runs a body beside started issuers.
    public static func with(
        signer: TestSigner? = nil, _ body: (FakeIssuers) async throws -> Void
    ) async throws {
        let (ports, bound) = AsyncStream.makeStream(of: Int.self)
        let holder = Holder()
        var logger = Logger(label: "fake issuers")
        logger.logLevel = .critical
        let application = Application(
            router: router(holder),
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in
                bound.yield(channel.localAddress?.port ?? 0)
                bound.finish()
            }, eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton), logger: logger)
        let server = Task {
            defer { bound.finish() }
            try await application.run()
        }
        guard let port = await ports.first(where: { _ in true }) else { throw CancellationError() }
        let issuers = FakeIssuers(url: "http://127.0.0.1:\(port)", signer: try signer ?? TestSigner())
        holder.issuers.withLock { $0 = issuers }
        do {
            try await body(issuers)
        } catch {
            server.cancel()
            _ = await server.result
            throw error
        }
        server.cancel()
        _ = await server.result
    }

    final class Holder: Sendable {
        let issuers = Mutex<FakeIssuers?>(nil)
    }

    // MARK: Orders

    /// Changes what right requests hold.
    public func expect(_ change: @Sendable (inout Expected) -> Void) { state.withLock { change(&$0.expected) } }
    /// What the next requests are answered with, one after the other.
    public func next(_ behaviours: Behaviour...) { state.withLock { $0.queue += behaviours } }
    /// What all others are answered with.
    public func always(_ behaviour: Behaviour) { state.withLock { $0.standing = behaviour } }
    /// What tokens say, given the time, how long they are said to live, and when to ask again.
    public func tokens(
        lifetime: Int64 = 3600, refreshIn: Int64? = nil, _ claims: (@Sendable (Int64) -> TestSigner.Claims)? = nil
    ) {
        state.withLock {
            $0.lifetime = lifetime
            $0.refreshIn = refreshIn
            $0.claims = claims
        }
    }
    /// Called after each request.
    public func observe(_ observer: @escaping @Sendable () -> Void) { state.withLock { $0.observer = observer } }

    /// Method and path of each request.
    public var requests: [String] { state.withLock { $0.seen } }
    /// What was wrong with requests.
    public var complaints: [String] { state.withLock { $0.complaints } }
    /// The tokens that were issued.
    public var issued: [String] { state.withLock { $0.issued } }

    // MARK: Serving

    private static func router(_ holder: Holder) -> Router<BasicRequestContext> {
        let router = Router(context: BasicRequestContext.self)
        for method in [HTTPRequest.Method.get, .post] {
            router.on("**", method: method) { request, _ -> Response in
                guard let issuers = holder.issuers.withLock({ $0 }) else {
                    return Response(status: .serviceUnavailable)
                }
                let body = try await request.body.collect(upTo: 1 << 20)
                return try await issuers.serve(
                    Asked(request, body: String(decoding: body.readableBytesView, as: UTF8.self)))
            }
        }
        return router
    }

    private func serve(_ asked: Asked) async throws -> Response {
        let behaviour = state.withLock { state in
            state.seen.append("\(asked.method) \(asked.path)")
            return state.queue.isEmpty ? state.standing : state.queue.removeFirst()
        }
        defer { state.withLock { $0.observer }?() }
        switch behaviour {
        case .issue: return try await issue(asked)
        case .answer(let status, let body, let retryAfter):
            var headers = HTTPFields()
            if let retryAfter { headers[.retryAfter] = "\(retryAfter)" }
            return Response(
                status: .init(code: status), headers: headers, body: .init(byteBuffer: ByteBuffer(string: body)))
        case .echo: return Self.json(400, ["error": asked.everything, "error_description": asked.everything])
        case .hang:
            await Self.waitForCancellation()
            return Response(status: .ok)
        case .stopAfterHead:
            return Response(
                status: .ok,
                body: .init { writer in
                    try await writer.write(ByteBuffer(string: "{"))
                    await Self.waitForCancellation()
                })
        case .huge(let bytes):
            return Response(
                status: .ok, body: .init(byteBuffer: ByteBuffer(repeating: UInt8(ascii: " "), count: bytes)))
        case .redirect(let place):
            return Response(status: .temporaryRedirect, headers: [.location: place])
        }
    }

    private static func waitForCancellation() async {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        for await _ in stream {}
        _ = continuation
    }

    static func json(_ status: Int, _ object: [String: String]) -> Response {
        let data = (try? JSONEncoder().encode(object)) ?? Data()
        return Response(
            status: .init(code: status), headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(bytes: Array(data))))
    }
}
