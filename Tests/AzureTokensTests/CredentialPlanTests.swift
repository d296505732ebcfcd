import AzureTokens
import EventHubs
import Testing

/// Goal: the ways to sign in are those that settings and variables set up, in the documented order, and each says what it lacks.
///
/// Method: variables and settings in, candidates out; the chain is led through scripts of outcomes.
@Suite struct CredentialPlanTests {
    static let application = ["AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c"]

    static func plan(_ variables: [String: String], _ choice: CredentialSettings.Choice = .automatic)
        -> CredentialPlan
    {
        var settings = CredentialSettings(environment: AzureEnvironment(variables))
        settings.choice = choice
        return CredentialPlan(settings)
    }

    private func ready(_ plan: CredentialPlan) -> [CredentialKind] {
        plan.candidates.compactMap { if case .ready(let method) = $0 { method.kind } else { nil } }
    }

    @Test func theOrderIsTheDocumentedOne() {
        var variables = Self.application
        variables["AZURE_CLIENT_SECRET"] = "s"
        variables["AZURE_CLIENT_CERTIFICATE_PATH"] = "/c.pem"
        variables["AZURE_FEDERATED_TOKEN_FILE"] = "/t"
        #expect(
            ready(Self.plan(variables)) == [
                .clientSecret, .clientCertificate, .workloadIdentity, .managedIdentity, .azureCLI,
            ])
        #expect(ready(Self.plan([:])) == [.managedIdentity, .azureCLI])
    }

    @Test(arguments: [
        ("AZURE_CLIENT_SECRET", true), ("AZURE_CLIENT_CERTIFICATE_PATH", true), ("AZURE_FEDERATED_TOKEN_FILE", true),
        ("IDENTITY_ENDPOINT", false),
    ])
    func onlyApplicationsAskEntra(variable: String, asks: Bool) {
        let variables = Self.application.merging([variable: "x"]) { $1 }
        #expect(Self.plan(variables).asksEntra == asks)
        #expect(!Self.plan(variables, .named(.managedIdentity)).asksEntra)
        #expect(!Self.plan([variable: "x"]).asksEntra, "without an application there is nothing to ask with")
    }

    @Test(arguments: [
        ("prod", [CredentialKind.managedIdentity]), ("dev", [.azureCLI]),
        ("ManagedIdentityCredential", [.managedIdentity]),
        ("AzureCliCredential", [.azureCLI]), ("EnvironmentCredential", []),
    ])
    func theUsualVariableNarrowsIt(value: String, kinds: [CredentialKind]) {
        #expect(ready(Self.plan(["AZURE_TOKEN_CREDENTIALS": value])) == kinds)
    }

    @Test func aChoiceThatIsNotKnownIsSaid() {
        #expect(
            Self.plan(["AZURE_TOKEN_CREDENTIALS": "VisualStudioCredential"]).unknownChoice == "VisualStudioCredential")
    }

    @Test(arguments: [
        (CredentialKind.clientSecret, CredentialPlanTests.application, "AZURE_CLIENT_SECRET"),
        (.clientSecret, ["AZURE_CLIENT_SECRET": "s"], "AZURE_TENANT_ID"),
        (.clientSecret, ["AZURE_CLIENT_SECRET": "s", "AZURE_TENANT_ID": "t"], "AZURE_CLIENT_ID"),
        (.clientCertificate, CredentialPlanTests.application, "AZURE_CLIENT_CERTIFICATE_PATH"),
        (.workloadIdentity, CredentialPlanTests.application, "AZURE_FEDERATED_TOKEN_FILE"),
        (.managedIdentity, ["IDENTITY_SERVER_THUMBPRINT": "1"], "Service Fabric"),
        (.sharedAccessSignature, [:], "source.sas_token_file"),
    ])
    func aNamedWaySaysWhatItLacks(kind: CredentialKind, variables: [String: String], text: String) throws {
        let problem = try #require(Self.plan(variables, .named(kind)).problem)
        #expect(problem.contains(text))
    }

    @Test func emptyVariablesAreUnset() {
        let variables = ["AZURE_CLIENT_SECRET": "", "AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c"]
        #expect(ready(Self.plan(variables)) == [.managedIdentity, .azureCLI])
    }

    @Test func thePlaceOfAManagedIdentityIsToldByItsVariables() {
        func source(_ variables: [String: String]) -> ManagedIdentitySource {
            ManagedIdentitySource(AzureEnvironment(variables))
        }
        #expect(
            source(["IDENTITY_ENDPOINT": "http://a", "IDENTITY_HEADER": "h", "IMDS_ENDPOINT": "x"])
                == .appService(endpoint: "http://a", header: Secret("h")))
        #expect(source(["IDENTITY_ENDPOINT": "http://a", "IMDS_ENDPOINT": "x"]) == .azureArc(endpoint: "http://a"))
        #expect(
            source(["MSI_ENDPOINT": "http://a", "MSI_SECRET": "s"])
                == .machineLearning(endpoint: "http://a", secret: Secret("s")))
        #expect(source(["MSI_ENDPOINT": "http://a"]) == .cloudShell(endpoint: "http://a"))
        #expect(source([:]) == .virtualMachine(host: "http://169.254.169.254"))
        #expect(
            source(["AZURE_POD_IDENTITY_AUTHORITY_HOST": "http://b"]) == .virtualMachine(host: "http://b"))
    }

    // MARK: The chain

    private let absent = CredentialFailure.unavailable(EventHubsError(.unauthorized, "not here"))
    private let wrong = CredentialFailure.failed(EventHubsError(.unauthorized, "wrong secret"))

    private func attempted(_ action: CredentialChain.Action) -> CredentialKind? {
        if case .attempt(let method) = action { method.kind } else { nil }
    }

    @Test func whatIsNotThereLeadsToTheNextAndTheFirstThatWorksStays() {
        var chain = CredentialChain(Self.plan([:]))
        #expect(attempted(chain.begin()) == .managedIdentity)
        #expect(chain.isSearching)
        #expect(attempted(chain.failed(absent)) == .azureCLI)
        let isFirst = chain.succeeded()
        #expect(isFirst && !chain.isSearching && chain.winner?.kind == .azureCLI)
        #expect(attempted(chain.begin()) == .azureCLI)
        let isFirstAgain = chain.succeeded()
        #expect(!isFirstAgain)
        // A settled way that fails is not left for another: the findings of a run belong to one identity.
        #expect(attempted(chain.failed(absent)) == nil)
        #expect(attempted(chain.begin()) == .azureCLI)
    }

    @Test func whatIsThereAndFailsEndsTheAttempt() {
        var variables = Self.application
        variables["AZURE_CLIENT_SECRET"] = "s"
        var chain = CredentialChain(Self.plan(variables))
        #expect(attempted(chain.begin()) == .clientSecret)
        #expect(chain.failed(wrong) == .fail(wrong.error))
        #expect(attempted(chain.begin()) == .clientSecret, "the next attempt begins at the first way")
    }

    @Test func whereNothingIsThereEveryReasonIsNamed() {
        var chain = CredentialChain(Self.plan([:]))
        _ = chain.begin()
        _ = chain.failed(absent)
        guard case .fail(let error) = chain.failed(absent) else {
            Issue.record("the chain goes on")
            return
        }
        #expect(error.code == .unauthorized && !error.isRetriable)
        for kind in CredentialPlan.order { #expect(error.summary.contains("\(kind.rawValue): ")) }
        #expect(error.summary.contains("AZURE_CLIENT_SECRET"))
    }

    @Test func aNamedWayIsTheOnlyOne() {
        var chain = CredentialChain(Self.plan([:], .named(.managedIdentity)))
        #expect(attempted(chain.begin()) == .managedIdentity)
        #expect(!chain.isSearching)
        #expect(chain.failed(absent) == .fail(absent.error))
    }
}
