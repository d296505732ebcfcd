import EventHubs
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import PrometheusMetrics
import StatusReport

/// What the responder is told about the connection.
struct ConnectionContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }
}

/// Checks who asks, finds the route, and turns its answer into a response.
struct StatusResponder: HTTPResponder {
    private let gate: AccessGate
    private let routes: [String: StatusRoute]
    private let source: StatusSource
    private let streams: OpenStreams
    private let counts: ServerCounts
    private let report: RecentAnswer<StatusReport>

    init(
        gate: AccessGate, source: StatusSource, routes added: [StatusRoute], streams: OpenStreams,
        counts: ServerCounts, reuse: Duration
    ) {
        self.gate = gate
        self.source = source
        self.streams = streams
        self.counts = counts
        let report = RecentAnswer<StatusReport>(reuse: reuse)
        self.report = report
        var routes: [String: StatusRoute] = [:]
        for route in Self.ownRoutes(source, report, reuse) + added { routes[route.path] = route }
        self.routes = routes
    }

    private static func ownRoutes(
        _ source: StatusSource, _ report: RecentAnswer<StatusReport>, _ reuse: Duration
    ) -> [StatusRoute] {
        let metrics = RecentAnswer<[UInt8]>(reuse: reuse)
        let json = RecentAnswer<[UInt8]?>(reuse: reuse)
        return [
            StatusRoute("/metrics") { _ in
                let text = metrics(now: now()) { Array(source.metrics().utf8) }
                return StatusAnswer(type: PrometheusText.contentType, body: .bytes(text))
            },
            StatusRoute("/status.json") { _ in
                let text = json(now: now()) { try? report(now: now(), source.report).json() }
                guard let text else { return .text("The report cannot be written as JSON.\n", status: 500) }
                return .json(text)
            },
        ]
    }

    private static func now() -> Duration {
        .nanoseconds(Int64(clamping: NIODeadline.now().uptimeNanoseconds))
    }

    func respond(to request: Request, context: ConnectionContext) async throws -> Response {
        let answer = await answer(request)
        let isHead = request.method == .head
        let response = response(answer, isHead: isHead, context.channel)
        counts.answered(response.status.code)
        return response
    }

    private func answer(_ request: Request) async -> StatusAnswer {
        let path = request.uri.path
        let nowSeconds = Int64(Date().timeIntervalSince1970)
        if let answer = exchange(request, nowSeconds: nowSeconds) { return answer }
        let authorization = request.headers[values: .authorization]
        let cookies = request.headers[values: .cookie]
        let verdict = gate.judge(
            path: path, authorization: authorization.isEmpty ? nil : authorization.joined(separator: ","),
            authority: request.head.authority, cookie: cookies.isEmpty ? nil : cookies.joined(separator: ";"),
            nowSeconds: nowSeconds)
        switch verdict {
        case .unauthorized:
            var answer = StatusAnswer.text(
                "Show the token of http.token_file: Authorization: Bearer …, or as the password of Basic.\n",
                status: 401)
            answer.headers = [("WWW-Authenticate", "Basic realm=\"hubwatch\", charset=\"UTF-8\"")]
            return answer
        case .misdirected:
            return .text(
                "This server answers on loopback only: ask for 127.0.0.1 or localhost, or set http.token_file.\n",
                status: 421)
        case .whole, .bare: break
        }
        guard request.method == .get || request.method == .head else {
            var answer = StatusAnswer.text("GET and HEAD only.\n", status: 405)
            answer.headers = [("Allow", "GET, HEAD")]
            return answer
        }
        if HealthAnswer.paths.contains(path) {
            let readiness = report(now: Self.now(), source.report).readiness
            return path == HealthAnswer.live
                ? HealthAnswer.live(readiness, isBare: verdict == .bare)
                : HealthAnswer.ready(readiness, isBare: verdict == .bare)
        }
        guard let route = routes[path] else { return .text("There is nothing at this address.\n", status: 404) }
        return await route.answer(Self.translated(request))
    }

    /// Takes a token out of the address: the browser keeps a cookie instead, and goes on without it.
    ///
    /// Nil where there is no token in the address, or a wrong one.
    private func exchange(_ request: Request, nowSeconds: Int64) -> StatusAnswer? {
        guard request.method == .get, request.uri.path == "/", let session = gate.session,
            let shown = request.uri.queryParameters["token"],
            let cookie = session.exchanged(for: String(shown), nowSeconds: nowSeconds)
        else { return nil }
        // A redirect would not do for a link on another site's page: SameSite=Strict withholds the cookie from all that
        // such a link leads to. What this answer asks for by itself comes from here.
        var answer = StatusAnswer.text(
            "<!doctype html><meta http-equiv=\"refresh\" content=\"0;url=./\"><title>hubwatch</title><a href=\"./\">Go on</a>\n",
            type: "text/html; charset=utf-8")
        answer.headers = [
            ("Set-Cookie", cookie), ("Referrer-Policy", "no-referrer"),
            ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
        ]
        return answer
    }

    private static func translated(_ request: Request) -> StatusRequest {
        var query: [String: String] = [:]
        for (name, value) in request.uri.queryParameters { query[String(name)] = String(value) }
        var headers: [String: String] = [:]
        for field in request.headers where field.name != .authorization && field.name != .cookie {
            headers[field.name.canonicalName] = field.value
        }
        return StatusRequest(path: request.uri.path, query: query, headers: headers)
    }

    private func response(_ answer: StatusAnswer, isHead: Bool, _ channel: any Channel) -> Response {
        var fields: HTTPFields = [
            .contentType: answer.type, .cacheControl: "no-store", .xContentTypeOptions: "nosniff",
        ]
        for (name, value) in answer.headers {
            if let name = HTTPField.Name(name) { fields[name] = value }
        }
        let status = HTTPResponse.Status(code: (100...599).contains(answer.status) ? answer.status : 500)
        switch answer.body {
        case .bytes(let bytes):
            let whole = Response(
                status: status, headers: fields, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
            return isHead ? whole.createHeadResponse() : whole
        case .stream(let stream):
            if isHead { return Response(status: status, headers: fields) }
            guard let relay = streams.open(stream, on: channel) else {
                return Response(
                    status: .serviceUnavailable, headers: [.contentType: "text/plain; charset=utf-8"],
                    body: ResponseBody(byteBuffer: ByteBuffer(string: "Too many live pages are open.\n")))
            }
            return Response(
                status: status, headers: fields,
                body: ResponseBody { writer in
                    for await bytes in relay { try await writer.write(ByteBuffer(bytes: bytes)) }
                    try await writer.finish(nil)
                })
        }
    }
}
