import Foundation

/// Puts a canary in the place of every text and number of a record, also of those in JSON inside texts, and adds members
/// that no shape has: a prompt, a key, a note, and one whose name is a canary.
struct CanaryPlanter {
    var maker = CanaryMaker()
    private var turn = 0

    /// The record with canaries, as JSON.
    mutating func plant(_ record: String) throws -> String {
        let object = try JSONSerialization.jsonObject(with: Data(record.utf8)) as? [String: Any] ?? [:]
        let category = object["category"] as? String ?? object["CategoryValue"] as? String ?? ""
        turn += 1
        return try Self.text(self.object(object, "", category))
    }

    static func text(_ value: Any) throws -> String {
        let data = try JSONSerialization.data(
            withJSONObject: value, options: [.sortedKeys, .fragmentsAllowed, .withoutEscapingSlashes])
        return String(decoding: data, as: UTF8.self)
    }

    private mutating func object(_ object: [String: Any], _ path: String, _ category: String) -> [String: Any] {
        var planted: [String: Any] = [:]
        for (name, value) in object.sorted(by: { $0.key < $1.key }) {
            let step = path.isEmpty ? name.lowercased() : "\(path).\(name)"
            planted[name] = self.value(value, step, category)
        }
        let isProperties = path == "properties"
        if isProperties {
            planted["prompt"] = make(.prompt, "properties.prompt", category)
            planted["note"] = make(turn % 3 == 0 ? hidden(shown: true) : .word, "properties.note", category)
            planted["apiKey"] = make(.word, "properties.apiKey", category)
            planted["requestBody"] =
                "{\"messages\":[{\"content\":\"\(make(.word, "properties.requestBody", category))\"}]}"
            planted["requestHeaders"] = [
                "Authorization": make(.bearer, "properties.requestHeaders.Authorization", category)
            ]
            planted["clientIp"] = make(.address, "properties.clientIp", category)
            planted["userName"] = make(.email, "properties.userName", category)
        }
        if path.isEmpty || isProperties {
            planted[make(.word, path + ".name", category)] = make(hidden(), path + ".value", category)
        }
        return planted
    }

    private mutating func value(_ value: Any, _ path: String, _ category: String) -> Any {
        switch value {
        case let object as [String: Any]: return self.object(object, path, category)
        case let list as [Any]: return list.map { self.value($0, path, category) }
        case let text as String:
            if Self.kept.contains(path) { return text }
            if text.hasPrefix("{"),
                let inner = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any],
                let planted = try? Self.text(self.object(inner, path, category))
            {
                return planted
            }
            if path == "resourceid" {
                // Its structure says which log the record belongs to.
                return text + "-" + make(.word, path, category)
            }
            return make(shape(path, category), path, category)
        case let number as NSNumber where String(cString: number.objCType) != "c":
            return Int64(make(.number, path, category)) ?? 0
        default: return value
        }
    }

    /// What a record's kind is told by.
    private static let kept: Set<String> = [
        "category", "category.value", "time", "categoryvalue", "timegenerated", "eventtimestamp", "type",
    ]

    private mutating func shape(_ path: String, _ category: String) -> Canary.Shape {
        turn += 1
        let name = (path.split(separator: ".").last ?? "").lowercased()
        let list = CanaryAllowList(category)
        if list.addresses.contains(path) || name.contains("ip") && name.contains("addr") { return .address }
        if list.users.contains(path) || name.contains("upn") || name.contains("email") { return .email }
        // Fields that may be shown hold a plain word one time, and a secret the next.
        if list.facts.contains(path) { return turn % 2 == 0 ? .word : hidden(shown: true) }
        // What another log may show is a plain word here, which no mask would find: only the list of its log keeps it out.
        if CanaryAllowList.ofSomeLog.contains(path) { return .word }
        return Canary.Shape.allCases[turn % (Canary.Shape.allCases.count - 1)]
    }

    private mutating func hidden(shown: Bool = false) -> Canary.Shape {
        turn += 1
        // A prompt in a field that is shown is a text like any other: nothing tells it from an operation's name.
        let shapes = shown ? CanaryMaker.hidden.filter { $0 != .prompt } : CanaryMaker.hidden
        return shapes[turn % shapes.count]
    }

    private mutating func make(_ shape: Canary.Shape, _ path: String, _ category: String) -> String {
        maker.make(shape, path: path, category: category).text
    }
}
