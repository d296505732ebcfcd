import Detection
import DiagnosticLogs
import Foundation
import RuleFormats

/// The rules of a measurement.
enum RuleSets {
    /// The rules of a folder, as `hubwatch run` loads them.
    static func files(_ folder: String) throws -> [Rule] {
        let loaded = RuleLoader.load(paths: [folder])
        guard loaded.refusals.isEmpty, !loaded.rules.isEmpty else {
            throw MeasureFailure("rules in '\(folder)': \(loaded.refusals.map { "\($0)" }.joined(separator: "; "))")
        }
        return loaded.rules
    }

    /// The rules of a folder and generated ones, `count` together.
    static func filled(_ folder: String, to count: Int) throws -> CompiledRules {
        let own = try files(folder)
        return try CompiledRules(own + GeneratedRules.make(max(0, count - own.count)))
    }
}

/// Rules of varied shapes and constants, always the same ones.
///
/// Most name an operation or category, as rules of public collections do; one in twenty has nothing to be found by. Of the
/// names one in ten occurs in Azure's logs, so that conditions are evaluated and not only passed over.
enum GeneratedRules {
    private static let operations = [
        "MICROSOFT.COGNITIVESERVICES/ACCOUNTS/LISTKEYS/ACTION", "ChatCompletions_Create", "ListKey",
        "Embeddings_Create", "Sign-in activity", "MICROSOFT.STORAGE/STORAGEACCOUNTS/LISTKEYS/ACTION",
        "MICROSOFT.COMPUTE/VIRTUALMACHINES/WRITE", "MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/WRITE",
    ]
    private static let categories = ["Administrative", "Audit", "RequestResponse", "Trace", "SignInLogs"]

    static func make(_ count: Int) -> [Rule] { (0..<count).map(rule) }

    private static func path(_ steps: String...) -> Field { .path(FieldPath(steps)) }

    private static func exactly(_ text: String) -> Matcher { .oneOf([text], caseSensitive: false) }

    private static func contains(_ text: String) -> Matcher {
        .text(StringPattern(parts: [.any, .literal(text), .any], caseSensitive: false))
    }

    private static func operation(_ number: Int) -> String {
        number % 10 == 0
            ? operations[(number / 10) % operations.count]
            : "MICROSOFT.SERVICE\(number % 97)/KIND\(number % 31)/OPERATION\(number)/ACTION"
    }

    private static func rule(_ number: Int) -> Rule {
        let named = Condition.field(path("operationName"), exactly(operation(number)))
        let caller = path("identity", "claims", "appid")
        let address = path("callerIpAddress")
        var body = RuleBody.match(MatchRule())
        let condition: Condition
        switch number % 20 {
        case 0, 8, 15:
            let clients = (0..<4).map { "client-\(number)-\($0)" }
            condition = .all([named, .field(caller, .oneOf(clients, caseSensitive: false))])
        case 1, 9:
            let names = (0..<4).map { operation(number + $0 * 7) }
            condition = .all([
                .field(path("operationName"), .oneOf(names, caseSensitive: false)),
                .field(path("resultType"), exactly("Failed-\(number % 5)")),
            ])
        case 2, 10:
            condition = .all([
                .field(path("category"), exactly(categories[number % categories.count])),
                .field(path("resourceId"), contains("/ACCOUNTS/UNKNOWN-\(number)")),
            ])
        case 3, 11: condition = .all([named, .field(address, .network("10.\(number % 250).0.0/16"))])
        case 4, 12, 16:
            // One in a hundred rules counts something that happens all the time.
            let counted = number % 100 == 4 ? operations[(number / 100) % operations.count] : operation(number)
            condition = .field(path("operationName"), exactly(counted))
            body = counting(number, by: caller, over: 1_000_000)
        case 5, 13: condition = .all([named, .field(path("properties", "statusCode"), contains("denied-\(number)"))])
        case 6, 14:
            condition = .all([
                named, .field(path("properties", "modelName"), .regex(RegexPattern(source: "^gpt-[0-9]+-\(number)$"))),
            ])
        case 7, 17:
            condition = .all([
                named,
                .any([
                    .field(path("location"), exactly("region\(number)")),
                    .field(address, exactly("192.0.2.\(number % 250)")),
                ]),
            ])
        case 18:
            condition = .all([
                .field(path("category"), exactly(categories[number % categories.count])),
                .field(path("durationMs"), .number(.greater, Double(10_000_000 + number))),
            ])
        default:
            // Nothing that an index could find it by.
            condition = .all([
                .not(.field(path("resultType"), exactly("Success"))),
                .field(path("properties", "message"), contains("marker \(number)")),
            ])
        }
        return Rule(
            metadata: RuleMetadata(id: "generated-\(number)", title: "Generated \(number)"), condition: condition,
            body: body)
    }

    private static func counting(_ number: Int, by field: Field, over threshold: Int64) -> RuleBody {
        .aggregate(
            AggregateRule(
                window: HoppingWindow(length: .seconds(600 * (1 + number % 6)), hop: .seconds(300)),
                keys: [NamedExpression(name: "key", expression: .field(field))],
                aggregates: [Aggregate(name: "rows", function: .countRows, argument: nil)],
                stages: [.filter(.compare(.greater, .column("rows"), .literal(.long(threshold))))]))
    }
}
