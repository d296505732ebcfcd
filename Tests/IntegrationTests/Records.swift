import DevBroker
import Foundation
import SampleLogs
import Testing

/// Message bodies with one record each, for tests that look at single records.
enum Records {
    /// A key listing by the Azure CLI that succeeded: the portal rule fires.
    static func keyListing(correlation: String, application: String = "04b07795-8ddb-461a-bbee-02f9e1bf7b46") -> [UInt8]
    {
        body(
            """
            "operationName":"MICROSOFT.COGNITIVESERVICES/ACCOUNTS/LISTKEYS/ACTION","category":"Administrative",\
            "resultType":"Success","resultSignature":"Succeeded.","correlationId":"\(correlation)",\
            "callerIpAddress":"198.51.100.7","identity":{"claims":{"appid":"\(application)"}}
            """)
    }

    /// One Audit record of a key listing on an Azure OpenAI account.
    static func auditListKey(account: String) -> [UInt8] {
        body(
            "\"operationName\":\"ListKey\",\"category\":\"Audit\",\"properties\":{\"objectId\":\"o\"}", account: account
        )
    }

    /// One record of a category that says nothing more.
    static func ofCategory(_ category: String) -> [UInt8] {
        body("\"operationName\":\"Any\",\"category\":\"\(category)\",\"properties\":{\"objectId\":\"o\"}")
    }

    /// A record whose properties are arrays in arrays.
    static func nested(depth: Int) -> [UInt8] {
        body(
            "\"category\":\"Audit\",\"properties\":\(String(repeating: "[", count: depth))\(String(repeating: "]", count: depth))"
        )
    }

    /// A key listing with a property that makes it about this large.
    static func padded(bytes: Int, correlation: String) -> [UInt8] {
        var text = String(decoding: keyListing(correlation: correlation), as: UTF8.self)
        text = String(text.dropLast(3)) + ",\"properties\":{\"pad\":\"\(String(repeating: "x", count: bytes))\"}}]}"
        return Array(text.utf8)
    }

    private static func body(_ members: String, account: String = "openai-01") -> [UInt8] {
        let resource =
            "/SUBSCRIPTIONS/00000000-0000-4000-8000-000000000001/RESOURCEGROUPS/RG-AI/PROVIDERS/MICROSOFT.COGNITIVESERVICES/ACCOUNTS/\(account.uppercased())"
        let time = Date().formatted(.iso8601)
        return Array("{\"records\":[{\"time\":\"\(time)\",\"resourceId\":\"\(resource)\",\(members)}]}".utf8)
    }
}

extension HubFixture {
    /// Appends a small generated sample over all partitions; what was planted.
    @discardableResult
    func appendSample(seed: UInt64, records: Int = 3000) throws -> ExpectedFindings {
        let now = Date().timeIntervalSince1970
        var configuration = LogGenerator.Configuration(
            seed: seed, records: records, start: EventTime(seconds: Int64(now) - 3000))
        configuration.span = .seconds(2900)
        configuration.keepsBodiesOnOneLine = false
        var generator = try LogGenerator(configuration)
        let partitions = broker.hubs.first { $0.name == hub }?.partitions.count ?? 1
        while let message = generator.next() {
            try append([message.body], partition: message.facts.index % partitions)
        }
        return generator.expected
    }

    /// The findings of medium severity and above are exactly the planted attacks.
    func expectFindings(_ expected: ExpectedFindings...) throws {
        var operations: Set<String> = []
        var groups: Set<String> = []
        for finding in try findings() where (finding["severity_id"] as? Int ?? 0) > 2 {
            let group = (finding["unmapped"] as? [String: Any])?["group"] as? [String: Any] ?? [:]
            if group.isEmpty {
                let metadata = finding["metadata"] as? [String: Any]
                operations.insert(metadata?["correlation_uid"] as? String ?? "none")
            } else {
                groups.insert(group.keys.sorted().map { group[$0] as? String ?? "null" }.joined(separator: "/"))
            }
        }
        #expect(operations == Set(expected.flatMap { $0.keyListings.map(\.correlationID) }))
        #expect(
            groups
                == Set(
                    expected.flatMap { $0.modelThefts.map { "\($0.resourceGroup)/\($0.resourceName)".lowercased() } }))
    }
}
