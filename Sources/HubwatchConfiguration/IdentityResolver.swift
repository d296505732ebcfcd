import AzureTokens
import EventHubs

extension Configuration {
    private static let stringSettings = ["source.connection_string", "source.connection_string_file"]
    private static let identitySettings = Setting.identity.map(\.path)

    /// Reads the endpoint of `source.namespace`; nil, with the problems noted, when it cannot be used.
    static func namespaceEndpoint(_ reader: inout SettingReader) -> Source.Endpoint? {
        for other in stringSettings where reader.isGiven(other) {
            reader.refuse(other, "cannot be given together with source.namespace: choose one of them")
        }
        guard let (host, port) = authority(reader.text("source.namespace")) else {
            reader.refuse("source.namespace", "takes the full name, such as NAME.servicebus.windows.net")
            return nil
        }
        guard let hub = reader.optional("source.hub") else {
            reader.refuse("source.hub", "name the event hub: a namespace has several")
            return nil
        }
        return .eventHub(ConnectionString(host: host, port: port, credential: .none), hub: hub)
    }

    /// How to sign in; nil where the connection string says it, or nothing does.
    static func identity(
        _ reader: inout SettingReader, _ environment: AzureEnvironment
    ) -> CredentialSettings? {
        guard reader.optional("source.namespace") != nil else {
            refuseWithoutNamespace(&reader)
            return nil
        }
        var settings = CredentialSettings(environment: environment)
        let choice = reader.choice("source.credential")
        if choice == "connection-string" {
            reader.refuse("source.credential", "is connection-string, and there is none: source.namespace is given")
        }
        settings.choice = CredentialKind(rawValue: choice).map { .named($0) } ?? .automatic
        readApplication(&reader, &settings)
        settings.signature = secret(&reader, "source.sas_token")
        if case .named(let kind) = settings.choice, kind != .sharedAccessSignature, settings.signature != nil {
            reader.refuse("source.credential", "is \(choice), but a SAS token is given too: choose one of them")
        }
        checkSignature(&reader, settings.signature)
        readIssuer(&reader, environment, &settings)
        let plan = CredentialPlan(settings)
        if let problem = plan.problem { reader.refuse("source.credential", "\(choice) cannot be used: \(problem)") }
        if let unknown = plan.unknownChoice {
            reader.refuse(
                "source.credential",
                "AZURE_TOKEN_CREDENTIALS is '\(unknown)', which hubwatch does not have: name one with source.credential"
            )
        }
        return settings
    }

    private static func readApplication(_ reader: inout SettingReader, _ settings: inout CredentialSettings) {
        settings.tenant = reader.optional("source.entra.tenant") ?? settings.tenant
        settings.client = reader.optional("source.entra.client_id") ?? settings.client
        settings.clientSecret = secret(&reader, "source.entra.client_secret") ?? settings.clientSecret
        settings.certificateFile = reader.optional("source.entra.certificate_file") ?? settings.certificateFile
        settings.federatedTokenFile =
            reader.optional("source.entra.federated_token_file") ?? settings.federatedTokenFile
        if let tenant = settings.tenant, !CredentialSettings.isTenant(tenant) {
            reader.refuse("source.entra.tenant", "takes the tenant's id or domain; what was given is neither")
        }
    }

    private static func readIssuer(
        _ reader: inout SettingReader, _ environment: AzureEnvironment, _ settings: inout CredentialSettings
    ) {
        let isGiven = reader.isGiven("source.entra.authority")
        let text = isGiven ? reader.text("source.entra.authority") : environment.authorityHost ?? "public"
        do throws(EventHubsError) {
            settings.authority = try AuthorityHost(parsing: text)
        } catch {
            let place = isGiven ? "" : " (AZURE_AUTHORITY_HOST)"
            reader.refuse("source.entra.authority", "\(error.summary)\(place). \(error.remedy)")
        }
        do throws(EventHubsError) {
            settings.scope = try TokenScope(parsing: reader.text("source.entra.scope"))
        } catch {
            reader.refuse("source.entra.scope", "\(error.summary). \(error.remedy)")
        }
    }

    /// Without a namespace these settings would be ignored, and whoever gave them would wonder.
    private static func refuseWithoutNamespace(_ reader: inout SettingReader) {
        let given = identitySettings.filter { reader.isGiven($0) && reader.text($0) != Setting.named($0)?.defaultText }
        for path in given where path != "source.namespace" {
            if path == "source.credential", ["auto", "connection-string"].contains(reader.text(path)) { continue }
            reader.refuse(path, "signs in to source.namespace, which is not given")
        }
    }

    /// A secret given as a text or as a file.
    private static func secret(_ reader: inout SettingReader, _ path: String) -> SecretSource? {
        let text = reader.optional(path)
        let file = reader.optional(path + "_file")
        if text != nil, file != nil {
            reader.refuse(path + "_file", "\(path) is given too: choose one")
        }
        return file.map { .file($0) } ?? text.map { .text(Secret($0)) }
    }

    private static func checkSignature(_ reader: inout SettingReader, _ source: SecretSource?) {
        guard case .text(let text)? = source else { return }
        do throws(EventHubsError) {
            _ = try SASToken(parsing: text.revealed)
        } catch {
            reader.refuse("source.sas_token", error.summary)
        }
    }

    /// Host and port of `host`, `host:port` or `sb://host/`.
    private static func authority(_ text: String) -> (host: String, port: Int?)? {
        var rest = Substring(text.trimmed)
        if rest.lowercased().hasPrefix("sb://") { rest = rest.dropFirst(5) }
        if rest.last == "/" { rest = rest.dropLast() }
        var port: Int?
        if let colon = rest.lastIndex(of: ":") {
            port = Int(rest[rest.index(after: colon)...])
            guard let number = port, (1...65535).contains(number) else { return nil }
            rest = rest[..<colon]
        }
        let isName = rest.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard isName, rest.contains(".") || rest == "localhost" else { return nil }
        return (String(rest), port)
    }
}
