/// Names that Sigma rules for Azure use against the general rule, by service and lower-cased name.
///
/// The first path that is present in a record wins.
enum SigmaAliases {
    static let byService: [String: [String: [[String]]]] = [
        "activitylogs": activity, "auditlogs": audit, "signinlogs": signIn, "riskdetection": risk, "pim": risk,
    ]

    private static let activity: [String: [[String]]] = [
        "operationnamevalue": [["operationName"], ["OperationNameValue"]],
        "categoryvalue": [["category"], ["CategoryValue"]],
        "resourceid": [["resourceId"]],
        "properties.message": [["properties", "message"], ["operationName"], ["properties", "eventName"]],
        "status": [["resultType"], ["ActivityStatusValue"]],
        "activitystatusvalue": [["ActivityStatusValue"], ["resultType"]],
        "callerobjectid": [["identity", "claims", Claim.objectIdentifier.rawValue]],
    ]

    private static let audit: [String: [[String]]] = {
        var table: [String: [[String]]] = [
            "operationname": [["operationName"], ["properties", "activityDisplayName"]],
            "activitydisplayname": [["properties", "activityDisplayName"], ["operationName"]],
            "properties.message": [
                ["properties", "message"], ["operationName"], ["properties", "activityDisplayName"],
            ],
            "category": [["properties", "category"]],
            "loggedbyservice": [["properties", "loggedByService"]],
            "status": [["properties", "result"], ["properties", "resultReason"]],
            "properties.result": [["properties", "result"], ["properties", "resultReason"]],
            "activitytype": [["properties", "operationType"], ["properties", "activityDisplayName"]],
            "target": [["properties", "targetResources"]],
            "targetresources": [["properties", "targetResources"]],
            "initiatedby": [["properties", "initiatedBy"]],
            "initiatied.by": [["properties", "initiatedBy"]],
            "properties.initiatedby": [["properties", "initiatedBy"]],
            "additionaldetails.additionalinfo": [["properties", "additionalDetails"]],
        ]
        for (name, path) in [
            ("displayname", ["displayName"]), ("id", ["id"]), ("type", ["type"]),
            ("userprincipalname", ["userPrincipalName"]), ("modifiedproperties", ["modifiedProperties"]),
            ("modifiedproperties.newvalue", ["modifiedProperties", "newValue"]),
            ("modifiedproperties.oldvalue", ["modifiedProperties", "oldValue"]),
            ("modifiedproperties.displayname", ["modifiedProperties", "displayName"]),
        ] {
            table["targetresources.\(name)"] = [["properties", "targetResources"] + path]
        }
        return table
    }()

    private static let signIn: [String: [[String]]] = [
        "resulttype": [["resultType"], ["properties", "status", "errorCode"]],
        "resultdescription": [["resultDescription"], ["properties", "status", "failureReason"]],
        "username": [["properties", "userPrincipalName"]],
        "targetusername": [["properties", "userPrincipalName"]],
        "calleripaddress": [["callerIpAddress"], ["properties", "ipAddress"]],
        "ipaddress": [["callerIpAddress"], ["properties", "ipAddress"]],
        "clientapp": [["properties", "clientAppUsed"]],
        "applicationid": [["properties", "appId"]],
        "location": [["location"], ["properties", "location", "countryOrRegion"]],
    ]

    private static let risk: [String: [[String]]] = [
        "riskeventtype": [["properties", "riskEventType"], ["properties", "riskEventTypes"]]
    ]
}
