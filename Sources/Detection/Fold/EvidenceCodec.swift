internal import DiagnosticLogs

/// Evidence as bytes: everything but the stamp, which is kept beside it.
extension ByteWriter {
    mutating func evidence(_ fields: EvidenceFields, offset: UnsafeRawBufferPointer, repairs: [String]) {
        count(offset.count)
        raw(offset)
        for text in [
            fields.operation, fields.category, fields.result, fields.resourceID, fields.region, fields.correlationID,
            fields.tenantID, fields.callerAddress, fields.objectID, fields.principalName, fields.applicationID,
            fields.modelDeployment,
        ] {
            optional(text)
        }
        count(repairs.count)
        for name in repairs { string(name) }
    }
}

extension EvidenceEntry {
    /// The evidence, readable.
    ///
    /// Bytes that were stored and damaged leave the fields empty.
    var evidence: Evidence {
        var reader = ByteReader(fields)
        let offset = (try? reader.slice()).map { String(decoding: $0, as: UTF8.self) } ?? ""
        var evidence = Evidence(
            position: stamp.position, offset: offset, eventTime: stamp.eventTime, enqueuedTime: stamp.enqueuedTime,
            receivedAt: stamp.receivedAt)
        try? evidence.read(&reader)
        return evidence
    }
}

extension Evidence {
    fileprivate mutating func read(_ reader: inout ByteReader) throws(DetectionError) {
        operation = try reader.optionalString()
        category = try reader.optionalString()
        result = try reader.optionalString()
        resourceID = try reader.optionalString()
        region = try reader.optionalString()
        correlationID = try reader.optionalString()
        tenantID = try reader.optionalString()
        callerAddress = try reader.optionalString()
        objectID = try reader.optionalString()
        principalName = try reader.optionalString()
        applicationID = try reader.optionalString()
        modelDeployment = try reader.optionalString()
        for _ in 0..<(try reader.count()) { repairs.append(try reader.string()) }
    }
}
