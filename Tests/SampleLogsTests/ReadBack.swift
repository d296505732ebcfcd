import Foundation

@testable import SampleLogs

/// A record read back with Foundation's parser, knowing nothing of how it was written.
struct ReadRecord {
    var message: Int
    var index: Int
    var members: [String: Any]

    /// A member by its name, without case.
    func member(_ name: String) -> Any? {
        members[name] ?? members.first { $0.key.lowercased() == name.lowercased() }?.value
    }

    func text(_ name: String) -> String { member(name) as? String ?? "" }

    var claims: [String: Any] { (member("identity") as? [String: Any])?["claims"] as? [String: Any] ?? [:] }

    /// Segments of the resource id after `resourceGroups` and as the last one, in lower case.
    var groupAndName: String {
        let parts = text("resourceId").lowercased().split(separator: "/")
        guard let at = parts.firstIndex(of: "resourcegroups"), at + 1 < parts.count else { return "" }
        return "\(parts[at + 1])/\(parts.last ?? "")"
    }
}

/// Everything that one configuration generates, and what an independent reader makes of it.
struct ReadBack {
    var facts: [MessageFacts] = []
    var bodies: [[UInt8]] = []
    var records: [ReadRecord] = []
    /// Messages that are not JSON in any shape known here.
    var unread: [Int] = []
    var expected: ExpectedFindings

    init(_ configuration: LogGenerator.Configuration) throws {
        self.init(try LogGenerator(configuration))
    }

    init(_ start: LogGenerator) {
        var generator = start
        while let message = generator.next() {
            facts.append(message.facts)
            bodies.append(message.body)
        }
        expected = generator.expected
        for (number, body) in bodies.enumerated() {
            guard let list = Self.records(of: Data(body)) else {
                unread.append(number)
                continue
            }
            for (index, members) in list.enumerated() {
                records.append(ReadRecord(message: number, index: index, members: members))
            }
        }
    }

    private static func records(of data: Data) -> [[String: Any]]? {
        var data = data
        if data.starts(with: [0xEF, 0xBB, 0xBF]) { data.removeFirst(3) }
        if let value = try? JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed) {
            return flatten(value)
        }
        let lines = data.split(separator: 0x0A)
        var list: [[String: Any]] = []
        for line in lines {
            guard let value = try? JSONSerialization.jsonObject(with: line), let one = flatten(value) else {
                return nil
            }
            list += one
        }
        return lines.count > 1 ? list : nil
    }

    private static func flatten(_ value: Any) -> [[String: Any]]? {
        if let object = value as? [String: Any] {
            return object["records"] as? [[String: Any]] ?? [object]
        }
        if let array = value as? [Any] { return array.flatMap { flatten($0) ?? [] } }
        if let text = value as? String, let inner = try? JSONSerialization.jsonObject(with: Data(text.utf8)) {
            return flatten(inner)
        }
        return nil
    }

    /// Seed rule 1, counted plainly: correlation ids of successful key listings by applications that are no portal.
    var keyListings: [String: [ReadRecord]] {
        let operations = [
            "microsoft.cognitiveservices/accounts/listkeys/action",
            "microsoft.machinelearningservices/workspaces/listkeys/action",
        ]
        let portals = [
            "d7304df8-741f-47d3-9bc2-df0e24e2071f", "cb2ff863-7f30-4ced-ab89-a00194bcf6d9",
            "dc807dec-d211-4b3f-bc8a-43b3443c4874", "c44b4083-3bb0-49c1-b47d-974e53cbdf3c",
            "4e09c6ac-4372-45b7-a977-e9f89e673e32",
        ]
        var found: [String: [ReadRecord]] = [:]
        for record in records where operations.contains(record.text("operationName").lowercased()) {
            guard record.text("resultType").lowercased() == "success" else { continue }
            let application = record.claims["appid"] as? String ?? ""
            if portals.contains(application.lowercased()) { continue }
            found[record.text("correlationId"), default: []].append(record)
        }
        return found
    }

    /// Seed rule 2, counted plainly: Audit `ListKey` records by resource group and name.
    var keyCounts: [String: [ReadRecord]] {
        var found: [String: [ReadRecord]] = [:]
        for record in records {
            guard record.text("category") == "Audit", record.text("operationName") == "ListKey" else { continue }
            found[record.groupAndName, default: []].append(record)
        }
        return found
    }
}

/// 2026-11-21T08:00:00Z.
let eight = EventTime(seconds: 1_795_248_000)

func configuration(seed: UInt64, records: Int) -> LogGenerator.Configuration {
    LogGenerator.Configuration(seed: seed, records: records, start: eight)
}
