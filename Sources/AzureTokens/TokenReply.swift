public import EventHubs

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Reads what issuers answer.
///
/// Nothing of a body reaches an error but what is on a list: an issuer, or whoever plays one, may repeat the secret it was sent.
public enum TokenReply {
    /// A whole number, or one written as a text: the metadata services write texts.
    private struct Number: Decodable {
        var value: Int64

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(Int64.self) {
                value = number
            } else if let number = Int64(try container.decode(String.self)) {
                value = number
            } else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a number")
            }
        }
    }

    private struct Success: Decodable {
        var accessToken: String
        var expiresIn: Number?
        var expiresOn: Number?
        var refreshIn: Number?
        var clientID: String?

        enum CodingKeys: String, CodingKey {
            case accessToken = "access_token"
            case expiresIn = "expires_in"
            case expiresOn = "expires_on"
            case refreshIn = "refresh_in"
            case clientID = "client_id"
        }
    }

    /// The token in a response.
    ///
    /// - Parameters:
    ///   - place: whom the response is from, for errors.
    ///   - seconds: the time of day, in seconds since 1970.
    /// **Errors**: every status but 200; a body that is no token; one that has ended already.
    public static func token(
        in response: TokenResponse, from place: String, now seconds: Int64
    ) throws(EventHubsError) -> IssuedToken {
        guard response.status == 200 else { throw IssuerRefusal(response).error(from: place) }
        guard let reply = try? JSONDecoder().decode(Success.self, from: Data(response.body.revealed.utf8)) else {
            throw malformed(place, "its answer is not the JSON of a token")
        }
        guard isToken(reply.accessToken) else { throw malformed(place, "what it calls a token cannot be one") }
        let life: Int64
        if let given = reply.expiresIn?.value {
            life = given
        } else if let end = reply.expiresOn?.value {
            life = end.subtractingReportingOverflow(seconds).partialValue
        } else {
            throw malformed(place, "it does not say when the token ends")
        }
        return IssuedToken(
            text: Secret(reply.accessToken), lifetime: try lifetime(life, place),
            refreshIn: reply.refreshIn.map { .seconds(max(1, min($0.value, life))) }, client: reply.clientID)
    }

    private struct CommandOutput: Decodable {
        var accessToken: String
        var expiresOn: Number?

        enum CodingKeys: String, CodingKey {
            case accessToken
            case expiresOn = "expires_on"
        }
    }

    /// The token in the output of `az account get-access-token --output json`.
    public static func token(
        inCommandOutput output: Secret, now seconds: Int64
    ) throws(EventHubsError) -> IssuedToken {
        let place = "the Azure CLI"
        guard let reply = try? JSONDecoder().decode(CommandOutput.self, from: Data(output.revealed.utf8)),
            isToken(reply.accessToken)
        else { throw malformed(place, "its output is not the JSON of a token") }
        guard let end = reply.expiresOn?.value else {
            throw EventHubsError(
                .invalidConfiguration, "The Azure CLI does not say in a safe form when its token ends",
                remedy: "Update the Azure CLI to 2.54 or newer")
        }
        let life = end.subtractingReportingOverflow(seconds).partialValue
        return IssuedToken(text: Secret(reply.accessToken), lifetime: try lifetime(life, place))
    }

    /// Whether a text can be sent as a token: printable, without spaces, and not endless.
    public static func isToken(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 48 << 10 && text.utf8.allSatisfy { $0 > 32 && $0 < 127 }
    }

    /// The life of a token in seconds, held at a year so that times stay far from their ends.
    private static func lifetime(_ seconds: Int64, _ place: String) throws(EventHubsError) -> Duration {
        guard seconds > 0 else {
            throw EventHubsError(
                .tokenExpired, "The token of \(place) had ended \(seconds == .min ? .max : -seconds) s before it came",
                remedy: "Check this machine's clock", isRetriable: true, scope: .connection)
        }
        return .seconds(min(seconds, 366 * 86_400))
    }

    private static func malformed(_ place: String, _ what: String) -> EventHubsError {
        EventHubsError(
            .protocolViolation, "\(place) cannot be understood: \(what)",
            remedy: "Check that the address is an issuer of tokens, and what is between (a proxy, a sign-in page)",
            isRetriable: true, scope: .connection)
    }
}
