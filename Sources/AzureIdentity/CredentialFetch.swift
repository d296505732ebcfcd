import AzureTokens
import EventHubs
import Foundation

/// Gets one token in one way.
struct CredentialFetch: Sendable {
    let client: IssuerClient
    let scope: TokenScope
    let command: AzureCommand
    /// Where the agent of Azure Arc puts its keys.
    let arcFolder: String
    /// The time of day, in seconds since 1970.
    let now: @Sendable () -> Int64

    /// A token; `isSearching` tells that other ways are waiting.
    @concurrent
    func token(_ method: CredentialMethod, isSearching: Bool) async throws(CredentialFailure) -> IssuedToken {
        if case .managedIdentity(let source, let id) = method {
            return try await managedIdentity(source, id, isSearching: isSearching)
        }
        if case .azureCLI(let tenant) = method {
            let output = try await command.token(scope, tenant: tenant)
            do throws(EventHubsError) {
                return try TokenReply.token(inCommandOutput: output, now: now())
            } catch {
                throw .failed(error)
            }
        }
        do throws(EventHubsError) {
            switch method {
            case .sharedAccessSignature(let source): return try signature(source)
            case .clientSecret(let client, let source):
                return try await ask(.entra(client, scope, secret: try secret(source, "The client secret's file")))
            case .clientCertificate(let client, let file, let password):
                return try await certificate(client, file, password)
            case .workloadIdentity(let client, let file):
                // Read anew each time: whoever issues these tokens replaces them before they end.
                let token = try SmallFile.text(file, "The federated token's file")
                guard TokenReply.isToken(token.revealed) else {
                    throw EventHubsError(.invalidConfiguration, "The federated token's file '\(file)' holds no token")
                }
                return try await ask(.entra(client, scope, assertion: token))
            case .managedIdentity, .azureCLI:
                throw EventHubsError(.unknown, "This way is taken above")
            }
        } catch {
            throw .failed(error)
        }
    }

    private func ask(_ request: TokenRequest) async throws(EventHubsError) -> IssuedToken {
        try TokenReply.token(in: try await client.send(request), from: request.place, now: now())
    }

    private func secret(_ source: SecretSource, _ what: String) throws(EventHubsError) -> Secret {
        switch source {
        case .text(let text): text
        case .file(let path): try SmallFile.text(path, what)
        }
    }

    private func signature(_ source: SecretSource) throws(EventHubsError) -> IssuedToken {
        let token = try SASToken(parsing: try secret(source, "The shared access signature's file").revealed)
        let left = token.expiry.subtractingReportingOverflow(now()).partialValue
        guard left > 0 else {
            // A file may hold another one the next time.
            let isFile = if case .file = source { true } else { false }
            throw EventHubsError(
                .tokenExpired, "The shared access signature has expired",
                remedy: "Give a new one; check this machine's clock", isRetriable: isFile, scope: .connection)
        }
        return IssuedToken(text: token.text, type: .sas, lifetime: .seconds(min(left, 366 * 86_400)))
    }

    private func certificate(
        _ identity: ClientIdentity, _ file: String, _ password: Secret?
    ) async throws(EventHubsError) -> IssuedToken {
        let pem = try SmallFile.text(file, "The client certificate", bytesMax: 256 << 10)
        let certificate = try ClientCertificate(pem: pem, password: password, file: file)
        let seconds = now()
        guard certificate.end.timeIntervalSince1970 > Double(seconds) else {
            throw EventHubsError(
                .invalidConfiguration,
                "The client certificate '\(file)' ended on \(certificate.end.formatted(.iso8601))",
                remedy: "Make a new one and upload it to the application")
        }
        let assertion = ClientAssertion(identity, id: UUID().uuidString, now: seconds)
        return try await ask(.entra(identity, scope, assertion: try await certificate.sign(assertion)))
    }

    private func managedIdentity(
        _ source: ManagedIdentitySource, _ id: ManagedIdentityID?, isSearching: Bool
    ) async throws(CredentialFailure) -> IssuedToken {
        let request = TokenRequest.managedIdentity(source, id, scope, isProbe: isSearching && source.mustBeProbed)
        let response = try await answer(to: request, source)
        if source.mustBeProbed, response.status == 400 || response.status == 403 {
            throw .unavailable(Self.noIdentity(id))
        }
        let token: IssuedToken
        do throws(EventHubsError) {
            token = try TokenReply.token(in: response, from: request.place, now: now())
        } catch {
            // Somebody else may answer at the metadata service's address, where there is none.
            throw source.mustBeProbed && response.status == 200 ? .unavailable(error) : .failed(error)
        }
        if case .azureArc = source, case .client(let wanted)? = id, token.client?.lowercased() != wanted.lowercased() {
            throw .failed(
                EventHubsError(
                    .unauthorized, "Azure Arc gave the token of another identity than \(wanted)",
                    remedy: "Leave source.entra.client_id and AZURE_CLIENT_ID out: the machine's own identity is used"))
        }
        return token
    }

    /// The metadata service's answer, after the challenge where there is one.
    private func answer(
        to request: TokenRequest, _ source: ManagedIdentitySource
    ) async throws(CredentialFailure) -> TokenResponse {
        do throws(EventHubsError) {
            let response = try await client.send(request)
            guard case .azureArc = source, response.status != 200 else { return response }
            let challenge = try ArcChallenge(response, folder: arcFolder)
            let key = try SmallFile.text(challenge.file, "Azure Arc's key", bytesMax: ArcChallenge.bytesMax)
            return try await client.send(request.answering(key: key))
        } catch {
            throw source.mustBeProbed ? .unavailable(error) : .failed(error)
        }
    }

    private static func noIdentity(_ id: ManagedIdentityID?) -> EventHubsError {
        EventHubsError(
            .unauthorized,
            id.map { "this machine does not have the managed identity \($0.value)" }
                ?? "this machine has no managed identity",
            remedy: "Assign one to it, or check source.entra.client_id and AZURE_CLIENT_ID")
    }
}
