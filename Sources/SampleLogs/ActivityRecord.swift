/// One record of the activity log, before it is written.
struct ActivityEvent: Sendable {
    /// Where in an operation's life the record stands.
    enum Phase: Sendable {
        case start, accept, success, failure
    }

    var time: EventTime
    var operation: ActivityOperation
    var resource: Resource
    var principal: Principal
    /// The `appid` claim as it is written; nil leaves the claim out.
    var application: String?
    var correlation: GUID
    var phase: Phase
    var durationMs: Int
}

extension ActivityEvent.Phase {
    var resultType: String {
        switch self {
        case .start: "Start"
        case .accept: "Accept"
        case .success: "Success"
        case .failure: "Failure"
        }
    }

    var resultSignature: String {
        switch self {
        case .start: "Started."
        case .accept: "Accepted.Created"
        case .success: "Succeeded.OK"
        case .failure: "Failed.Forbidden"
        }
    }

    /// The word of the REST shape.
    var restStatus: String {
        switch self {
        case .start: "Started"
        case .accept: "Accepted"
        case .success: "Succeeded"
        case .failure: "Failed"
        }
    }

    var level: String { self == .failure ? "Error" : "Information" }
}

/// Writes activity records: users with 26 claims, service accounts with fewer, and the REST shape.
struct ActivityWriter: Sendable {
    private enum Slot: String, Sendable {
        case time, resource, operation, action, category, result, signature, status, duration, address, correlation
        case appid, oid, account, name, role, roleAssignment, roleDefinition, principal, groups, puid, opaque
        case tenant, issued, expires, level, scope, subscription, region, request, group
    }

    private let tenant: String
    private let user: RecordTemplate<Slot>
    private let service: RecordTemplate<Slot>
    private let rest: RecordTemplate<Slot>

    init(tenant: String) {
        self.tenant = tenant
        user = RecordTemplate(Self.head + Self.authorization + #""User"}},"# + Self.userClaims + Self.tail)
        service = RecordTemplate(
            Self.head + Self.authorization + #""ServicePrincipal"}},"# + Self.serviceClaims + Self.tail)
        rest = RecordTemplate(Self.restText)
    }

    /// Appends one record; `shapedAsREST` gives the form of the management API's answer instead of the streamed one.
    func write(_ event: ActivityEvent, shapedAsREST: Bool = false, into body: inout [UInt8]) {
        let template = shapedAsREST ? rest : (event.principal.isUser ? user : service)
        // Tokens live about an hour; the age follows from the correlation id, so one operation has one token.
        let issued = event.time.seconds &- Int64(300 &+ event.correlation.low & 0x7FF)
        template.write(into: &body) { slot, body in
            switch slot {
            case .time: body.append(time: event.time)
            case .resource: body.append(contentsOf: event.resource.upperID)
            case .scope: body.append(contentsOf: event.resource.mixedID)
            case .operation: body.append(contentsOf: event.operation.upperAction)
            case .action: body.append(contentsOf: event.operation.action)
            case .category: body.append(text: event.operation.category)
            case .result: body.append(text: event.phase.resultType)
            case .signature: body.append(text: event.phase.resultSignature)
            case .status: body.append(text: event.phase.restStatus)
            case .duration: body.append(number: Int64(event.durationMs))
            case .address: body.append(text: event.principal.address)
            case .correlation: body.append(guid: event.correlation)
            case .appid:
                if let application = event.application {
                    body.append(text: "\"appid\":\"")
                    body.append(text: application)
                    body.append(text: "\",")
                }
            case .oid: body.append(text: event.principal.objectID)
            case .account: body.append(text: event.principal.account)
            case .name: body.append(text: event.principal.displayName)
            case .role: body.append(text: event.principal.role)
            case .roleAssignment: body.append(guid: event.principal.roleAssignment, dashes: false)
            case .roleDefinition: body.append(guid: event.principal.roleDefinition, dashes: false)
            case .principal: body.append(hex: event.principal.session.low, width: 16)
            case .groups: body.append(text: event.principal.groups)
            case .puid: body.append(text: event.principal.puid)
            case .opaque: body.append(text: event.principal.opaque)
            case .tenant: body.append(text: tenant)
            case .issued: body.append(number: issued)
            case .expires: body.append(number: issued &+ 4_800)
            case .level: body.append(text: event.phase.level)
            case .subscription: body.append(text: event.resource.subscription)
            case .region: body.append(text: event.resource.region.title)
            case .request: body.append(guid: GUID(high: event.correlation.low, low: event.correlation.high))
            case .group: body.append(text: event.resource.group)
            }
        }
    }
}

// The texts. `properties` is always the last member: the quirks that damage it rely on that.
extension ActivityWriter {
    private static let head = #"""
        {"RoleLocation":"<region>","Stamp":"ApiManagement","ReleaseVersion":"6.2026.44.2+a1b2c3d.release_2026w44",
        "time":"<time>","resourceId":"<resource>","operationName":"<operation>","category":"<category>",
        "resultType":"<result>","resultSignature":"<signature>","durationMs":"<duration>","callerIpAddress":"<address>",
        "correlationId":"<correlation>","identity":{
        """#

    private static let authorization = #"""
        "authorization":{"scope":"<scope>","action":"<action>","evidence":{"role":"<role>",
        "roleAssignmentScope":"/subscriptions/<subscription>","roleAssignmentId":"<roleAssignment>",
        "roleDefinitionId":"<roleDefinition>","principalId":"<principal><principal>","principalType":
        """#

    private static let userClaims = #"""
        "claims":{"aud":"https://management.core.windows.net/","iss":"https://sts.windows.net/<tenant>/",
        "iat":"<issued>","nbf":"<issued>","exp":"<expires>",
        "http://schemas.microsoft.com/claims/authnclassreference":"1","aio":"<opaque>",
        "http://schemas.microsoft.com/claims/authnmethodsreferences":"pwd,mfa",<appid>"appidacr":"0",
        "groups":"<groups>","idtyp":"user","ipaddr":"<address>","name":"<name>",
        "http://schemas.microsoft.com/identity/claims/objectidentifier":"<oid>","puid":"<puid>","rh":"1.<opaque>.",
        "http://schemas.microsoft.com/identity/claims/scope":"user_impersonation",
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier":"<opaque>",
        "http://schemas.microsoft.com/identity/claims/tenantid":"<tenant>",
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name":"<account>",
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn":"<account>","uti":"<opaque>","ver":"1.0",
        "wids":"<roleDefinition>","xms_tcdt":"1600000000"}}
        """#

    private static let serviceClaims = #"""
        "claims":{"aud":"https://management.azure.com/","iss":"https://sts.windows.net/<tenant>/",
        "iat":"<issued>","nbf":"<issued>","exp":"<expires>","aio":"<opaque>",<appid>"appidacr":"2",
        "http://schemas.microsoft.com/identity/claims/identityprovider":"https://sts.windows.net/<tenant>/",
        "idtyp":"app","http://schemas.microsoft.com/identity/claims/objectidentifier":"<oid>","rh":"1.<opaque>.",
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier":"<oid>",
        "http://schemas.microsoft.com/identity/claims/tenantid":"<tenant>","uti":"<opaque>","ver":"1.0",
        "xms_tcdt":"1600000000"}}
        """#

    private static let tail = #"""
        ,"level":"<level>","location":"global","tenantId":"<tenant>","properties":{"eventCategory":"<category>",
        "entity":"<scope>","message":"<action>","hierarchy":"<tenant>/<subscription>","serviceRequestId":"<request>"}}
        """#

    private static let restText = #"""
        {"authorization":{"action":"<action>","scope":"<scope>"},"caller":"<account>","channels":"Operation",
        "claims":{"aud":"https://management.core.windows.net/","iss":"https://sts.windows.net/<tenant>/",
        "iat":"<issued>","exp":"<expires>",<appid>"appidacr":"0","ipaddr":"<address>","name":"<name>",
        "http://schemas.microsoft.com/identity/claims/objectidentifier":"<oid>",
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn":"<account>","ver":"1.0"},
        "correlationId":"<correlation>","description":"","eventDataId":"<request>",
        "eventName":{"value":"EndRequest","localizedValue":"End request"},
        "category":{"value":"<category>","localizedValue":"<category>"},"eventTimestamp":"<time>",
        "httpRequest":{"clientRequestId":"<request>","clientIpAddress":"<address>","method":"POST"},
        "level":"<level>","resourceGroupName":"<group>","resourceId":"<scope>",
        "operationId":"<correlation>","operationName":{"value":"<action>","localizedValue":"<action>"},
        "status":{"value":"<status>","localizedValue":"<status>"},"subStatus":{"value":"","localizedValue":""},
        "submissionTimestamp":"<time>","subscriptionId":"<subscription>","tenantId":"<tenant>",
        "properties":{"eventCategory":"<category>","message":"<action>","hierarchy":"<tenant>/<subscription>"}}
        """#
}
