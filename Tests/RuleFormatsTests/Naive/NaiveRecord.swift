import Detection
import DiagnosticLogs
import Foundation

/// A JSON value, for the plain evaluator that these tests compare compiled rules with.
indirect enum JSON: Hashable {
    case null
    case boolean(Bool)
    case integer(Int64)
    case decimal(Double)
    case string(String)
    case array([JSON])
    case object([String: JSON])

    init(_ any: Any) {
        switch any {
        case let number as NSNumber:
            if CFBooleanBridge.isBoolean(number) {
                self = .boolean(number.boolValue)
            } else if let exact = Int64(exactly: number.doubleValue), !"\(number)".contains(".") {
                self = .integer(exact)
            } else {
                self = .decimal(number.doubleValue)
            }
        case let text as String: self = .string(text)
        case let list as [Any]: self = .array(list.map(JSON.init))
        case let map as [String: Any]: self = .object(map.mapValues(JSON.init))
        default: self = .null
        }
    }

    /// Parses one JSON text.
    static func parse(_ text: String) throws -> JSON {
        JSON(try JSONSerialization.jsonObject(with: Data(text.utf8), options: [.fragmentsAllowed]))
    }

    var isNull: Bool { self == .null }

    /// The text of a scalar.
    var text: String? {
        switch self {
        case .string(let text): text
        case .integer(let value): String(value)
        case .decimal(let value): String(value)
        case .boolean(let value): String(value)
        case .null, .array, .object: nil
        }
    }
}

private enum CFBooleanBridge {
    static func isBoolean(_ number: NSNumber) -> Bool { String(cString: number.objCType) == "c" }
}

/// A record and what the decoder derives from it, done in the plainest way.
struct NaiveRecord {
    var root: JSON
    var enqueuedMilliseconds: Int64 = 0
    /// Values looked up before: the same record is judged by many rules.
    private var known: [Field: [JSON]] = [:]

    init(_ json: JSON, enqueuedMilliseconds: Int64 = 0) {
        root = json
        self.enqueuedMilliseconds = enqueuedMilliseconds
    }

    init(text: String, enqueuedMilliseconds: Int64 = 0) throws {
        self.init(try JSON.parse(text), enqueuedMilliseconds: enqueuedMilliseconds)
    }

    /// Looks fields up once.
    mutating func read(_ fields: [Field]) {
        for field in fields where known[field] == nil { known[field] = values(field) }
    }

    /// Every value of a field: none when missing, several below arrays.
    func values(_ field: Field) -> [JSON] {
        if let found = known[field] { return found }
        switch field {
        case .path(let path): return values(path)
        case .firstOf(let paths):
            for path in paths {
                let found = values(path)
                if found.contains(where: { !$0.isNull }) { return found }
            }
            return paths.lazy.map { values($0) }.first { !$0.isEmpty } ?? []
        case .derived(let derived): return value(derived).map { [.string($0)] } ?? []
        }
    }

    private func values(_ path: FieldPath) -> [JSON] {
        guard case .object(let members) = root, let first = path.steps.first,
            let key = members.keys.sorted().first(where: { $0.lowercased() == first.lowercased() }),
            let start = members[key]
        else { return [] }
        return Self.walk(start, path.steps.dropFirst())
    }

    private static func walk(_ value: JSON, _ steps: ArraySlice<String>) -> [JSON] {
        if case .array(let elements) = value { return elements.flatMap { walk($0, steps) } }
        guard let step = steps.first else { return [value] }
        guard case .object(let members) = value, let next = members[step] else { return [] }
        return walk(next, steps.dropFirst())
    }

    private func text(_ name: String) -> String? { values(.path(FieldPath([name]))).first?.text }

    private func text(_ field: DerivedField) -> String? { value(field) }

    private func value(_ field: DerivedField) -> String? {
        let id = text("resourceId")
        let segments = (id ?? "").lowercased().split(separator: "/").map(String.init)
        func after(_ name: String) -> String? {
            segments.firstIndex(of: name).flatMap { $0 + 1 < segments.count ? segments[$0 + 1] : nil }
        }
        let provider = segments.lastIndex(of: "providers")
        switch field {
        case .resourceID: return id
        case .subscriptionID: return after("subscriptions")
        case .resourceGroup: return after("resourcegroups")
        case .resourceProvider:
            return provider.flatMap { $0 + 2 < segments.count ? "\(segments[$0 + 1])/\(segments[$0 + 2])" : nil }
        case .resourceName:
            return provider.flatMap { $0 + 3 < segments.count ? segments[($0 + 3)...].joined(separator: "/") : nil }
        case .resourceLeafName: return segments.last
        case .outcome:
            switch text("resultType")?.lowercased() {
            case "success", "succeeded", "succeeded.", "0": return "success"
            case "failure", "failed": return "failure"
            default: return "unknown"
            }
        case .sourceAddress: return text("callerIpAddress")
        case .service: return LogClassification(category: text("category"), provider: text(.resourceProvider)).service
        case .dataset: return LogClassification(category: text("category"), provider: text(.resourceProvider)).dataset
        case .eventTime: return text("time")
        case .enqueuedTime: return String(enqueuedMilliseconds)
        }
    }
}
