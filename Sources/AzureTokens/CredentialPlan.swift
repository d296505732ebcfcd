/// The ways to sign in that the settings leave, in the order in which they are tried.
///
/// **Source**: the order of Azure's `DefaultAzureCredential`: variables of an application (secret, then certificate), workload
/// identity, managed identity, Azure CLI. `AZURE_TOKEN_CREDENTIALS` narrows it as it does there.
public struct CredentialPlan: Sendable, Hashable {
    /// One way.
    public enum Candidate: Sendable, Hashable {
        /// Everything is there to try it.
        case ready(CredentialMethod)
        /// It is not set up; why not.
        case missing(CredentialKind, String)
    }

    /// The ways in order.
    public let candidates: [Candidate]
    /// Whether there is one only, chosen by name.
    public let isNamed: Bool
    /// What `AZURE_TOKEN_CREDENTIALS` names and hubwatch does not have.
    public let unknownChoice: String?

    /// The order of the automatic choice.
    public static let order: [CredentialKind] = [
        .clientSecret, .clientCertificate, .workloadIdentity, .managedIdentity, .azureCLI,
    ]

    /// Makes the plan of settings.
    public init(_ settings: CredentialSettings) {
        switch settings.choice {
        case .named(let kind):
            candidates = [Self.candidate(kind, settings)]
            isNamed = true
            unknownChoice = nil
        case .automatic:
            if settings.signature != nil {
                // Whoever gives a signature means it: nothing else is tried.
                candidates = [Self.candidate(.sharedAccessSignature, settings)]
                isNamed = true
                unknownChoice = nil
                return
            }
            let wanted = settings.environment.tokenCredentials?.lowercased()
            let kinds = Self.kinds(wanted)
            unknownChoice = kinds == nil ? settings.environment.tokenCredentials : nil
            candidates = (kinds ?? Self.order).map { Self.candidate($0, settings) }
            isNamed = false
        }
    }

    /// Why the named way cannot be tried; nil when it can, or when several are tried.
    public var problem: String? {
        guard isNamed, case .missing(_, let why)? = candidates.first else { return nil }
        return why
    }

    /// Whether a way asks Entra ID over the network, and not a service of this machine.
    public var asksEntra: Bool {
        candidates.contains { candidate in
            switch candidate {
            case .ready(.clientSecret), .ready(.clientCertificate), .ready(.workloadIdentity): true
            case .ready(.managedIdentity), .ready(.azureCLI), .ready(.sharedAccessSignature), .missing: false
            }
        }
    }

    private static func kinds(_ wanted: String?) -> [CredentialKind]? {
        switch wanted {
        case nil: order
        case "prod": [.clientSecret, .clientCertificate, .workloadIdentity, .managedIdentity]
        case "dev", "azureclicredential": [.azureCLI]
        case "environmentcredential": [.clientSecret, .clientCertificate]
        case "workloadidentitycredential": [.workloadIdentity]
        case "managedidentitycredential": [.managedIdentity]
        default: nil
        }
    }

    private static func candidate(_ kind: CredentialKind, _ settings: CredentialSettings) -> Candidate {
        switch kind {
        case .clientSecret:
            guard let secret = settings.clientSecret else {
                return .missing(
                    kind, "no secret: set source.entra.client_secret_file, or AZURE_CLIENT_SECRET in the environment")
            }
            return client(kind, settings) { .clientSecret($0, secret) }
        case .clientCertificate:
            guard let file = settings.certificateFile else {
                return .missing(
                    kind, "no certificate: set source.entra.certificate_file or AZURE_CLIENT_CERTIFICATE_PATH")
            }
            return client(kind, settings) {
                .clientCertificate($0, file: file, password: settings.certificatePassword)
            }
        case .workloadIdentity:
            guard let file = settings.federatedTokenFile else {
                return .missing(
                    kind, "no token file: set source.entra.federated_token_file or AZURE_FEDERATED_TOKEN_FILE")
            }
            return client(kind, settings) { .workloadIdentity($0, tokenFile: file) }
        case .managedIdentity:
            if settings.environment.identityThumbprint != nil {
                return .missing(kind, "this is Service Fabric, whose managed identities hubwatch cannot use")
            }
            return .ready(
                .managedIdentity(
                    ManagedIdentitySource(settings.environment), settings.client.map { ManagedIdentityID($0) }))
        case .azureCLI:
            return .ready(.azureCLI(tenant: settings.tenant))
        case .sharedAccessSignature:
            guard let signature = settings.signature else {
                return .missing(kind, "no token: set source.sas_token_file, or HUBWATCH_SAS_TOKEN in the environment")
            }
            return .ready(.sharedAccessSignature(signature))
        }
    }

    /// A way that needs an application.
    private static func client(
        _ kind: CredentialKind, _ settings: CredentialSettings, _ method: (ClientIdentity) -> CredentialMethod
    ) -> Candidate {
        guard let tenant = settings.tenant else {
            return .missing(kind, "no tenant: set source.entra.tenant or AZURE_TENANT_ID")
        }
        guard let client = settings.client else {
            return .missing(kind, "no application: set source.entra.client_id or AZURE_CLIENT_ID")
        }
        return .ready(method(ClientIdentity(tenant: tenant, client: client, authority: settings.authority)))
    }
}
