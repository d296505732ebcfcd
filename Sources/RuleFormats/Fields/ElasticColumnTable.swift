import Detection
import DiagnosticLogs

/// The declared columns: name, place in the raw record, type.
///
/// Members are only listed here when their type is known or when the naming rule of their family does not find them.
enum ElasticColumnTable {
    /// A family of columns named by rule: everything below the prefix is the snake case of the raw names.
    struct Family: Sendable {
        var prefix: String
    }

    /// Families by dataset.
    static let families: [String: Family] = [
        "azure_openai.logs": Family(prefix: "azure.open_ai"),
        "azure.activitylogs": Family(prefix: "azure.activitylogs"),
        "azure.signinlogs": Family(prefix: "azure.signinlogs"),
        "azure.auditlogs": Family(prefix: "azure.auditlogs"),
        "azure.platformlogs": Family(prefix: "azure.platformlogs"),
        "azure.graphactivitylogs": Family(prefix: "azure.graphactivitylogs"),
        "azure.aadgraphactivitylogs": Family(prefix: "azure.aadgraphactivitylogs"),
        "azure.identity_protection": Family(prefix: "azure.identity_protection"),
    ]

    /// Columns of every dataset.
    static let common: [String: ColumnSpec] = [
        "@timestamp": .derived(.eventTime, .date),
        "event.ingested": .derived(.enqueuedTime, .date),
        "event.dataset": .derived(.dataset, .keyword),
        "data_stream.dataset": .derived(.dataset, .keyword),
        "event.outcome": .derived(.outcome, .keyword),
        "azure.resource.id": .derived(.resourceID, .keyword),
        "azure.resource.group": .derived(.resourceGroup, .keyword),
        "azure.resource.name": .derived(.resourceName, .keyword),
        "azure.resource.provider": .derived(.resourceProvider, .keyword),
        "azure.subscription_id": .derived(.subscriptionID, .keyword),
        "cloud.account.id": .derived(.subscriptionID, .keyword),
        "azure.tenant_id": .path("tenantId", .keyword),
        "azure.correlation_id": .path("correlationId", .keyword),
        "source.ip": .derived(.sourceAddress, .ip),
        "client.ip": .derived(.sourceAddress, .ip),
        "source.address": .path("callerIpAddress", .keyword),
        "log.level": .path("level", .keyword, isMixed: true),
        "cloud.provider": ColumnSpec(source: .computed(.literal(.string("azure"))), type: .keyword),
        "event.duration": ColumnSpec(source: .computed(nanoseconds(ofMilliseconds: "durationMs")), type: .long),
    ]

    /// Columns of one dataset.
    static let byDataset: [String: [String: ColumnSpec]] = [
        "azure_openai.logs": openAI,
        "azure.activitylogs": activity,
        "azure.signinlogs": signIn,
        "azure.auditlogs": audit,
        "azure.platformlogs": envelope(prefix: "azure.platformlogs"),
        "azure.graphactivitylogs": envelope(prefix: "azure.graphactivitylogs"),
        "azure.aadgraphactivitylogs": envelope(prefix: "azure.aadgraphactivitylogs"),
        "azure.identity_protection": envelope(prefix: "azure.identity_protection"),
    ]

    private static func nanoseconds(ofMilliseconds member: String) -> Expression {
        .arithmetic(
            .multiply, .call(.toLong, [.field(.path(FieldPath([member])))]), .literal(.long(1_000_000)))
    }

    /// The members that every resource log has.
    private static func envelope(prefix: String) -> [String: ColumnSpec] {
        [
            "\(prefix).category": .path("category", .keyword),
            "\(prefix).operation_name": .path("operationName", .keyword),
            "\(prefix).operation_version": .path("operationVersion", .keyword),
            "\(prefix).result_type": .path("resultType", .keyword, isMixed: true),
            "\(prefix).result_signature": .path("resultSignature", .keyword, isMixed: true),
            "\(prefix).result_description": .path("resultDescription", .keyword),
            "\(prefix).tenant_id": .path("tenantId", .keyword),
            "\(prefix).correlation_id": .path("correlationId", .keyword),
            "\(prefix).caller_ip_address": .path("callerIpAddress", .keyword),
            "\(prefix).location": .path("location", .keyword),
            "event.action": .path("operationName", .keyword),
        ]
    }

    private static let openAI: [String: ColumnSpec] = {
        var table = envelope(prefix: "azure.open_ai")
        table["azure.open_ai.tenant"] = .path("Tenant", .keyword)
        table["azure.open_ai.asset_identity"] = .path("AssetIdentity", .keyword)
        table["azure.open_ai.event"] = .path("event", .keyword)
        for name in [
            "objectId", "apiName", "streamType", "modelDeploymentName", "modelName", "modelVersion",
        ] {
            table["azure.open_ai.properties.\(SnakeCase.of(name))"] = .path("properties", name, .keyword)
        }
        for name in ["requestTime", "requestLength", "responseTime", "responseLength"] {
            table["azure.open_ai.properties.\(SnakeCase.of(name))"] = .path("properties", name, .long)
        }
        return table
    }()

    private static let activity: [String: ColumnSpec] = {
        let prefix = "azure.activitylogs"
        var table = envelope(prefix: prefix)
        table["\(prefix).event_category"] = .path("properties", "eventCategory", .keyword)
        table["\(prefix).identity_name"] = .path("identity", .keyword)
        table["\(prefix).properties.status_code"] = .path("properties", "statusCode", .keyword, isMixed: true)
        table["\(prefix).properties.service_request_id"] = .path("properties", "serviceRequestId", .keyword)
        table["message"] = .path("properties", "statusMessage", .keyword)
        table["geo.name"] = .path("location", .keyword)
        let authorization = "\(prefix).identity.authorization"
        for name in ["scope", "action"] {
            table["\(authorization).\(name)"] = .path("identity", "authorization", name, .keyword)
        }
        for name in [
            "role", "roleAssignmentScope", "roleDefinitionId", "roleAssignmentId", "principalId", "principalType",
        ] {
            table["\(authorization).evidence.\(SnakeCase.of(name))"] = .path(
                "identity", "authorization", "evidence", name, .keyword)
        }
        let claims = "\(prefix).identity.claims"
        for name in ["appid", "name", "ipaddr", "idtyp", "aud", "puid", "ver", "uti", "wids", "appidacr"] {
            table["\(claims).\(name)"] = .path("identity", "claims", name, .keyword, isMixed: true)
        }
        // Upstream, dots inside claim keys become underscores.
        for claim in Claim.allCases {
            table["\(claims).\(claim.rawValue.replacingDots)"] = .path("identity", "claims", claim.rawValue, .keyword)
        }
        let byUser = "\(prefix).identity.claims_initiated_by_user"
        table["\(byUser).fullname"] = .path("identity", "claims", "name", .keyword)
        table["\(byUser).givenname"] = .path("identity", "claims", Claim.givenName.rawValue, .keyword)
        table["\(byUser).surname"] = .path("identity", "claims", Claim.surname.rawValue, .keyword)
        table["\(byUser).name"] = .path("identity", "claims", Claim.name.rawValue, .keyword)
        table["user.full_name"] = .path("identity", "claims", "name", .keyword)
        table["user.email"] = .path("identity", "claims", Claim.name.rawValue, .keyword)
        return table
    }()

    private static let signIn: [String: ColumnSpec] = {
        let prefix = "azure.signinlogs"
        var table = envelope(prefix: prefix)
        table["\(prefix).identity"] = .path("identity", .keyword)
        for name in [
            "userPrincipalName", "userId", "userDisplayName", "userType", "appId", "appDisplayName", "resourceId",
            "resourceDisplayName", "clientAppUsed", "authenticationRequirement", "riskState", "riskLevelDuringSignIn",
            "riskLevelAggregated", "riskDetail", "conditionalAccessStatus", "sessionId", "homeTenantId",
            "resourceTenantId", "servicePrincipalId", "servicePrincipalName", "authenticationProtocol",
            "incomingTokenType", "tokenIssuerType", "tokenIssuerName", "originalRequestId", "crossTenantAccessType",
            "uniqueTokenIdentifier", "userAgent", "correlationId", "id",
        ] {
            table["\(prefix).properties.\(SnakeCase.of(name))"] = .path("properties", name, .keyword)
        }
        table["\(prefix).properties.risk_level_during_signin"] = .path(
            "properties", "riskLevelDuringSignIn", .keyword)
        table["\(prefix).properties.is_interactive"] = .path("properties", "isInteractive", .boolean)
        table["\(prefix).properties.status.error_code"] = .path("properties", "status", "errorCode", .long)
        table["\(prefix).properties.status.failure_reason"] = .path("properties", "status", "failureReason", .keyword)
        for name in ["deviceId", "operatingSystem", "browser", "trustType", "displayName"] {
            table["\(prefix).properties.device_detail.\(SnakeCase.of(name))"] = .path(
                "properties", "deviceDetail", name, .keyword)
        }
        for name in ["isManaged", "isCompliant"] {
            table["\(prefix).properties.device_detail.\(SnakeCase.of(name))"] = .path(
                "properties", "deviceDetail", name, .boolean)
        }
        table["user_agent.original"] = .path("properties", "userAgent", .keyword)
        table["user.id"] = .path("properties", "userId", .keyword)
        table["user.name"] = .path("properties", "userPrincipalName", .keyword)
        table["geo.country_iso_code"] = .path("location", .keyword)
        return table
    }()

    private static let audit: [String: ColumnSpec] = {
        let prefix = "azure.auditlogs"
        var table = envelope(prefix: prefix)
        table["\(prefix).identity"] = .path("identity", .keyword)
        for name in [
            "category", "result", "resultReason", "loggedByService", "operationType", "activityDisplayName",
            "correlationId", "id",
        ] {
            table["\(prefix).properties.\(SnakeCase.of(name))"] = .path("properties", name, .keyword)
        }
        let initiator = "\(prefix).properties.initiated_by"
        // Below `initiated_by` upstream keeps the raw names.
        for name in ["userPrincipalName", "id", "displayName", "ipAddress"] {
            table["\(initiator).user.\(name)"] = .path("properties", "initiatedBy", "user", name, .keyword)
        }
        for name in ["appId", "displayName", "servicePrincipalId", "servicePrincipalName"] {
            table["\(initiator).app.\(name)"] = .path("properties", "initiatedBy", "app", name, .keyword)
        }
        return table
    }()
}
