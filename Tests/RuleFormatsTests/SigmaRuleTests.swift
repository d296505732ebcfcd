import Detection
import DiagnosticLogs
import RuleFormats
import Testing

/// Whole Sigma files: metadata, YAML traps, field names, our own settings, several documents, refusals.
@Suite struct SigmaRuleTests {
    static let detection = "s:\n    category: x\ncondition: s"

    @Test func metadataIsRead() throws {
        let text = """
            title: A title
            id: 11111111-2222-3333-4444-55555555555A
            status: experimental
            description: |
                Two
                lines.
            author: One, Two
            license: MIT
            references: https://example.org
            falsepositives:
                - none
            tags: [attack.t1552.005, attack.credential_access, attack.TA0001, atlas.aml.t0044, cve.2024-1]
            level: high
            logsource: {product: Azure, service: SignInLogs, definition: free text}
            detection:
                s: {category: x}
                condition: s
            custom: {anything: goes}
            """
        let loaded = RuleLoader.load(text: text, file: "folder/a.yml")
        let rule = try #require(loaded.rules.first)
        #expect(loaded.warnings == [])
        #expect(rule.metadata.id == "11111111-2222-3333-4444-55555555555a")
        #expect(rule.metadata.title == "A title" && rule.metadata.description == "Two lines.")
        #expect(rule.metadata.authors == ["One", "Two"] && rule.metadata.license == "MIT")
        #expect(rule.metadata.references == ["https://example.org"] && rule.metadata.falsePositives == ["none"])
        #expect(rule.metadata.severity == .high)
        #expect(rule.metadata.attacks.map(\.id) == ["T1552.005", "TA0006", "TA0001", "AML.T0044"])
        #expect(rule.metadata.attacks.map(\.framework) == ["ATT&CK", "ATT&CK", "ATT&CK", "ATLAS"])
        #expect(rule.metadata.origin == RuleMetadata.Origin(file: "folder/a.yml", format: "sigma", line: 1))
        #expect(rule.logSource == LogSource(product: "azure", service: "signinlogs"))
    }

    @Test func settingsOfOurs() throws {
        let extra =
            "hubwatch: {once_per: CorrelationId, lateness: 2h, clock: enqueued, "
            + "scope: partition, suppress: 1d, status: shadow}"
        let loaded = RuleLoader.load(text: Make.sigma(Self.detection, extra: extra), file: "t.yml")
        let rule = try #require(loaded.rules.first)
        #expect(rule.clock == .enqueued && rule.lateness == .seconds(7200) && rule.scope == .partition)
        #expect(rule.suppression == Suppression(duration: .seconds(86400)) && rule.metadata.status == .shadow)
        guard case .match(let match) = rule.body else { return }
        #expect(match.oncePer == path("correlationId"))
    }

    @Test(arguments: [
        ("{once_pr: x}", "no setting \"once_pr\"", "once_per"), ("{clock: evnt}", "must be enqueued or event", "event"),
        ("{lateness: 15 minutes}", "must be a duration", nil), ("{lateness: 99999999d}", "must be a duration", nil),
        ("{scope: [global]}", "must be a single value", nil), ("yes", "must be a map", nil),
        ("{status: shadwo}", "must be active or shadow", "shadow"),
    ])
    func settingsAreStrict(_ value: String, _ reason: String, _ suggestion: String?) throws {
        let refusal = try Make.refusal(Make.sigma(Self.detection, extra: "hubwatch: \(value)"))
        #expect(refusal.reason.contains(reason), "\(refusal.reason)")
        #expect(refusal.suggestion == suggestion)
        #expect(refusal.line == 11)
    }

    @Test func duplicateKeysAreErrors() throws {
        let refusal = try Make.refusal(Make.sigma("s:\n    category: x\n    category: y\ncondition: s"))
        #expect(refusal.code == .duplicate && refusal.reason.contains("\"category\""))
        #expect(refusal.line == 9 && refusal.column == 9)
        #expect(try Make.refusal(Make.sigma("s:\n    1: x\n    '1': y\ncondition: s")).line == 10)
    }

    @Test func valuesThatYAMLVersionsReadDifferently() throws {
        for text in ["yes", "off", "0x17", "007"] {
            let loaded = RuleLoader.load(text: Make.sigma("s:\n    level: \(text)\ncondition: s"), file: "t.yml")
            #expect(loaded.rules.first?.condition == .field(path("level"), .text(.literal(text))))
            #expect(loaded.warnings.map(\.code) == [.lint])
            #expect(loaded.warnings.first?.position == SourcePosition(line: 9, column: 16))
        }
        #expect(try Make.item("level: 2024-01-31") == .field(path("level"), .text(.literal("2024-01-31"))))
        #expect(try Make.item("level: 1e5") == .field(path("level"), .text(.literal("1e5"))))
        #expect(try Make.item("level: !!str 12") == .field(path("level"), .text(.literal("12"))))
        #expect(
            try Make.item("level: 99999999999999999999")
                == .field(path("level"), .text(.literal("99999999999999999999"))))
    }

    @Test func fieldNames() throws {
        let field: (String, String) throws -> Field? = { name, service in
            guard case .field(let field, _) = try Make.condition("s:\n    \(name): x\ncondition: s", service: service)
            else {
                return nil
            }
            return field
        }
        #expect(try field("OperationName", "activitylogs") == path("operationName"))
        #expect(
            try field("OperationNameValue", "activitylogs")
                == .firstOf([FieldPath(["operationName"]), FieldPath(["OperationNameValue"])]))
        #expect(try field("identity.claims.appid", "activitylogs") == path("identity", "claims", "appid"))
        #expect(
            try field("identity.claims.oid", "activitylogs")
                == .firstOf([
                    FieldPath(["identity", "claims", "oid"]),
                    FieldPath(["identity", "claims", "http://schemas.microsoft.com/identity/claims/objectidentifier"]),
                ]))
        #expect(
            try field("'identity.claims[\"http://a.b/c\"]'", "activitylogs")
                == path("identity", "claims", "http://a.b/c"))
        #expect(
            try field("DeviceDetail.trusttype", "signinlogs")
                == .firstOf([
                    FieldPath(["DeviceDetail", "trusttype"]), FieldPath(["properties", "deviceDetail", "trustType"]),
                    FieldPath(["properties", "DeviceDetail", "trusttype"]),
                ]))
        #expect(
            try field("ResultType", "signinlogs")
                == .firstOf([FieldPath(["resultType"]), FieldPath(["properties", "status", "errorCode"])]))
        #expect(
            try field("TargetResources.ModifiedProperties.NewValue", "auditlogs")
                == path("properties", "targetResources", "modifiedProperties", "newValue"))
        #expect(try field("outcome", "activitylogs") == .derived(.outcome))
        #expect(try field("resource.group", "activitylogs") == .derived(.resourceGroup))
        #expect(
            try Make.item("ResourceProviderValue: Microsoft.Web")
                == .field(path("operationName"), .text(.parts(.literal("Microsoft.Web/"), .any)))
                || (try Make.item("ResourceProviderValue: Microsoft.Web"))
                    == .field(path("operationName"), .text(.parts(.literal("Microsoft.Web"), .literal("/"), .any)))
        )
    }

    @Test func unknownFieldsAreWarnings() throws {
        let loaded = RuleLoader.load(
            text: Make.sigma("s:\n    operationNam: x\n    Foo.bar: y\n    properties.whatever: z\ncondition: s"),
            file: "t.yml")
        #expect(loaded.rules.count == 1)
        #expect(loaded.warnings.map(\.code) == [.neverProduced, .neverProduced])
        #expect(loaded.warnings.map(\.suggestion) == ["operationName", nil])
        #expect(loaded.warnings.map(\.line) == [9, 10])
        #expect(
            loaded.warnings[0].description.hasPrefix("t.yml:9:9: warning: field \"operationNam\" is in no known record")
        )
    }

    @Test func unusedSearchesAndSlipsAreWarnings() {
        let loaded = RuleLoader.load(
            text: Make.sigma("s:\n    category: x\nt:\n    level: y\ncondition: s", extra: "falsepositive: [a]"),
            file: "t.yml")
        #expect(loaded.warnings.map(\.suggestion) == ["falsepositives", nil])
        #expect(loaded.warnings.last?.reason.contains("\"t\" is not used") == true)
    }

    @Test func severalDocuments() {
        let one = Make.sigma(Self.detection)
        let two = one.replacing("11111111-", with: "21111111-")
        let bad = one.replacing("level: low", with: "level: lwo")
        let loaded = RuleLoader.load(text: "---\n\(one)\n---\n\(bad)\n---\n\(two)\n---\n\(one)", file: "t.yml")
        #expect(loaded.rules.map(\.metadata.id.first) == ["1", "2"])
        #expect(loaded.refusals.map(\.code) == [.invalid, .duplicate])
        #expect(loaded.refusals[0].suggestion == "low")
        #expect(loaded.refusals[0].line == 16)
        #expect(loaded.refusals.allSatisfy { $0.rule?.hasPrefix("1111") == true })
    }

    @Test(arguments: [
        ("title: T\ncorrelation: {}\n", "correlation rules are not run yet", 2),
        ("title: T\nfilter: {}\n", "filters are not run yet", 2),
        ("action: global\n", "write each rule in full", 1),
        ("title: T\nlogsource: {}\n", "\"detection\" is missing", 1),
        ("- a\n- b\n", "must be a map", 1),
        ("title: T\ndetection: {s: {a: b}, condition: s}\n", "\"logsource\" is missing", 1),
        ("detection: {}\n", "\"title\" is missing", 1),
        ("title: T\nlogsource: {}\ndetection: {s: {a: b}}\n", "no \"condition\"", 3),
        ("title: T\nlogsource: {}\ndetection: {condition: s}\n", "no search identifiers", 3),
        (
            "title: T\nlogsource: {}\ndetection: {s: {a: b}, condition: s, timeframe: 5m}\n",
            "\"timeframe\" was removed", 3
        ),
        ("title: T\nid: abc\nlogsource: {}\ndetection: {s: {a: b}, condition: s}\n", "not a UUID", 2),
        ("title: T\nstatus: deprecated\nlogsource: {}\ndetection: {s: {a: b}, condition: s}\n", "deprecated", 2),
        ("a: [b\n", "YAML", 2), ("a: b\n\tc: d\n", "YAML", 2), ("", "holds no rule", 1), ("a: \"\u{0}\"", "NUL", 1),
        ("title: T\nlogsource: {}\ndetection: {s: *x}\n", "alias", 3),
    ])
    func refusals(_ text: String, _ reason: String, _ line: Int) throws {
        let refusal = try Make.refusal(text)
        #expect(refusal.reason.contains(reason), "\(refusal.reason)")
        #expect(refusal.line == line)
        #expect(refusal.file == "t.yml")
    }

    @Test func retiredRulesLoadWhenAskedFor() {
        let text = Make.sigma(Self.detection, extra: "status: deprecated")
        #expect(RuleLoader.load(text: text, file: "t.yml").rules.isEmpty)
        #expect(
            RuleLoader.load(text: text, file: "t.yml", options: RuleLoadingOptions(includeRetired: true)).rules.count
                == 1)
    }

    @Test func aliasBombsAreRefused() throws {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...8 {
            text +=
                "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
                + "]\n"
        }
        #expect(try Make.refusal(text).reason.contains("more than 50000 values"))
    }

    @Test func deepNestingIsRefused() throws {
        let text = "a: " + String(repeating: "[", count: 500) + String(repeating: "]", count: 500)
        #expect(try Make.refusal(text).reason.contains("nested too deep"))
    }

    @Test func anUnknownFormatOrPathIsARefusal() throws {
        #expect(try Make.refusal("x", file: "a.txt").code == .unreadable)
        let loaded = RuleLoader.load(paths: ["/nonexistent/rules"])
        #expect(loaded.refusals.map(\.code) == [.unreadable])
    }
}
