public import EventHubs

/// A way to get a token, by the name that settings and log lines use.
public enum CredentialKind: String, Sendable, Hashable, CaseIterable {
    /// An application of Entra ID and its secret.
    case clientSecret = "client-secret"
    /// An application of Entra ID and its certificate.
    case clientCertificate = "client-certificate"
    /// A token of another issuer, such as a Kubernetes cluster, that Entra ID exchanges.
    case workloadIdentity = "workload-identity"
    /// The identity of the machine or service that hubwatch runs on.
    case managedIdentity = "managed-identity"
    /// Whoever is signed in with the Azure CLI.
    case azureCLI = "azure-cli"
    /// A finished shared access signature.
    case sharedAccessSignature = "sas-token"
}

/// A secret that is given as text, or read from a file whenever it is needed: files are replaced while a program runs.
public enum SecretSource: Sendable, Hashable {
    /// The text.
    case text(Secret)
    /// The file's path.
    case file(String)
}

/// The application that signs in, and where.
public struct ClientIdentity: Sendable, Hashable {
    /// The tenant's id or domain.
    public var tenant: String
    /// The application's (client) id.
    public var client: String
    /// Whom to ask.
    public var authority: AuthorityHost

    /// Makes an identity.
    public init(tenant: String, client: String, authority: AuthorityHost) {
        self.tenant = tenant
        self.client = client
        self.authority = authority
    }
}

/// A way to get a token with everything that it needs.
public enum CredentialMethod: Sendable, Hashable {
    /// An application and its secret.
    case clientSecret(ClientIdentity, SecretSource)
    /// An application and a PEM file with its certificate and private key.
    case clientCertificate(ClientIdentity, file: String, password: Secret?)
    /// An application and the file of another issuer's token.
    case workloadIdentity(ClientIdentity, tokenFile: String)
    /// The identity of the place, and which one when it has several.
    case managedIdentity(ManagedIdentitySource, ManagedIdentityID?)
    /// The Azure CLI, in a tenant of its choice or a given one.
    case azureCLI(tenant: String?)
    /// A finished token.
    case sharedAccessSignature(SecretSource)

    /// The name of the way.
    public var kind: CredentialKind {
        switch self {
        case .clientSecret: .clientSecret
        case .clientCertificate: .clientCertificate
        case .workloadIdentity: .workloadIdentity
        case .managedIdentity: .managedIdentity
        case .azureCLI: .azureCLI
        case .sharedAccessSignature: .sharedAccessSignature
        }
    }

    /// The way in words, for log lines and errors: names and places, never a value.
    public var label: String {
        switch self {
        case .clientSecret(let client, _): "client secret of application \(client.client) in tenant \(client.tenant)"
        case .clientCertificate(let client, let file, _):
            "client certificate '\(file)' of application \(client.client) in tenant \(client.tenant)"
        case .workloadIdentity(let client, let file):
            "workload identity of application \(client.client) in tenant \(client.tenant), token file '\(file)'"
        case .managedIdentity(let source, let id):
            "managed identity of \(source.label)\(id.map { ", \($0.value)" } ?? "")"
        case .azureCLI(let tenant): "Azure CLI\(tenant.map { ", tenant \($0)" } ?? "")"
        case .sharedAccessSignature(.file(let path)): "shared access signature in '\(path)'"
        case .sharedAccessSignature(.text): "shared access signature"
        }
    }
}
