extension Symptom {
    static let signingIn: [Symptom] = [
        signedIn, signedInAsPerson, signatureRead, signInNotNeeded, waysPassed, waysExhausted, wayAbsent,
        clientSecretWrong, clientSecretEnded, applicationUnknown, tenantUnknown, clientCertificateUnknown,
        federationRefused, assertionOutOfTime, scopeUnknown, signInRefused, credentialFileMissing,
        federatedTokenMissing, federatedTokenEnded, credentialUnusable, metadataSilent, managedIdentityRefused,
        azureCLIUnusable, issuerUnreachable, issuerSilent, issuerUntrusted, issuerProxyRefused, issuerBusy,
        issuerStrange, tokenEndedOnArrival,
    ]

    // MARK: a token is there

    /// A way gave a token.
    public static let signedIn = Symptom(
        "signed-in", .signIn, "signed in by {way}: {identity}; the token ends in {life}, {end}, and is renewed before")
    /// The way that is left is a person's.
    public static let signedInAsPerson = Symptom(
        "signed-in-as-person", .signIn, .warning,
        "signed in by {way}: as whoever is signed in with it here; no identity of a service was found",
        do:
            "Give the service an identity of its own: a managed identity or an application. If a person's is meant, set source.credential to azure-cli"
    )
    /// A finished token.
    public static let signatureRead = Symptom(
        "signature-read", .signIn, .notNeeded, "no issuer is asked: {identity}, which ends in {life}, {end}")
    /// Nobody signs in.
    public static let signInNotNeeded = Symptom(
        "sign-in-not-needed", .signIn, .notNeeded, "no issuer is asked: {credential}")
    /// Ways that stand before the one that decided.
    public static let waysPassed = Symptom("ways-passed", .signIn, .notNeeded, "before it in the order: {passed}")

    // MARK: no way is there

    /// No way is there.
    public static let waysExhausted = Symptom(
        "ways-exhausted", .signIn, exit: .notAllowed, "none of {count} ways to sign in is there",
        do:
            "Set up the one of the list below that is meant, and name it with source.credential: then its reason alone is told"
    )
    /// A way that is not there, and why.
    public static let wayAbsent = Symptom("way-absent", .signIn, .notNeeded, "{way}: {said}")

    // MARK: the issuer refuses

    /// The secret is wrong.
    public static let clientSecretWrong = Symptom(
        "client-secret-wrong", .signIn, exit: .notAllowed, "the client secret is wrong: {identity} ({said})",
        do:
            "Give the secret's value, not its id, without blanks at its ends; make a new one under the application's Certificates & secrets if it is lost"
    )
    /// The secret has ended.
    public static let clientSecretEnded = Symptom(
        "client-secret-ended", .signIn, exit: .notAllowed, "the client secret has ended: {identity} ({said})",
        do:
            "Make a new secret under the application's Certificates & secrets; a file (source.entra.client_secret_file) is taken without a restart"
    )
    /// The tenant does not have the application.
    public static let applicationUnknown = Symptom(
        "application-unknown", .signIn, exit: .notAllowed, "the tenant has no such application: {identity} ({said})",
        do:
            "Check source.entra.client_id (AZURE_CLIENT_ID), the application's id and not its object id, and source.entra.tenant"
    )
    /// There is no such tenant.
    public static let tenantUnknown = Symptom(
        "tenant-unknown", .signIn, exit: .notAllowed, "the issuer knows no such tenant: {identity} ({said})",
        do:
            "Check source.entra.tenant (AZURE_TENANT_ID); in another cloud set source.entra.authority to us-government or china"
    )
    /// The application has another certificate.
    public static let clientCertificateUnknown = Symptom(
        "client-certificate-unknown", .signIn, exit: .notAllowed,
        "the application has no such certificate: {identity} ({said})",
        do: "Upload the certificate under the application's Certificates & secrets, or give the file of the one there")
    /// The application does not trust the other issuer's token.
    public static let federationRefused = Symptom(
        "federation-refused", .signIn, exit: .notAllowed,
        "no federated credential of the application fits the token file: {identity} ({said})",
        do:
            "Compare the application's federated credential with the file's token: issuer, audience, and subject (system:serviceaccount:NAMESPACE:NAME)"
    )
    /// What was signed is not valid now.
    public static let assertionOutOfTime = Symptom(
        "assertion-out-of-time", .signIn, exit: .notAllowed,
        "the issuer finds what was signed out of its time: {identity} ({said})",
        do: "Set this machine's clock by NTP, and check that whoever writes the token file renews it")
    /// The scope is not known.
    public static let scopeUnknown = Symptom(
        "scope-unknown", .signIn, exit: .badConfiguration,
        "the issuer does not know {scope}, which tokens are asked for ({said})",
        do:
            "Take source.entra.scope out: https://eventhubs.azure.net/.default is right in every cloud. If it is, the tenant has no Event Hubs"
    )
    /// Refused otherwise.
    public static let signInRefused = Symptom(
        "sign-in-refused", .signIn, exit: .notAllowed, "{identity}: refused ({said})", do: "{advice}")

    // MARK: what the machine gives

    /// The file of a secret or certificate is not there.
    public static let credentialFileMissing = Symptom(
        "credential-file-missing", .signIn, exit: .inputNotFound, "{way}: there is no file {path}",
        do:
            "Correct the path (source.entra.…_file, source.sas_token_file, AZURE_CLIENT_CERTIFICATE_PATH), or mount the file here"
    )
    /// The other issuer's token is not there.
    public static let federatedTokenMissing = Symptom(
        "federated-token-missing", .signIn, exit: .inputNotFound, "{way}: there is no token file {path}",
        do:
            "On Kubernetes give the pod the label azure.workload.identity/use: \"true\" and its service account, and start it anew: the file is mounted at its start"
    )
    /// The other issuer's token has ended.
    public static let federatedTokenEnded = Symptom(
        "federated-token-ended", .signIn, exit: .notAllowed, "{way}: the token in {path} ended {ago} ago, on {end}",
        do:
            "Whoever writes the file does not renew it: on Kubernetes the kubelet does, into the volume that it mounted, not into copies of it"
    )
    /// What the machine gives cannot be used.
    public static let credentialUnusable = Symptom(
        "credential-unusable", .signIn, exit: .badConfiguration, "{way}: {said}", do: "{advice}")
    /// No metadata service.
    public static let metadataSilent = Symptom(
        "metadata-silent", .signIn, exit: .unavailable, "no metadata service answers here: {said}",
        do:
            "A managed identity is there only on Azure: check that this machine is, and that nothing (firewall, network policy of pods, proxy) keeps 169.254.169.254 port 80 from it; or choose another source.credential"
    )
    /// The metadata service gives no token.
    public static let managedIdentityRefused = Symptom(
        "managed-identity-refused", .signIn, exit: .notAllowed, "no token of {identity}: {said}",
        do:
            "Assign the machine or service a managed identity. With several of them, name one by source.entra.client_id; with the system's own, leave AZURE_CLIENT_ID out"
    )
    /// The Azure CLI gives no token.
    public static let azureCLIUnusable = Symptom(
        "azure-cli-unusable", .signIn, exit: .notAllowed, "{way}: {said}", do: "{advice}")

    // MARK: the way to the issuer

    /// No connection.
    public static let issuerUnreachable = Symptom(
        "issuer-unreachable", .signIn, exit: .unavailable, "no way to the issuer of tokens: {said}",
        do: "Let outgoing TCP port 443 to that host through, and check its name (source.entra.authority) and DNS")
    /// No answer.
    public static let issuerSilent = Symptom(
        "issuer-silent", .signIn, exit: .unavailable, "waited in vain for the issuer of tokens: {said}",
        do:
            "Something on the way takes connections and passes nothing on: check firewall and proxy; if it is only slow, try a longer --timeout (a run waits 30 s)"
    )
    /// No trust.
    public static let issuerUntrusted = Symptom(
        "issuer-untrusted", .signIn, exit: .unavailable, "the issuer of tokens is not trusted: {said}",
        do:
            "Where your company opens TLS on the way, give its authority as source.ca_file; otherwise install the system's authorities (ca-certificates)"
    )
    /// The proxy is in the way.
    public static let issuerProxyRefused = Symptom(
        "issuer-proxy-refused", .signIn, exit: .unavailable, "the proxy lets nothing through to the issuer: {said}",
        do: "{advice}")
    /// Not now.
    public static let issuerBusy = Symptom(
        "issuer-busy", .signIn, exit: .tryAgain, "the issuer of tokens cannot now: {said}",
        do: "Wait and try again: a run does so by itself, and uses a token that it has to its end")
    /// Something else answers.
    public static let issuerStrange = Symptom(
        "issuer-strange", .signIn, exit: .unavailable, "what answers is no issuer of tokens: {said}",
        do:
            "Check source.entra.authority, and what answers in the issuer's place: a proxy's or hotel's sign-in page does"
    )
    /// The token had ended.
    public static let tokenEndedOnArrival = Symptom(
        "token-ended-on-arrival", .signIn, exit: .notAllowed, "{identity}: {said}",
        do: "Set this machine's clock by NTP: by it, new tokens have ended")
}
