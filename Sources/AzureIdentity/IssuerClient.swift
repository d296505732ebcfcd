import AsyncHTTPClient
import AzureTokens
import EventHubs
import EventHubsClient
import NIOCore
import NIOHTTP1
import NIOSSL
import ProxiedHTTP

/// Sends token requests over HTTP.
///
/// A client lives for one request: there are a few an hour, and nothing is left open in between. No redirect is followed, since what
/// is sent is a secret. Only what goes to Entra ID takes the proxy's way.
///
/// **Bounds**: an answer's body, the time for the connection and for the whole exchange.
struct IssuerClient: Sendable {
    let group: any EventLoopGroup
    /// A PEM file of authorities to trust besides the system's.
    let authorities: String?
    /// The proxy on the way to Entra ID; nil to ask it directly.
    var proxy: ProxyAddress?
    /// The most that an exchange may take; nil: what the request says.
    var limit: Duration?

    @concurrent
    func send(_ request: TokenRequest) async throws(EventHubsError) -> TokenResponse {
        var request = request
        if let limit { request.deadline = min(limit, request.deadline) }
        let asked = request
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(connect: .init(min(request.connectTimeout, request.deadline)), read: .init(request.deadline))
        )
        configuration.httpVersion = .http1Only
        // A place that is not there is to be noticed now, not at the deadline.
        configuration.connectionPool.retryConnectionEstablishment = false
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        if let authorities { tls.additionalTrustRoots = [.file(authorities)] }
        configuration.tlsConfiguration = tls
        let way = HTTPWay(to: asked.url, through: asked.mayUseProxy ? proxy : nil, setting: "source.proxy")
        way.lead(&configuration, within: asked.deadline)
        let end = ContinuousClock.now + asked.deadline
        let client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
        let result: Result<TokenResponse, EventHubsError>
        do {
            result = .success(
                try await Deadline.run(within: asked.deadline) { try await Self.exchange(asked, client) })
        } catch {
            let refusal = await way.refusal(behind: error, on: group.next(), until: end)
            result = .failure(refusal ?? Self.explain(error, request))
        }
        try? await client.shutdown()
        return try result.get()
    }

    private static func exchange(_ request: TokenRequest, _ client: HTTPClient) async throws -> TokenResponse {
        var message = HTTPClientRequest(url: request.url)
        message.headers.add(name: "user-agent", value: "hubwatch")
        for header in request.headers { message.headers.add(name: header.name, value: header.value.revealed) }
        if let body = request.body {
            message.method = .POST
            message.body = .bytes(Array(body.revealed.utf8))
        }
        let response = try await client.execute(message, timeout: .init(request.deadline))
        let body = try await response.body.collect(upTo: TokenResponse.bodyBytesMax)
        return TokenResponse(
            status: Int(response.status.code), challenge: response.headers.first(name: "www-authenticate"),
            retryAfter: response.headers.first(name: "retry-after"),
            body: String(decoding: body.readableBytesView, as: UTF8.self))
    }

    /// What went wrong, in words of our own: a client's error may repeat a header.
    private static func explain(_ error: any Error, _ request: TokenRequest) -> EventHubsError {
        func passing(_ code: EventHubsError.Code, _ what: String, _ remedy: String) -> EventHubsError {
            EventHubsError(code, what, remedy: remedy, isRetriable: true, scope: .connection)
        }
        let place = request.place
        let path = "Check the address, the firewall and the proxy between"
        switch error {
        case is Deadline.Passed:
            return passing(.timedOut, "\(place) did not answer within \(request.deadline)", path)
        case is NIOTooManyBytesError:
            return passing(
                .protocolViolation, "\(place) answered with more than \(TokenResponse.bodyBytesMax) bytes",
                "Check that the address is an issuer of tokens")
        case let error as HTTPClientError: return explain(error, request, passing)
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError:
            return passing(
                .tlsRefused, "TLS to \(place) was refused",
                "Check this machine's certificate authorities; source.ca_file adds one")
        default:
            let reason = SocketFailure.reason(error).map { ": \($0)" } ?? " (\(type(of: error)))"
            return passing(.unreachable, "\(place) cannot be reached\(reason)", path)
        }
    }

    private static func explain(
        _ error: HTTPClientError, _ request: TokenRequest,
        _ passing: (EventHubsError.Code, String, String) -> EventHubsError
    ) -> EventHubsError {
        let place = request.place
        let path = "Check the address, the firewall and the proxy between"
        switch error {
        case .connectTimeout, .deadlineExceeded, .readTimeout, .getConnectionFromPoolTimeout, .tlsHandshakeTimeout:
            let limit = error == .connectTimeout ? request.connectTimeout : request.deadline
            return passing(.timedOut, "\(place) did not answer within \(limit)", path)
        case .invalidURL, .emptyHost, .emptyScheme, .missingSocketPath:
            return EventHubsError(
                .invalidConfiguration, "'\(place)' is no address that tokens can be asked of",
                remedy: "Check source.entra.authority, and IDENTITY_ENDPOINT and MSI_ENDPOINT in the environment")
        default:
            return passing(.unreachable, "\(place) broke off: \(error.shortDescription)", path)
        }
    }
}

/// Ends what takes too long: an HTTP client's own limits end with the head of an answer.
enum Deadline {
    /// The time has passed.
    struct Passed: Error {}

    static func run<Value: Sendable>(
        within limit: Duration, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await Task.sleep(for: limit)
                throw Passed()
            }
            defer { group.cancelAll() }
            guard let value = try await group.next() else { throw Passed() }
            return value
        }
    }
}
