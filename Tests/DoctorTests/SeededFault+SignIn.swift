import Diagnosis
import Doctor
import EventHubs
import FakeIssuers
import Foundation
import NIOPosix
import TransportPeers

extension SeededFault {
    /// An application with a secret, and what the issuers do to it.
    private static func application(
        _ ward: Ward, _ changes: [String: String] = [:], variables: [String: String] = [:],
        ordering order: @Sendable (FakeIssuers) -> Void = { _ in },
        adjusting adjust: (inout ExaminationOptions) -> Void = { _ in }
    ) async throws -> Report {
        try await ward.examineSignedIn(changes) { issuers in
            order(issuers)
            return Ward.application.merging(variables) { $1 }
        } adjusting: {
            adjust(&$0)
        }
    }

    /// An issuer that answers with one of Entra ID's codes.
    private static func code(_ code: Int) -> @Sendable (FakeIssuers) -> Void {
        let body = "{\"error\":\"invalid_client\",\"error_description\":\"AADSTS\(code): CANARY\"}"
        return { $0.always(.answer(status: 401, body: body, retryAfter: nil)) }
    }

    static let refusals: [SeededFault] = [
        SeededFault("wrong client secret", "client-secret-wrong", ["application app-1", "AADSTS7000215", "not its id"])
        {
            try await application($0, variables: ["AZURE_CLIENT_SECRET": "CANARY-of-yesterday"])
        },
        SeededFault("client secret that has ended", "client-secret-ended", ["has ended", "Certificates & secrets"]) {
            try await application($0, ordering: code(7_000_222))
        },
        SeededFault("unknown tenant", "tenant-unknown", ["tenant tenant-2", "source.entra.tenant"]) {
            try await application($0, variables: ["AZURE_TENANT_ID": "tenant-2"])
        },
        SeededFault("unknown application", "application-unknown", ["application app-2", "not its object id"]) {
            try await application($0, variables: ["AZURE_CLIENT_ID": "app-2"])
        },
        SeededFault("tokens asked for another service", "scope-unknown", ["https://vault.azure.net/.default"]) {
            try await application($0, ["source.entra.scope": "https://vault.azure.net/.default"])
        },
        SeededFault("application that a policy keeps out", "sign-in-refused", ["AADSTS53003", "conditional access"]) {
            try await application($0, ordering: code(53_003))
        },
        SeededFault("token endpoint that never answers", "issuer-silent", ["did not answer within", "firewall"]) {
            try await application($0) {
                $0.always(.hang)
            } adjusting: {
                $0.limit = .seconds(2)
                // Nothing else has to be as quick.
                $0.only = [.signIn]
            }
        },
        SeededFault("token endpoint that nothing listens on", "issuer-unreachable", ["Connection refused", "443"]) {
            let url = "http://127.0.0.1:\(try await closedPort())"
            return try await application($0, variables: ["AZURE_AUTHORITY_HOST": url])
        },
        SeededFault("token endpoint whose name does not exist", "issuer-unreachable", ["cannot be resolved", "DNS"]) {
            try await application($0, variables: ["AZURE_AUTHORITY_HOST": "https://issuer-of-nobody.invalid"])
        },
        SeededFault(
            "proxy that lets nothing through to the token endpoint", "issuer-proxy-refused", ["403", "127.0.0.1"]
        ) { ward in
            let proxy = try await ConnectProxy.start(
                [.answer("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")],
                on: MultiThreadedEventLoopGroup.singleton)
            let report = try await application(
                ward,
                variables: [
                    "AZURE_AUTHORITY_HOST": "https://login.example", "HTTPS_PROXY": "http://127.0.0.1:\(proxy.port)",
                ])
            await proxy.stop()
            return report
        },
        SeededFault("token endpoint that throttles", "issuer-busy", ["status 429", "try again"]) {
            try await application($0) { $0.always(.answer(status: 429, body: "{}", retryAfter: 1)) }
        },
        SeededFault("sign-in page in the issuer's place", "issuer-strange", ["is no issuer of tokens"]) {
            try await application($0) { $0.always(.answer(status: 200, body: "<html>CANARY</html>", retryAfter: nil)) }
        },
    ]

    /// A certificate of an application that the issuers know, and what is wrong with its file.
    private static func certificate(
        _ ward: Ward, endingIn seconds: Double = 86_400, isKnown: Bool = true,
        _ change: (String) -> String? = { $0 }
    ) async throws -> Report {
        try await ward.examineSignedIn(["source.credential": "client-certificate"]) { issuers in
            let signer = try TestSigner()
            let (pem, thumbprint) = try signer.applicationPEM(endingIn: seconds)
            if let text = change(pem) { try ward.write(text, "app.pem") }
            issuers.expect { $0.certificate = (isKnown ? thumbprint : "another", signer) }
            return ["AZURE_CLIENT_CERTIFICATE_PATH": ward.path("app.pem")]
        }
    }

    /// A token of another issuer that ends at a time.
    private static func federatedToken(endingAt seconds: Int) -> String {
        func part(_ text: String) -> String {
            Data(text.utf8).base64EncodedString().replacing("=", with: "").replacing("+", with: "-")
        }
        return "\(part("{\"alg\":\"RS256\"}")).\(part("{\"exp\":\(seconds),\"sub\":\"CANARY\"}")).CANARY"
    }

    private static func federated(_ ward: Ward, _ token: String?) async throws -> Report {
        try await ward.examineSignedIn(["source.credential": "workload-identity"]) { _ in
            if let token { try ward.write(token + "\n", "federated") }
            return ["AZURE_FEDERATED_TOKEN_FILE": ward.path("federated")]
        }
    }

    static let credentials: [SeededFault] = [
        SeededFault(
            "file of the client secret that is not there", "credential-file-missing", ["no file", "secret.txt"]
        ) { ward in
            try await ward.examineSignedIn([
                "source.credential": "client-secret", "source.entra.client_secret_file": ward.path("secret.txt"),
            ]) { _ in [:] }
        },
        SeededFault("application's certificate that is not there", "credential-file-missing", ["no file", "app.pem"]) {
            try await certificate($0) { _ in nil }
        },
        SeededFault("application's certificate that has ended", "credential-unusable", ["ended on", "Make a new one"]) {
            try await certificate($0, endingIn: -3600)
        },
        SeededFault("application's certificate without its key", "credential-unusable", ["no private key", "RSA"]) {
            try await certificate($0) { pem in
                pem.firstRange(of: "-----END CERTIFICATE-----").map { String(pem[..<$0.upperBound]) + "\n" }
            }
        },
        SeededFault("certificate that is not the application's", "client-certificate-unknown", ["AADSTS700027"]) {
            try await certificate($0, isKnown: false)
        },
        SeededFault(
            "federated token file that is not there", "federated-token-missing", ["no token file", "Kubernetes"]
        ) {
            try await federated($0, nil)
        },
        SeededFault("federated token that has ended", "federated-token-ended", ["ended", "does not renew it"]) {
            let hourAgo = Int(Date().timeIntervalSince1970) - 3600
            return try await federated($0, federatedToken(endingAt: hourAgo))
        },
        SeededFault("federated token that nobody trusts", "federation-refused", ["AADSTS700213", "serviceaccount"]) {
            let inAnHour = Int(Date().timeIntervalSince1970) + 3600
            return try await federated($0, federatedToken(endingAt: inAnHour))
        },
        SeededFault("metadata service that is not there", "metadata-silent", ["only on Azure", "169.254.169.254"]) {
            let host = "http://127.0.0.1:\(try await closedPort())"
            return try await $0.examineSignedIn(["source.credential": "managed-identity"]) { _ in
                ["AZURE_POD_IDENTITY_AUTHORITY_HOST": host]
            }
        },
        SeededFault("managed identity that the machine does not have", "managed-identity-refused", ["app-9"]) {
            try await $0.examineSignedIn(["source.credential": "managed-identity"]) { issuers in
                ["AZURE_POD_IDENTITY_AUTHORITY_HOST": issuers.url, "AZURE_CLIENT_ID": "app-9"]
            }
        },
        SeededFault("Azure CLI that is not installed", "azure-cli-unusable", ["is not installed", "az login"]) {
            try await $0.examineSignedIn(["source.credential": "azure-cli"]) { _ in [:] }
        },
        SeededFault("no way to sign in", "ways-exhausted", ["none of 5 ways", "source.credential"]) {
            let host = "http://127.0.0.1:\(try await closedPort())"
            return try await $0.examineSignedIn { _ in ["AZURE_POD_IDENTITY_AUTHORITY_HOST": host] }
        },
        SeededFault("person signed in where a service should be", "signed-in-as-person", ["whoever is signed in"]) {
            ward in
            let host = "http://127.0.0.1:\(try await closedPort())"
            return try await ward.examineSignedIn { issuers in
                try ward.writeAzureCommand(issuers)
                return ["AZURE_POD_IDENTITY_AUTHORITY_HOST": host, "AZURE_TENANT_ID": ""]
            }
        },
        SeededFault("finished signature in a file that has expired", "credential-unusable", ["has expired"]) { ward in
            let token = SASToken(
                resource: "sb://localhost/logs", keyName: "listen", key: Secret(Ward.key), expiry: 1_600_000_000)
            try ward.write(token.text.revealed + "\n", "token")
            return try await ward.examineSignedIn(["source.sas_token_file": ward.path("token")]) { _ in [:] }
        },
    ]

    /// An identity whose tokens say something else than those of a reader.
    private static func saying(
        _ ward: Ward, _ change: @escaping @Sendable (inout TestSigner.Claims) -> Void
    ) async throws -> Report {
        try await application(ward) { issuers in
            issuers.tokens { now in
                var claims = TestSigner.Claims(now: now)
                change(&claims)
                return claims
            }
        }
    }

    static let roles: [SeededFault] = [
        SeededFault("identity without any role", "role-missing", ["application app-1", "Event Hubs Data Receiver"]) {
            try await saying($0) { $0.roles = [] }
        },
        SeededFault("identity that may send only", "role-missing", ["token is right", "Event Hubs Data Receiver"]) {
            try await saying($0) { $0.roles = ["Azure Event Hubs Data Sender"] }
        },
        SeededFault(
            "token for another audience", "identity-token-for-other", ["InvalidAudience", "source.entra.scope"]
        ) {
            try await saying($0) { $0.aud = "https://storage.azure.com" }
        },
        SeededFault("token of a tenant that the namespace does not trust", "identity-token-untrusted", ["tenant"]) {
            try await saying($0) { $0.iss = "https://sts.windows.net/tenant-2/" }
        },
        SeededFault("token that the broker finds expired", "identity-token-stale", ["out of its time", "NTP"]) {
            try await saying($0) { $0.exp = $0.iat - 60 }
        },
    ]
}
