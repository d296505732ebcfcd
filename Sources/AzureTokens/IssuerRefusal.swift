public import EventHubs

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What an answer without a token means.
///
/// **Source**: OAuth 2.0 (RFC 6749, section 5.2) for `error`; the published list of `AADSTS` codes of Entra ID.
public struct IssuerRefusal: Hashable, Sendable {
    /// The status code.
    public let status: Int
    /// `error`, when it is one of the known ones.
    public let error: String?
    /// The number of an `AADSTS` code in the text.
    public let code: Int?
    private let pause: Duration?

    private struct Body: Decodable {
        var error: String?
        var description: String?

        enum CodingKeys: String, CodingKey {
            case error
            case description = "error_description"
        }
    }

    private static let errors: Set<String> = [
        "invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type",
        "invalid_scope", "invalid_resource", "access_denied", "temporarily_unavailable", "server_error", "slow_down",
        "interaction_required", "identity_not_found", "unknown_source", "bad_request_102",
    ]

    /// Reads an answer; a body that is no JSON says nothing.
    public init(_ response: TokenResponse) {
        status = response.status
        pause = response.pause
        let body = try? JSONDecoder().decode(Body.self, from: Data(response.body.revealed.utf8))
        error = body?.error.flatMap { Self.errors.contains($0) ? $0 : nil }
        code = body?.description.flatMap { Self.code(in: $0) }
    }

    /// The first `AADSTS` number of a text.
    public static func code(in text: String) -> Int? {
        guard let found = text.firstRange(of: "AADSTS") else { return nil }
        let digits = text[found.upperBound...].prefix(9).prefix { $0.isASCII && $0.isNumber }
        return Int(digits)
    }

    /// Whether the same request can work later.
    public var isRetriable: Bool {
        switch status {
        case 408, 410, 429, 500...599: true
        // The metadata service answers 404 while it is being updated.
        case 404: code == nil && error == nil
        default: error == "temporarily_unavailable" || error == "slow_down" || error == "server_error"
        }
    }

    /// The answer as an error.
    public func error(from place: String) -> EventHubsError {
        var what = "\(place) gave no token: status \(status)"
        if let error { what += ", \(error)" }
        if let code { what += ", AADSTS\(code)" }
        if isRetriable {
            let isBusy = status == 429 || error == "slow_down"
            return EventHubsError(
                isBusy ? .throttled : .serviceFault, what,
                remedy: "It is asked again. If this goes on, look at the state of that service", isRetriable: true,
                scope: .connection, retryAfter: pause)
        }
        return EventHubsError(.unauthorized, what, remedy: remedy)
    }

    private var remedy: String {
        if let code, let known = Self.remedies[code] { return known }
        switch status {
        case 300...399:
            return "The address sends elsewhere, where a secret is not taken: check the authority host"
        default: break
        }
        switch error {
        case "invalid_client": return "Check the application's id, and its secret or certificate"
        case "unauthorized_client": return "Check the application's id and the tenant"
        case "invalid_scope", "invalid_resource":
            return "Check source.entra.scope: https://eventhubs.azure.net/.default for Event Hubs"
        case "invalid_grant": return "Check the federated credential of the application: issuer, subject, audience"
        default: return "Check tenant, application and credential"
        }
    }

    private static let remedies: [Int: String] = [
        7_000_215: "The secret is wrong: use the secret's value, not its id, and check for blanks at its ends",
        7_000_222: "The application's secret has ended: make a new one",
        700_016: "There is no such application in this tenant: check source.entra.client_id and source.entra.tenant",
        90_002: "There is no such tenant: check source.entra.tenant and, in another cloud, source.entra.authority",
        900_023: "The tenant is neither an id nor a domain: check source.entra.tenant",
        700_027: "The certificate is not one of the application's, or has ended: upload it to the application",
        70_021: "No federated credential of the application fits: check its issuer, subject and audience",
        700_211: "No federated credential of the application fits the token's issuer",
        700_212: "No federated credential of the application fits the token's audience",
        700_213: "No federated credential of the application fits the token's subject",
        700_024: "The assertion's time does not fit: check this machine's clock, and that the token file is renewed",
        500_011: "The tenant does not know the service: check source.entra.scope",
        70_011: "The scope is not known: check source.entra.scope",
        53_003: "A conditional access policy refuses it: ask whoever administers the tenant",
        7_000_112: "The application is disabled in this tenant",
    ]
}
