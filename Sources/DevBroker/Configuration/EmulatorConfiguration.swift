/// Reads the official emulator's `Config.json` into hub definitions.
///
/// **Errors**: every broken rule at once, each with line, column and path. **Source**: the emulator's published schema,
/// with a partition count accepted as a string too, as one of its samples writes it.
public struct EmulatorConfiguration: Sendable, Hashable {
    /// The namespace's name; the emulator knows only `emulatorNs1`.
    public var namespaceName: String
    /// The hubs in the order of the file.
    public var hubs: [HubDefinition]

    /// Reads the text of a configuration file.
    ///
    /// - Parameters:
    ///   - json: the file's bytes.
    ///   - file: its name, for messages.
    public init(json: [UInt8], file: String) throws(DevBrokerError) {
        var reader = EmulatorConfigurationReader()
        do throws(DevBrokerError.Problem) {
            reader.read(try LocatedJSONParser.parse(json))
        } catch {
            reader.problems = [error]
        }
        guard reader.problems.isEmpty else {
            throw DevBrokerError(
                .invalidConfiguration, "The emulator configuration \(file) cannot be used.", file: file,
                problems: reader.problems)
        }
        namespaceName = reader.namespaceName
        hubs = reader.hubs
    }
}

/// Walks the document and collects what is wrong.
private struct EmulatorConfigurationReader {
    var namespaceName = "emulatorNs1"
    var hubs: [HubDefinition] = []
    var problems: [DevBrokerError.Problem] = []

    mutating func read(_ document: LocatedJSON) {
        guard let root = object(document, path: "", known: ["UserConfig"]),
            let user = required("UserConfig", in: root, of: document, path: ""),
            let userMembers = object(user, path: "UserConfig", known: ["NamespaceConfig", "LoggingConfig"])
        else { return }
        if let logging = required("LoggingConfig", in: userMembers, of: user, path: "UserConfig") {
            readLogging(logging)
        }
        let path = "UserConfig.NamespaceConfig"
        guard let list = required("NamespaceConfig", in: userMembers, of: user, path: "UserConfig"),
            let namespaces = array(list, path: path, count: 1...1, noun: "namespace")
        else { return }
        for (index, namespace) in namespaces.enumerated() {
            readNamespace(namespace, path: "\(path)[\(index)]")
        }
    }

    private mutating func readLogging(_ logging: LocatedJSON) {
        let path = "UserConfig.LoggingConfig"
        let allowed = ["File", "Console", "File,Console", "Console,File"]
        guard let members = object(logging, path: path, known: ["Type"]),
            let type = required("Type", in: members, of: logging, path: path),
            let text = string(type, path: "\(path).Type")
        else { return }
        if !allowed.contains(text) {
            report(type, "\(path).Type", "`\(text)` is none of \(allowed.map { "`\($0)`" }.joined(separator: ", "))")
        }
    }

    private mutating func readNamespace(_ namespace: LocatedJSON, path: String) {
        guard let members = object(namespace, path: path, known: ["Type", "Name", "Entities"]) else { return }
        if let type = member("Type", in: members), let text = string(type, path: "\(path).Type"), text != "EventHub" {
            report(type, "\(path).Type", "must be `EventHub`, not `\(text)`")
        }
        if let name = member("Name", in: members), let text = string(name, path: "\(path).Name") {
            if text != "emulatorNs1" {
                report(name, "\(path).Name", "must be `emulatorNs1`, not `\(text)`")
            }
            namespaceName = text
        }
        guard let entities = required("Entities", in: members, of: namespace, path: path),
            let list = array(entities, path: "\(path).Entities", count: 1...10, noun: "event hub")
        else { return }
        for (index, entity) in list.enumerated() {
            readHub(entity, path: "\(path).Entities[\(index)]")
        }
    }

    private mutating func readHub(_ entity: LocatedJSON, path: String) {
        guard let members = object(entity, path: path, known: ["Name", "PartitionCount", "ConsumerGroups"]) else {
            return
        }
        var name: String?
        if let node = required("Name", in: members, of: entity, path: path) {
            name = entityName(node, path: "\(path).Name")
            if let text = name, hubs.contains(where: { $0.name.lowercased() == text.lowercased() }) {
                report(node, "\(path).Name", "`\(text)` is defined twice; names do not differ by case")
            }
        }
        var count: Int?
        if let node = required("PartitionCount", in: members, of: entity, path: path) {
            count = partitionCount(node, path: "\(path).PartitionCount")
        }
        var groups: [String] = []
        if let node = member("ConsumerGroups", in: members) {
            groups = readGroups(node, path: "\(path).ConsumerGroups")
        }
        if let name, let count {
            hubs.append(HubDefinition(name: name, partitionCount: count, consumerGroups: groups))
        }
    }

    private mutating func readGroups(_ node: LocatedJSON, path: String) -> [String] {
        guard let list = array(node, path: path, count: 1...20, noun: "consumer group") else { return [] }
        var groups: [String] = []
        for (index, group) in list.enumerated() {
            let path = "\(path)[\(index)]"
            guard let members = object(group, path: path, known: ["Name"]),
                let node = required("Name", in: members, of: group, path: path)
            else { continue }
            if case .string(let text) = node.value, text.lowercased() == "$default" {
                report(node, "\(path).Name", "`$default` always exists and may not be listed")
                continue
            }
            guard let name = entityName(node, path: "\(path).Name") else { continue }
            if groups.contains(where: { $0.lowercased() == name.lowercased() }) {
                report(node, "\(path).Name", "`\(name)` is defined twice; names do not differ by case")
            }
            groups.append(name)
        }
        return groups
    }

    private mutating func entityName(_ node: LocatedJSON, path: String) -> String? {
        guard let text = string(node, path: path) else { return nil }
        guard HubDefinition.isValidName(text) else {
            report(
                node, path,
                "`\(text)` is no valid name: letters, digits, `_`, `-`, `.` and `/`, beginning and ending with a letter or digit"
            )
            return nil
        }
        return text
    }

    private mutating func partitionCount(_ node: LocatedJSON, path: String) -> Int? {
        let text: String
        switch node.value {
        case .number(let number), .string(let number): text = number
        default:
            report(node, path, "must be a whole number from 1 to 32, not \(node.kind)")
            return nil
        }
        guard let count = Int(text), (1...32).contains(count) else {
            report(node, path, "must be a whole number from 1 to 32, not `\(text)`")
            return nil
        }
        return count
    }

    // MARK: Shapes

    private mutating func report(_ node: LocatedJSON, _ path: String, _ message: String) {
        problems.append(DevBrokerError.Problem(line: node.line, column: node.column, path: path, message: message))
    }

    private mutating func object(
        _ node: LocatedJSON, path: String, known: [String]
    ) -> [LocatedJSON.Member]? {
        guard case .object(let members) = node.value else {
            report(node, path, "must be an object, not \(node.kind)")
            return nil
        }
        for member in members where !known.contains(member.key) {
            let names = known.map { "`\($0)`" }.joined(separator: ", ")
            problems.append(
                DevBrokerError.Problem(
                    line: member.line, column: member.column, path: path,
                    message: "unknown member `\(member.key)`; known here: \(names)"))
        }
        return members
    }

    private mutating func array(
        _ node: LocatedJSON, path: String, count: ClosedRange<Int>, noun: String
    ) -> [LocatedJSON]? {
        guard case .array(let elements) = node.value else {
            report(node, path, "must be an array, not \(node.kind)")
            return nil
        }
        if !count.contains(elements.count) {
            let bounds = count.count == 1 ? "exactly \(count.lowerBound)" : "\(count.lowerBound) to \(count.upperBound)"
            report(node, path, "needs \(bounds) \(noun)\(count.upperBound == 1 ? "" : "s"), not \(elements.count)")
        }
        return elements
    }

    private mutating func string(_ node: LocatedJSON, path: String) -> String? {
        guard case .string(let text) = node.value else {
            report(node, path, "must be a string, not \(node.kind)")
            return nil
        }
        return text
    }

    private func member(_ key: String, in members: [LocatedJSON.Member]) -> LocatedJSON? {
        members.first { $0.key == key }?.value
    }

    private mutating func required(
        _ key: String, in members: [LocatedJSON.Member], of node: LocatedJSON, path: String
    ) -> LocatedJSON? {
        if let value = member(key, in: members) { return value }
        report(node, path, "`\(key)` is missing")
        return nil
    }
}
