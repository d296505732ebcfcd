/// Which log a record belongs to, in the words of the rule formats.
///
/// Source: categories of the Azure Monitor activity log and of Microsoft Entra diagnostic settings.
public struct LogClassification: Hashable, Sendable {
    /// As Sigma's `logsource.service` names it; nil for a record without a category.
    public let service: String?
    /// As Elastic's data streams are named.
    public let dataset: String

    /// Classifies by category and, where that is ambiguous, by provider (`microsoft.cognitiveservices/accounts`).
    public init(category: String?, provider: String? = nil) {
        let kind: LogKind
        if var category {
            kind = category.withUTF8 {
                LogKind(category: UnsafeRawBufferPointer($0)) {
                    FieldAliases.asciiLowercased(provider ?? "").hasPrefix("microsoft.cognitiveservices/")
                }
            }
        } else {
            kind = .none
        }
        service = kind.service.map { "\($0)" }
        dataset = "\(kind.dataset)"
    }
}

/// The kinds of logs that rules tell apart.
enum LogKind {
    case none, activity, signIn, audit, risk, graph, directoryGraph, openAI, firewall, gateway, provisioning, spring,
        other

    /// `isCognitive` is asked only for categories that several services write.
    init(category: UnsafeRawBufferPointer, isCognitive: () -> Bool) {
        guard !category.isEmpty else {
            self = .none
            return
        }
        if category.count < Self.byLength.count {
            for (name, kind) in Self.byLength[category.count] where Self.matches(category, name) {
                self = kind == .openAI && !isCognitive() ? .other : kind
                return
            }
        }
        if Self.matches(category, "azurefirewall", prefix: true) || Self.matches(category, "azfw", prefix: true) {
            self = .firewall
        } else if Self.matches(category, "applicationgateway", prefix: true) {
            self = .gateway
        } else {
            self = .other
        }
    }

    private static func matches(_ text: UnsafeRawBufferPointer, _ word: StaticString, prefix: Bool = false) -> Bool {
        let count = word.utf8CodeUnitCount
        guard prefix ? text.count >= count : text.count == count else { return false }
        for i in 0..<count where FieldAliases.asciiLowercased(text[i]) != word.utf8Start[i] { return false }
        return true
    }

    /// Known categories in lower case, by length.
    private static let byLength: [[(StaticString, LogKind)]] = {
        var table = [[(StaticString, LogKind)]](repeating: [], count: 48)
        for (name, kind) in known { table[name.utf8CodeUnitCount].append((name, kind)) }
        return table
    }()

    private static let known: [(StaticString, LogKind)] = [
        ("administrative", .activity), ("security", .activity), ("servicehealth", .activity), ("alert", .activity),
        ("recommendation", .activity), ("policy", .activity), ("autoscale", .activity), ("resourcehealth", .activity),
        // Until 2019 the activity log wrote the kind of operation as category.
        ("write", .activity), ("delete", .activity), ("action", .activity), ("read", .activity),
        ("signinlogs", .signIn), ("noninteractiveusersigninlogs", .signIn), ("serviceprincipalsigninlogs", .signIn),
        ("managedidentitysigninlogs", .signIn), ("microsoftserviceprincipalsigninlogs", .signIn),
        ("adfssigninlogs", .signIn), ("auditlogs", .audit), ("userriskevents", .risk), ("riskyusers", .risk),
        ("serviceprincipalriskevents", .risk), ("riskyserviceprincipals", .risk),
        ("microsoftgraphactivitylogs", .graph), ("aadgraphactivitylogs", .directoryGraph),
        ("provisioninglogs", .provisioning), ("applicationconsole", .spring), ("systemlogs", .spring),
        ("ingresslogs", .spring), ("buildlogs", .spring), ("containereventlogs", .spring),
        ("audit", .openAI), ("requestresponse", .openAI), ("trace", .openAI), ("azureopenairequestusage", .openAI),
    ]

    var service: StaticString? {
        switch self {
        case .none: nil
        case .activity: "activitylogs"
        case .signIn: "signinlogs"
        case .audit: "auditlogs"
        case .risk: "riskdetection"
        case .openAI: "openai"
        case .graph, .directoryGraph, .firewall, .gateway, .provisioning, .spring, .other: "platformlogs"
        }
    }

    var dataset: StaticString {
        switch self {
        case .none: "azure.events"
        case .activity: "azure.activitylogs"
        case .signIn: "azure.signinlogs"
        case .audit: "azure.auditlogs"
        case .risk: "azure.identity_protection"
        case .graph: "azure.graphactivitylogs"
        case .directoryGraph: "azure.aadgraphactivitylogs"
        case .openAI: "azure_openai.logs"
        case .firewall: "azure.firewall_logs"
        case .gateway: "azure.application_gateway"
        case .provisioning: "azure.provisioning"
        case .spring: "azure.springcloudlogs"
        case .other: "azure.platformlogs"
        }
    }
}
