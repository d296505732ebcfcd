public import EventHubs

/// One HTTP request for a token, as a value.
///
/// Neither `description` nor reflection shows a header's or a field's value that may be secret.
public struct TokenRequest: Sendable, Hashable {
    /// A part of the request whose value may be secret.
    public struct Part: Sendable, Hashable {
        /// Its name.
        public var name: String
        /// Its value.
        public var value: Secret

        /// Makes a part.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = Secret(value)
        }
    }

    /// The address, with its query.
    public var url: String
    /// The headers.
    public var headers: [Part]
    /// The fields of a form to post; nil for a GET.
    public var form: [Part]?
    /// How long to wait for the connection.
    public var connectTimeout: Duration = .seconds(10)
    /// How long the whole exchange may take.
    public var deadline: Duration = .seconds(30)
    /// Whether it may go through a proxy: only what goes to Entra ID does.
    ///
    /// Metadata services are on this machine or its own network, and take what is forwarded for an attack.
    public var mayUseProxy = false

    /// Makes a request.
    public init(url: String, headers: [Part] = [], form: [Part]? = nil) {
        self.url = url
        self.headers = headers
        self.form = form
    }

    /// The form in bytes; nil for a GET.
    public var body: Secret? {
        form.map { form in
            Secret(
                form.map { "\(FormEncoding.encode($0.name))=\(FormEncoding.encode($0.value.revealed))" }
                    .joined(separator: "&"))
        }
    }

    /// Whom it goes to: the address without its query.
    public var place: String { String(url.prefix { $0 != "?" }) }
}

extension TokenRequest: CustomStringConvertible {
    /// Method and address.
    public var description: String { "\(form == nil ? "GET" : "POST") \(place)" }
}

// Entra ID, version 2.0: the client credentials flow.
extension TokenRequest {
    /// Where an application asks for tokens; the audience of its assertion.
    public static func tokenEndpoint(_ client: ClientIdentity) -> String {
        "\(client.authority)/\(client.tenant)/oauth2/v2.0/token"
    }

    /// Asks with a secret.
    public static func entra(_ client: ClientIdentity, _ scope: TokenScope, secret: Secret) -> TokenRequest {
        entra(client, scope, [Part("client_secret", secret.revealed)])
    }

    /// Asks with a signed assertion: the application's own, or another issuer's token.
    public static func entra(_ client: ClientIdentity, _ scope: TokenScope, assertion: Secret) -> TokenRequest {
        entra(
            client, scope,
            [
                Part("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                Part("client_assertion", assertion.revealed),
            ])
    }

    private static func entra(_ client: ClientIdentity, _ scope: TokenScope, _ proof: [Part]) -> TokenRequest {
        var request = TokenRequest(
            url: tokenEndpoint(client),
            headers: [
                Part("content-type", "application/x-www-form-urlencoded"), Part("accept", "application/json"),
            ],
            form: [
                Part("client_id", client.client), Part("scope", scope.text), Part("grant_type", "client_credentials"),
            ] + proof)
        request.mayUseProxy = true
        return request
    }
}

// Managed identities.
extension TokenRequest {
    /// Asks the place's metadata service.
    ///
    /// - Parameter isProbe: a place that is not there must be noticed soon, because other ways are waiting.
    public static func managedIdentity(
        _ source: ManagedIdentitySource, _ id: ManagedIdentityID?, _ scope: TokenScope, isProbe: Bool = false
    ) -> TokenRequest {
        let metadata = Part("metadata", "true")
        let resource = ("resource", scope.resource)
        switch source {
        case .virtualMachine(let host):
            var host = Substring(host)
            while host.last == "/" { host = host.dropLast() }
            let selection = name(id, client: "client_id", resource: "msi_res_id")
            var request = get(
                "\(host)/metadata/identity/oauth2/token", [("api-version", "2018-02-01"), resource] + selection,
                [metadata])
            // The service is on this very machine.
            if isProbe { request.connectTimeout = .seconds(1) }
            return request
        case .appService(let endpoint, let header):
            let selection = name(id, client: "client_id", resource: "mi_res_id")
            return get(
                endpoint, [("api-version", "2019-08-01"), resource] + selection,
                [Part("x-identity-header", header.revealed), metadata])
        case .azureArc(let endpoint):
            let selection = name(id, client: "client_id", resource: "msi_res_id")
            return get(endpoint, [("api-version", "2020-06-01"), resource] + selection, [metadata])
        case .machineLearning(let endpoint, let secret):
            let selection = name(id, client: "clientid", resource: "mi_res_id")
            return get(
                endpoint, [("api-version", "2017-09-01"), resource] + selection, [Part("secret", secret.revealed)])
        case .cloudShell(let endpoint):
            return TokenRequest(
                url: endpoint,
                headers: [metadata, Part("content-type", "application/x-www-form-urlencoded")],
                form: [Part("resource", scope.resource)])
        }
    }

    /// The second request to Azure Arc, with what its challenge asked for.
    public func answering(key: Secret) -> TokenRequest {
        var request = self
        request.headers.append(Part("authorization", "Basic \(key.revealed)"))
        return request
    }

    private static func name(_ id: ManagedIdentityID?, client: String, resource: String) -> [(String, String)] {
        switch id {
        case .client(let value)?: [(client, value)]
        case .resource(let value)?: [(resource, value)]
        case nil: []
        }
    }

    private static func get(_ endpoint: String, _ query: [(String, String)], _ headers: [Part]) -> TokenRequest {
        let text = query.map { "\($0.0)=\(FormEncoding.encode($0.1))" }.joined(separator: "&")
        return TokenRequest(url: endpoint + (endpoint.contains("?") ? "&" : "?") + text, headers: headers)
    }
}
