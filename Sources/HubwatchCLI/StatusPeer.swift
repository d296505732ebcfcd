import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import StatusPage
import StatusReport

/// A running hubwatch, asked over HTTP.
///
/// Redirects are not followed: the token is for one address only. **Errors**: ``CommandFailure``.
struct StatusPeer {
    /// What it answered.
    struct Status: Sendable {
        var view: StatusView
        var recent: RecentActivity
    }

    private static let bytesMax = 16 << 20
    private static let patience = TimeAmount.seconds(5)
    private static let connectPatience = TimeAmount.seconds(3)

    private let client: HTTPClient
    private let base: String
    private let token: String?

    init(url: String, token: String?) throws {
        guard let parts = URLComponents(string: url), ["http", "https"].contains(parts.scheme),
            parts.host?.isEmpty == false,
            parts.query == nil, parts.fragment == nil, parts.user == nil
        else {
            throw CommandFailure(.usage, "--url takes an address such as http://127.0.0.1:9465; '\(url)' is none")
        }
        if let token, token.isEmpty || !token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) {
            throw CommandFailure(.notAllowed, "the token is empty or holds characters that no token has")
        }
        base = url.hasSuffix("/") ? String(url.dropLast()) : url
        self.token = token
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: HTTPClient.Configuration.Timeout(connect: Self.connectPatience, read: Self.patience))
        // Who watches wants to know at once, and asks again anyway.
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Asks for the report and the near past.
    func status() async throws -> Status {
        let report = try await report()
        // A hubwatch without the page still has a report.
        let past = try await get("/recent.json", isOptional: true)
        let recent = past.flatMap { try? JSONDecoder().decode(RecentActivity.self, from: Data($0)) }
        return Status(
            view: StatusView(report.report),
            recent: recent ?? RecentActivity(lag: StatusSeries(slotSeconds: 1), rate: StatusSeries(slotSeconds: 1)))
    }

    /// Both answers as one object, as they came but for what could drive a terminal.
    func json() async throws -> String {
        let report = try await report().bytes
        let recent = try await get("/recent.json", isOptional: true) ?? Array("null".utf8)
        guard (try? JSONSerialization.jsonObject(with: Data(recent), options: .fragmentsAllowed)) != nil else {
            throw CommandFailure(
                .badInput, "\(base)/recent.json is no JSON: is there another program at this address?")
        }
        return JSONText.harmless(
            "{\"report\":" + String(decoding: report, as: UTF8.self) + ",\"recent\":"
                + String(decoding: recent, as: UTF8.self) + "}")
    }

    func close() async { try? await client.shutdown() }

    private func report() async throws -> (report: StatusReport, bytes: [UInt8]) {
        guard let bytes = try await get("/status.json", isOptional: false), let report = try? StatusReport(json: bytes)
        else {
            throw CommandFailure(
                .badInput, "\(base)/status.json is no status report: is there another program at this address?")
        }
        return (report, bytes)
    }

    private func get(_ path: String, isOptional: Bool) async throws -> [UInt8]? {
        var request = HTTPClientRequest(url: base + path)
        request.headers.add(name: "accept", value: "application/json")
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        let response: HTTPClientResponse
        let body: ByteBuffer
        do {
            response = try await client.execute(request, timeout: Self.patience)
            body = try await response.body.collect(upTo: Self.bytesMax)
        } catch {
            throw CommandFailure(.unavailable, "\(base) does not answer: \(Self.reason(error))")
        }
        switch response.status.code {
        case 200: return Array(buffer: body)
        case 401, 403:
            throw CommandFailure(
                .notAllowed,
                "\(base) wants \(token == nil ? "a token: give --token-file or HUBWATCH_STATUS_TOKEN" : "another token")"
            )
        case 404 where isOptional: return nil
        case 421:
            throw CommandFailure(.notAllowed, "\(base) answers to names of its own machine only: use 127.0.0.1")
        default: throw CommandFailure(.unavailable, "\(base)\(path) answered \(response.status.code)")
        }
    }

    /// Why there was no answer, and what to do, in words.
    private static func reason(_ error: any Error) -> String {
        let isItThere = "is hubwatch running, and is this its http.listen?"
        switch error {
        case let error as NIOConnectionError:
            guard let first = error.connectionErrors.first else {
                return "the host name cannot be resolved; check --url"
            }
            return reason(first.error)
        case let error as IOError: return "\(String(cString: strerror(error.errnoCode))); \(isItThere)"
        case let error as HTTPClientError where error == .connectTimeout:
            return "no connection within \(seconds(connectPatience)); check network and firewall"
        case let error as HTTPClientError where [.readTimeout, .deadlineExceeded].contains(error):
            return "nothing came within \(seconds(patience)); \(isItThere)"
        case let error as HTTPClientError where error == .remoteConnectionClosed:
            return "it hung up without an answer; \(isItThere)"
        case is HTTPParserError: return "it does not speak HTTP; \(isItThere)"
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError:
            let text = "\(error)"
            if text.contains("CERTIFICATE_VERIFY_FAILED") {
                return "its certificate cannot be verified; add its authority to those of this machine"
            }
            return "it does not speak TLS as it should; hubwatch itself serves http://, not https://"
        case is NIOTooManyBytesError: return "it sends more than \(bytesMax >> 20) MiB; \(isItThere)"
        default: return "\(error); \(isItThere)"
        }
    }

    private static func seconds(_ time: TimeAmount) -> String { "\(time.nanoseconds / 1_000_000_000) s" }
}
