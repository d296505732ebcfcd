/// The structure of a text without what it says: a number becomes zeros, any other word `x`s, and what is neither stays.
///
/// Enough to see why a body could not be decoded (a quote that is missing, a cut, a raw line end) without seeing what is
/// in it. Words that are members of the known record shapes stay as they are, since those are in every record.
public enum TextShape {
    /// The shape of bytes, which need not be UTF-8.
    public static func of(_ bytes: some Sequence<UInt8>) -> String {
        var shape = ""
        var word: [UInt8] = []
        func flush() {
            guard !word.isEmpty else { return }
            let text = String(decoding: word, as: UTF8.self)
            shape += names.contains(text) ? text : masked(text)
            word.removeAll(keepingCapacity: true)
        }
        for byte in bytes {
            if isWord(byte) {
                word.append(byte)
            } else {
                flush()
                shape.unicodeScalars.append(Unicode.Scalar(byte))
            }
        }
        flush()
        return shape
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        byte >= 0x80 || byte == UInt8(ascii: "_") || byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 26
    }

    /// A number keeps that it is one; anything else keeps its length only, so that no pattern of a password shows.
    private static func masked(_ word: String) -> String {
        let isNumber = word.utf8.allSatisfy { $0 &- 0x30 < 10 }
        return String(repeating: isNumber ? "0" : "x", count: word.unicodeScalars.count)
    }

    /// Members of the record shapes of Azure Monitor; values of records are not among them.
    private static let names: Set<String> = [
        "records", "time", "resourceId", "tenantId", "operationName", "operationVersion", "category", "type",
        "resultType", "resultSignature", "resultDescription", "durationMs", "callerIpAddress", "correlationId",
        "identity", "authorization", "claims", "evidence", "level", "location", "properties", "metricName",
        "eventTimestamp", "TimeGenerated", "statusCode", "statusMessage", "requestbody", "responseBody",
        "eventCategory", "Tenant", "AssetIdentity", "objectId", "apiName", "requestTime", "responseTime",
        "requestLength", "responseLength", "streamType", "modelDeploymentName", "modelName", "modelVersion",
        "callerObjectId", "userPrincipalName", "appId", "ipAddress", "log", "message", "backendRequestBody",
        "backendResponseBody", "requestBody", "null", "true", "false",
    ]
}
