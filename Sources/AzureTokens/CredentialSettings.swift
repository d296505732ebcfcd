public import EventHubs

/// What the settings and Azure's variables say about signing in.
public struct CredentialSettings: Sendable, Hashable {
    /// Which way to use.
    public enum Choice: Sendable, Hashable {
        /// The first that is there, in the order of Azure's `DefaultAzureCredential`.
        case automatic
        /// This one.
        case named(CredentialKind)
    }

    /// Which way to use.
    public var choice: Choice = .automatic
    /// The tenant's id or domain.
    public var tenant: String?
    /// The application's id; the one of a managed identity when the machine has several.
    public var client: String?
    /// The application's secret.
    public var clientSecret: SecretSource?
    /// A PEM file with certificate and private key.
    public var certificateFile: String?
    /// What the private key in it is encrypted with.
    public var certificatePassword: Secret?
    /// The file of another issuer's token.
    public var federatedTokenFile: String?
    /// Who issues tokens.
    public var authority = AuthorityHost.publicCloud
    /// What tokens are for.
    public var scope = TokenScope.eventHubs
    /// A finished shared access signature.
    public var signature: SecretSource?
    /// The variables that say where a managed identity is.
    public var environment: AzureEnvironment

    /// Makes settings of the variables alone.
    public init(environment: AzureEnvironment = AzureEnvironment()) {
        self.environment = environment
        tenant = environment.tenant
        client = environment.client
        clientSecret = environment.clientSecret.map { .text($0) }
        certificateFile = environment.certificatePath
        certificatePassword = environment.certificatePassword
        federatedTokenFile = environment.federatedTokenFile
    }

    /// Whether a tenant may stand in an address: an id or a domain.
    public static func isTenant(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 256
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"):
                    true
                default: false
                }
            } && text.first != "-" && text.first != "."
    }
}
