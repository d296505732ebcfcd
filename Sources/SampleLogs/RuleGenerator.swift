/// A rule file that was generated.
public struct SampleRule: Hashable, Sendable {
    /// A file name that no other rule of the same call has: `.yml` for Sigma, `.toml` for Elastic's form.
    public var file: String
    /// The rule's id.
    public var id: String
    /// The file's text.
    public var text: String
}

/// Generates detection rules over the logs of ``LogGenerator``, to load an engine with as many as are wanted.
///
/// The rules have the shapes that published rule sets have: most name one operation or a few, some only a beginning, an
/// end or a piece of a text, a few nothing but a network, a number or a missing member; nine in ten go on with further
/// tests or exceptions, one in twenty counts over windows. The first rules of a larger count are the rules of a
/// smaller one.
public struct RuleGenerator: Sendable {
    /// The seed of everything random.
    public var seed: UInt64
    /// How many constants in a thousand are such as the sample logs hold; the others match nothing there.
    public var familiarPerThousand: Int
    /// How many rules in a thousand count over windows instead of reporting each record.
    public var aggregatesPerThousand: Int
    /// How many rules in a thousand search the whole record for a word, whatever the field.
    public var keywordsPerThousand: Int

    /// Makes a generator whose rules find something in about one record in fifty per thousand rules.
    public init(
        seed: UInt64, familiarPerThousand: Int = 150, aggregatesPerThousand: Int = 50, keywordsPerThousand: Int = 0
    ) {
        self.seed = seed
        self.familiarPerThousand = familiarPerThousand
        self.aggregatesPerThousand = aggregatesPerThousand
        self.keywordsPerThousand = keywordsPerThousand
    }

    /// The first `count` rules.
    public func rules(_ count: Int) -> [SampleRule] {
        (0..<max(0, count)).map { number in
            var draft = RuleDraft(
                number: number, random: SeededRandom(seed: seed &+ UInt64(number) &* 0x9E37_79B9_7F4A_7C15),
                familiar: familiarPerThousand * 1_000)
            if draft.random.chance(aggregatesPerThousand * 1_000) { return draft.elastic() }
            return draft.sigma(isKeyword: draft.random.chance(keywordsPerThousand * 1_000))
        }
    }
}

/// One rule while it is written.
struct RuleDraft {
    let number: Int
    var random: SeededRandom
    /// Parts per million.
    let familiar: Int
    private let words = RuleVocabulary.shared

    init(number: Int, random: SeededRandom, familiar: Int) {
        self.number = number
        self.random = random
        self.familiar = familiar
    }

    var id: String { "5a3d1e00-0000-4000-8000-\(padded(number, 12))" }

    mutating func word(_ list: RuleVocabulary.Words) -> String {
        (random.chance(familiar) ? random.element(of: list.familiar) : random.element(of: list.foreign)) ?? ""
    }

    mutating func one(_ list: [String]) -> String { random.element(of: list) ?? "" }

    /// Different words of a list.
    private mutating func several(_ list: RuleVocabulary.Words, _ range: ClosedRange<Int>) -> [String] {
        var chosen: [String] = []
        for _ in 0..<random.number(in: range) {
            let next = word(list)
            if !chosen.contains(next) { chosen.append(next) }
        }
        return chosen
    }

    // Sigma

    /// A rule that reports each record that fits.
    mutating func sigma(isKeyword: Bool) -> SampleRule {
        var lines: [String] = []
        if isKeyword {
            lines += ["    words:", "        - '\(word(words.resources))'", "    condition: words"]
        } else {
            lines += ["    selection:"] + anchor().map { "        " + $0 }
            var condition = "selection"
            lines += ["    narrow:"] + narrowing().map { "        " + $0 }
            condition += " and narrow"
            if random.chance(500_000) {
                lines += ["    more:"] + further().map { "        " + $0 }
                condition += " and more"
            }
            switch random.below(6) {
            case 0:
                lines += ["    known:"] + exception().map { "        " + $0 }
                condition += " and not known"
            case 1:
                lines += ["    other_one:"] + exception().map { "        " + $0 }
                lines += ["    other_two:"] + further().map { "        " + $0 }
                condition += " and not 1 of other_*"
            default: break
            }
            lines.append("    condition: \(condition)")
        }
        let service = one(["activitylogs", "activitylogs", "activitylogs", "", "signinlogs"])
        let source = ["    product: azure"] + (service.isEmpty ? [] : ["    service: \(service)"])
        let text = """
            title: Generated rule \(number)
            id: \(id)
            status: test
            logsource:
            \(source.joined(separator: "\n"))
            detection:
            \(lines.joined(separator: "\n"))
            level: \(one(["low", "medium", "high"]))

            """
        return SampleRule(file: "generated-\(padded(number, 5)).yml", id: id, text: text)
    }

    /// What the rule is about: the items of its first selection.
    private mutating func anchor() -> [String] {
        let operation = word(words.operations)
        switch random.below(100) {
        case 0..<45: return ["operationName: \(cased(operation))"]
        case 45..<60: return list("operationName", several(words.operations, 2...6).map { cased($0) })
        case 60..<66: return ["operationName|endswith: '\(tail(of: operation))'"]
        case 66..<70: return ["operationName|startswith: '\(head(of: operation))'"]
        case 70..<74: return ["operationName|contains: '\(middle(of: operation))'"]
        case 74..<80: return list("identity.claims.appid", several(words.applications, 1...4))
        case 80..<84: return ["\(Self.account()): \(word(words.accounts))"]
        case 84..<88: return ["resourceId|contains: '/\(word(words.resources).uppercased())'"]
        case 88..<91: return ["properties.entity|contains|all:", "    - '\(word(words.resources))'", "    - providers"]
        case 91..<93:
            return list("properties.message|contains", several(words.operations, 2...4).map { middle(of: $0) })
        case 93..<96: return ["operationName|re: '\(expression(of: operation))'"]
        case 96: return ["resourceId|re|i: '/(prod|old)?\(word(words.resources))$'"]
        case 97: return list("callerIpAddress|cidr", several(words.networks, 1...3))
        case 98: return ["durationMs|gte: \(one(["900000", "4000000", "12345678"]))"]
        default: return ["properties.statusCode: null", "properties.breakGlass|exists: true"]
        }
    }

    /// Who, where from or on what: few records of an operation are left.
    private mutating func narrowing() -> [String] {
        switch random.below(8) {
        case 0: return ["\(Self.account("|startswith")): '\(word(words.accounts).prefix(8))'"]
        case 1: return ["\(Self.account()): \(word(words.accounts))"]
        case 2: return list("callerIpAddress|cidr", several(words.networks, 1...3))
        case 3: return ["resourceId|contains: '/\(word(words.resources))'"]
        case 4: return list("properties.entity|endswith", several(words.resources, 1...2).map { "/" + $0 })
        case 5: return ["identity.claims.name|re: '^(User|Admin) [0-9]*\(random.below(5))\(random.below(10))$'"]
        case 6: return ["properties.userAgent|contains: '\(one(["curl/", "python-requests", "AADInternals"]))'"]
        default:
            return list("identity.claims.appid", several(words.applications, 1...3)) + ["resultType: Failure"]
        }
    }

    /// What it must be besides: most records are.
    private mutating func further() -> [String] {
        switch random.below(6) {
        case 0: return ["properties.message|contains: '\(middle(of: word(words.operations)))'"]
        case 1: return ["durationMs|gt: \(random.number(in: 1...60) * 100)", "resultType: Success"]
        case 2: return ["resultType:", "    - Failure", "    - Failed", "level: Error"]
        case 3: return ["category: Administrative", "identity.authorization.evidence.role: Owner"]
        case 4: return ["identity.claims.appid|exists: true", "location: '\(one(["global", "FR", "eastus"]))'"]
        default: return ["properties.hierarchy|contains: '/'", "level:", "    - Error", "    - Information"]
        }
    }

    private mutating func exception() -> [String] {
        switch random.below(4) {
        case 0: return list("identity.claims.appid", several(words.applications, 1...5))
        case 1: return ["\(Self.account("|endswith")): '@example.org'"]
        case 2: return ["properties.hierarchy|contains: '\(one(["/sandbox", "/0000"]))'"]
        default: return list("callerIpAddress|cidr", several(words.networks, 1...2))
        }
    }

    private func list(_ field: String, _ values: [String]) -> [String] {
        values.count == 1 ? ["\(field): '\(values[0])'"] : ["\(field):"] + values.map { "    - '\($0)'" }
    }

    /// The account's claim as a YAML key: it holds quotation marks and colons.
    private static func account(_ modifier: String = "") -> String { "'\(RuleVocabulary.accountClaim)\(modifier)'" }

    private mutating func cased(_ text: String) -> String {
        switch random.below(4) {
        case 0: text.uppercased()
        case 1: text.lowercased()
        default: text
        }
    }

    private func pieces(of operation: String) -> [Substring] { operation.split(separator: "/") }

    private func tail(of operation: String) -> String {
        let parts = pieces(of: operation)
        return parts.count < 3 ? String(operation.suffix(10)) : "/" + parts.dropFirst().joined(separator: "/")
    }

    private func head(of operation: String) -> String {
        let parts = pieces(of: operation)
        return parts.count < 3 ? String(operation.prefix(6)) : parts.prefix(2).joined(separator: "/") + "/"
    }

    func middle(of operation: String) -> String {
        let parts = pieces(of: operation)
        return parts.count < 3 ? String(operation.dropFirst().prefix(7)) : parts[1] + "/" + parts[2].prefix(4)
    }

    private func expression(of operation: String) -> String {
        let parts = pieces(of: operation)
        guard parts.count >= 3 else { return "(?i)^\(operation.prefix(5)).*\(operation.suffix(4))$" }
        return "(?i)^microsoft\\.[a-z]+/\(parts[1])/(\(parts[2])|\(parts[2])V2)\(parts.count > 3 ? "/" : "")"
    }
}

// Elastic
extension RuleDraft {
    /// A rule that counts over windows.
    mutating func elastic() -> SampleRule {
        let operation = word(RuleVocabulary.shared.operations)
        let isActivity = operation.hasPrefix("Microsoft.")
        let prefix = isActivity ? "azure.activitylogs" : "azure.open_ai"
        let source = isActivity ? "logs-azure.activitylogs-*" : "logs-azure_openai.logs-*"
        var conditions = [
            random.chance(800_000)
                ? "\(prefix).operation_name == \"\(isActivity ? operation.uppercased() : operation)\""
                : "TO_LOWER(\(prefix).operation_name) LIKE \"*\(middle(of: operation).lowercased())*\""
        ]
        if isActivity, random.chance(500_000) {
            conditions.append("event.outcome == \"\(one(["success", "failure"]))\"")
        }
        // Nobody counts every call of a model; refused ones are counted.
        if !isActivity, operation != "ListKey" { conditions.append("azure.open_ai.result_signature == \"401\"") }
        if random.chance(300_000) { conditions.append("azure.resource.group != \"rg-core-01\"") }
        let who = isActivity ? "azure.activitylogs.identity.claims.appid" : "azure.open_ai.properties.object_id"
        let threshold = [20, 50, 200][random.below(3)]
        let (column, test): (String, String) =
            switch random.below(3) {
            case 0: ("n = COUNT(*)", "n >= \(threshold * 5)")
            case 1: ("kinds = COUNT_DISTINCT(\(who))", "kinds >= \(threshold)")
            default:
                ("n = COUNT(*), kinds = COUNT_DISTINCT(source.ip)", "n >= \(threshold * 3) AND kinds >= \(threshold)")
            }
        let key = one(["azure.resource.group, azure.resource.name", "azure.subscription_id", who])
        let text = """
            [metadata]
            maturity = "production"
            [rule]
            name = "Generated rule \(number)"
            rule_id = "\(id)"
            severity = "medium"
            type = "esql"
            from = "now-\([30, 60, 120][random.below(3)])m"
            interval = "\([5, 10, 30][random.below(3)])m"
            query = '''
            FROM \(source)
            | WHERE \(conditions.joined(separator: " AND "))
            | STATS \(column) BY \(key)
            | WHERE \(test)
            '''

            """
        return SampleRule(file: "generated-\(padded(number, 5)).toml", id: id, text: text)
    }
}
