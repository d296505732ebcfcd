/// The members that all Azure records share.
///
///     {"time":"2024-05-24T12:23:02Z","resourceId":"/SUBSCRIPTIONS/…","category":"Audit","operationName":"ListKey"}
///
/// Names are Azure's, in Swift's spelling. **Source**: Azure Monitor, "resource logs schema".
public struct ResourceLog: Hashable, Sendable {
    /// `time`; nil when the record has none that can be read.
    public var time: Timestamp?
    /// `resourceId`, as written; take it apart with ``ResourceID``.
    public var resourceID: String?
    /// The member `tenantId`.
    public var tenantID: String?
    /// `operationName`, as written.
    public var operationName: String?
    /// The member `operationVersion`.
    public var operationVersion: String?
    /// `category`, or `type` where a service writes that.
    public var category: String?
    /// `resultType`, as written.
    public var resultType: String?
    /// `resultSignature`, as written.
    public var resultSignature: String?
    /// The member `resultDescription`.
    public var resultDescription: String?
    /// `durationMs`, in milliseconds; services write negative ones too.
    public var durationMilliseconds: Int64?
    /// `callerIpAddress`, as written; read it with ``CallerAddress``.
    public var callerIPAddress: String?
    /// The member `correlationId`.
    public var correlationID: String?
    /// `identity`, where it is plain text: a display name.
    public var identityName: String?
    /// The member `level`.
    public var level: LogLevel?
    /// The member `location`.
    public var location: String?
    /// How the operation ended, from whatever the record says about it.
    public var outcome: Outcome

    init(_ reader: StandardFieldReader) {
        time = reader.flags.contains(.timeFromEnqueued) ? nil : reader.eventTime
        resourceID = reader.text(.resourceId)
        tenantID = reader.text(.tenantId)
        operationName = reader.text(.operationName)
        operationVersion = reader.text(.operationVersion)
        category = reader.text(.category, .type)
        resultType = reader.text(.resultType)
        resultSignature = reader.text(.resultSignature)
        resultDescription = reader.text(.resultDescription)
        durationMilliseconds = reader.integer(.durationMs)
        callerIPAddress = reader.text(.callerIpAddress)
        correlationID = reader.text(.correlationId)
        identityName = reader.text(.identity)
        level = reader.text(.level).flatMap { LogLevel(parsing: $0) }
        location = reader.text(.location)
        outcome = reader[.outcome].stringValue.flatMap { Outcome(rawValue: $0) } ?? .unknown
    }

    /// Decodes one record from JSON.
    ///
    /// **Errors**: ``DiagnosticLogsError/Code/notARecord``.
    public init(json: [UInt8]) throws(DiagnosticLogsError) {
        self = try StandardFieldReader.decode(json) { ResourceLog($0) }
    }
}

extension StandardFieldReader {
    /// Reads one record from an array and makes a value of it.
    static func decode<Value>(_ json: [UInt8], _ make: (StandardFieldReader) -> Value?) throws(DiagnosticLogsError)
        -> Value
    {
        let reader = StandardFieldReader()
        let padded = json + [UInt8](repeating: 0x20, count: JSONLimits.padding)
        let value = padded.withUnsafeBytes { bytes -> Value? in
            let record = UnsafeRawBufferPointer(rebasing: bytes[..<json.count])
            // There is no broker here; a time is believed whatever it says.
            guard reader.read(record, enqueued: Timestamp(nanoseconds: .max)) else { return nil }
            return make(reader)
        }
        guard let value else {
            throw DiagnosticLogsError(
                code: .notARecord, message: "the bytes are not one JSON object of the wanted kind")
        }
        return value
    }
}
