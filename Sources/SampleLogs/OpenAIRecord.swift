/// Writes the three resource-log categories of Azure OpenAI accounts.
struct OpenAIWriter: Sendable {
    private enum Slot: String, Sendable {
        case time, resource, region, operation, asset, oid, address, correlation, duration, status
        case version, requested, requestLength, responded, responseLength, stream, deployment, model, modelVersion, text
        case length
    }

    /// One deployment with the calls that it answers.
    private struct Deployment: Sendable {
        let name: String
        let model: String
        let version: String
        let operation: String
    }

    private static let deployments: [Deployment] = [
        Deployment(name: "chat-main", model: "gpt-4o", version: "2024-08-06", operation: "ChatCompletions_Create"),
        Deployment(
            name: "chat-small", model: "gpt-4o-mini", version: "2024-07-18", operation: "ChatCompletions_Create"),
        Deployment(name: "chat-pilot", model: "gpt-35-turbo", version: "0301", operation: "ChatCompletions_Create"),
        Deployment(
            name: "search-index", model: "text-embedding-3-large", version: "1", operation: "Embeddings_Create"),
        Deployment(name: "assist", model: "gpt-4o", version: "2024-08-06", operation: "Create_Thread"),
    ]
    private static let statuses = ["200", "200", "200", "200", "200", "200", "200", "200", "429", "401", "400", "200"]
    private static let versions = ["2024-02-15-preview", "2024-10-21", "2025-03-01-preview"]
    private static let traceTexts = [
        "Model inference finished", "Content filter evaluated", "Request routed to another replica", "Token refreshed",
    ]

    private let audit = RecordTemplate<Slot>(
        #"""
        {"time":"<time>","category":"Audit","operationName":"<operation>","resourceId":"<resource>",
        "Tenant":"<region>","AssetIdentity":"<asset>","properties":{"objectId":"<oid>"<length>}}
        """#)
    private let call = RecordTemplate<Slot>(
        #"""
        {"Tenant":"<region>","callerIpAddress":"<address>","category":"RequestResponse",
        "correlationId":"<correlation>","durationMs":<duration>,"event":"ShoeboxCallResult","location":"<region>",
        "operationName":"<operation>","resourceId":"<resource>","resultSignature":"<status>","time":"<time>",
        "properties":{"apiName":"Azure OpenAI API version <version>","requestTime":<requested>,
        "requestLength":<requestLength>,"responseTime":<responded>,"responseLength":<responseLength>,
        "objectId":"<oid>","streamType":"<stream>","modelDeploymentName":"<deployment>","modelName":"<model>",
        "modelVersion":"<modelVersion>"}}
        """#)
    private let controlCall = RecordTemplate<Slot>(
        #"""
        {"Tenant":"<region>","callerIpAddress":"<address>","category":"RequestResponse",
        "correlationId":"<correlation>","durationMs":<duration>,"event":"ShoeboxCallResult","location":"<region>",
        "operationName":"<operation>","resourceId":"<resource>","resultSignature":"<status>","time":"<time>",
        "properties":{"apiName":"Azure OpenAI API version <version>","requestTime":<requested>,
        "requestLength":<requestLength>,"responseTime":<responded>,"responseLength":<responseLength>,"objectId":""}}
        """#)
    private let trace = RecordTemplate<Slot>(
        #"""
        {"Tenant":"<region>","callerIpAddress":"<address>","category":"Trace","correlationId":"<correlation>",
        "event":"ShoeboxTrace","level":"Informational","location":"<region>","operationName":"<operation>",
        "resourceId":"<resource>","time":"<time>","properties":{"message":"<text>","durationMs":"<duration>"}}
        """#)

    /// Appends an Audit record; its time is cut to a whole second, as the service writes it.
    ///
    /// Audit records are not known to carry a response length; one is written only when the caller gives it.
    func writeAudit(
        operation: String, at time: EventTime, on account: Resource, by objectID: String, asset: GUID,
        responseLength: Int? = nil, into body: inout [UInt8]
    ) {
        audit.write(into: &body) { slot, body in
            switch slot {
            case .time: body.append(time: time.wholeSecond)
            case .resource: body.append(contentsOf: account.upperID)
            case .region: body.append(text: account.region.id)
            case .operation: body.append(text: operation)
            case .asset: body.append(guid: asset)
            case .oid: body.append(text: objectID)
            case .length:
                if let responseLength {
                    body.append(text: ",\"responseLength\":")
                    body.append(number: Int64(responseLength))
                }
            default: break
            }
        }
    }

    /// Appends a RequestResponse record; about one in twelve is a control call, which names no deployment.
    func writeCall(
        at time: EventTime, on account: Resource, by objectID: String, random: inout SeededRandom,
        into body: inout [UInt8]
    ) {
        let deployment = Self.deployments[random.below(Self.deployments.count)]
        let bits = random.next()
        let network = ["192.0.2", "198.51.100", "203.0.113"][Int(bits % 3)]
        // A few durations are negative in real logs too: the service subtracts clocks of two machines.
        let duration = bits >> 8 & 0xFF == 0 ? -Int64(bits >> 16 & 0x3FF) : Int64(bits >> 16 & 0x1FFF)
        let isControl = deployment.operation == "Create_Thread"
        let correlation = random.guid()
        (isControl ? controlCall : call).write(into: &body) { slot, body in
            switch slot {
            case .time: body.append(time: time)
            case .resource: body.append(contentsOf: account.upperID)
            case .region: body.append(text: account.region.id)
            case .operation: body.append(text: deployment.operation)
            case .address:
                body.append(text: network)
                body.append(text: ".***")
            case .correlation: body.append(guid: correlation)
            case .duration: body.append(number: duration)
            case .status: body.append(text: Self.statuses[Int(bits >> 30 & 0xFFF) % Self.statuses.count])
            case .version: body.append(text: Self.versions[Int(bits >> 42 & 0xFF) % Self.versions.count])
            case .requested: body.append(number: time.dotNetTicks)
            case .responded: body.append(number: time.dotNetTicks &+ duration.magnitudeTicks)
            case .requestLength: body.append(number: Int64(bits >> 20 & 0x3FFF))
            case .responseLength: body.append(number: Int64(bits >> 34 & 0xFFFF))
            // Callers with a key, not a token, leave the object id empty.
            case .oid: body.append(text: bits >> 60 < 9 ? "" : objectID)
            case .stream: body.append(text: bits >> 55 & 1 == 0 ? "Streaming" : "Non-Streaming")
            case .deployment: body.append(text: deployment.name)
            case .model: body.append(text: deployment.model)
            case .modelVersion: body.append(text: deployment.version)
            case .asset, .text, .length: break
            }
        }
    }

    /// Appends a Trace record.
    func writeTrace(at time: EventTime, on account: Resource, random: inout SeededRandom, into body: inout [UInt8]) {
        let bits = random.next()
        let correlation = random.guid()
        trace.write(into: &body) { slot, body in
            switch slot {
            case .time: body.append(time: time)
            case .resource: body.append(contentsOf: account.upperID)
            case .region: body.append(text: account.region.id)
            case .operation: body.append(text: bits & 1 == 0 ? "ModelInference" : "ContentFilter")
            case .address: body.append(text: "203.0.113.***")
            case .correlation: body.append(guid: correlation)
            case .text: body.append(text: Self.traceTexts[Int(bits >> 4 & 0xFF) % Self.traceTexts.count])
            case .duration: body.append(number: Int64(bits >> 20 & 0x7FF))
            default: break
            }
        }
    }
}

extension Int64 {
    /// A duration in milliseconds, without its sign, in 100 ns ticks.
    fileprivate var magnitudeTicks: Int64 { Int64(magnitude & 0xFFFF_FFFF) &* 10_000 }
}
