public import EventHubs

/// Where the token of a managed identity comes from.
///
/// **Source**: the places' documented variables; the order in which they are looked at is the one of Azure's own libraries.
public enum ManagedIdentitySource: Sendable, Hashable {
    /// App Service, Functions, Container Apps: `IDENTITY_ENDPOINT` and `IDENTITY_HEADER`.
    case appService(endpoint: String, header: Secret)
    /// A server that Azure Arc manages: `IDENTITY_ENDPOINT` and `IMDS_ENDPOINT`.
    case azureArc(endpoint: String)
    /// Azure Machine Learning and old forms of App Service: `MSI_ENDPOINT` and `MSI_SECRET`.
    case machineLearning(endpoint: String, secret: Secret)
    /// Azure Cloud Shell: `MSI_ENDPOINT` alone.
    case cloudShell(endpoint: String)
    /// A virtual machine's metadata service; the host can be another, as with pod identities.
    case virtualMachine(host: String)

    /// The metadata service of virtual machines.
    public static let metadataHost = "http://169.254.169.254"
    /// Where the agent of Azure Arc answers when no variable says otherwise.
    public static let arcEndpoint = "http://localhost:40342/metadata/identity/oauth2/token"

    /// The place that the variables name; a virtual machine when they name none.
    public init(_ environment: AzureEnvironment) {
        if let endpoint = environment.identityEndpoint {
            if let header = environment.identityHeader {
                self = .appService(endpoint: endpoint, header: header)
                return
            }
            if environment.imdsEndpoint != nil {
                self = .azureArc(endpoint: endpoint)
                return
            }
        }
        if let endpoint = environment.msiEndpoint {
            self =
                environment.msiSecret.map { .machineLearning(endpoint: endpoint, secret: $0) }
                ?? .cloudShell(endpoint: endpoint)
            return
        }
        self = .virtualMachine(host: environment.podIdentityHost ?? Self.metadataHost)
    }

    /// The place in words.
    public var label: String {
        switch self {
        case .appService: "App Service"
        case .azureArc: "Azure Arc"
        case .machineLearning: "Azure Machine Learning"
        case .cloudShell: "Cloud Shell"
        case .virtualMachine: "the virtual machine"
        }
    }

    /// Whether only an answer shows that the place is there.
    public var mustBeProbed: Bool { if case .virtualMachine = self { true } else { false } }
}

/// Which of several managed identities.
public enum ManagedIdentityID: Sendable, Hashable {
    /// By its client id.
    case client(String)
    /// By its Azure resource id.
    case resource(String)

    /// Reads a setting: a resource id begins with `/subscriptions/`.
    public init(_ text: String) {
        self = text.lowercased().hasPrefix("/subscriptions/") ? .resource(text) : .client(text)
    }

    /// The id.
    public var value: String {
        switch self {
        case .client(let id), .resource(let id): id
        }
    }
}
