import Detection
import DiagnosticLogs

/// The records behind a finding as OCSF evidence artifacts and affected resources.
enum OCSFEvidence {
    /// One record: who, from where, which operation, and an allow-list of its facts.
    static func evidence(_ evidence: Evidence) -> JSONObject {
        .make { object in
            object.set("uid", evidence.position.text)
            object.set("actor") { actor in
                if evidence.objectID?.isEmpty == false || evidence.principalName?.isEmpty == false {
                    actor.set("user") { user in
                        user.set("uid", evidence.objectID)
                        user.set("name", evidence.principalName)
                    }
                }
                actor.set("app_uid", evidence.applicationID)
            }
            if let address = evidence.callerAddress, AddressText.isWhole(address) {
                object.set("src_endpoint") { $0.set("ip", address) }
            }
            if let operation = evidence.operation, !operation.isEmpty {
                object.set("api", value: .object(api(evidence, operation: operation)))
            }
            object.set("data", value: .object(data(evidence)))
        }
    }

    private static func api(_ evidence: Evidence, operation: String) -> JSONObject {
        .make { api in
            api.set("operation", operation)
            if let type = evidence.resourceID.flatMap({ AzureResourceName($0).type }) {
                api.set("service") { $0.set("name", type) }
            }
            if let result = evidence.result, !result.isEmpty {
                api.set("response") { response in
                    response.set("code", code(in: result))
                    response.set("message", result)
                }
            }
        }
    }

    /// The status code in a result such as `Success 200` or `403`: its last word, when that is a number.
    private static func code(in result: String) -> Int64? {
        result.split { !($0.isLetter || $0.isNumber) }.last.flatMap { Int64($0) }
    }

    /// The facts that other members cannot hold, or hold only in part.
    ///
    /// Never the record itself.
    private static func data(_ evidence: Evidence) -> JSONObject {
        .make { data in
            data.set("event_time", TimeText.iso(evidence.eventTime))
            data.set("enqueued_time", TimeText.iso(evidence.enqueuedTime))
            data.set("received_time", TimeText.iso(evidence.receivedAt))
            data.set("offset", evidence.offset)
            data.set("category", evidence.category)
            data.set("result", evidence.result)
            data.set("caller_address", evidence.callerAddress)
            data.set("resource_id", evidence.resourceID)
            data.set("region", evidence.region)
            data.set("correlation_id", evidence.correlationID)
            data.set("tenant_id", evidence.tenantID)
            data.set("model_deployment", evidence.modelDeployment)
            data.set("repairs", list: evidence.repairs.map(JSON.string))
        }
    }

    /// The distinct resources of the records, in the order in which they appear; ids are compared without case.
    static func resources(_ evidence: [Evidence]) -> [JSONObject] {
        var seen: Set<String> = []
        return evidence.compactMap { evidence in
            guard let id = evidence.resourceID, !id.isEmpty, seen.insert(id.lowercased()).inserted else { return nil }
            let name = AzureResourceName(id)
            return .make { resource in
                resource.set("uid", id)
                resource.set("name", name.name)
                resource.set("type", name.type)
                resource.set("provider", "Azure")
                resource.set("region", evidence.region)
                if let group = name.group { resource.set("group") { $0.set("name", group) } }
                if let subscription = name.subscription {
                    resource.set("owner") { owner in
                        owner.set("account") { account in
                            account.set("uid", subscription)
                            account.set("type", "Azure Subscription")
                            account.set("type_id", 99)
                        }
                    }
                }
            }
        }
    }

    /// Where a record is.
    static func position(_ position: RecordPosition) -> JSONObject {
        .make { object in
            object.set("partition", Int64(position.partition))
            object.set("sequence", position.sequence)
            object.set("index", Int64(position.index))
        }
    }

    /// A column's value.
    ///
    /// Times are text, so that they cannot be taken for counts.
    static func value(_ value: Value) -> JSON {
        switch value {
        case .null: .null
        case .boolean(let value): .boolean(value)
        case .long(let value): .integer(value)
        case .double(let value): .number(value)
        case .string(let text): .string(text)
        case .datetime(let milliseconds): .string(TimeText.iso(Timestamp(milliseconds: milliseconds)))
        case .bag(let values): .array(values.map(Self.value))
        }
    }
}

extension RecordPosition {
    /// `partition/sequence/index`.
    var text: String { "\(partition)/\(sequence)/\(index)" }
}
