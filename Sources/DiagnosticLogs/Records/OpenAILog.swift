/// A record of Azure OpenAI or another Cognitive Services account: `Audit`, `RequestResponse`, `Trace`.
///
///     {"time":"…","category":"RequestResponse","operationName":"ChatCompletions_Create","Tenant":"eastus",
///      "properties":{"requestTime":638515262815394150,"responseLength":1411,"modelDeploymentName":"…"}}
///
/// Prompts and completions are never in these records. `properties` comes as object and as JSON text.
public struct OpenAILog: Hashable, Sendable {
    /// The kinds of records.
    public enum Kind: String, Hashable, Sendable {
        /// Key listings and other acts of administration.
        case audit = "Audit"
        /// One call of a model or of the service.
        case requestResponse = "RequestResponse"
        /// Free form.
        case trace = "Trace"
        /// Token counts of a call.
        case requestUsage = "AzureOpenAIRequestUsage"
    }

    /// The members that all records share.
    public var common: ResourceLog
    /// The kind of record.
    public var kind: Kind
    /// `Tenant`: the region, not a directory tenant.
    public var region: String?
    /// The member `AssetIdentity`.
    public var assetIdentity: String?
    /// The member `event`.
    public var event: String?
    /// `properties.objectId`: the caller; nil with key authentication.
    public var callerObjectID: String?
    /// The member `properties.apiName`.
    public var apiName: String?
    /// `properties.requestTime`, .NET ticks.
    public var requestTicks: Int64?
    /// `properties.responseTime`, .NET ticks.
    public var responseTicks: Int64?
    /// `properties.requestLength`, bytes.
    public var requestLength: Int64?
    /// `properties.responseLength`, bytes.
    public var responseLength: Int64?
    /// `properties.streamType`; nil on control calls.
    public var streamType: String?
    /// `properties.modelDeploymentName`; nil on control calls.
    public var modelDeploymentName: String?
    /// The member `properties.modelName`.
    public var modelName: String?
    /// The member `properties.modelVersion`.
    public var modelVersion: String?
    /// `properties.promptTokens`, where present.
    public var promptTokens: Int64?
    /// `properties.completionTokens`, where present.
    public var completionTokens: Int64?

    /// How long the call took, in ticks of 100 ns, from the two times.
    ///
    /// The member `durationMs` can be negative.
    public var durationTicks: Int64? {
        guard let requestTicks, let responseTicks else { return nil }
        let (ticks, overflow) = responseTicks.subtractingReportingOverflow(requestTicks)
        return overflow ? nil : ticks
    }

    init?(_ reader: StandardFieldReader) {
        guard reader[.service].stringValue == "openai",
            let kind = reader.text(.category).flatMap({ Self.kind(named: $0) })
        else { return nil }
        self.kind = kind
        common = ResourceLog(reader)
        region = reader.text(.region)
        assetIdentity = reader.text(.assetIdentity)
        event = reader.text(.event)
        callerObjectID = reader.text(.callerObjectID, .callerObjectIDLater)
        apiName = reader.text(.apiName)
        requestTicks = reader.integer(.requestTime)
        responseTicks = reader.integer(.responseTime)
        requestLength = reader.integer(.requestLength)
        responseLength = reader.integer(.responseLength)
        streamType = reader.text(.streamType)
        modelDeploymentName = reader.text(.modelDeploymentName)
        modelName = reader.text(.modelName)
        modelVersion = reader.text(.modelVersion)
        promptTokens = reader.integer(.promptTokens)
        completionTokens = reader.integer(.completionTokens)
    }

    private static func kind(named name: String) -> Kind? {
        let lower = FieldAliases.asciiLowercased(name)
        return [Kind.audit, .requestResponse, .trace, .requestUsage].first {
            FieldAliases.asciiLowercased($0.rawValue) == lower
        }
    }

    /// Decodes one record from JSON.
    ///
    /// **Errors**: ``DiagnosticLogsError/Code/notARecord``, also for records of other logs.
    public init(json: [UInt8]) throws(DiagnosticLogsError) {
        self = try StandardFieldReader.decode(json) { OpenAILog($0) }
    }
}
