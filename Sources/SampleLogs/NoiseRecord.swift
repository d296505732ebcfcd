/// Writes records of other services that share a hub: none of them matters to the two seed rules.
struct NoiseWriter: Sendable {
    private enum Slot: String, Sendable {
        case time, resource, upper, address, correlation, oid, account, tenant, duration, number, port, region, name
        case app, subscription, id
    }

    private let tenant: String
    /// The kinds of records, each with the kind of resource that writes it, as an index of `ResourceKind.all`.
    private let kinds: [(template: RecordTemplate<Slot>, resourceKind: Int)]

    init(tenant: String) {
        self.tenant = tenant
        kinds = [
            (RecordTemplate(Self.vault), 2), (RecordTemplate(Self.blob), 1), (RecordTemplate(Self.kubernetes), 9),
            (RecordTemplate(Self.firewall), 10), (RecordTemplate(Self.directory), 0),
            (RecordTemplate(Self.gateway), 11), (RecordTemplate(Self.function), 4), (RecordTemplate(Self.metric), 1),
        ]
    }

    /// Appends one record of a random kind; gives the resource that it is about.
    func write(
        at time: EventTime, of inventory: Inventory, random: inout SeededRandom, into body: inout [UInt8]
    ) -> Resource? {
        let bits = random.next()
        let kind = kinds[Int(bits & 0xFFFF) % kinds.count]
        guard
            let resource = random.element(of: inventory.resources[kind.resourceKind]),
            let principal = random.element(of: inventory.users)
        else { return nil }
        let correlation = random.guid()
        kind.template.write(into: &body) { slot, body in
            switch slot {
            case .time: body.append(time: time)
            case .resource: body.append(contentsOf: resource.mixedID)
            case .upper: body.append(contentsOf: resource.upperID)
            case .address: body.append(text: principal.address)
            case .correlation: body.append(guid: correlation)
            case .id: body.append(guid: GUID(high: correlation.low, low: correlation.high))
            case .oid: body.append(text: principal.objectID)
            case .account: body.append(text: principal.account)
            case .app: body.append(text: principal.applicationID)
            case .tenant: body.append(text: tenant)
            case .subscription: body.append(text: resource.subscription)
            case .duration: body.append(number: Int64(bits >> 16 & 0x3FF))
            case .number: body.append(number: Int64(bits >> 26 & 0xFFFFF))
            case .port: body.append(number: 49_152 &+ Int64(bits >> 46 & 0x3FFF))
            case .region: body.append(text: resource.region.title)
            case .name: body.append(text: resource.name)
            }
        }
        return resource
    }
}

extension NoiseWriter {
    private static let vault = #"""
        {"time":"<time>","category":"AuditEvent","operationName":"SecretGet","resultType":"Success",
        "correlationId":"<correlation>","callerIpAddress":"<address>",
        "identity":{"claim":{"oid":"<oid>","appid":"<app>","upn":"<account>"}},"resourceId":"<upper>",
        "operationVersion":"7.0","resultSignature":"OK",
        "durationMs":"<duration>","properties":{"id":"https://<name>.vault.example.com/secrets/s-<number>",
        "clientInfo":"sample-client/1.0","requestUri":"https://<name>.vault.example.com/secrets/s-<number>",
        "httpStatusCode":200,"isAccessPolicyMatch":true,"tlsVersion":"TLS1_3"}}
        """#

    private static let blob = #"""
        {"time":"<time>","resourceId":"<resource>/blobServices/default","category":"StorageRead",
        "operationName":"GetBlob","operationVersion":"2025-05-05","schemaVersion":"1.0","statusCode":200,
        "statusText":"Success","durationMs":<duration>,"callerIpAddress":"192.0.2.44:<port>",
        "correlationId":"<correlation>","identity":{"type":"OAuth","tokenHash":"<id>","requester":{"appId":"<app>",
        "objectId":"<oid>","tenantId":"<tenant>"}},"location":"<region>","protocol":"HTTPS",
        "uri":"https://stdata.blob.example.com/data/part-<number>","properties":{"accountName":"<name>",
        "userAgentHeader":"sample-client/1.0","serviceType":"blob","objectKey":"/<name>/data/part-<number>",
        "serverLatencyMs":<duration>,"tlsVersion":"TLS 1.3","responseBodySize":<number>}}
        """#

    private static let kubernetes = #"""
        {"time":"<time>","category":"kube-audit",
        "operationName":"Microsoft.ContainerService/managedClusters/diagnosticLogs/Read",
        "resourceId":"<upper>","ccpNamespace":"c-<number>","Cloud":"AzureCloud","Environment":"prod",
        "properties":{"log":"{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/v1\",\"level\":\"Metadata\",
        \"auditID\":\"<id>\",\"stage\":\"ResponseComplete\",\"verb\":\"get\",\"user\":{\"username\":\"<account>\"},
        \"sourceIPs\":[\"<address>\"],
        \"objectRef\":{\"resource\":\"configmaps\",\"namespace\":\"default\",\"name\":\"settings\"},
        \"responseStatus\":{\"code\":200}}\n","stream":"stdout","pod":"kube-apiserver-<number>"}}
        """#

    private static let firewall = #"""
        {"time":"<time>","resourceId":"<upper>","category":"AZFWNetworkRule","operationName":"AzureFirewallNetworkRule",
        "properties":{"Protocol":"TCP","SourceIp":"192.0.2.17","SourcePort":<port>,"DestinationIp":"198.51.100.9",
        "DestinationPort":443,"Action":"Allow","Policy":"edge","RuleCollectionGroup":"default","RuleCollection":"out",
        "Rule":"allow-https","ActionReason":""}}
        """#

    private static let directory = #"""
        {"time":"<time>","resourceId":"/tenants/<tenant>/providers/Microsoft.aadiam","operationName":"Update user",
        "operationVersion":"1.0","category":"AuditLogs","tenantId":"<tenant>","resultSignature":"None","durationMs":0,
        "callerIpAddress":"<address>","correlationId":"<correlation>","Level":4,"properties":{"id":"Directory_<id>",
        "category":"UserManagement","correlationId":"<correlation>","result":"success","resultReason":"",
        "activityDisplayName":"Update user","activityDateTime":"<time>","loggedByService":"Core Directory",
        "operationType":"Update","initiatedBy":{"user":{"id":"<oid>","displayName":null,"userPrincipalName":"<account>",
        "ipAddress":"<address>","roles":[]}},"targetResources":[{"id":"<id>","displayName":null,"type":"User",
        "userPrincipalName":"<account>","modifiedProperties":[{"displayName":"Department","oldValue":"[]",
        "newValue":"[\"unit <number>\"]"}]}],"additionalDetails":[{"key":"UserType","value":"Member"}]}}
        """#

    private static let gateway = #"""
        {"DeploymentVersion":"0.48.1.0","Level":4,"isRequestSuccess":true,"time":"<time>",
        "operationName":"Microsoft.ApiManagement/GatewayLogs","category":"GatewayLogs","durationMs":<duration>,
        "callerIpAddress":"<address>","correlationId":"<correlation>","location":"<region>","resourceId":"<upper>",
        "resultType":"Succeeded","truncated":0,"properties":{"method":"POST","url":"https://api.example.com/chat",
        "backendResponseCode":200,"responseCode":200,"responseSize":<number>,"cache":"none","backendTime":<duration>,
        "apiId":"chat","operationId":"ChatCompletions_Create","clientProtocol":"HTTP/1.1","apiRevision":"1",
        "clientTlsVersion":"1.3","backendMethod":"POST","backendUrl":"https://backend.example.com/chat"}}
        """#

    private static let function = #"""
        {"time":"<time>","resourceId":"<upper>","category":"FunctionAppLogs",
        "operationName":"Microsoft.Web/sites/functions/log","level":"Informational","location":"<region>",
        "properties":{"appName":"<name>","roleInstance":"host-<number>","message":"Item <number> handled",
        "category":"Function.Orders.User","hostVersion":"4.1041.200","functionInvocationId":"<id>",
        "functionName":"Orders","level":"Information","levelId":2,"processId":61}}
        """#

    private static let metric = #"""
        {"count":4,"total":<number>,"minimum":0,"maximum":<number>,"average":<duration>,"resourceId":"<upper>",
        "time":"<time>","metricName":"Transactions","timeGrain":"PT1M"}
        """#
}
