import Detection
import DiagnosticLogs
import Foundation
import HubwatchConfiguration
import HubwatchRuntime
import Redaction
import RuleFormats
import Testing

/// Goal: rules test any field; what their findings show follows from the fields it is made of; secrets name no group.
///
/// Method: small rules, compiled and loaded from files.
@Suite struct RuleMaskingTests {
    private func rule(_ body: RuleBody) -> Rule {
        Rule(metadata: RuleMetadata(id: "r", title: "R"), condition: .constant(true), body: body)
    }

    private func grouped(by expression: Detection.Expression, _ aggregates: [Aggregate] = []) -> Rule {
        rule(
            .aggregate(
                AggregateRule(
                    window: HoppingWindow(length: .seconds(60), hop: .seconds(60)),
                    keys: [NamedExpression(name: "k", expression: expression)],
                    aggregates: aggregates + [Aggregate(name: "n", function: .countRows, argument: nil)], stages: [])))
    }

    private func field(_ text: String) throws -> Detection.Expression { .field(.path(try FieldPath(parsing: text))) }

    @Test func groupsAndColumnsOfSecretsAreRefused() throws {
        let key = try field("properties.apiKey")
        for expression in [key, .call(.toLower, [key]), .call(.concat, [.literal(.string("x")), key])] {
            #expect(throws: DetectionError.self) { try CompiledRules.check(grouped(by: expression)) }
        }
        let note = try field("properties.note")
        for function in [AggregateFunction.values, .first, .maximum] {
            let shown = grouped(by: note, [Aggregate(name: "v", function: function, argument: key)])
            #expect(throws: DetectionError.self) { try CompiledRules.check(shown) }
        }
        let once = rule(.match(MatchRule(oncePer: .path(FieldPath("properties", "password")))))
        #expect(throws: DetectionError.self) { try CompiledRules.check(once) }
        let newTerm = rule(
            .newTerm(NewTermRule(keys: [NamedExpression(name: "k", expression: key)], history: .seconds(86_400))))
        #expect(throws: DetectionError.self) { try CompiledRules.check(newTerm) }
    }

    @Test func secretsMayBeTestedAndCounted() throws {
        let key = try field("properties.apiKey")
        let note = try field("properties.note")
        try CompiledRules.check(grouped(by: note, [Aggregate(name: "d", function: .countDistinct, argument: key)]))
        try CompiledRules.check(grouped(by: .call(.length, [key])))
        try CompiledRules.check(grouped(by: .compare(.equal, key, .literal(.string("x")))))
        var tested = grouped(by: note)
        tested.condition = .field(.path(FieldPath("properties", "apiKey")), .exists(true))
        try CompiledRules.check(tested)
    }

    @Test func contentRunsAndIsNamed() throws {
        let prompt = try field("properties.prompt")
        let shown = grouped(by: prompt, [Aggregate(name: "p", function: .last, argument: .call(.toUpper, [prompt]))])
        #expect(try CompiledRules([shown]).contentColumns(of: "r") == ["k", "p"])
        #expect(try CompiledRules([grouped(by: .call(.length, [prompt]))]).contentColumns(of: "r") == [])
    }

    @Test func filesAreRefusedOrWarnedOfWithTheirPlace() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hubwatch-masks-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func file(_ id: String, _ column: String) -> String {
            """
            [rule]
            rule_id = "00000000-0000-4000-8000-00000000000\(id)"
            name = "Masked \(id)"
            description = "d"
            severity = "low"
            risk_score = 21
            type = "esql"
            language = "esql"
            from = "now-60m"
            interval = "10m"
            query = '''
            from logs-azure.platformlogs-*
            | stats n = count(*) by \(column)
            | where n >= 1
            '''
            """
        }
        let secret = folder.appending(path: "a_secret.toml")
        try Data(file("1", "azure.platformlogs.properties.apiKey").utf8).write(to: secret)
        let content = folder.appending(path: "b_content.toml")
        try Data(file("2", "azure.platformlogs.properties.prompt").utf8).write(to: content)
        var layers = ConfigurationLayers()
        layers.add(flag: "rules", path: "rules.paths", text: folder.path)
        let selection = RuleSelection(loading: try Configuration.rules(layers))
        #expect(selection.refusals.map(\.file) == [secret.path], "\(selection.refusals)")
        #expect(selection.refusals.first?.reason.contains("key, token or password") == true)
        let warning = selection.warnings.first { $0.file == content.path && $0.reason.contains("show masks") }
        #expect(warning != nil, "\(selection.warnings)")
    }

    @Test func settingsNameWhatIsMasked() throws {
        var layers = ConfigurationLayers()
        layers.add(flag: "--set", path: "findings.mask", text: "users,addresses")
        layers.add(flag: "--set", path: "findings.mask_key_file", text: "key")
        let read = try Configuration.rules(layers) { _ in "0123456789abcdef\n" }.masking
        #expect(read == Masking([.users, .addresses], key: MaskKey(Array("0123456789abcdef".utf8))))
        #expect(throws: ConfigurationError.self) { try Configuration.rules(layers) { _ in "short" } }
        layers.add(flag: "--set", path: "findings.mask", text: "everything")
        #expect(throws: ConfigurationError.self) { try Configuration.rules(layers) }
        #expect(try Configuration.rules(ConfigurationLayers()).masking == .standard)
    }
}
