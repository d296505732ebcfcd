import DiagnosticLogs
import Testing

/// Goal: the small parsers say what Azure's spellings mean and nothing more.
///
/// Method: tables.
@Suite struct ParserTests {
    @Test(arguments: [
        ("Information", LogLevel.informational), ("informational", .informational), ("4", .informational),
        ("Warning", .warning), ("ERROR", .error), ("Critical", .critical), ("1", .critical), ("5", .verbose),
    ])
    func levels(text: String, level: LogLevel) {
        #expect(LogLevel(parsing: text) == level)
        #expect(LogLevel(parsing: "6") == nil && LogLevel(parsing: "") == nil)
    }

    @Test(arguments: [
        ("Success", Outcome.success), ("Succeeded.", .success), ("SUCCEEDED", .success), ("0", .success),
        ("200", .success), ("304", .success), ("Failure", .failure), ("failed", .failure), ("404", .failure),
        ("500", .failure), ("Start", .unknown), ("Started.", .unknown), ("Accept", .unknown),
        ("In Progress", .unknown), ("Active", .unknown), ("Resolved", .unknown), ("Updated", .unknown),
    ])
    func outcomes(text: String, outcome: Outcome) {
        #expect(Outcome(parsing: text) == outcome)
    }

    @Test func outcomesThatSayNothing() {
        for text in ["", ".", "None", "OK", "50126", "12", "-1", "999999999999999999999"] {
            #expect(Outcome(parsing: text) == nil, "\(text)")
        }
        #expect(Outcome(parsing: "50126", isSignIn: true) == .failure)
        #expect(Outcome(parsing: "0", isSignIn: true) == .success)
    }

    @Test func addresses() {
        let table: [(String, CallerAddress)] = [
            ("81.2.69.144", .address("81.2.69.144", port: nil)),
            ("10.0.0.10:49539", .address("10.0.0.10", port: 49_539)),
            ("[2001:db8::1]:443", .address("2001:db8::1", port: 443)), ("[::1]", .address("::1", port: nil)),
            ("2001:db8:0:0:0:0:0:1", .address("2001:db8:0:0:0:0:0:1", port: nil)), ("::", .address("::", port: nil)),
            ("fe80::", .address("fe80::", port: nil)), ("::ffff:1.2.3.4", .address("::ffff:1.2.3.4", port: nil)),
            ("81.2.69.***", .prefix("81.2.69.0", bits: 24)), ("87.174.239.XXX", .prefix("87.174.239.0", bits: 24)),
            ("0.0.0.0", .address("0.0.0.0", port: nil)), ("127.0.0.0/8", .prefix("127.0.0.0", bits: 8)),
            ("2001:db8::/32", .prefix("2001:db8::", bits: 32)),
        ]
        for (text, expected) in table { #expect(CallerAddress(text) == expected, "\(text)") }
        for text in [
            "", "XX:2a02:cf40:add:4002:91f2:a9b2:e09a:6fc6", "::2a02:cf40:add:4002:91f2:a9b2:e09a:6fc6", "host.example",
            "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.4:", "1.2.3.4:70000", "1:2:3", ":::", "1::2::3", "1.2.3.4/33",
            "[1.2.3.4]", "[::1", "[::1]x", "2001:db8::1:", ":1:2:3:4:5:6:7", "***.1.2.3", "12345::", "::1.2.3",
        ] {
            #expect(CallerAddress(text) == .text(text), "\(text)")
        }
        #expect(CallerAddress("1.2.3.4:5").wholeAddress == "1.2.3.4")
        #expect(CallerAddress("1.2.3.*").wholeAddress == nil)
    }

    @Test func resourceIDs() {
        let id = ResourceID(
            "/SUBSCRIPTIONS/Sub-1/RESOURCEGROUPS/My Group/PROVIDERS/MICROSOFT.COGNITIVESERVICES/ACCOUNTS/Acct/DEPLOYMENTS/GPT4"
        )
        #expect(id.subscriptionID == "sub-1")
        #expect(id.resourceGroup == "my group")
        #expect(id.provider == "microsoft.cognitiveservices/accounts")
        #expect(id.name == "acct/deployments/gpt4")
        #expect(id.rootName == "acct")
        #expect(id.leafName == "gpt4")
        #expect(id.original.hasPrefix("/SUBSCRIPTIONS"))

        let tenant = ResourceID("/tenants/T-1/providers/Microsoft.aadiam")
        #expect(tenant.tenantID == "t-1" && tenant.provider == "microsoft.aadiam" && tenant.name == nil)

        let bare = ResourceID("subscriptions/s/resourcegroups/G/")
        #expect(bare.subscriptionID == "s" && bare.resourceGroup == "g" && bare.provider == nil)

        let ofExtension = ResourceID("/subscriptions/s/resourceGroups/g/providers/A.B/c/d/providers/E.F/g/h")
        #expect(ofExtension.provider == "e.f/g" && ofExtension.name == "h" && ofExtension.resourceGroup == "g")

        let rule = ResourceID(
            "/subscriptions/s/resourceGroups/g/providers/M.EventHub/namespaces/N/authorizationRules/R")
        #expect(rule.name == nil && rule.namespace == "n" && rule.authorizationRule == "r" && rule.leafName == "r")

        for text in ["", "/", "//", "providers", "/providers/", "subscriptions", "/subscriptions//x", "a/b/c"] {
            let odd = ResourceID(text)
            #expect(odd.original == text && odd.name == nil)
        }
    }

    @Test(arguments: [
        ("Administrative", "activitylogs", "azure.activitylogs"),
        ("resourcehealth", "activitylogs", "azure.activitylogs"),
        ("Write", "activitylogs", "azure.activitylogs"), ("SignInLogs", "signinlogs", "azure.signinlogs"),
        ("NonInteractiveUserSignInLogs", "signinlogs", "azure.signinlogs"),
        ("AuditLogs", "auditlogs", "azure.auditlogs"),
        ("UserRiskEvents", "riskdetection", "azure.identity_protection"),
        ("MicrosoftGraphActivityLogs", "platformlogs", "azure.graphactivitylogs"),
        ("AZFWNetworkRule", "platformlogs", "azure.firewall_logs"),
        ("AzureFirewallDnsProxy", "platformlogs", "azure.firewall_logs"),
        ("ApplicationGatewayAccessLog", "platformlogs", "azure.application_gateway"),
        ("Audit", "platformlogs", "azure.platformlogs"), ("SomethingElse", "platformlogs", "azure.platformlogs"),
    ])
    func classification(category: String, service: String, dataset: String) {
        let found = LogClassification(category: category, provider: "microsoft.web/sites")
        #expect(found.service == service)
        #expect(found.dataset == dataset)
    }

    @Test func cognitiveCategoriesNeedTheirProvider() {
        for category in ["Audit", "RequestResponse", "Trace", "AzureOpenAIRequestUsage"] {
            let found = LogClassification(category: category, provider: "Microsoft.CognitiveServices/accounts")
            #expect(found.service == "openai" && found.dataset == "azure_openai.logs")
        }
        #expect(LogClassification(category: nil).service == nil)
        #expect(LogClassification(category: "").dataset == "azure.events")
    }
}
