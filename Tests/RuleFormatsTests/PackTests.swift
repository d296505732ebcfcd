import Detection
import DiagnosticLogs
import Foundation
import RuleFormats
import Testing

/// The rules that ship with the project load and find what they say.
///
/// Every rule has positive and negative records, judged by the plain evaluator.
@Suite struct PackTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Config/rules").path()

    static func rule(_ file: String) throws -> Rule {
        let loaded = RuleLoader.load(paths: [folder + "/" + file])
        #expect(loaded.refusals.isEmpty)
        return try #require(loaded.rules.first)
    }

    static func activity(
        _ operation: String = "MICROSOFT.COGNITIVESERVICES/ACCOUNTS/LISTKEYS/ACTION", result: String = "Success",
        app: String? = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
    ) throws -> NaiveRecord {
        let claims = app.map { "{\"appid\":\"\($0)\"}" } ?? "{}"
        return try NaiveRecord(
            text: """
                {"time":"2026-01-01T00:00:00Z","category":"Administrative","operationName":"\(operation)",
                "resultType":"\(result)","correlationId":"c1","identity":{"claims":\(claims)},"properties":{}}
                """)
    }

    @Test func allLoadWithoutWarnings() {
        let loaded = RuleLoader.load(paths: [Self.folder])
        #expect(loaded.refusals.map(\.description) == [])
        #expect(loaded.warnings.map(\.description) == [])
        #expect(
            loaded.rules.map(\.metadata.title) == [
                "Listing of Azure AI keys was refused", "Azure AI keys listed outside the known portals",
                "Azure OpenAI keys listed in bulk",
            ])
        #expect(loaded.rules.allSatisfy { RuleMetadata.Severity.low.rawValue <= $0.metadata.severity.rawValue })
    }

    @Test func keysListedOutsidePortals() throws {
        let rule = try Self.rule("azure_ai_keys_listed_outside_portals.yml")
        guard case .match(let match) = rule.body else {
            Issue.record("not a match rule")
            return
        }
        #expect(match.oncePer == .path(FieldPath(["correlationId"])))
        #expect(rule.logSource == LogSource(product: "azure", service: "activitylogs"))
        #expect(rule.metadata.attacks.map(\.id) == ["TA0006", "T1555", "T1552"])
        #expect(rule.lateness == .seconds(900) && rule.clock == .event)
        for operation in [
            "MICROSOFT.COGNITIVESERVICES/ACCOUNTS/LISTKEYS/ACTION",
            "Microsoft.CognitiveServices/accounts/listKeys/action",
            "Microsoft.MachineLearningServices/workspaces/listKeys/action",
            "microsoft.machinelearningservices/workspaces/computes/listkeys/action",
            "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/listKeys/action",
        ] {
            #expect(try Self.activity(operation).satisfies(rule.condition), "\(operation)")
        }
        #expect(try Self.activity(result: "Succeeded").satisfies(rule.condition))
        #expect(try Self.activity(app: nil).satisfies(rule.condition))
        for portal in RulePlaceholders.knownAIPortals {
            #expect(try !Self.activity(app: portal.applicationID).satisfies(rule.condition), "\(portal.name)")
            #expect(try !Self.activity(app: portal.applicationID.uppercased()).satisfies(rule.condition))
        }
        #expect(try !Self.activity(result: "Start").satisfies(rule.condition))
        #expect(try !Self.activity(result: "Failure").satisfies(rule.condition))
        #expect(try !Self.activity("Microsoft.CognitiveServices/accounts/read").satisfies(rule.condition))
        #expect(try !Self.activity("Microsoft.Storage/storageAccounts/listKeys/action").satisfies(rule.condition))
    }

    @Test func portalListIsASetting() throws {
        var options = RuleLoadingOptions()
        options.placeholders = .builtIn.overlaid(
            with: RulePlaceholders(lists: ["known_ai_portals": ["04b07795-8ddb-461a-bbee-02f9e1bf7b46"]]))
        let loaded = RuleLoader.load(
            paths: [Self.folder + "/azure_ai_keys_listed_outside_portals.yml"], options: options)
        let rule = try #require(loaded.rules.first)
        #expect(try !Self.activity().satisfies(rule.condition))
        #expect(try Self.activity(app: RulePlaceholders.knownAIPortals[0].applicationID).satisfies(rule.condition))
        options.placeholders = RulePlaceholders()
        let refused = RuleLoader.load(paths: [Self.folder], options: options)
        #expect(refused.rules.count == 1)
        #expect(refused.refusals.count == 2)
        #expect(refused.refusals.allSatisfy { $0.reason.contains("%known_ai_portals%") })
    }

    @Test func refusedListing() throws {
        let rule = try Self.rule("azure_ai_key_listing_refused.yml")
        #expect(rule.metadata.severity == .low)
        #expect(try Self.activity(result: "Failure").satisfies(rule.condition))
        #expect(try Self.activity(result: "Failed", app: nil).satisfies(rule.condition))
        #expect(try !Self.activity(result: "Success").satisfies(rule.condition))
        #expect(try !Self.activity(result: "Start").satisfies(rule.condition))
        #expect(
            try !Self.activity(result: "Failure", app: RulePlaceholders.knownAIPortals[3].applicationID)
                .satisfies(rule.condition))
    }

    static func audit(_ resource: String, operation: String = "ListKey", length: Int? = nil) throws -> NaiveRecord {
        let properties = length.map { "{\"responseLength\":\($0)}" } ?? "{}"
        return try NaiveRecord(
            text: """
                {"category":"Audit","operationName":"\(operation)","properties":\(properties),"resourceId":
                "/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.COGNITIVESERVICES/ACCOUNTS/\(resource)"}
                """)
    }

    @Test func modelTheft() throws {
        let rule = try Self.rule("azure_openai_model_theft.toml")
        #expect(rule.clock == .enqueued)
        #expect(rule.logSource == LogSource(dataset: "azure_openai.logs"))
        #expect(rule.metadata.attacks.map(\.id) == ["TA0006", "T1552", "AML.T0044"])
        guard case .aggregate(let body) = rule.body else {
            Issue.record("not an aggregate rule")
            return
        }
        #expect(body.window == HoppingWindow(length: .seconds(3600), hop: .seconds(600)))
        let many = try (0..<100).map { _ in try Self.audit("HOT") }
        let few = try (0..<99).map { _ in try Self.audit("CALM") }
        let other = try (0..<200).map { _ in try Self.audit("READER", operation: "ListModel") }
        let large = [try Self.audit("LARGE", length: 1_000_000), try Self.audit("LARGE")]
        let small = [try Self.audit("SMALL", length: 999_999)]
        let rows = NaiveWindow.rows(rule, many + few + other + large + small)
        #expect(
            rows.map { $0.map(\.name) }
                == Array(
                    repeating: ["key_listings", "largest_response", "azure.resource.group", "azure.resource.name"],
                    count: 2))
        #expect(rows.map { $0[3].value } == [.string("hot"), .string("large")])
        #expect(rows.map { $0[0].value } == [.long(100), .long(2)])
        #expect(rows.map { $0[1].value } == [.null, .long(1_000_000)])
    }
}
