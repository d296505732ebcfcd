import AzureTokens

extension Setting {
    /// How to sign in without a connection string.
    static let identity = [
        Setting(
            "source.namespace", .text,
            "Fully qualified namespace, such as NAME.servicebus.windows.net, in place of a connection string: hubwatch signs in with source.credential."
        ),
        Setting(
            "source.credential", .choice(["auto", "connection-string"] + CredentialKind.allCases.map(\.rawValue)),
            default: "auto",
            "How to sign in. auto: a connection string or SAS token where there is one; otherwise the first of client-secret, client-certificate, workload-identity, managed-identity, azure-cli that is set up. The one that works is logged."
        ),
        Setting(
            "source.sas_token", .text, secret: true,
            "A finished shared access signature (SharedAccessSignature sr=…) for source.namespace. Prefer the file."),
        Setting(
            "source.sas_token_file", .path,
            "File that holds it; read again before the token ends, so that it can be replaced while hubwatch runs."),
        Setting("source.entra.tenant", .text, "Entra ID: the tenant's id or domain. Also read: AZURE_TENANT_ID."),
        Setting(
            "source.entra.client_id", .text,
            "Entra ID: the application's id; for a user-assigned managed identity its client id or resource id. Also read: AZURE_CLIENT_ID."
        ),
        Setting(
            "source.entra.client_secret", .text, secret: true,
            "Entra ID: the application's secret. Prefer the file, or AZURE_CLIENT_SECRET in the environment."),
        Setting(
            "source.entra.client_secret_file", .path,
            "File that holds the secret; read at each renewal, so that it can be replaced while hubwatch runs."),
        Setting(
            "source.entra.certificate_file", .path,
            "PEM file with the application's certificate and its private key, read at each renewal. Also read: AZURE_CLIENT_CERTIFICATE_PATH, AZURE_CLIENT_CERTIFICATE_PASSWORD."
        ),
        Setting(
            "source.entra.federated_token_file", .path,
            "File with the token of another issuer, such as a Kubernetes cluster, read at each renewal. Also read: AZURE_FEDERATED_TOKEN_FILE."
        ),
        Setting(
            "source.entra.authority", .text, default: "public",
            "Who issues tokens: public, us-government, china, or an https:// address. Also read: AZURE_AUTHORITY_HOST."
        ),
        Setting(
            "source.entra.scope", .text, default: TokenScope.eventHubs.text,
            "What tokens are asked for; the same in every cloud, or https://NAMESPACE/.default for one namespace."),
    ]
}
