/// Where else a value may be found when a record spells its name differently.
enum FieldAliases {
    /// Documented spellings of top-level names, keyed by their lower-case form.
    ///
    /// Source: Azure Monitor "resource logs schema", and the activity log's own members.
    static let documentedNames: [String: String] = Dictionary(
        uniqueKeysWithValues: [
            "time", "resourceId", "tenantId", "operationName", "operationVersion", "category", "type", "resultType",
            "resultSignature", "resultDescription", "durationMs", "callerIpAddress", "correlationId", "identity",
            "level", "location", "properties", "records", "metricName", "eventTimestamp",
        ].map { (asciiLowercased($0), $0) })

    private static let soap = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
    private static let microsoft = "http://schemas.microsoft.com/identity/claims/"
    private static let older = "http://schemas.microsoft.com/claims/"

    /// Long names of claims that have a short one.
    ///
    /// Key Vault writes the short names, Resource Manager the long ones.
    static let claims: [String: [String]] = [
        "oid": [microsoft + "objectidentifier"],
        "tid": [microsoft + "tenantid"],
        "scp": [microsoft + "scope"],
        "idp": [microsoft + "identityprovider"],
        "upn": [soap + "upn"],
        "name": [soap + "name"],
        "email": [soap + "emailaddress"],
        "given_name": [soap + "givenname"],
        "family_name": [soap + "surname"],
        "spn": [soap + "spn"],
        "sub": [soap + "nameidentifier"],
        "acr": [older + "authnclassreference"],
        "amr": [older + "authnmethodsreferences"],
    ]

    /// The path itself, then the paths that mean the same, best first.
    static func candidates(of path: FieldPath) -> [FieldPath] {
        let steps = path.steps
        guard steps.count == 3, asciiLowercased(steps[0]) == "identity", steps[1] == "claims" || steps[1] == "claim",
            let others = claims[steps[2]]
        else { return [path] }
        return [path] + others.map { FieldPath([steps[0], steps[1], $0]) }
    }

    /// ASCII letters in lower case; other characters as they are.
    static func asciiLowercased(_ text: String) -> String {
        String(decoding: text.utf8.map(asciiLowercased), as: UTF8.self)
    }

    /// An ASCII letter in lower case; another byte as it is.
    @inline(__always)
    static func asciiLowercased(_ byte: UInt8) -> UInt8 {
        byte &- 0x41 < 26 ? byte | 0x20 : byte
    }
}
