/// Where the members of an Event Hubs record are in the other shapes of the same record.
///
/// Sources: Azure Monitor "activity log event schema" (REST shape), Log Analytics table `AzureActivity`.
enum ShapeAliases {
    /// Paths in a REST record that mean an Event Hubs path, best first.
    static func rest(_ path: FieldPath) -> [FieldPath] {
        let rest = Array(path.steps.dropFirst())
        switch (FieldAliases.asciiLowercased(path.steps.first ?? ""), rest.first) {
        case ("time", nil): return [FieldPath(["eventTimestamp"]), FieldPath(["submissionTimestamp"])]
        case ("operationname", nil): return [FieldPath(["operationName", "value"])]
        case ("category", nil), ("properties", "eventCategory"):
            return [FieldPath(["category", "value"])]
        case ("resulttype", nil): return [FieldPath(["status", "value"])]
        case ("resultsignature", nil): return [FieldPath(["subStatus", "value"])]
        case ("resultdescription", nil): return [FieldPath(["description"])]
        case ("calleripaddress", nil): return [FieldPath(["httpRequest", "clientIpAddress"])]
        case ("identity", "authorization"), ("identity", "claims"): return [FieldPath(rest)]
        default: return []
        }
    }

    /// Columns of a Log Analytics export that mean an Event Hubs path, best first.
    static func logAnalytics(_ path: FieldPath) -> [FieldPath] {
        let rest = Array(path.steps.dropFirst())
        let below = Array(rest.dropFirst())
        switch (FieldAliases.asciiLowercased(path.steps.first ?? ""), rest.first) {
        case ("time", nil): return [FieldPath(["TimeGenerated"])]
        case ("operationname", nil): return [FieldPath(["OperationNameValue"])]
        case ("category", nil), ("properties", "eventCategory"):
            return [FieldPath(["CategoryValue"])]
        case ("resulttype", nil): return [FieldPath(["ActivityStatusValue"]), FieldPath(["ActivityStatus"])]
        case ("resultsignature", nil): return [FieldPath(["ActivitySubstatusValue"]), FieldPath(["ActivitySubstatus"])]
        case ("resourceid", nil): return [FieldPath(["_ResourceId"])]
        case ("identity", "claims"): return [FieldPath(["Claims_d"] + below), FieldPath(["Claims"] + below)]
        case ("identity", "authorization"):
            return [FieldPath(["Authorization_d"] + below), FieldPath(["Authorization"] + below)]
        case ("properties", _): return [FieldPath(["Properties_d"] + rest)]
        default: return []
        }
    }

    /// The Event Hubs word for a status of the other shapes, or nil when it is the same.
    static func resultType(for status: FieldSlot) -> FieldSlot? {
        if status.holds("started") { return FieldSlot(constant: "Start") }
        if status.holds("succeeded") { return FieldSlot(constant: "Success") }
        if status.holds("failed") { return FieldSlot(constant: "Failure") }
        if status.holds("accepted") { return FieldSlot(constant: "Accept") }
        return nil
    }
}
