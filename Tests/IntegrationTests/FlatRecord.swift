import Foundation

/// A record as a row of a table, read from the message body without the project's decoder: what DuckDB is given.
struct FlatRecord: Encodable {
    var partition: Int
    var sequence: Int64
    var enqueuedMilliseconds: Int64
    /// `openai` for the records that `FROM logs-azure_openai.logs-*` stands for.
    var source: String
    var time: String?
    var category: String?
    var operation: String?
    var location: String?
    var signature: String?
    var group: String?
    var name: String?
    var length: Int64?
    var requestLength: Int64?
    var ticks: Int64?
    var objectID: String?
    var score: Double?
    var tags: [String]?

    enum CodingKeys: String, CodingKey, CaseIterable {
        case partition, sequence, enqueuedMilliseconds = "enqueued_ms", source, time, category, operation, location
        case signature, group = "grp", name, length, requestLength = "request", ticks, objectID = "object_id", score,
            tags

        /// The column's type in SQL.
        var sqlType: String {
            switch self {
            case .partition, .sequence, .enqueuedMilliseconds, .length, .requestLength, .ticks: "BIGINT"
            case .score: "DOUBLE"
            case .tags: "VARCHAR[]"
            case .source, .time, .category, .operation, .location, .signature, .group, .name, .objectID: "VARCHAR"
            }
        }
    }

    /// Columns and their types.
    static var columns: [String: String] {
        Dictionary(uniqueKeysWithValues: CodingKeys.allCases.map { ($0.rawValue, $0.sqlType) })
    }

    /// The records of a message.
    static func records(of message: PartitionedMessages.Message, partition: Int) throws -> [FlatRecord] {
        let body = try JSONSerialization.jsonObject(with: Data(message.body)) as? [String: Any]
        let records = body?["records"] as? [[String: Any]] ?? []
        return records.map { FlatRecord($0, message, partition) }
    }

    private init(_ json: [String: Any], _ message: PartitionedMessages.Message, _ partition: Int) {
        self.partition = partition
        sequence = message.sequence
        enqueuedMilliseconds = message.enqueuedMilliseconds
        time = json["time"] as? String
        category = json["category"] as? String
        operation = json["operationName"] as? String
        location = json["location"] as? String
        signature = Self.text(json["resultSignature"])
        let resource = (json["resourceId"] as? String)?.lowercased().split(separator: "/").map(String.init) ?? []
        if resource.count > 3, resource[2] == "resourcegroups" { group = resource[3] }
        if resource.count > 7, resource[4] == "providers" { name = resource[7] }
        var properties = json["properties"] as? [String: Any] ?? [:]
        if let text = json["properties"] as? String {
            let inner = try? JSONSerialization.jsonObject(with: Data(text.utf8))
            properties = inner as? [String: Any] ?? [:]
        }
        length = Self.integer(properties["responseLength"])
        requestLength = Self.integer(properties["requestLength"])
        ticks = Self.integer(properties["requestTime"])
        objectID = properties["objectId"] as? String
        score = (properties["score"] as? NSNumber)?.doubleValue
        tags = (properties["tags"] as? String).map { [$0] } ?? properties["tags"] as? [String]
        let isCognitive = resource.count > 5 && resource[5] == "microsoft.cognitiveservices"
        let isOpenAI = isCognitive && ["audit", "requestresponse", "trace"].contains(category?.lowercased())
        source = isOpenAI ? "openai" : "other"
    }

    /// A number, or a text that is one: what an index does with a field that its mapping calls a number.
    private static func integer(_ value: Any?) -> Int64? {
        if let text = value as? String { return Int64(text) }
        return (value as? NSNumber)?.int64Value
    }

    /// A text, or the text of a number: what an index does with a field that its mapping calls a keyword.
    private static func text(_ value: Any?) -> String? {
        if let text = value as? String { return text }
        return (value as? NSNumber).map { "\($0.int64Value)" }
    }
}
