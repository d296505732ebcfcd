import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization
import _CryptoExtras

/// One request, taken apart.
struct Asked: Sendable {
    var method: String
    var path: String
    var query: [String: String]
    var form: [String: String]
    var headers: [String: String]
    var everything: String

    init(_ request: Request, body: String) {
        method = request.method.rawValue
        path = request.uri.path
        query = Self.pairs(request.uri.query ?? "")
        form = Self.pairs(body)
        headers = [:]
        for field in request.headers { headers[field.name.canonicalName] = field.value }
        everything = "\(query) \(form) \(headers)"
    }

    private static func pairs(_ text: String) -> [String: String] {
        var pairs: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1)
            pairs[decoded(parts[0])] = parts.count > 1 ? decoded(parts[1]) : ""
        }
        return pairs
    }

    private static func decoded(_ text: Substring) -> String {
        text.replacing("+", with: " ").removingPercentEncoding ?? ""
    }
}

extension FakeIssuers {
    /// Answers a request as the issuer at its path does.
    func issue(_ asked: Asked) async throws -> Response {
        switch asked.path {
        case "/metadata/identity/oauth2/token": return try await virtualMachine(asked)
        case "/app-service/token": return try await appService(asked)
        case "/arc/token": return try await arc(asked)
        case "/ml/token": return try await machineLearning(asked)
        case "/shell/token": return try await cloudShell(asked)
        default: return try await entra(asked)
        }
    }

    private func complain(_ status: Int, _ code: String, _ what: String) -> Response {
        state.withLock { $0.complaints.append(what) }
        return Self.json(status, ["error": code, "error_description": what])
    }

    /// A token, in the fields that the issuer uses.
    private func grant(_ fields: (_ lifetime: Int64, _ end: Int64) -> [String: String]) async throws -> Response {
        let now = Int64(Date().timeIntervalSince1970)
        let (lifetime, refreshIn, make) = state.withLock { ($0.lifetime, $0.refreshIn, $0.claims) }
        let claims = make?(now) ?? TestSigner.Claims(now: now, lifetime: lifetime)
        let token = try await signer.token(claims)
        state.withLock { $0.issued.append(token) }
        var object = fields(lifetime, now + lifetime)
        object["access_token"] = token
        if let refreshIn { object["refresh_in"] = "\(refreshIn)" }
        object["token_type"] = "Bearer"
        return Self.json(200, object)
    }

    // MARK: Entra ID

    private func entra(_ asked: Asked) async throws -> Response {
        let expected = state.withLock { $0.expected }
        guard asked.method == "POST", asked.path == "/\(expected.tenant)/oauth2/v2.0/token" else {
            return complain(400, "invalid_request", "AADSTS90002: Tenant '\(asked.path)' not found.")
        }
        guard asked.headers["content-type"] == "application/x-www-form-urlencoded",
            asked.form["grant_type"] == "client_credentials"
        else { return complain(400, "invalid_request", "AADSTS900144: not the client credentials flow") }
        guard asked.form["client_id"] == expected.client else {
            return complain(400, "unauthorized_client", "AADSTS700016: Application was not found in the directory.")
        }
        guard asked.form["scope"] == "\(expected.resource)/.default" else {
            return complain(400, "invalid_resource", "AADSTS500011: The resource principal was not found.")
        }
        if let secret = asked.form["client_secret"] {
            guard secret == expected.secret else {
                return complain(401, "invalid_client", "AADSTS7000215: Invalid client secret '\(secret)' provided.")
            }
        } else {
            guard asked.form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                let assertion = asked.form["client_assertion"]
            else { return complain(401, "invalid_client", "AADSTS7000216: no secret and no assertion") }
            if assertion != expected.federatedToken, let why = fault(of: assertion, expected) {
                return complain(401, "invalid_client", why)
            }
        }
        return try await grant { lifetime, _ in ["expires_in": "\(lifetime)", "ext_expires_in": "\(lifetime)"] }
    }

    /// What is wrong with an assertion; nil when it is right.
    private func fault(of assertion: String, _ expected: Expected) -> String? {
        guard let certificate = expected.certificate else {
            return "AADSTS700213: No matching federated identity record."
        }
        struct Header: Decodable {
            var alg: String
            var typ: String
            var thumbprint: String

            enum CodingKeys: String, CodingKey {
                case alg, typ
                case thumbprint = "x5t#S256"
            }
        }
        struct Claims: Decodable {
            var aud, iss, sub, jti: String
            var nbf, exp: Int64
        }
        let parts = assertion.split(separator: ".")
        guard parts.count == 3, let head = Base64URL.decode(parts[0]), let body = Base64URL.decode(parts[1]),
            let signature = Base64URL.decode(parts[2]),
            let header = try? JSONDecoder().decode(Header.self, from: Data(head)),
            let claims = try? JSONDecoder().decode(Claims.self, from: Data(body))
        else { return "AADSTS50027: malformed" }
        let now = Int64(Date().timeIntervalSince1970)
        let isSigned = certificate.signer.key.publicKey.isValidSignature(
            .init(rawRepresentation: signature), for: SHA256.hash(data: Array("\(parts[0]).\(parts[1])".utf8)),
            padding: .PSS)
        guard header.alg == "PS256", header.typ == "JWT", header.thumbprint == certificate.thumbprint, isSigned else {
            return "AADSTS700027: The certificate with identifier used to sign the client assertion is not registered."
        }
        guard claims.aud == "\(expected.authority ?? url)/\(expected.tenant)/oauth2/v2.0/token",
            claims.iss == expected.client,
            claims.sub == expected.client
        else { return "AADSTS700212: audience, issuer or subject" }
        guard claims.nbf <= now, claims.exp > now, claims.exp - now <= 3600 else { return "AADSTS700024: time range" }
        let isNew = state.withLock { $0.assertions.insert(claims.jti).inserted }
        return isNew ? nil : "AADSTS50027: the assertion was used before"
    }

    // MARK: Metadata services

    private func faults(_ asked: Asked, version: String, client: String) -> Response? {
        let expected = state.withLock { $0.expected }
        guard asked.method == "GET", asked.query["api-version"] == version else {
            return complain(400, "bad_request_102", "method or api-version")
        }
        guard asked.query["resource"] == expected.resource else {
            return complain(400, "invalid_resource", "AADSTS500011: resource")
        }
        guard asked.query[client] == expected.client else {
            return complain(400, "invalid_request", "Identity not found")
        }
        return nil
    }

    private func virtualMachine(_ asked: Asked) async throws -> Response {
        guard asked.headers["metadata"] == "true" else {
            return complain(400, "bad_request_102", "Required metadata header not specified")
        }
        if let fault = faults(asked, version: "2018-02-01", client: "client_id") { return fault }
        return try await grant { ["expires_in": "\($0)", "expires_on": "\($1)", "resource": "r"] }
    }

    private func appService(_ asked: Asked) async throws -> Response {
        guard asked.headers["x-identity-header"] == state.withLock({ $0.expected.identityHeader }) else {
            return complain(401, "", "the identity header is missing or wrong")
        }
        if let fault = faults(asked, version: "2019-08-01", client: "client_id") { return fault }
        return try await grant { ["expires_on": "\($1)", "client_id": "app-1"] }
    }

    private func machineLearning(_ asked: Asked) async throws -> Response {
        guard asked.headers["secret"] == state.withLock({ $0.expected.msiSecret }) else {
            return complain(401, "", "the secret is missing or wrong")
        }
        if let fault = faults(asked, version: "2017-09-01", client: "clientid") { return fault }
        return try await grant { ["expires_on": "\($1)"] }
    }

    private func cloudShell(_ asked: Asked) async throws -> Response {
        guard asked.method == "POST", asked.headers["metadata"] == "true",
            asked.form["resource"] == state.withLock({ $0.expected.resource })
        else { return complain(400, "invalid_request", "method, header or resource") }
        return try await grant { ["expires_in": "\($0)", "expires_on": "\($1)"] }
    }

    /// First a challenge with the path of a new key file, then, for whoever could read it, a token.
    private func arc(_ asked: Asked) async throws -> Response {
        guard asked.headers["metadata"] == "true" else { return complain(400, "invalid_request", "no metadata header") }
        guard let proof = asked.headers["authorization"] else {
            let key = "CANARY-arc-key-\(UUID().uuidString)"
            let folder = state.withLock { state in
                state.arcKey = key
                return state.expected.arcFolder
            }
            let file = "\(folder)/\(UUID().uuidString).key"
            try Data((key + "\n").utf8).write(to: URL(filePath: file))
            return Response(status: .unauthorized, headers: [.wwwAuthenticate: "Basic realm=\(file)"])
        }
        guard let key = state.withLock({ $0.arcKey }), proof == "Basic \(key)" else {
            return complain(401, "", "the key is wrong")
        }
        if let fault = faults(asked, version: "2020-06-01", client: "client_id") { return fault }
        return try await grant { ["expires_in": "\($0)", "expires_on": "\($1)", "client_id": "app-1"] }
    }
}
