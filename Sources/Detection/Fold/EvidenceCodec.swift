@_spi(Revealing) internal import DiagnosticLogs
import Redaction

/// Evidence as bytes: everything but the stamp, which is kept beside it.
extension ByteWriter {
    mutating func evidence(_ fields: EvidenceFields, offset: UnsafeRawBufferPointer, repairs: [String]) {
        count(offset.count)
        raw(offset)
        for member in EvidenceMember.allCases { optional(fields.revealed(member)) }
        count(repairs.count)
        for name in repairs { string(name) }
    }
}

extension EvidenceEntry {
    /// The evidence, readable and masked: the only way from what is stored of a record to what is shown of it.
    ///
    /// Bytes that were stored and damaged leave the fields empty.
    func evidence(_ masking: Masking) -> Evidence {
        var reader = ByteReader(fields)
        let offset = (try? reader.slice()).map { String(decoding: $0, as: UTF8.self) } ?? ""
        var evidence = Evidence(
            position: stamp.position, offset: offset, eventTime: stamp.eventTime, enqueuedTime: stamp.enqueuedTime,
            receivedAt: stamp.receivedAt)
        try? evidence.read(&reader, masking)
        return evidence
    }
}

extension Evidence {
    fileprivate mutating func read(_ reader: inout ByteReader, _ masking: Masking) throws(DetectionError) {
        for member in EvidenceMember.allCases {
            set(member, try reader.optionalString().map { masking.text($0, member.sensitivity) })
        }
        for _ in 0..<(try reader.count()) { repairs.append(try reader.string()) }
    }

    private mutating func set(_ member: EvidenceMember, _ text: String?) {
        switch member {
        case .operation: operation = text
        case .category: category = text
        case .result: result = text
        case .resourceID: resourceID = text
        case .region: region = text
        case .correlationID: correlationID = text
        case .tenantID: tenantID = text
        case .callerAddress: callerAddress = text
        case .objectID: objectID = text
        case .principalName: principalName = text
        case .applicationID: applicationID = text
        case .modelDeployment: modelDeployment = text
        }
    }
}
