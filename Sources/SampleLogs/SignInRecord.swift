/// Writes Entra sign-in records: interactive users and service accounts.
struct SignInWriter: Sendable {
    private enum Slot: String, Sendable {
        case tenant, time, result, description, address, correlation, name, account, oid, app, appName, agent, id
        case country, city, browser, system, token, policy, asn, session
    }

    private struct Outcome: Sendable {
        let code: String
        let text: String
    }

    private struct Place: Sendable {
        let country: String
        let city: String
    }

    private static let outcomes: [Outcome] = [
        Outcome(code: "50126", text: "Error validating credentials due to invalid username or password."),
        Outcome(code: "50074", text: "Strong Authentication is required."),
        Outcome(code: "53003", text: "Access has been blocked by Conditional Access policies."),
    ]
    private static let places: [Place] = [
        Place(country: "FR", city: "Paris"), Place(country: "SE", city: "Stockholm"),
        Place(country: "US", city: "Chicago"), Place(country: "DE", city: "Berlin"),
    ]
    private static let systems = ["Windows 11", "MacOs", "Linux", "Ios 18"]
    private static let browsers = ["Edge 141.0.0", "Chrome 141.0.0", "Firefox 143.0", "Safari 26.0"]

    private let tenant: String
    private let user: RecordTemplate<Slot>
    private let service: RecordTemplate<Slot>

    init(tenant: String) {
        self.tenant = tenant
        user = RecordTemplate(Self.userText)
        service = RecordTemplate(Self.serviceText)
    }

    /// Appends one sign-in.
    func write(at time: EventTime, by principal: Principal, random: inout SeededRandom, into body: inout [UInt8]) {
        let bits = random.next()
        let failed = bits & 0xF == 0
        let outcome = Self.outcomes[Int(bits >> 4 & 0xF) % Self.outcomes.count]
        let place = Self.places[Int(bits >> 8 & 0x3)]
        let client = ClientApplication.allCases[Int(bits >> 12 & 0xFF) % ClientApplication.allCases.count]
        let id = random.guid()
        let correlation = random.guid()
        (principal.isUser ? user : service).write(into: &body) { slot, body in
            switch slot {
            case .tenant: body.append(text: tenant)
            case .time: body.append(time: time)
            case .result: body.append(text: failed ? outcome.code : "0")
            case .description: body.append(text: failed ? outcome.text : "")
            case .address: body.append(text: principal.address)
            case .correlation: body.append(guid: correlation)
            case .name: body.append(text: principal.displayName)
            case .account: body.append(text: principal.account)
            case .oid: body.append(text: principal.objectID)
            case .app: body.append(text: principal.isUser ? client.rawValue : principal.applicationID)
            case .appName: body.append(text: principal.isUser ? client.title : principal.displayName)
            case .agent: body.append(text: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Sample/1.0")
            case .id: body.append(guid: id)
            case .country: body.append(text: place.country)
            case .city: body.append(text: place.city)
            case .browser: body.append(text: Self.browsers[Int(bits >> 24 & 0x3)])
            case .system: body.append(text: Self.systems[Int(bits >> 28 & 0x3)])
            case .token: body.append(text: principal.opaque)
            case .policy: body.append(guid: principal.roleDefinition)
            case .asn: body.append(number: 64_496 &+ Int64(bits >> 32 & 0xF))
            case .session: body.append(guid: principal.session)
            }
        }
    }
}

extension ClientApplication {
    /// The display name in sign-in records.
    fileprivate var title: String {
        switch self {
        case .machineLearningStudio: "Azure Machine Learning Workbench Web App"
        case .aiStudio: "Azure AI Studio App"
        case .openAIStudio: "Azure OpenAI Studio"
        case .azurePortal: "Azure Portal"
        case .speechStudio: "Speech Studio"
        case .azureCLI: "Microsoft Azure CLI"
        case .azurePowerShell: "Microsoft Azure PowerShell"
        case .visualStudioCode: "Visual Studio Code"
        }
    }
}

extension SignInWriter {
    private static let userText = #"""
        {"time":"<time>","resourceId":"/tenants/<tenant>/providers/Microsoft.aadiam",
        "operationName":"Sign-in activity","operationVersion":"1.0","category":"SignInLogs","tenantId":"<tenant>",
        "resultType":"<result>","resultSignature":"None","resultDescription":"<description>","durationMs":0,
        "callerIpAddress":"<address>","correlationId":"<correlation>","identity":"<name>","Level":4,
        "location":"<country>","properties":{"id":"<id>","createdDateTime":"<time>","userDisplayName":"<name>",
        "userPrincipalName":"<account>","userId":"<oid>","appId":"<app>","appDisplayName":"<appName>",
        "ipAddress":"<address>","status":{"errorCode":<result>,"failureReason":"<description>",
        "additionalDetails":"MFA requirement satisfied by claim in the token"},"clientAppUsed":"Browser",
        "userAgent":"<agent>","deviceDetail":{"deviceId":"","operatingSystem":"<system>","browser":"<browser>",
        "isCompliant":false,"isManaged":false,"trustType":""},"location":{"city":"<city>","state":"",
        "countryOrRegion":"<country>","geoCoordinates":{"latitude":48.5,"longitude":2.25}},
        "correlationId":"<correlation>","conditionalAccessStatus":"success","appliedConditionalAccessPolicies":[
        {"id":"<policy>","displayName":"Require a second factor","enforcedGrantControls":["Mfa"],
        "enforcedSessionControls":[],"result":"success"}],"originalRequestId":"<id>","isInteractive":true,
        "tokenIssuerName":"","tokenIssuerType":"AzureAD","authenticationProcessingDetails":[
        {"key":"Legacy TLS (TLS 1.0, 1.1, 3DES)","value":"False"},{"key":"Is CAE Token","value":"False"}],
        "networkLocationDetails":[],"processingTimeInMilliseconds":147,"riskDetail":"none",
        "riskLevelAggregated":"none","riskLevelDuringSignIn":"none","riskState":"none","riskEventTypes_v2":[],
        "resourceDisplayName":"Windows Azure Service Management API",
        "resourceId":"797f4846-ba00-4fd7-ba43-dac1f8f63013",
        "resourceTenantId":"<tenant>","homeTenantId":"<tenant>","authenticationDetails":[
        {"authenticationStepDateTime":"<time>","authenticationMethod":"Password","succeeded":true,
        "authenticationStepResultDetail":"Correct password","authenticationStepRequirement":"Primary authentication"}],
        "authenticationRequirement":"multiFactorAuthentication","servicePrincipalId":"","userType":"Member",
        "flaggedForReview":false,"autonomousSystemNumber":<asn>,"crossTenantAccessType":"none",
        "uniqueTokenIdentifier":"<token>","sessionId":"<session>","incomingTokenType":"none",
        "authenticationProtocol":"none","originalTransferMethod":"none"}}
        """#

    private static let serviceText = #"""
        {"time":"<time>","resourceId":"/tenants/<tenant>/providers/Microsoft.aadiam",
        "operationName":"Sign-in activity","operationVersion":"1.0","category":"ServicePrincipalSignInLogs",
        "tenantId":"<tenant>","resultType":"<result>","resultSignature":"None","resultDescription":"<description>",
        "durationMs":0,"callerIpAddress":"<address>","correlationId":"<correlation>","Level":4,"location":"<country>",
        "properties":{"id":"<id>","createdDateTime":"<time>","userId":null,"appId":"<app>","ipAddress":"<address>",
        "status":{"errorCode":<result>},"servicePrincipalId":"<oid>","servicePrincipalName":"<account>",
        "servicePrincipalCredentialKeyId":"<session>","resourceDisplayName":"Microsoft Graph",
        "resourceId":"00000003-0000-0000-c000-000000000000","resourceTenantId":"<tenant>","homeTenantId":"<tenant>",
        "conditionalAccessStatus":"notApplied","riskState":"none","riskLevelDuringSignIn":"none",
        "location":{"city":"<city>","state":"","countryOrRegion":"<country>"},"autonomousSystemNumber":<asn>,
        "uniqueTokenIdentifier":"<token>","flaggedForReview":false}}
        """#
}
