import AzureTokens
import EventHubs
import Testing

/// Goal: each issuer is asked in its own words, and no description of a request shows a secret.
///
/// Method: requests as values against what the issuers document.
@Suite struct TokenRequestTests {
    private let client = ClientIdentity(tenant: "contoso.example", client: "app", authority: .usGovernment)

    private func header(_ request: TokenRequest, _ name: String) -> String? {
        request.headers.first { $0.name == name }?.value.revealed
    }

    @Test func anApplicationAsksWithItsSecret() {
        let request = TokenRequest.entra(client, .eventHubs, secret: Secret("a b&c=d+é"))
        #expect(request.url == "https://login.microsoftonline.us/contoso.example/oauth2/v2.0/token")
        #expect(header(request, "content-type") == "application/x-www-form-urlencoded")
        #expect(
            request.body?.revealed
                == "client_id=app&scope=https%3A%2F%2Feventhubs.azure.net%2F.default&grant_type=client_credentials&client_secret=a+b%26c%3Dd%2B%C3%A9"
        )
        #expect(!"\(request) \(String(reflecting: request))".contains("a b&c"))
        var dumped = ""
        dump(request, to: &dumped)
        #expect(!dumped.contains("a b&c"))
    }

    @Test func onlyWhatGoesToEntraMayUseAProxy() {
        #expect(TokenRequest.entra(client, .eventHubs, secret: Secret("s")).mayUseProxy)
        #expect(TokenRequest.entra(client, .eventHubs, assertion: Secret("a")).mayUseProxy)
        let places = [
            ManagedIdentitySource.virtualMachine(host: "http://169.254.169.254"),
            .appService(endpoint: "http://127.0.0.1:1/t", header: Secret("h")),
            .azureArc(endpoint: "http://localhost:40342/t"),
            .machineLearning(endpoint: "http://10.0.0.1/t", secret: Secret("s")),
            .cloudShell(endpoint: "http://localhost:1/t"),
        ]
        for place in places {
            let request = TokenRequest.managedIdentity(place, nil, .eventHubs)
            #expect(!request.mayUseProxy && !request.answering(key: Secret("k")).mayUseProxy, "\(place)")
        }
    }

    @Test func anApplicationAsksWithAnAssertion() {
        let body = TokenRequest.entra(client, .eventHubs, assertion: Secret("x.y.z")).body?.revealed ?? ""
        #expect(
            body.contains(
                "client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=x.y.z"
            ))
        #expect(!body.contains("client_secret"))
        let assertion = ClientAssertion(client, id: "1", now: 1000)
        #expect(assertion.aud == "https://login.microsoftonline.us/contoso.example/oauth2/v2.0/token")
        #expect(assertion.iss == "app" && assertion.sub == "app")
        #expect(assertion.nbf < assertion.iat && assertion.iat == 1000 && assertion.exp == 1600)
    }

    @Test func theMetadataServicesAreAskedInTheirOwnWays() {
        let resource = "resource=https%3A%2F%2Feventhubs.azure.net"
        let machine = TokenRequest.managedIdentity(
            .virtualMachine(host: "http://169.254.169.254/"), .client("id 1"), .eventHubs, isProbe: true)
        #expect(
            machine.url
                == "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&\(resource)&client_id=id+1"
        )
        #expect(header(machine, "metadata") == "true" && machine.form == nil)
        #expect(machine.connectTimeout == .seconds(1))
        let app = TokenRequest.managedIdentity(
            .appService(endpoint: "http://a/msi?x=1", header: Secret("h")), .resource("/subscriptions/s"), .eventHubs)
        #expect(app.url == "http://a/msi?x=1&api-version=2019-08-01&\(resource)&mi_res_id=%2Fsubscriptions%2Fs")
        #expect(header(app, "x-identity-header") == "h")
        let arc = TokenRequest.managedIdentity(.azureArc(endpoint: "http://a"), nil, .eventHubs)
        #expect(arc.url == "http://a?api-version=2020-06-01&\(resource)")
        #expect(header(arc.answering(key: Secret("k")), "authorization") == "Basic k")
        let learning = TokenRequest.managedIdentity(
            .machineLearning(endpoint: "http://a", secret: Secret("s")), .client("c"), .eventHubs)
        #expect(learning.url == "http://a?api-version=2017-09-01&\(resource)&clientid=c")
        #expect(header(learning, "secret") == "s")
        let shell = TokenRequest.managedIdentity(.cloudShell(endpoint: "http://a"), nil, .eventHubs)
        #expect(shell.body?.revealed == resource)
    }

    @Test(arguments: [
        ("public", "https://login.microsoftonline.com"), ("us-government", "https://login.microsoftonline.us"),
        ("china", "https://login.chinacloudapi.cn"), ("login.example.com", "https://login.example.com"),
        ("https://login.microsoftonline.com/", "https://login.microsoftonline.com"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ])
    func authoritiesAreNamedOrAddressed(text: String, url: String) throws {
        #expect(try AuthorityHost(parsing: text).url == url)
    }

    @Test(arguments: [
        "", "http://login.example.com", "https://a/b", "https://user@a", "ftp://a", "https://a?x", "a b",
        "http://127.0.0.1.example.com", "http://localhost.example.com:80",
    ])
    func otherAuthoritiesAreRefused(text: String) {
        #expect(throws: EventHubsError.self) { try AuthorityHost(parsing: text) }
    }

    @Test func scopesAreCompleted() throws {
        #expect(try TokenScope(parsing: "https://eventhubs.azure.net/").text == "https://eventhubs.azure.net/.default")
        #expect(TokenScope.eventHubs.resource == "https://eventhubs.azure.net")
        for text in ["", "eventhubs", "-x", "https://a b", "--help/.default"] {
            #expect(throws: EventHubsError.self) { try TokenScope(parsing: text) }
        }
        for text in ["a/b", "..", "", "-x", "a?b"] { #expect(!CredentialSettings.isTenant(text)) }
        #expect(CredentialSettings.isTenant("9b1e0f2a-0000-4000-8000-000000000000"))
    }
}
