public import EventHubs

/// The environment variables that Azure's own libraries read, and hubwatch with them.
///
/// An empty variable is an unset one, as service units and containers write it.
public struct AzureEnvironment: Sendable, Hashable {
    /// `AZURE_TENANT_ID`.
    public var tenant: String?
    /// `AZURE_CLIENT_ID`.
    public var client: String?
    /// `AZURE_CLIENT_SECRET`.
    public var clientSecret: Secret?
    /// `AZURE_CLIENT_CERTIFICATE_PATH`.
    public var certificatePath: String?
    /// `AZURE_CLIENT_CERTIFICATE_PASSWORD`.
    public var certificatePassword: Secret?
    /// `AZURE_FEDERATED_TOKEN_FILE`.
    public var federatedTokenFile: String?
    /// `AZURE_AUTHORITY_HOST`.
    public var authorityHost: String?
    /// `AZURE_TOKEN_CREDENTIALS`.
    public var tokenCredentials: String?
    /// `AZURE_POD_IDENTITY_AUTHORITY_HOST`.
    public var podIdentityHost: String?
    /// `IDENTITY_ENDPOINT`.
    public var identityEndpoint: String?
    /// `IDENTITY_HEADER`.
    public var identityHeader: Secret?
    /// `IDENTITY_SERVER_THUMBPRINT`: its presence means Service Fabric.
    public var identityThumbprint: String?
    /// `IMDS_ENDPOINT`.
    public var imdsEndpoint: String?
    /// `MSI_ENDPOINT`.
    public var msiEndpoint: String?
    /// `MSI_SECRET`.
    public var msiSecret: Secret?

    /// Makes an environment without any variable.
    public init() {}

    /// Reads the variables; others are ignored.
    public init(_ variables: [String: String]) {
        func text(_ name: String) -> String? { variables[name].flatMap { $0.isEmpty ? nil : $0 } }
        func secret(_ name: String) -> Secret? { text(name).map { Secret($0) } }
        tenant = text("AZURE_TENANT_ID")
        client = text("AZURE_CLIENT_ID")
        clientSecret = secret("AZURE_CLIENT_SECRET")
        certificatePath = text("AZURE_CLIENT_CERTIFICATE_PATH")
        certificatePassword = secret("AZURE_CLIENT_CERTIFICATE_PASSWORD")
        federatedTokenFile = text("AZURE_FEDERATED_TOKEN_FILE")
        authorityHost = text("AZURE_AUTHORITY_HOST")
        tokenCredentials = text("AZURE_TOKEN_CREDENTIALS")
        podIdentityHost = text("AZURE_POD_IDENTITY_AUTHORITY_HOST")
        identityEndpoint = text("IDENTITY_ENDPOINT")
        identityHeader = secret("IDENTITY_HEADER")
        identityThumbprint = text("IDENTITY_SERVER_THUMBPRINT")
        imdsEndpoint = text("IMDS_ENDPOINT")
        msiEndpoint = text("MSI_ENDPOINT")
        msiSecret = secret("MSI_SECRET")
    }
}
